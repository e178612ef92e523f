"""Water on land: soil wetness and runoff of each commune, eight rivers, and slopes that fail.

Wetness is a bucket of 190 mm. A river's stage follows the runoff of the communes nearest to its gauge; floods rise and
fall within two days. Landslides: Poisson events whose rate rises with rain, wetness and susceptibility; set so that 15
to 30 commune-days a year see one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from features.sites import Sites
from features.sources.simulated.chance import place_fraction
from features.sources.simulated.laws import Array, Dates, year_fraction

STAGE_NOISE = 0.10
_CAPACITY_MM, _DRIEST_MM, _START_MM = 190.0, 5.0, 90.0
_RUNOFF_POWER, _DRAINED_SHARE = 2.2, 0.035
_RIVER_MEMORY = 0.45
_RATING, _RATING_POWER, _ALARM_RUNOFF_MM = 0.35, 0.6, 50.0
_SLIDE_BASE, _SLIDE_RAIN, _SLIDE_WETNESS = -12.3, 3.6, 3.2


@dataclass(frozen=True)
class Soil:
    """Wetness and runoff.

    Attributes:
        wetness: water in the bucket before each day, mm, shape (..., day, site).
        runoff: of each day, mm, shape (..., day, site).
    """

    wetness: Array
    runoff: Array

    @property
    def relative_wetness(self) -> Array:
        """Wetness as a share of the bucket, 0 .. 1."""
        return self.wetness / _CAPACITY_MM


def simulate_soil(rain: Array, dates: Dates, start: Array | None = None) -> Soil:
    """Fills and drains the bucket of each commune.

    Args:
        rain: mm/day, shape (..., day, site).
        dates: local dates of the days, shape (..., day) without the samples' dimension or broadcastable to it.
        start: wetness before the first day, mm, shape (..., site); half full for None.
    """
    demand = _evaporation(dates)
    water = np.full(rain[..., 0, :].shape, _START_MM) if start is None else start
    wetness, runoff = np.empty_like(rain), np.empty_like(rain)
    for day in range(rain.shape[-2]):
        fallen, share = rain[..., day, :], np.clip(water / _CAPACITY_MM, 0, 1)
        wetness[..., day, :] = water
        quick = fallen * share**_RUNOFF_POWER
        filled = water + fallen - quick - demand[..., day, None] * share
        over = np.maximum(filled - _CAPACITY_MM, 0)
        runoff[..., day, :] = quick + over
        water = np.clip(filled - over - _DRAINED_SHARE * water, _DRIEST_MM, _CAPACITY_MM)
    return Soil(wetness, runoff)


@dataclass(frozen=True)
class Rivers:
    """Which communes drain past which gauge.

    Attributes:
        gauges: positions of the sites with a gauge, shape (gauge,).
        weights: share of each site in the runoff past each gauge, shape (site, gauge); islands have none.
        shores: for each site, the gauge whose river reaches its shore, shape (site,).
    """

    gauges: npt.NDArray[np.int64]
    weights: Array
    shores: npt.NDArray[np.int64]

    def flow(self, runoff: Array, start: Array | None = None) -> Array:
        """Runoff past each gauge, mm/day, shape (..., day, gauge).

        Args:
            runoff: of the sites, mm/day, shape (..., day, site).
            start: flow on the day before the first, mm/day, shape (..., gauge); nothing for None.
        """
        arriving = runoff @ self.weights
        flow = np.empty_like(arriving)
        last = np.zeros_like(arriving[..., 0, :]) if start is None else start
        for day in range(arriving.shape[-2]):
            last = _RIVER_MEMORY * last + (1 - _RIVER_MEMORY) * arriving[..., day, :]
            flow[..., day, :] = last
        return flow

    def onto_shores(self, flow: Array) -> Array:
        """Runoff that reaches the water at each site, mm/day, shape (..., day, site)."""
        return flow[..., self.shores]


def rivers_of(sites: Sites) -> Rivers:
    """Each commune of the mainland drains past the nearest gauge; attributes river_gauge and island are read."""
    gauges = np.flatnonzero(sites.having("river_gauge"))
    nearest = sites.distances_km[:, gauges].argmin(axis=1)
    drains = (nearest[:, None] == np.arange(len(gauges))) & ~sites.having("island")[:, None]
    return Rivers(gauges, drains / drains.sum(axis=0), nearest)


def stage(flow: Array) -> Array:
    """Stage above alarm level I of a gauge, m, by a power rating of the flow, mm/day."""
    return _RATING * (np.maximum(flow, 0) ** _RATING_POWER - _ALARM_RUNOFF_MM**_RATING_POWER)


def stage_exceedance(expected: Array, cut: float) -> Array:
    """Probability that a stage reaches a cut, m; the gauge's departure from its rating is normal with 0.10 m."""
    probability: Array = ndtr((expected - cut) / STAGE_NOISE)
    return probability


def slide_probability(rain: Array, relative_wetness: Array, sites: Sites) -> Array:
    """Probability of a landslide or flash flood in a commune on a day, shape (..., day, site).

    Args:
        rain: mm/day.
        relative_wetness: before the day, 0 .. 1.
        sites: attribute landslide_susceptibility, 1 low to 4 very high, is read.
    """
    prone = 0.6 * (sites.attribute("landslide_susceptibility") - 2) + _place_offsets(sites)
    rate = np.exp(_SLIDE_BASE + prone + _SLIDE_RAIN * np.log1p(rain / 25) + _SLIDE_WETNESS * relative_wetness)
    probability: Array = -np.expm1(-rate)
    return probability


def _place_offsets(sites: Sites) -> Array:
    return np.array([0.6 * (place_fraction(code, "slopes") - 0.5) for code in sites.codes])


def _evaporation(dates: Dates) -> Array:
    """Water that the air takes from a full bucket, mm/day."""
    demand: Array = 2.2 + 1.8 * np.cos(2 * np.pi * (year_fraction(dates) - 190 / 365))
    return demand
