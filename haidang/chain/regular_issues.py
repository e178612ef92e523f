"""Issuing by the calendar: each hazard that has a champion, at its newest regular issue time, once."""

from collections.abc import Callable

import pandas as pd

from haidang.chain import issuing
from models.hazard import Hazard
from serving.deployment import Deployment

Clock = Callable[[], pd.Timestamp]


def champions(deployment: Deployment) -> list[str]:
    """The hazards that have a champion."""
    return [name for name in deployment.hazards if deployment.shelf.tag(name) is not None]


def regular_issue_time(hazard: Hazard, now: pd.Timestamp, zone: str) -> pd.Timestamp:
    """The newest regular issue time of a hazard that has come."""
    every = hazard.issue_every_days
    start, end = now - pd.Timedelta(days=every + 1), now + pd.Timedelta(microseconds=1)
    return hazard.issue_times(start, end, zone, every_days=every)[-1]


def issue_all_due(deployment: Deployment, clock: Clock) -> str:
    """Issues the newest regular forecasts that were not issued, those of one time from one reading; says how many.

    A forecast that comes late is asked as of its regular time, so that it reads what was known then. What one hazard
    lacks holds up no other; `issue_due` tells it.

    Raises:
        HaidangError: if an issue time lies before the archive.
    """
    zone, now = deployment.settings.local_zone, clock()
    due: dict[pd.Timestamp, list[Hazard]] = {}
    for hazard in map(deployment.hazard, champions(deployment)):
        wanted = regular_issue_time(hazard, now, zone)
        if wanted not in deployment.issued.issue_times(hazard.name):
            due.setdefault(wanted, []).append(hazard)
    told = []
    for wanted, hazards in due.items():
        issued = issuing.issue_all(deployment, hazards, wanted, now)
        told.append(f"{issued.new:,} forecasts of {wanted.tz_convert(zone):%Y-%m-%d %H:%M}")
    return ", ".join(told) or "all were issued before"


def issue_due(deployment: Deployment, name: str, clock: Clock) -> str:
    """Issues the newest regular forecast of one hazard, if it was not issued; says which.

    Raises:
        HaidangError: if it cannot be issued, see `issuing.issue_now`.
    """
    hazard, zone, now = deployment.hazard(name), deployment.settings.local_zone, clock()
    wanted = regular_issue_time(hazard, now, zone)
    told = f"{wanted.tz_convert(zone):%Y-%m-%d %H:%M}"
    if wanted in deployment.issued.issue_times(name):
        return f"that of {told} is issued"
    return f"{issuing.issue_now(deployment, hazard, wanted, now):,} forecasts of {told} issued by themselves"
