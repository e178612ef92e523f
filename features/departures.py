"""How far months lie from the climate of their place and season: that of the same month in the years before.

The climate of a month is the values of the same calendar month in some earlier years, so it is known when it is asked
for and moves on with time. A value is placed in it by its rank, k / (m + 1) of m years (Weibull 1939; Makkonen 2006,
doi:10.1175/JAM2349.1): a new year of an unchanged climate lies above that boundary with probability 1 - k / (m + 1).
"""

from dataclasses import dataclass

import bottleneck
import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.special import ndtri

from features.feature import VariableFeature
from features.monthly import Floats, Statistic, months_before
from features.months import MONTHS_PER_YEAR, Months
from features.periods import Periods
from features.snapshot import Snapshot

AT_LEAST_YEARS = 10


def percentiles(climate: Floats, value: Floats) -> Floats:
    """Where values lie in their climate, percent.

    Args:
        climate: shape (..., year); NaN where not known.
        value: shape (...).

    Returns:
        Shape (...): between two values of the climate in proportion, among equal ones in their middle, beyond all half
        a rank beyond. NaN where the value or more than all but ten years are not known.
    """
    ranked = np.sort(climate, axis=-1)
    years = np.isfinite(climate).sum(axis=-1)
    below = (climate < value[..., None]).sum(axis=-1)
    equal = (climate == value[..., None]).sum(axis=-1)
    lower = np.take_along_axis(ranked, np.maximum(below - 1, 0)[..., None], axis=-1)[..., 0]
    upper = np.take_along_axis(ranked, np.minimum(below, climate.shape[-1] - 1)[..., None], axis=-1)[..., 0]
    apart = upper - lower
    share = np.divide(value - lower, apart, out=np.full(apart.shape, 0.5), where=apart > 0)
    beyond = (below == 0) | (below == years)
    rank = np.where(equal > 0, below + (equal + 1) / 2, below + np.where(beyond, 0.5, share))
    known = np.isfinite(value) & (years >= AT_LEAST_YEARS)
    return np.where(known, 100 * rank / (years + 1), np.nan)


def boundaries(climate: Floats, percent: npt.ArrayLike) -> Floats:
    """The values that bound shares of a climate, the inverse of `percentiles`.

    Args:
        climate: shape (..., year); NaN where not known.
        percent: shares, shape (k,).

    Returns:
        Shape (..., k), in the unit of the climate; NaN where fewer than ten years are known.
    """
    enough = np.isfinite(climate).sum(axis=-1) >= AT_LEAST_YEARS
    bounds = np.full((*enough.shape, np.size(percent)), np.nan)
    if enough.any():
        shares = np.asarray(percent, dtype=float) / 100
        bounds[enough] = np.moveaxis(np.nanquantile(climate[enough], shares, axis=-1, method="weibull"), 0, -1)
    return bounds


def climate_ahead(
    snapshot: Snapshot, variable: str, statistic: Statistic, periods: Months, *, years: int
) -> xr.DataArray:
    """The climate of each month ahead, as known at the issue time.

    Returns:
        Dims (issue_time, site, period, year), the last year first; NaN where too little was known.
    """
    past = months_before(snapshot, variable, statistic, look_back(years))
    back = MONTHS_PER_YEAR * np.arange(1, years + 1) - periods.numbers[:, None]
    labels = {
        "issue_time": snapshot.issue_times.tz_localize(None),
        "site": list(snapshot.sites.codes),
        "period": periods.numbers,
        "year": -np.arange(1, years + 1),
    }
    return xr.DataArray(np.ascontiguousarray(past[..., -back]), labels, tuple(labels))


@dataclass(frozen=True)
class Departure(VariableFeature):
    """Mean normal score of the last months in their climates, of those that are known; 1 is a standard deviation.

    Attributes:
        statistic: how the number of a month is made of its days.
        months: how many months before the one of the issue day, at most 12.
        years: of the climate.
    """

    statistic: Statistic
    months: int = 1
    years: int = 30

    def __post_init__(self) -> None:
        if not 1 <= self.months <= MONTHS_PER_YEAR:
            raise ValueError(f"a departure is over 1 to {MONTHS_PER_YEAR} months, not {self.months}")

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        past = months_before(snapshot, self.variable, self.statistic, look_back(self.years))
        newest = past.shape[-1] - self.months + np.arange(self.months)
        climate = past[..., newest[:, None] - MONTHS_PER_YEAR * np.arange(1, self.years + 1)]
        scores = np.ascontiguousarray(ndtri(percentiles(climate, past[..., newest]) / 100))
        known = np.isfinite(scores)
        mean = _divided(np.where(known, scores, 0.0).sum(axis=-1), known.sum(axis=-1).astype(float))
        labels = {"issue_time": snapshot.issue_times.tz_localize(None), "site": list(snapshot.sites.codes)}
        return xr.DataArray(mean, labels, tuple(labels))


@dataclass(frozen=True)
class TrendAhead(VariableFeature):
    """How far the straight trend of its climate puts each month ahead above the mean, in residual standard deviations.

    Least squares over the years of the climate of each calendar month; NaN below ten known years or without scatter.

    Attributes:
        statistic: how the number of a month is made of its days.
        years: of the climate.
    """

    statistic: Statistic
    years: int = 30

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        ahead = climate_ahead(snapshot, self.variable, self.statistic, of_months(self, periods), years=self.years)
        return ahead.isel(year=0, drop=True).copy(data=shift_by_trend(ahead.to_numpy()))


def shift_by_trend(climate: Floats) -> Floats:
    """How far the straight trend of a climate, a year on, lies above its mean, in residual standard deviations.

    Args:
        climate: shape (..., year), the last year first; NaN where not known.

    Returns:
        Shape (...); NaN below ten known years or without scatter.
    """
    known = np.isfinite(climate)
    count = known.sum(axis=-1)
    scattered = bottleneck.nanmax(climate, axis=-1) > bottleneck.nanmin(climate, axis=-1)
    enough = scattered & (count >= AT_LEAST_YEARS)
    time = np.where(known, -np.arange(1.0, climate.shape[-1] + 1), np.nan)
    mean_time, mean = _mean(time, count), _mean(climate, count)
    from_mean_time = np.where(known, time - mean_time, 0.0)
    from_mean = np.where(known, climate - mean, 0.0)
    slope = _divided((from_mean_time * from_mean).sum(axis=-1), (from_mean_time**2).sum(axis=-1))
    residual = np.where(known, from_mean - slope[..., None] * from_mean_time, 0.0)
    scatter = np.sqrt(_divided((residual**2).sum(axis=-1), count - 2.0))
    return np.where(enough, _divided(-slope * mean_time[..., 0], scatter), np.nan)


def of_months(feature: VariableFeature, periods: Periods) -> Months:
    """The periods as months; a TypeError where they are not."""
    if not isinstance(periods, Months):
        raise TypeError(f"{feature.name} speaks of calendar months: give it Months, not {periods}")
    return periods


def look_back(years: int) -> int:
    """Months of the climate and of a year before the issue day; one length for all, so that features share them."""
    return MONTHS_PER_YEAR * (years + 1)


def _mean(values: Floats, count: npt.NDArray[np.int64]) -> Floats:
    """Mean along the last axis of the known values, kept as an axis; NaN where there is none."""
    return _divided(np.nansum(values, axis=-1), count.astype(float))[..., None]


def _divided(above: Floats, below: Floats) -> Floats:
    """Quotient; NaN where nothing above zero divides."""
    quotient: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return quotient
