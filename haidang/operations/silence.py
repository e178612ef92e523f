"""The silence detector: forecasts, ingests and jobs that were expected and are missing."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from features.database import open_database
from features.ingest_log import IngestLog, Run
from haidang.chain.regular_issues import champions, regular_issue_time
from haidang.operations.alerts import Alerts
from haidang.operations.job import Job
from haidang.operations.job_log import JobLog, JobRun
from serving.deployment import Deployment

SILENCE = "silence"
ISSUE_GRACE = pd.Timedelta(hours=2)
SOURCE_GRACE = pd.Timedelta(hours=3)
JOB_GRACE = pd.Timedelta(hours=1)
_LOOKED_BACK = 200


def tell_silences(deployment: Deployment, jobs: Sequence[Job], now: pd.Timestamp) -> Mapping[str, str]:
    """Finds what is missing, opens an alert for each, and settles the alerts of what has come.

    Returns:
        What is missing, with the last good one named.
    """
    found = dict(silences(deployment, jobs, now))
    alerts = Alerts(open_database(deployment.settings.database_address))
    for about, text in found.items():
        alerts.raise_alert(SILENCE, about, text, now)
    for alert in alerts.open_alerts():
        if alert.kind == SILENCE and alert.about not in found:
            alerts.settle(SILENCE, alert.about, now)
    return found


def silences(deployment: Deployment, jobs: Sequence[Job], now: pd.Timestamp) -> Iterator[tuple[str, str]]:
    """What was expected and is missing: about what, and in words."""
    log = JobLog(open_database(deployment.settings.database_address))
    yield from _forecasts(deployment, now)
    first = log.first_started()
    if first is None:
        yield "jobs", "no job has ever run: start `haidang run`, or call `haidang due --run` by cron"
        return
    yield from _sources(deployment, first, now)
    yield from _jobs(jobs, log, first, now, deployment.settings.local_zone)


def _forecasts(deployment: Deployment, now: pd.Timestamp) -> Iterator[tuple[str, str]]:
    zone = deployment.settings.local_zone
    for name in champions(deployment):
        expected = regular_issue_time(deployment.hazard(name), now - ISSUE_GRACE, zone)
        times = deployment.issued.issue_times(name)
        if len(times) and times[-1] >= expected:
            continue
        last = "none was ever issued"
        if len(times):
            issued_at = _told(deployment.issued.at(name, times[-1])["issued_at"].iloc[0], zone)
            last = f"the last good one is of {_told(times[-1], zone)}, issued {issued_at}"
        yield f"forecast {name}", f"the forecast of {_told(expected, zone)} is missing; {last}"


def _sources(deployment: Deployment, first: pd.Timestamp, now: pd.Timestamp) -> Iterator[tuple[str, str]]:
    zone = deployment.settings.local_zone
    log = IngestLog(open_database(deployment.settings.database_address))
    for name in deployment.settings.sources:
        good = next((run for run in log.last(name, _LOOKED_BACK) if run.outcome == "finished"), None)
        if now - (first if good is None else good.started_at) <= SOURCE_GRACE:
            continue
        yield (
            f"source {name}",
            f"no ingest ended well for more than {SOURCE_GRACE / pd.Timedelta(hours=1):g} h; {_last(good, zone)}",
        )


def _jobs(
    jobs: Sequence[Job], log: JobLog, first: pd.Timestamp, now: pd.Timestamp, zone: str
) -> Iterator[tuple[str, str]]:
    for job in jobs:
        good = log.last_good(job.name)
        expected = job.next_after(first if good is None else good.started_at, zone)
        if now <= expected + job.deadline + JOB_GRACE or log.runs_now(job.name, now):
            continue
        yield f"job {job.name}", f"its run of {_told(expected, zone)} is missing; {_last(good, zone)}"


def _last(good: Run | JobRun | None, zone: str) -> str:
    return "none ever did" if good is None else f"the last good one is of {_told(good.started_at, zone)}"


def _told(moment: pd.Timestamp, zone: str) -> str:
    return f"{moment.tz_convert(zone):%Y-%m-%d %H:%M}"
