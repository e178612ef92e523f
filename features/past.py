"""Features over the past: the days before the issue day, each value as last known at the issue time.

`coverage` is the share of days that must be known for a total or a count; what is missing is made up by the mean of the
known days, never by zero, and below that share the feature is NaN.
"""

from dataclasses import dataclass

import bottleneck
import numpy as np
import xarray as xr

from features.feature import VariableFeature
from features.periods import Periods
from features.snapshot import Snapshot


@dataclass(frozen=True)
class MeanOver(VariableFeature):
    """Mean of the known days among the last `days`, in the variable's unit."""

    days: int

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return snapshot.past(self.variable, self.days).reduce(bottleneck.nanmean, "back")


@dataclass(frozen=True)
class TotalOver(VariableFeature):
    """Total of the last `days`, in the variable's unit."""

    days: int
    coverage: float = 0.8

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        values = snapshot.past(self.variable, self.days)
        return _where_covered(values, values, self.coverage) * self.days


@dataclass(frozen=True)
class AntecedentIndex(VariableFeature):
    """Antecedent precipitation index: the last `days`, each worth a factor less than the day after it.

    In the variable's unit; days that are not known are taken for the weighted mean of those that are, NaN where less
    than the coverage is known. Kohler and Linsley 1951, "Predicting the runoff from storm rainfall".
    """

    days: int
    decay: float
    coverage: float = 0.8

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        values = snapshot.past(self.variable, self.days)
        weights = self.decay ** (values["back"] - 1)
        known = values.notnull()
        total = (values * weights).reduce(bottleneck.nansum, "back")
        share = (known * weights).reduce(np.sum, "back") / float(weights.sum())
        return (total / share.where(share > 0)).where(known.reduce(np.mean, "back") >= self.coverage)


@dataclass(frozen=True)
class RunLength(VariableFeature):
    """Days before the issue day in an unbroken run at or above a threshold, or at or below it; at most `days`.

    NaN where the day before the issue day is not known; a day that is not known ends the run.
    """

    threshold: float
    days: int
    below: bool = False

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        values = snapshot.past(self.variable, self.days)
        within = values <= self.threshold if self.below else values >= self.threshold
        run = within.astype(float).cumprod("back").reduce(np.sum, "back")
        return run.where(values.isel(back=0, drop=True).notnull())


@dataclass(frozen=True)
class DaysAtLeast(VariableFeature):
    """How many of the last `days` reached a threshold, days."""

    threshold: float
    days: int
    coverage: float = 0.8

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        values = snapshot.past(self.variable, self.days)
        reached = (values >= self.threshold).where(values.notnull())
        return _where_covered(reached, values, self.coverage) * self.days


@dataclass(frozen=True)
class HighestOver(VariableFeature):
    """Highest known value of the last `days`, in the variable's unit."""

    days: int

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return snapshot.past(self.variable, self.days).reduce(bottleneck.nanmax, "back")


@dataclass(frozen=True)
class LowestOver(VariableFeature):
    """Lowest known value of the last `days`, in the variable's unit."""

    days: int

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return snapshot.past(self.variable, self.days).reduce(bottleneck.nanmin, "back")


@dataclass(frozen=True)
class Latest(VariableFeature):
    """The newest known value of the last `days`, in the variable's unit."""

    days: int

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return snapshot.past(self.variable, self.days).reduce(_first_known, "back")


@dataclass(frozen=True)
class AgeOfLatest(VariableFeature):
    """Days from the newest known value of the last `days` to the issue day; at least 1."""

    days: int

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        values = snapshot.past(self.variable, self.days)
        return values["back"].where(values.notnull()).transpose(*values.dims).reduce(_first_known, "back")


@dataclass(frozen=True)
class ChangeOver(VariableFeature):
    """The day before the issue day less the day `days` earlier, in the variable's unit; NaN if either is not known."""

    days: int

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        values = snapshot.past(self.variable, self.days + 1)
        return values.isel(back=0, drop=True) - values.isel(back=-1, drop=True)


@dataclass(frozen=True)
class TrendOver(VariableFeature):
    """Least-squares slope of the known days among the last `days`, unit per day; NaN below three known days."""

    days: int

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        values = snapshot.past(self.variable, self.days)
        known = values.notnull()
        time = (-values["back"]).where(known).astype(float)
        from_mean_time = time - time.reduce(bottleneck.nanmean, "back")
        from_mean = values - values.reduce(bottleneck.nanmean, "back")
        covariance = (from_mean_time * from_mean).reduce(bottleneck.nansum, "back")
        variance = (from_mean_time**2).reduce(bottleneck.nansum, "back")
        return (covariance / variance.where(variance > 0)).where(known.sum("back") >= 3)


def _first_known(values: np.ndarray, axis: int) -> np.ndarray:
    first = np.expand_dims(np.argmax(~np.isnan(values), axis), axis)
    return np.take_along_axis(values, first, axis).squeeze(axis)


def _where_covered(of_days: xr.DataArray, known: xr.DataArray, coverage: float) -> xr.DataArray:
    """Mean along `back` where at least a share of the days is known."""
    share = known.notnull().reduce(np.mean, "back")
    return of_days.astype(float).reduce(bottleneck.nanmean, "back").where(share >= coverage)
