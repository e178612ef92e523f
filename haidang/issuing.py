"""Issuing by the calendar: each hazard that has a champion, at its newest regular issue time, once."""

from collections.abc import Callable

import pandas as pd

from haidang import jobs
from models.hazard import Hazard
from serving.deployment import Deployment


def champions(deployment: Deployment) -> list[str]:
    """The hazards that have a champion."""
    return [name for name in deployment.hazards if deployment.shelf.tag(name) is not None]


def regular_issue_time(hazard: Hazard, now: pd.Timestamp, zone: str) -> pd.Timestamp:
    """The newest regular issue time of a hazard that has come."""
    every = hazard.issue_every_days
    start, end = now - pd.Timedelta(days=every + 1), now + pd.Timedelta(microseconds=1)
    return hazard.issue_times(start, end, zone, every_days=every)[-1]


def issue_due(deployment: Deployment, name: str, clock: Callable[[], pd.Timestamp]) -> str:
    """Issues the newest regular forecast of a hazard, if it was not issued; says which, and why.

    A forecast that comes late is asked as of its regular time, so that it reads what was known then.

    Raises:
        HaidangError: if it cannot be issued, see `jobs.issue_now`.
    """
    hazard, zone, now = deployment.hazard(name), deployment.settings.local_zone, clock()
    wanted = regular_issue_time(hazard, now, zone)
    told, times = f"{wanted.tz_convert(zone):%Y-%m-%d %H:%M}", deployment.issued.issue_times(name)
    if wanted in times:
        return f"that of {told} was issued before"
    new = jobs.issue_now(deployment, hazard, wanted, now)
    last = f"the last was of {times[-1].tz_convert(zone):%Y-%m-%d %H:%M}" if len(times) else "there was none"
    return f"{new:,} forecasts of {told} issued: {last}"
