"""The level that the days ahead hold for some days on end: how near a forecast is to a spell of heat or cold."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from features.ahead import Ahead
from features.periods import Periods
from features.snapshot import Snapshot


@dataclass(frozen=True)
class HeldAhead(Ahead):
    """Highest level that some days of the period on end do not fall below, or lowest that they do not rise above.

    With 35 degC held for three days, a spell of three days at or above 35 degC is forecast. In the variable's unit; NaN
    unless every day of the period is forecast.
    """

    run_days: int
    below: bool = False

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        if self.run_days > periods.days:
            raise ValueError(f"{self.name}: no {self.run_days} days on end fit into a period of {periods.days}")
        days = snapshot.ahead(self.variable, periods)
        values = days.transpose(..., "day").to_numpy()
        runs = np.lib.stride_tricks.sliding_window_view(values, self.run_days, axis=-1)
        held = runs.max(axis=-1).min(axis=-1) if self.below else runs.min(axis=-1).max(axis=-1)
        whole = np.where(np.isnan(values).any(axis=-1), np.nan, held)
        return days.isel(day=0, drop=True).copy(data=whole)
