"""Features over the period ahead, as it was forecast and known at the issue time.

A mean or total is NaN unless every day of the period is forecast; a highest or lowest is over the days that are.
`margin_days` widens the period on both sides, for forecasts that are right about the event and wrong about the day.
"""

from dataclasses import dataclass

import bottleneck
import numpy as np
import xarray as xr

from features.feature import VariableFeature
from features.past import AntecedentIndex
from features.periods import Periods
from features.snapshot import Snapshot


@dataclass(frozen=True)
class Ahead(VariableFeature):
    """A feature that forecasts by others tell."""


@dataclass(frozen=True)
class MeanAhead(Ahead):
    """Mean of the days of the period, in the variable's unit."""

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return snapshot.ahead(self.variable, periods).reduce(np.mean, "day")


@dataclass(frozen=True)
class TotalAhead(Ahead):
    """Total of the days of the period, in the variable's unit."""

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return snapshot.ahead(self.variable, periods).reduce(np.sum, "day")


@dataclass(frozen=True)
class HighestAhead(Ahead):
    """Highest day of the period, in the variable's unit."""

    margin_days: int = 0

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return snapshot.ahead(self.variable, periods, margin_days=self.margin_days).reduce(bottleneck.nanmax, "day")


@dataclass(frozen=True)
class LowestAhead(Ahead):
    """Lowest day of the period, in the variable's unit."""

    margin_days: int = 0

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return snapshot.ahead(self.variable, periods, margin_days=self.margin_days).reduce(bottleneck.nanmin, "day")


@dataclass(frozen=True)
class TotalThrough(Ahead):
    """Total from the day after the issue day to the last day of the period, in the variable's unit."""

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        days = snapshot.ahead(self.variable, Periods(days=1, count=periods.reach)).isel(day=0, drop=True)
        last = periods.leads + periods.days - 1
        whole = days.cumsum("period", skipna=False).isel(period=last - 1)
        return whole.assign_coords(period=periods.numbers)


@dataclass(frozen=True)
class TotalWithin(Ahead):
    """Total of the first `days` after the issue day, the same for every period, in the variable's unit.

    For periods that lie beyond the reach of the forecasts, and remember what comes before.
    """

    days: int

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return (
            snapshot.ahead(self.variable, Periods(days=self.days, count=1))
            .isel(period=0, drop=True)
            .reduce(np.sum, "day")
        )


@dataclass(frozen=True)
class MeanThrough(Ahead):
    """Mean from the day after the issue day to the last day of the period, in the variable's unit."""

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        total = TotalThrough(self.variable)(snapshot, periods)
        days = xr.DataArray(periods.leads + periods.days - 1.0, {"period": periods.numbers}, ("period",))
        return total / days


@dataclass(frozen=True)
class AntecedentThrough(Ahead):
    """Antecedent precipitation index at the end of the period, of what falls from the day after the issue day on.

    Each day is worth a factor less than the day after it, in the variable's unit; NaN unless all those days are
    forecast. It goes on where `features.past.AntecedentIndex` ends. Kohler and Linsley 1951, "Predicting the runoff
    from storm rainfall".
    """

    decay: float

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        days = snapshot.ahead(self.variable, Periods(days=1, count=periods.reach)).isel(day=0, drop=True)
        held = days.copy()
        for day in range(1, periods.reach):
            held[{"period": day}] = days.isel(period=day) + self.decay * held.isel(period=day - 1)
        last = periods.leads + periods.days - 1
        return held.isel(period=last - 1).assign_coords(period=periods.numbers)


@dataclass(frozen=True)
class DaysAhead(Ahead):
    """How many days of the period reach a threshold, or stay at or below it; NaN unless every day is forecast."""

    threshold: float
    below: bool = False

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        values = snapshot.ahead(self.variable, periods)
        within = values <= self.threshold if self.below else values >= self.threshold
        return within.where(values.notnull()).reduce(np.sum, "day")


@dataclass(frozen=True)
class AntecedentAhead(Ahead):
    """Antecedent precipitation index on the morning of the period's first day, as it is foreseen at the issue time.

    Days before the issue day as they were measured, made up as in `AntecedentIndex`; the issue day and the days between
    as they are forecast. In the variable's unit; NaN unless every day between is forecast.
    """

    days: int
    decay: float
    coverage: float = 0.8

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        before = AntecedentIndex(self.variable, self.days, self.decay, self.coverage)(snapshot, periods)
        days = snapshot.ahead(self.variable, Periods(days=1, count=periods.reach), margin_days=1).isel(day=0, drop=True)
        foreseen = []
        for period in range(periods.reach):
            before = self.decay * before + days.isel(period=period, drop=True)
            foreseen.append(before)
        mornings = xr.concat(foreseen, "period").isel(period=periods.leads - 1)
        return mornings.assign_coords(period=periods.numbers).transpose(..., "period")
