"""True probabilities of what sensors will read in ponds and farming zones: futures of the water, each reading averaged.

A day's reading is missing with a probability of 0.1; probabilities are given that somebody reads on any day at all.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from features.periods import Periods
from features.sources.simulated.futures import Futures
from features.sources.simulated.hydrology import simulate_soil
from features.sources.simulated.laws import Array, Integers
from features.sources.simulated.stretches import in_periods
from features.sources.simulated.water import (
    MISSING_SHARE,
    SALINITY_NOISE,
    TEMPERATURE_NOISE,
    Water,
    simulate_bay_water,
    simulate_pond_water,
)
from features.sources.simulated.world import World

_STEP = 0.1


def pond_futures(world: World, futures: Futures, issue_days: Integers, days: int) -> Water:
    """Water of the ponds, shape (issue, sample, 1 + days, pond site); futures are those of the pond sites."""
    air, rain = futures.air_temperature(issue_days, days), futures.rain(issue_days, days)
    return simulate_pond_water(world.pond_sites, air, rain, _day_before(world.ponds, issue_days))


def bay_futures(world: World, futures: Futures, issue_days: Integers, days: int) -> tuple[Water, Array]:
    """Water of the farming zones and the runoff that reaches them, mm/day, shape (issue, sample, 1 + days, zone)."""
    rain = futures.rain(issue_days, days)
    dates = world.dates[issue_days[:, None, None] + np.arange(1 + days)]
    soil = simulate_soil(rain, dates, world.soil.wetness[issue_days][:, None])
    flow = world.rivers.flow(soil.runoff, world.flow[issue_days - 1][:, None])
    runoff = world.rivers.onto_shores(flow)[..., world.zone_positions]
    air = futures.air_temperature(issue_days, days)[..., world.zone_positions]
    water = simulate_bay_water(world.zone_sites, air, runoff, _day_before(world.bay, issue_days))
    return water, runoff


def highest_reading_chances(water: Array, noise: float, periods: Periods, cuts: Sequence[float]) -> Array:
    """Probability that the highest reading of a period is at least each cut, given each future.

    Args:
        water: true temperature or salinity of the days after the issue day, shape (issue, sample, day, site).
        noise: standard deviation of a reading.
        periods: the periods ahead.
        cuts: in the water's unit.

    Returns:
        Shape (issue, sample, period, site, cut).
    """
    return np.stack([_some_day(ndtr((water - cut + _STEP / 2) / noise), periods) for cut in cuts], axis=-1)


def lowest_reading_chances(water: Array, noise: float, periods: Periods, cuts: Sequence[float]) -> Array:
    """Probability that the lowest reading of a period is at most each cut, given each future; as the highest."""
    return np.stack([_some_day(ndtr((cut + _STEP / 2 - water) / noise), periods) for cut in cuts], axis=-1)


SENSORS = {
    "pond_temperature": ("temperature", TEMPERATURE_NOISE),
    "pond_salinity": ("salinity", SALINITY_NOISE),
    "water_temperature": ("temperature", TEMPERATURE_NOISE),
    "water_salinity": ("salinity", SALINITY_NOISE),
}


def _some_day(chances: Array, periods: Periods) -> Array:
    unread = MISSING_SHARE**periods.days
    none: Array = np.prod(1 - (1 - MISSING_SHARE) * in_periods(chances, periods), axis=3)
    return (1 - none) / (1 - unread)


def _day_before(history: Water, issue_days: Integers) -> Water:
    return Water(*(held[issue_days - 1][:, None] for held in (history.temperature, history.salinity)))
