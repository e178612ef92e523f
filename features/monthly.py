"""Numbers of calendar months, made of daily values or told by month, as known at an issue time or as observed."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.archive import Archive
from features.local_days import Days, day_numbers, day_starts
from features.months import month_numbers, month_starts
from features.snapshot import Snapshot

Floats = npt.NDArray[np.float64]
_MADE: WeakKeyDictionary[Snapshot, dict[tuple[str, "Statistic", int], Floats]] = WeakKeyDictionary()
"""Months that features of one snapshot share, for as long as it lives: making them is most of an outlook's work."""
_WEEKS = 4
_DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class Statistic(ABC):
    """How the number of a month is made of its days."""

    @abstractmethod
    def of_months(self, days: Floats, starts: Days) -> Floats:
        """The numbers of whole months in a row.

        Args:
            days: daily values, the days of the months along the last axis; NaN where not known.
            starts: positions on that axis at which the months begin, shape (month,); the last one ends with the axis.

        Returns:
            Shape (..., month); NaN where too little is known of a month.
        """


@dataclass(frozen=True)
class AsTold(Statistic):
    """A variable that is told by month: its value stands at the first day."""

    def of_months(self, days: Floats, starts: Days) -> Floats:
        told: Floats = days[..., starts]
        return told


@dataclass(frozen=True)
class _OfDays(Statistic):
    coverage: float = 0.9

    def of_months(self, days: Floats, starts: Days) -> Floats:
        lengths = np.diff(np.append(starts, days.shape[-1]))
        known = np.isfinite(days)
        count = np.add.reduceat(known, starts, axis=-1, dtype=float)
        total = np.add.reduceat(np.where(known, self.of_day(days), 0.0), starts, axis=-1)
        mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count >= self.coverage * lengths)
        return mean * self.weight(lengths)

    @abstractmethod
    def of_day(self, days: Floats) -> Floats:
        """What a day adds."""

    def weight(self, lengths: Days) -> Floats:
        """By what the mean day of each month is multiplied: its days."""
        return lengths.astype(float)


@dataclass(frozen=True)
class MonthTotal(_OfDays):
    """Total of the month; missing days count as the mean of the known ones, never as zero.

    Attributes:
        coverage: share of the days that must be known.
    """

    def of_day(self, days: Floats) -> Floats:
        return days


@dataclass(frozen=True)
class MonthMean(MonthTotal):
    """Mean of the known days of the month."""

    def weight(self, lengths: Days) -> Floats:
        return np.ones(len(lengths))


@dataclass(frozen=True)
class DaysAbove(_OfDays):
    """Days of the month at or above a threshold; missing days count as the mean of the known ones.

    Attributes:
        threshold: in the variable's unit.
    """

    threshold: float = 0.0

    def of_day(self, days: Floats) -> Floats:
        return (days >= self.threshold).astype(float)


@dataclass(frozen=True)
class DaysBelow(_OfDays):
    """Days of the month at or below a threshold; missing days count as the mean of the known ones.

    Attributes:
        threshold: in the variable's unit.
    """

    threshold: float = 0.0

    def of_day(self, days: Floats) -> Floats:
        return (days <= self.threshold).astype(float)


@dataclass(frozen=True)
class WeeksAbove(Statistic):
    """Weeks of the month with a day at or above a threshold: of the four that begin on day 1, 8, 15 and 22.

    A week is known if it has such a day, or if all its days are known; the month if its four weeks are.

    Attributes:
        threshold: in the variable's unit.
    """

    threshold: float = 1.0

    def of_months(self, days: Floats, starts: Days) -> Floats:
        within = np.arange(_WEEKS)[:, None] * _DAYS_PER_WEEK + np.arange(_DAYS_PER_WEEK)
        weeks = days[..., starts[:, None, None] + within]
        reached = (weeks >= self.threshold).any(axis=-1)
        of_week = np.where(reached | np.isfinite(weeks).all(axis=-1), reached.astype(float), np.nan)
        return np.asarray(of_week.sum(axis=-1))


def months_before(snapshot: Snapshot, variable: str, statistic: Statistic, months: int) -> Floats:
    """The months before the one that holds each issue day, as known at the issue time.

    Args:
        snapshot: what was known.
        variable: a declared variable.
        statistic: how the number of a month is made of its days.
        months: how many to look back.

    Returns:
        Shape (issue_time, site, month), the newest month last, not to be written to; NaN where too little was known.
    """
    made = _MADE.setdefault(snapshot, {})
    asked = (variable, statistic, months)
    if asked not in made:
        made[asked] = _made(snapshot, variable, statistic, months)
    return made[asked]


def _made(snapshot: Snapshot, variable: str, statistic: Statistic, months: int) -> Floats:
    found = np.empty((len(snapshot.issue_times), len(snapshot.sites), months))
    for row, one in enumerate(snapshot.blocks(1)):
        today = day_numbers(one.issue_times, snapshot.zone)
        this_month = month_numbers(today)[0]
        edges = month_starts(np.arange(this_month - months, this_month + 1))
        past = one.past(variable, int(today[0] - edges[0])).to_numpy()[0, :, ::-1]
        found[row] = statistic.of_months(past[:, : edges[-1] - edges[0]], edges[:-1] - edges[0])
    found.setflags(write=False)
    return found


def months_observed(
    archive: Archive, variable: str, statistic: Statistic, first: int, last: int, *, by: pd.Timestamp
) -> Floats:
    """Months as observed, as known at a moment.

    Args:
        archive: where the observations lie.
        variable: a declared variable.
        statistic: how the number of a month is made of its days.
        first: number of the first month, see `month_numbers`.
        last: number of the last month.
        by: the moment at which the truth is read.

    Returns:
        Shape (site, month); NaN where too little is known.
    """
    edges = month_starts(np.arange(first, last + 2))
    start, end = day_starts([edges[0], edges[-1] - 1], archive.zone)
    observed = archive.observed(variable, by=by, start=start, end=end).to_numpy()
    return statistic.of_months(observed, edges[:-1] - edges[0])
