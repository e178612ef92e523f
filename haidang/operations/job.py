"""A job: when it is due, in words, and what it does, in parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd
from apscheduler.triggers.cron import CronTrigger

from features.settings import Settings
from haidang.operations.job_log import INTERRUPTED, JobLog
from haidang.operations.parts import Part

Tell = Callable[[str, str, str], None]
PartsOf = Callable[[Settings, pd.Timestamp, Tell], Mapping[str, Part]]


@dataclass(frozen=True)
class Job:
    """A scheduled job; it works on the data at rest, and run twice it changes nothing.

    Attributes:
        name: its name.
        title_vi: Vietnamese title.
        title_en: English title.
        cron: when it is due, in local time: minute, hour, day, month, day of the week by its English name (APScheduler
            counts the days of the week from Monday, cron from Sunday).
        deadline: how long it may take; then it is killed.
        tries: how often a part is tried whose fault may pass.
        parts: tells its parts, given the settings, the present moment, and whom to tell (kind, about, text).
    """

    name: str
    title_vi: str
    title_en: str
    cron: str
    deadline: pd.Timedelta
    tries: int
    parts: PartsOf

    def trigger(self, zone: str) -> CronTrigger:
        """When it is due."""
        return CronTrigger.from_crontab(self.cron, timezone=ZoneInfo(zone))

    def next_after(self, moment: pd.Timestamp, zone: str) -> pd.Timestamp:
        """The first moment after this one at which it is due."""
        just_after = moment.tz_convert("UTC").to_pydatetime() + pd.Timedelta(seconds=1)
        return pd.Timestamp(self.trigger(zone).get_next_fire_time(None, just_after)).tz_convert("UTC")


@dataclass(frozen=True)
class Due:
    """Whether a job is due, and why, in words."""

    job: Job
    is_due: bool
    why: str


def due(job: Job, log: JobLog, now: pd.Timestamp, *, zone: str) -> Due:
    """Says whether a job is due: it never ran, was interrupted, or its time has come since its last run began."""

    def told(moment: pd.Timestamp) -> str:
        return f"{moment.tz_convert(zone):%Y-%m-%d %H:%M}"

    last = next(iter(log.last(job.name)), None)
    if last is None:
        return Due(job, True, "it has never run")
    if log.runs_now(job.name, now):
        return Due(job, False, f"it runs since {told(last.started_at)} ({last.owner}), until {told(last.deadline_at)}")
    if last.ended_at is None or last.outcome == INTERRUPTED:
        return Due(job, True, f"its run of {told(last.started_at)} was interrupted")
    coming = job.next_after(last.started_at, zone)
    ended = f"{last.outcome} {told(last.started_at)}"
    if coming <= now:
        return Due(job, True, f"last run {ended}, due since {told(coming)}")
    return Due(job, False, f"last run {ended}, next due {told(coming)}")
