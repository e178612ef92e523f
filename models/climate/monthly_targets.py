"""Targets of calendar months: where a month will lie in its climate, and what the rain of the months to it will lack.

The climate is that of the same calendar month in the years before the month that is asked about. It is known when the
question is asked, so that terciles and quintiles never hold anything of the time that is forecast.
"""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view

from features.archive import Archive
from features.departures import AT_LEAST_YEARS, boundaries, percentiles
from features.local_days import day_numbers, moments
from features.monthly import Floats, Statistic, months_observed
from features.months import MONTHS_PER_YEAR, Months, month_starts
from features.periods import Periods
from features.standardised import standardised
from models.targets import Target

TERCILES = (100 / 3, 200 / 3)
QUINTILES = (20.0, 40.0, 60.0, 80.0)


@dataclass(frozen=True, kw_only=True)
class MonthlyTarget(Target):
    """An outcome that is made of months.

    Attributes:
        statistic: how the number of a month is made of its days.
        years: of the climate.
    """

    statistic: Statistic
    years: int = 30

    @property
    @abstractmethod
    def months(self) -> int:
        """How many months an outcome is made of, the one that is asked about being the last."""

    def outcome(
        self, archive: Archive, issue_times: pd.DatetimeIndex, periods: Periods, *, by: pd.Timestamp
    ) -> xr.DataArray:
        """What each month ahead came to, as known at a later moment; see `Target.outcome`.

        Raises:
            TypeError: if the periods are not months.
        """
        if not isinstance(periods, Months):
            raise TypeError(f"{type(self).__name__} speaks of calendar months: give it Months, not {periods}")
        times = moments(issue_times)
        asked = periods.month_numbers(times, archive.zone)
        first, last = int(asked.min()), int(asked.max())
        observed = months_observed(
            archive, self.variable, self.statistic, first - self.months + 1, last, by=moments(by, "moment")[0]
        )
        values = self.of_period(sliding_window_view(observed, self.months, axis=-1))
        over = month_starts(np.arange(first, last + 1) + 1) + self.settle_days
        settled = np.where(over <= day_numbers(moments(by, "moment"), archive.zone)[0], values, np.nan)
        labels = {"site": list(archive.sites.codes), "issue_time": times.tz_localize(None), "period": periods.numbers}
        named = xr.DataArray(settled[:, asked - first], labels, tuple(labels), attrs={"units": self.unit})
        return named.transpose("issue_time", "site", "period")


@dataclass(frozen=True, kw_only=True)
class PercentileOfMonth(MonthlyTarget):
    """Where the month lies in its climate, percent of the years below it; cuts are the bounds of its classes.

    NaN where the climate has no classes, as that of heavy rain in a month that never has any.
    """

    @property
    def unit(self) -> str:
        return "percentile"

    @property
    def months(self) -> int:
        return MONTHS_PER_YEAR * self.years + 1

    def of_period(self, days: Floats) -> Floats:
        climate = days[..., :-1:MONTHS_PER_YEAR]
        bounds = boundaries(climate, (min(self.cuts), max(self.cuts)))
        return np.where(bounds[..., 1] > bounds[..., 0], percentiles(climate, days[..., -1]), np.nan)


@dataclass(frozen=True, kw_only=True)
class TotalOfMonths(MonthlyTarget):
    """An outcome of the total of some months, in the climate of the same months in the years before.

    Attributes:
        over_months: how many months the total is of; the one that is asked about is the last.
    """

    over_months: int

    @property
    def months(self) -> int:
        return MONTHS_PER_YEAR * self.years + self.over_months

    def of_period(self, days: Floats) -> Floats:
        totals = sliding_window_view(days, self.over_months, axis=-1).sum(axis=-1)
        return self.of_total(totals[..., -1], np.ascontiguousarray(totals[..., :-1:MONTHS_PER_YEAR]))

    @abstractmethod
    def of_total(self, total: Floats, climate: Floats) -> Floats:
        """The outcome from a total of shape (...) and those of earlier years, shape (..., year)."""


@dataclass(frozen=True, kw_only=True)
class Shortfall(TotalOfMonths):
    """How much the total lacks of its normal, percent of the normal; below zero where it is above.

    The normal is the mean of the same months in the years before. NaN where a month is not known, and where nothing
    ever falls.
    """

    @property
    def unit(self) -> str:
        return "percent"

    def of_total(self, total: Floats, climate: Floats) -> Floats:
        return shortfall(total, climate)


@dataclass(frozen=True, kw_only=True)
class Standardised(TotalOfMonths):
    """Standardised precipitation index of the total, see `features/standardised.py`; NaN where it is."""

    @property
    def unit(self) -> str:
        return "1"

    def of_total(self, total: Floats, climate: Floats) -> Floats:
        return standardised(total, climate)


def shortfall(total: Floats, climate: Floats) -> Floats:
    """How much totals lack of the mean of their climate, percent of it.

    Args:
        total: shape (...).
        climate: totals of earlier years, shape (..., year); NaN where not known.

    Returns:
        Shape (...); NaN where a total or more than all but ten years of its climate are not known.
    """
    normal = normals(climate)
    lacking: Floats = 100 * np.divide(normal - total, normal, out=np.full(normal.shape, np.nan), where=normal > 0)
    return lacking


def normals(climate: npt.NDArray[np.float64]) -> Floats:
    """Means over the last axis of the known years; NaN below ten of them."""
    known = np.isfinite(climate)
    count = known.sum(axis=-1)
    total = np.where(known, climate, 0.0).sum(axis=-1)
    mean: Floats = np.divide(total, count, out=np.full(total.shape, np.nan), where=count >= AT_LEAST_YEARS)
    return mean
