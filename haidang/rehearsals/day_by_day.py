"""A rehearsal: a stretch of time is lived through day by day, each step at its hour."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from features.errors import HaidangError
from features.local_days import day_numbers, day_starts, moments
from haidang.rehearsals.faults import Killed
from serving.deployment import Deployment

Tell = Callable[[str, str, str], None]
Told = Iterable[tuple[str, str]]
ALERT, FAILED, KILLED = "alert", "failed", "killed"


@dataclass(frozen=True)
class Step:
    """Something that is done at a local hour of every so many days.

    Attributes:
        name: its name, that of a job.
        hour: local hour.
        every_days: done on days whose number is a multiple of this.
        do: does it, given the deployment, the moment, and whom to tell of what somebody should look at (kind, about,
            text); gives what it did, as pairs of about what, and text.
    """

    name: str
    hour: int
    every_days: int
    do: Callable[[Deployment, pd.Timestamp, Tell], Told]


@dataclass(frozen=True)
class Noted:
    """A line of the diary.

    Attributes:
        at: the moment of the step.
        step: its name.
        kind: `done`, `alert: ` and its kind, `failed` or `killed`.
        about: a hazard, a source, or whatever the step names.
        text: what was done, or said.
    """

    at: pd.Timestamp
    step: str
    kind: str
    about: str
    text: str


@dataclass(frozen=True)
class Lived:
    """A stretch that was lived through.

    Attributes:
        start: first local day, UTC.
        end: end of the last one, UTC.
        diary: what happened, in the order of time.
        seconds: how long each step took, over all days.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    diary: tuple[Noted, ...]
    seconds: dict[str, float] = field(compare=False)


def live_through(
    deployment: Deployment,
    start: pd.Timestamp,
    end: pd.Timestamp,
    steps: Sequence[Step],
    *,
    killed: Sequence[Killed] = (),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Lived:
    """Steps the clock through the days of [start, end) and does what is due, in the order of the hours.

    A step that fails, fails alone: the others are done, and it is due again when its next day comes.

    Args:
        deployment: what is lived through in; its archive holds what the steps have ingested, so that none sees more.
        start: first day, the one that holds this moment.
        end: day after the last.
        steps: what is done.
        killed: which steps die on which days.
        progress: is told how many days are done, of how many.

    Raises:
        HaidangError: if the stretch is empty, or a job is to be killed that is none of the steps.
    """
    if strange := [fault.job for fault in killed if fault.job not in [step.name for step in steps]]:
        raise HaidangError(f"no job {strange[0]} is rehearsed: there is {', '.join(step.name for step in steps)}")
    zone = deployment.settings.local_zone
    first, last = (int(day_numbers(moments(moment), zone)[0]) for moment in (start, end))
    if first >= last:
        raise HaidangError(f"no day lies between {start} and {end}: the start comes before the end")
    dying = {(fault.job, int(day_numbers(moments(fault.start), zone)[0])) for fault in killed}
    diary: list[Noted] = []
    seconds = {step.name: 0.0 for step in steps}
    for day in range(first, last):
        for step in sorted(steps, key=lambda one: one.hour):
            if day % step.every_days:
                continue
            moment = day_starts([day], zone)[0] + pd.Timedelta(hours=step.hour)
            begun = time.perf_counter()
            if (step.name, day) in dying:
                diary.append(Noted(moment, step.name, KILLED, step.name, "it died before it had stored anything"))
            else:
                diary.extend(_done(step, deployment, moment))
            seconds[step.name] += time.perf_counter() - begun
        progress(day + 1 - first, last - first)
    bounds = day_starts(np.array([first, last]), zone)
    return Lived(bounds[0], bounds[1], tuple(diary), seconds)


def _done(step: Step, deployment: Deployment, moment: pd.Timestamp) -> list[Noted]:
    """Does a step, and gives its lines of the diary."""
    lines: list[Noted] = []

    def tell(kind: str, about: str, text: str) -> None:
        lines.append(Noted(moment, step.name, f"{ALERT}: {kind}", about, text))

    try:
        for about, text in step.do(deployment, moment, tell):
            lines.append(Noted(moment, step.name, "done", about, text))
    except HaidangError as error:
        lines.append(Noted(moment, step.name, FAILED, step.name, str(error)))
    return lines
