"""Targets: what happened in a period, as a number in the variable's unit, and the cuts it is asked about."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Target(ABC):
    """An outcome and the thresholds that a forecast speaks of.

    Attributes:
        variable: the declared variable that is observed.
        cuts: thresholds in the variable's unit, rising.
        settle_days: days after the end of a period until its outcome is complete; late reports come in until then.
    """

    variable: str
    cuts: tuple[float, ...]
    settle_days: int

    def __post_init__(self) -> None:
        if not self.cuts or list(self.cuts) != sorted(set(self.cuts)):
            raise ValueError(f"cuts must rise, each higher than the one before: {self.cuts}")

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
class Total(Target):
    """The total of the period; NaN unless every day is known."""

    def of_period(self, days: Floats) -> Floats:
        return np.asarray(days.sum(axis=-1))
