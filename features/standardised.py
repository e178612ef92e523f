"""Totals as standard scores in their climate: the standardised precipitation index (SPI).

A gamma law is fitted to the totals of the same months in earlier years, and what it says of a total is told as a normal
score; dry years are a share by themselves. McKee, Doesken and Kleist 1993, "The relationship of drought frequency and
duration to time scales", Eighth Conference on Applied Climatology; WMO-No. 1090, Standardized Precipitation Index User
Guide, 2012. Fit in closed form: Thom 1958, doi:10.1175/1520-0493(1958)086<0117:ANOTGD>2.0.CO;2.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import gammainc, ndtri

from features.departures import AT_LEAST_YEARS, look_back
from features.feature import VariableFeature
from features.monthly import Floats, MonthTotal, months_before
from features.months import MONTHS_PER_YEAR
from features.periods import Periods
from features.snapshot import Snapshot

FARTHEST = 3.0
_SMALLEST = 1e-12


def standardised(total: Floats, climate: Floats) -> Floats:
    """The standardised precipitation index of totals, within -3 and 3.

    Beyond three standard deviations nothing can be told of thirty years (Stagge et al. 2015, doi:10.1002/joc.4267).

    Args:
        total: shape (...), at least 0.
        climate: totals of earlier years, shape (..., year); NaN where not known.

    Returns:
        Shape (...); NaN where a total, or more than all but ten years with rain, are not known.
    """
    wet = climate > 0
    n_wet, n_known = wet.sum(axis=-1), np.isfinite(climate).sum(axis=-1)
    enough = (n_wet >= AT_LEAST_YEARS) & np.isfinite(total)
    count = np.maximum(n_wet, 1)
    mean = np.maximum(np.where(wet, climate, 0.0).sum(axis=-1) / count, _SMALLEST)
    mean_log = np.log(np.where(wet, climate, 1.0)).sum(axis=-1) / count
    spread = np.maximum(np.log(mean) - mean_log, _SMALLEST)
    shape = (1 + np.sqrt(1 + 4 * spread / 3)) / (4 * spread)
    dry = 1 - n_wet / np.maximum(n_known, 1)
    below = dry + (1 - dry) * gammainc(shape, np.maximum(np.where(enough, total, 0.0), 0.0) * shape / mean)
    index: Floats = np.where(enough, np.clip(ndtri(below), -FARTHEST, FARTHEST), np.nan)
    return index


@dataclass(frozen=True)
class StandardisedTotal(VariableFeature):
    """Standardised precipitation index of the last whole months before the one of the issue day.

    Attributes:
        over_months: how many months the total is of, at most 12.
        years: of the climate.
    """

    over_months: int
    years: int = 30

    def __post_init__(self) -> None:
        if not 1 <= self.over_months <= MONTHS_PER_YEAR:
            raise ValueError(f"the total is of 1 to {MONTHS_PER_YEAR} months, not {self.over_months}")

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        past = months_before(snapshot, self.variable, MonthTotal(), look_back(self.years))
        totals = sliding_window_view(past, self.over_months, axis=-1).sum(axis=-1)
        climate = np.ascontiguousarray(totals[..., -1 - MONTHS_PER_YEAR * np.arange(1, self.years + 1)])
        labels = {"issue_time": snapshot.issue_times.tz_localize(None), "site": list(snapshot.sites.codes)}
        return xr.DataArray(standardised(totals[..., -1], climate), labels, tuple(labels))
