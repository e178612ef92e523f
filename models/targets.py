"""Targets: what happened in a period, as a number in the variable's unit, and the cuts it is asked about.

An event is an outcome at or above a cut, or, as with cold, at or below it. Severity is the outcome, or its negative, so
that it rises towards the event; estimators know nothing else.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import bottleneck
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from features.archive import Archive
from features.local_days import day_numbers, day_starts, moments
from features.periods import Periods
from features.variables import variable_named

Floats = npt.NDArray[np.float64]
Sense = Literal["at_least", "at_most"]
SIGNS: dict[Sense, str] = {"at_least": ">=", "at_most": "<="}


@dataclass(frozen=True)
class Target(ABC):
    """An outcome and the thresholds that a forecast speaks of.

    Attributes:
        variable: the declared variable that is observed.
        cuts: thresholds in the target's unit, from the mildest event to the severest: rising where an event is at
            least a cut, falling where it is at most a cut.
        settle_days: days after the end of a period until its outcome is complete; late reports come in until then.
        sense: whether an event is an outcome of at least, or of at most, a cut.
    """

    variable: str
    cuts: tuple[float, ...]
    settle_days: int
    sense: Sense = "at_least"

    def __post_init__(self) -> None:
        if not self.cuts or list(self.severity_cuts) != sorted(set(self.severity_cuts)):
            raise ValueError(f"cuts must go from the mildest to the severest, each of its own: {self.cuts}")

    @property
    def severity_cuts(self) -> tuple[float, ...]:
        """The cuts as severities, rising."""
        return self.cuts if self.sense == "at_least" else tuple(-cut for cut in self.cuts)

    def severity(self, outcome: npt.ArrayLike) -> Floats:
        """Outcomes as severities, or severities as outcomes."""
        values = np.asarray(outcome, dtype=float)
        return values if self.sense == "at_least" else -values

    def reached(self, outcome: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether each outcome is an event of each cut, shape (..., cut); never of NaN."""
        reached: npt.NDArray[np.bool_] = self.severity(outcome)[..., None] >= np.asarray(self.severity_cuts)
        return reached

    @property
    def unit(self) -> str:
        """Unit of outcome and cuts."""
        return variable_named(self.variable).unit

    def outcome(
        self, archive: Archive, issue_times: pd.DatetimeIndex, periods: Periods, *, by: pd.Timestamp
    ) -> xr.DataArray:
        """What happened in each period ahead of each issue time, as known at a later moment.

        Args:
            archive: where the observations lie.
            issue_times: moments with a time zone.
            periods: the periods ahead.
            by: the moment at which the truth is read.

        Returns:
            Dims (issue_time, site, period), in the target's unit. NaN where nobody looked, and where the period had
            not been over for `settle_days` yet.
        """
        times = moments(issue_times)
        first = periods.first_days(times, archive.zone)
        start, end = day_starts([first.min(), first.max() + periods.days - 1], archive.zone)
        observed = archive.observed(self.variable, by=by, start=start, end=end).to_numpy()
        position = first[..., None] - first.min() + np.arange(periods.days)
        values = self.of_period(observed[:, position])
        last_settled = day_numbers(moments(by, "moment"), archive.zone)[0] - periods.days - self.settle_days
        settled = np.where(first[None] <= last_settled, values, np.nan)
        labels = {"site": list(archive.sites.codes), "issue_time": times.tz_localize(None), "period": periods.numbers}
        named = xr.DataArray(settled, labels, tuple(labels), attrs={"units": self.unit})
        return named.transpose("issue_time", "site", "period")

    @abstractmethod
    def of_period(self, days: Floats) -> Floats:
        """The outcome from the daily values along the last axis."""


@dataclass(frozen=True)
class Highest(Target):
    """The highest day or sample of the period; NaN where no day is known."""

    def of_period(self, days: Floats) -> Floats:
        highest: Floats = bottleneck.nanmax(days, axis=-1)
        return highest


@dataclass(frozen=True)
class Lowest(Target):
    """The lowest day or sample of the period; NaN where no day is known."""

    def of_period(self, days: Floats) -> Floats:
        lowest: Floats = bottleneck.nanmin(days, axis=-1)
        return lowest


@dataclass(frozen=True)
class Spell(Target):
    """The longest run of days of the period on which the variable is at least, or at most, a threshold, in days.

    NaN unless every day is known. Cuts are lengths of runs: a longer run is the severer event.

    Attributes:
        threshold: in the variable's unit.
        below: whether the runs are of days at or below the threshold.
    """

    threshold: float = 0.0
    below: bool = False

    @property
    def unit(self) -> str:
        return "day"

    def of_period(self, days: Floats) -> Floats:
        within = days <= self.threshold if self.below else days >= self.threshold
        run, longest = np.zeros(days.shape[:-1]), np.zeros(days.shape[:-1])
        for day in range(days.shape[-1]):
            run = np.where(within[..., day], run + 1, 0)
            longest = np.maximum(longest, run)
        return np.where(np.isnan(days).any(axis=-1), np.nan, longest)


@dataclass(frozen=True)
class Total(Target):
    """The total of the period; NaN unless every day is known."""

    def of_period(self, days: Floats) -> Floats:
        return np.asarray(days.sum(axis=-1))
