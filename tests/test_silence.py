"""The silence detector: what was expected and is missing, with the last good one named."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tiny_deployment import COAST, SMALL, local, opened, the_deployment

from features.database import open_database
from features.entries import Receipt
from features.ingest_log import IngestLog
from haidang.operations.alerts import Alerts
from haidang.operations.job import Job
from haidang.operations.job_log import JobLog
from haidang.operations.silence import silences, tell_silences
from serving.deployment import Deployment

HOUR = pd.Timedelta(hours=1)
EARLY = Job("early", "Sớm", "Early", "30 2 * * *", HOUR, 1, lambda settings, now, tell: {})
IN_TIME = local("2023-06-30 08:00")


@pytest.fixture
def deployment(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Deployment:
    """The shared deployment with a database of its own; both hazards were issued last for 2023-06-30 07:00."""
    shared = opened(the_deployment(tmp_path_factory))
    address = f"sqlite:///{tmp_path / 'haidang.db'}"
    return replace(shared, settings=shared.settings.model_copy(update={"database_url": address}))


def log_of(deployment: Deployment) -> JobLog:
    return JobLog(open_database(deployment.settings.database_address))


def ran(deployment: Deployment, job: Job, begun: pd.Timestamp, outcome: str) -> None:
    run = log_of(deployment).begin(job.name, begun, job.deadline)
    assert run is not None
    log_of(deployment).end(run, begun, outcome)


def found(deployment: Deployment, now: pd.Timestamp) -> dict[str, str]:
    return dict(silences(deployment, [EARLY], now))


def test_a_missing_forecast_is_told_two_hours_after_its_time_with_the_last_good_one(deployment: Deployment) -> None:
    ran(deployment, EARLY, local("2023-07-01 02:30"), "finished")
    assert found(deployment, local("2023-07-01 08:59")) == {}
    missing = (
        "the forecast of 2023-07-01 07:00 is missing; the last good one is of 2023-06-30 07:00, issued 2023-07-01 00:00"
    )
    late = found(deployment, local("2023-07-01 09:00"))
    assert late == {f"forecast {COAST}": missing, f"forecast {SMALL}": missing}


def test_where_no_job_ever_ran_that_is_told(deployment: Deployment) -> None:
    assert list(found(deployment, IN_TIME)) == ["jobs"]


def test_a_job_is_missing_an_hour_after_its_deadline_unless_it_ended_well(deployment: Deployment) -> None:
    ran(deployment, EARLY, local("2023-06-29 02:30"), "finished")
    ran(deployment, EARLY, local("2023-06-30 02:30"), "failed")
    assert found(deployment, local("2023-06-30 04:30")) == {}
    told = "its run of 2023-06-30 02:30 is missing; the last good one is of 2023-06-29 02:30"
    assert found(deployment, local("2023-06-30 04:31")) == {"job early": told}
    ran(deployment, EARLY, local("2023-06-30 04:40"), "partly")
    assert found(deployment, local("2023-06-30 04:45")) == {}


def test_a_job_that_never_ran_is_missed_from_the_first_run_of_any_other(deployment: Deployment) -> None:
    ran(deployment, replace(EARLY, name="other"), local("2023-06-30 01:00"), "finished")
    assert found(deployment, local("2023-06-30 04:30")) == {}
    told = "its run of 2023-06-30 02:30 is missing; none ever did"
    assert found(deployment, local("2023-06-30 04:31")) == {"job early": told}


def test_a_source_that_fails_is_silent_after_three_hours_with_the_last_good_one(deployment: Deployment) -> None:
    settings = deployment.settings.model_copy(update={"sources": {"gauges": {}}})
    deployment = replace(deployment, settings=settings)
    ran(deployment, EARLY, local("2023-06-30 02:30"), "finished")
    log = IngestLog(open_database(settings.database_address))
    begun = local("2023-06-30 03:00")
    log.finish(log.begin("gauges", "all", HOUR, begun), Receipt(), begun)
    for hour in (1, 2, 3):
        log.fail(log.begin("gauges", "all", HOUR, begun + hour * HOUR), "no answer", begun + hour * HOUR)
    assert found(deployment, begun + 3 * HOUR) == {}
    told = "no ingest ended well for more than 3 h; the last good one is of 2023-06-30 03:00"
    assert found(deployment, begun + 3 * HOUR + pd.Timedelta(minutes=1)) == {"source gauges": told}


def test_a_silence_is_an_alert_until_what_was_missing_has_come(deployment: Deployment) -> None:
    alerts = Alerts(open_database(deployment.settings.database_address))
    alerts.raise_alert("drift", "heavy_rain", "look", IN_TIME)
    assert list(tell_silences(deployment, [EARLY], IN_TIME)) == ["jobs"]
    assert [(one.kind, one.about) for one in alerts.open_alerts()] == [("drift", "heavy_rain"), ("silence", "jobs")]
    ran(deployment, EARLY, IN_TIME, "finished")
    assert tell_silences(deployment, [EARLY], IN_TIME) == {}
    assert [one.kind for one in alerts.open_alerts()] == ["drift"]
