"""How often a class of its climate comes in a month ahead, as its past years had it, known when it is asked.

Where years are equal, as with numbers of days, classes are of unequal size, and they differ between months and sites:
where two years in three had no hot day at all, a year without one lies at the third part of the climate, and nobody
needs to learn that two in three do.
"""

from dataclasses import dataclass

import bottleneck
import numpy as np
import xarray as xr

from features.departures import AT_LEAST_YEARS, climate_ahead, of_months
from features.feature import VariableFeature
from features.monthly import Floats, Statistic
from features.periods import Periods
from features.snapshot import Snapshot


@dataclass(frozen=True)
class ClassShare(VariableFeature):
    """Chance that a new year of an unchanged climate lies at or above a percentile of it.

    Attributes:
        statistic: how the number of a month is made of its days.
        percent: the lower bound of the class.
        years: of the climate.
    """

    statistic: Statistic
    percent: float
    years: int = 30

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        ahead = climate_ahead(snapshot, self.variable, self.statistic, of_months(self, periods), years=self.years)
        return ahead.isel(year=0, drop=True).copy(data=class_share(ahead.to_numpy(), self.percent))


def class_share(climate: Floats, percent: float) -> Floats:
    """Chance that a new year of an unchanged climate has `percentiles` of at least some percent.

    A year stands for the ranks within half of one about its own, equal years for their middle, and half a year lies
    beyond either end; so the chance is `1 - percent / 100` where no years are equal.

    Args:
        climate: shape (..., year); NaN where not known.
        percent: the lower bound of the class.

    Returns:
        Shape (...), between 0 and 1; NaN below ten known years.
    """
    ordered = np.sort(climate, axis=-1)
    known = np.isfinite(ordered)
    years = known.sum(axis=-1)
    differs = np.diff(ordered, axis=-1) != 0
    edge = np.ones((*years.shape, 1), dtype=bool)
    alone = np.concatenate([edge, differs], axis=-1) & np.concatenate([differs, edge], axis=-1)
    rank = bottleneck.nanrankdata(ordered, axis=-1)
    ranks = (years + 1)[..., None]
    spread = np.clip(rank + 0.5 - percent / 100 * ranks, 0.0, 1.0)
    reached = np.where(alone, spread, 100 * rank / ranks >= percent)
    share = (np.where(known, reached, 0.0).sum(axis=-1) + 0.5) / (years + 1)
    return np.where(years >= AT_LEAST_YEARS, share, np.nan)
