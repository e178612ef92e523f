"""Bias of the forecasts by others: whether they stand to what comes as they did in the years before.

The last 90 days are judged by all days before them, by the means over the sites, and for amounts by the look of their
fields too. The evidence of independent errors would reach the level of an alarm once in a thousand days in the mean;
errors of forecasts hang together over weeks, and how often it is reached in years without a change is measured in
`haidang/benchmarks/drift.py`. How forecasts stand after a change that was acted upon is learned in the days
between, and judging begins anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq

from features.archive import Archive
from features.local_days import day_numbers, day_starts, moments
from features.variables import VARIABLES, variable_named
from training.change_detector import Change, detect
from training.forecast_fields import field_streams
from training.forecast_streams import ForecastDays, forecast_days, paired, streams

JUDGED_DAYS, LEVEL, ALONE = 90, 1e3, 1e3
MOST, NEAR_ENOUGH = 3.0, 0.01
Stream = tuple[str, str]
"""A variable, and by what it is judged."""
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
MADE: dict[str, Callable[[ForecastDays, Flags], dict[str, Floats]]] = {"means": streams, "fields": field_streams}


@dataclass(frozen=True)
class KnownChange:
    """A change that was acted upon.

    Attributes:
        since: when it began.
        until: up to when it was learned how the forecasts stand after it.
    """

    since: pd.Timestamp
    until: pd.Timestamp


@dataclass(frozen=True)
class VariableBias:
    """How the forecasts of one variable stand since the change.

    Attributes:
        variable: its name.
        evidence: of its own streams.
        factor: by what the forecasts since the change have to be divided to stand as before, 1/3 to 3; NaN for
            variables that can be below zero.
        difference: mean forecast less mean observed since the change, less the same before, in the variable's unit.
    """

    variable: str
    evidence: float
    factor: float
    difference: float


@dataclass(frozen=True)
class ForecastBias:
    """What the last 90 days tell.

    Attributes:
        evidence: the largest of the days; see `training/change_detector.py`.
        found_at: the day on which it first reached the level of an alarm; None if it did not.
        since: the day on which the change most likely began.
        variables: those whose own streams tell of it, and that of the most evidence in any case; none without an alarm.
        judged_days: days with a forecast and an observation.
    """

    evidence: float
    found_at: pd.Timestamp | None
    since: pd.Timestamp
    variables: tuple[VariableBias, ...]
    judged_days: int

    @property
    def alarm(self) -> bool:
        """Whether the forecasts have changed."""
        return self.found_at is not None


def forecast_variables(archive: Archive) -> list[str]:
    """The variables that the archive holds and that others forecast."""
    return [name for name in archive.variables() if name in VARIABLES and variable_named(name).forecast]


def forecast_bias(
    archive: Archive, now: pd.Timestamp, *, issue_hour: int = 7, known: Sequence[KnownChange] = ()
) -> ForecastBias | None:
    """Judges the forecasts of the last 90 days.

    Args:
        archive: what was known.
        now: nothing known later is read.
        issue_hour: local hour at which forecasts are read.
        known: changes that were acted upon, the older first.

    Returns:
        None where less than two years came before, nothing is forecast and observed, or a change is still being
        learned.
    """
    told = forecast_days(archive, forecast_variables(archive), archive.begins(), now, issue_hour=issue_hour)
    return judge_days(told, archive.zone, known=known)


def judge_days(told: ForecastDays, zone: str, *, known: Sequence[KnownChange] = ()) -> ForecastBias | None:
    """The same of days that were read before; the last of them is the present one."""
    first = max(len(told.days) - JUDGED_DAYS, 0)
    training = np.arange(len(told.days)) < first
    found = {(name, by): values for by, make in MADE.items() for name, values in make(told, training).items()}
    for change in known:
        since, until = np.searchsorted(told.days, [_day(change.since, zone), _day(change.until, zone)])
        found = {name: _recentred(values, since, until) for name, values in found.items()}
        first = max(first, int(until))
    judged = {name: values[first:] for name, values in found.items()}
    if not judged or not any(np.isfinite(values).any() for values in judged.values()):
        return None
    return _told(told, detect(judged), judged, first, training, zone)


def _told(
    told: ForecastDays, change: Change[Stream], judged: dict[Stream, Floats], first: int, training: Flags, zone: str
) -> ForecastBias:
    reached = np.flatnonzero(change.evidence >= LEVEL)
    since = first + change.since
    names = dict.fromkeys(name for name, _ in judged)
    alone = {name: detect({one: values for one, values in judged.items() if one[0] == name}) for name in names}
    own = {name: float(one.evidence[-1]) for name, one in alone.items()}
    chosen = [name for name in own if len(reached) and (own[name] >= ALONE or name == change.stream[0])]
    starts = day_starts(told.days, zone)
    return ForecastBias(
        float(change.evidence.max()),
        starts[first + int(reached[0])] if len(reached) else None,
        starts[since],
        tuple(
            _bias(told, alone[name].stream, own[name], since, training)
            for name in sorted(chosen, key=lambda name: -own[name])
        ),
        int(max(np.isfinite(values).sum() for values in judged.values())),
    )


def _bias(told: ForecastDays, stream: Stream, evidence: float, since: int, training: Flags) -> VariableBias:
    name = stream[0]
    said, truth = paired(told, name)
    days = np.arange(len(told.days))
    season = np.exp(2j * np.pi * told.days / 365.2425)
    near = training & (np.real(season * np.conj(season[since])) > np.cos(np.pi / 4))
    apart = [_mean(said[chosen] - truth[chosen]) for chosen in (days >= since, near)]
    factor = _factor(told, stream, since, training) if variable_named(name).low >= 0 else np.nan
    return VariableBias(name, evidence, factor, apart[0] - apart[1])


def _factor(told: ForecastDays, stream: Stream, since: int, training: Flags) -> float:
    """Where the mean of the stream since the change is zero once more."""
    name, by = stream

    def shift(logarithm: float) -> float:
        after = (np.arange(len(told.days)) >= since)[:, None, None]
        divided = np.where(after, told.issued[name] / np.exp(logarithm), told.issued[name])
        alone = ForecastDays(told.days, {name: divided}, {name: told.observed[name]})
        return _mean(MADE[by](alone, training)[name][since:])

    low, high = -np.log(MOST), np.log(MOST)
    at_low, at_high = shift(low), shift(high)
    if not at_high < 0 < at_low:
        return MOST if at_high >= 0 else 1 / MOST
    return float(np.exp(brentq(shift, low, high, xtol=NEAR_ENOUGH)))


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _recentred(values: Floats, since: int, until: int) -> Floats:
    """Takes from all that follows a change what it shifted in the days in which it was learned.

    A shift that few days taught is not sure, and is wrong alike on all days that follow; they count for less by as
    much as their sum is less sure.
    """
    learned, after = values[since:until], values[until:]
    known = int(np.isfinite(learned).sum())
    if not known:
        return values
    surely = np.sqrt(1 + np.isfinite(after).sum() / known)
    return np.concatenate([values[:until], (after - _mean(learned)) / surely])


def _day(moment: pd.Timestamp, zone: str) -> int:
    return int(day_numbers(moments(moment, "moment"), zone)[0])
