"""Features made of the values of other features at the same site and period."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from features.feature import Feature
from features.periods import Periods
from features.snapshot import Snapshot


@dataclass(frozen=True)
class Logarithm(Feature):
    """Natural logarithm of one plus a feature that is never below zero, such as an amount; NaN below zero."""

    feature: Feature

    @property
    def variables(self) -> tuple[str, ...]:
        return self.feature.variables

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        values = self.feature(snapshot, periods)
        return xr.apply_ufunc(np.log1p, values.where(values >= 0))


@dataclass(frozen=True)
class Difference(Feature):
    """One feature less another of the same unit, such as the water level less the tide; NaN where either is."""

    feature: Feature
    less: Feature

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.feature.variables, *self.less.variables)))

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return self.feature(snapshot, periods) - self.less(snapshot, periods)
