"""Water of ponds and bays: temperature and salinity day after day, and what their sensors say.

A day's water is a mixture of yesterday's with what comes in: warmth from the air, sea water, and fresh water.
"""

from dataclasses import dataclass

import numpy as np

from features.sites import Sites
from features.sources.simulated.chance import chance, place_fraction
from features.sources.simulated.laws import Array

_LAPSE_PER_M = 0.006
_POND_WARMING, _POND_DAYS, _POND_REFILL_DAYS, _POND_DEPTH_MM, _POND_SPILLS_MM = 0.8, 3, 22, 1500, 250
_POND_SALINITY = (16.0, 27.0)
_BAY_WARMING, _BAY_DAYS, _BAY_EXCHANGE_DAYS = 1.0, 12, 10
_COAST_SALINITY, _ISLAND_SALINITY = 31.0, 33.0
_COAST_DEPTH_MM, _ISLAND_DEPTH_MM = (300.0, 600.0), (1500.0, 2500.0)
MISSING_SHARE = 0.10
TEMPERATURE_NOISE, SALINITY_NOISE = 0.15, 0.3


@dataclass(frozen=True)
class Water:
    """Daily means, shape (..., day, site); as a state that a day begins with, shape (..., site).

    Attributes:
        temperature: degC.
        salinity: g/kg.
    """

    temperature: Array
    salinity: Array

    def days(self, first: int, last: int) -> "Water":
        """The water of the days at the positions first to last - 1."""
        return Water(self.temperature[..., first:last, :], self.salinity[..., first:last, :])


def simulate_pond_water(sites: Sites, air_temperature: Array, rain: Array, start: Water | None = None) -> Water:
    """Pond temperature follows the air within three days; salinity falls with rain and recovers within three weeks.

    A pond is 1.5 m deep and spills what falls beyond 250 mm a day; in the sun it is 0.8 degC warmer than the air.

    Args:
        sites: communes with ponds; attribute elevation_m is read. Salinity without rain, 16 to 27 g/kg, is a fact of
            the place.
        air_temperature: degC, shape (..., day, site).
        rain: mm/day, shape (..., day, site).
        start: the water of the day before, shape (..., site); None begins at rest.
    """
    warmth = _at_sea_level(sites, air_temperature) + _POND_WARMING
    dry = _between(*_POND_SALINITY, _fractions(sites, "pond salinity"))
    temperature, salinity = (warmth[..., 0, :], dry) if start is None else (start.temperature, start.salinity)
    fresh = np.minimum(rain, _POND_SPILLS_MM) / _POND_DEPTH_MM
    return Water(
        _mixed(temperature, warmth / _POND_DAYS, np.broadcast_to(1 / _POND_DAYS, warmth.shape)),
        _mixed(salinity, np.broadcast_to(dry / _POND_REFILL_DAYS, fresh.shape), fresh + 1 / _POND_REFILL_DAYS),
    )


def simulate_bay_water(sites: Sites, air_temperature: Array, runoff: Array, start: Water | None = None) -> Water:
    """Bay temperature follows the air within twelve days; salinity falls with runoff and recovers within ten.

    At rest salinity is 31 g/kg at the coast and 33 at islands. How much a bay dilutes the runoff of its land is set so
    that the wettest weeks of summer bring 18 to 24 g/kg to the inner coast and a few g/kg less than at rest to islands.

    Args:
        sites: farming zones; attributes elevation_m and island are read.
        air_temperature: degC, shape (..., day, site).
        runoff: mm/day from the land that drains to the site, shape (..., day, site).
        start: the water of the day before, shape (..., site); None begins at rest.
    """
    warmth = _at_sea_level(sites, air_temperature) + _BAY_WARMING
    island, place = sites.having("island"), _fractions(sites, "bay depth")
    sea = np.where(island, _ISLAND_SALINITY, _COAST_SALINITY)
    depth = np.where(island, _between(*_ISLAND_DEPTH_MM, place), _between(*_COAST_DEPTH_MM, place))
    temperature, salinity = (warmth[..., 0, :], sea) if start is None else (start.temperature, start.salinity)
    fresh = runoff / (depth + runoff)
    return Water(
        _mixed(temperature, warmth / _BAY_DAYS, np.broadcast_to(1 / _BAY_DAYS, warmth.shape)),
        _mixed(salinity, np.broadcast_to(sea / _BAY_EXCHANGE_DAYS, fresh.shape), fresh + 1 / _BAY_EXCHANGE_DAYS),
    )


def read_sensors(water: Water, seed: int, of: str) -> Water:
    """What sensors say of the history, shape (day, site).

    Noise of 0.15 degC and 0.3 g/kg, rounded to 0.1; one day in ten each is NaN.

    Args:
        water: the truth.
        seed: equal seeds give equal readings.
        of: names the sensors.
    """
    random = chance(seed, f"{of} sensors")
    return Water(
        _reading(random, water.temperature, TEMPERATURE_NOISE), _reading(random, water.salinity, SALINITY_NOISE)
    )


def with_days_before(water: Water, days: int) -> Water:
    """The history, shape (days + day, site), with some days put in front on which it was as on the first."""
    return Water(*(np.concatenate([np.repeat(v[:1], days, axis=0), v]) for v in (water.temperature, water.salinity)))


def _mixed(start: Array, incoming: Array, replaced: Array) -> Array:
    """Each day a share of yesterday's value is replaced by what comes in; the shares have shape (..., day, site)."""
    today, days = start, []
    for day in range(incoming.shape[-2]):
        today = today + incoming[..., day, :] - replaced[..., day, :] * today
        days.append(today)
    return np.stack(days, axis=-2)


def _at_sea_level(sites: Sites, air_temperature: Array) -> Array:
    level: Array = air_temperature + _LAPSE_PER_M * sites.attribute("elevation_m")
    return level


def _fractions(sites: Sites, of: str) -> Array:
    return np.array([place_fraction(code, of) for code in sites.codes])


def _between(low: float, high: float, fraction: Array) -> Array:
    return low + (high - low) * fraction


def _reading(random: np.random.Generator, truth: Array, noise: float) -> Array:
    reading = np.maximum(truth + noise * random.standard_normal(truth.shape), 0).round(1)
    return np.where(random.random(truth.shape) < MISSING_SHARE, np.nan, reading)
