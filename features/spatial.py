"""Features over neighbouring sites: another feature, averaged or taken at its highest around each site.

The sums run in the order of the sites, one row at a time, so that one issue time gives bit for bit what many give.
"""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import xarray as xr

from features.feature import Feature
from features.periods import Periods
from features.snapshot import Snapshot

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Neighbourhood(Feature):
    feature: Feature

    @property
    def variables(self) -> tuple[str, ...]:
        return self.feature.variables


@dataclass(frozen=True)
class NeighbourMean(_Neighbourhood):
    """Mean of a feature over the other sites with a known value, weighted by exp(-distance / scale_km).

    Sites beyond five times the scale do not count; NaN where no neighbour is known.
    """

    scale_km: float

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        distances = snapshot.sites.distances_km
        weights = np.where(distances <= 5 * self.scale_km, np.exp(-distances / self.scale_km), 0.0)
        np.fill_diagonal(weights, 0.0)
        return _over_sites(_weighted_mean, self.feature(snapshot, periods), weights)


@dataclass(frozen=True)
class NeighbourMax(_Neighbourhood):
    """Highest known value of a feature over the other sites within a distance; NaN where no neighbour is known."""

    within_km: float

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        near = (snapshot.sites.distances_km <= self.within_km).astype(float)
        np.fill_diagonal(near, 0.0)
        return _over_sites(_highest, self.feature(snapshot, periods), near)


def _over_sites(kernel: object, values: xr.DataArray, weights: Floats) -> xr.DataArray:
    last = values.transpose(..., "site")
    flat = np.ascontiguousarray(last.to_numpy()).reshape(-1, last.sizes["site"])
    return last.copy(data=kernel(flat, weights).reshape(last.shape))  # type: ignore[operator]


@numba.njit(cache=True)
def _weighted_mean(values: Floats, weights: Floats) -> Floats:
    mean = np.full(values.shape, np.nan)
    for row in range(values.shape[0]):
        for site in range(values.shape[1]):
            total, weight = 0.0, 0.0
            for other in range(values.shape[1]):
                if weights[site, other] > 0 and not np.isnan(values[row, other]):
                    total += weights[site, other] * values[row, other]
                    weight += weights[site, other]
            if weight > 0:
                mean[row, site] = total / weight
    return mean


@numba.njit(cache=True)
def _highest(values: Floats, weights: Floats) -> Floats:
    highest = np.full(values.shape, np.nan)
    for row in range(values.shape[0]):
        for site in range(values.shape[1]):
            for other in range(values.shape[1]):
                value = values[row, other]
                if weights[site, other] > 0 and not np.isnan(value) and not highest[row, site] >= value:
                    highest[row, site] = value
    return highest
