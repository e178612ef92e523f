"""Water of the shrimp ponds: temperature and salinity, and what their sensors say."""

from dataclasses import dataclass

import numpy as np

from features.sites import Sites
from features.sources.simulated.laws import Array

_LAPSE_PER_M = 0.006
_MISSING_SHARE = 0.10
_TEMPERATURE_NOISE, _SALINITY_NOISE = 0.15, 0.3


@dataclass(frozen=True)
class PondWater:
    """Daily means, shape (day, site).

    Attributes:
        temperature: degC.
        salinity: g/kg.
    """

    temperature: Array
    salinity: Array


def simulate_pond_water(sites: Sites, air_temperature: Array, rain: Array, seed: int) -> PondWater:
    """Pond temperature follows the air within three days; salinity falls with rain and recovers within three weeks.

    Ponds lie at sea level: what the commune's elevation cools is given back.

    Args:
        sites: communes with ponds; attribute elevation_m is read.
        air_temperature: degC, shape (day, site).
        rain: mm/day, shape (day, site).
        seed: draws each commune's salinity without rain, 16 to 27 g/kg.
    """
    dry = np.random.default_rng((seed, 4)).uniform(16, 27, len(sites))
    air = air_temperature + _LAPSE_PER_M * sites.attribute("elevation_m") + 0.8
    temperature, salinity = np.empty_like(air), np.empty_like(air)
    warmth, salt = air[0], dry
    for day in range(len(air)):
        warmth = warmth + (air[day] - warmth) / 3
        salt = salt + (dry - salt) / 22 - salt * np.minimum(rain[day], 250) / 1500
        temperature[day], salinity[day] = warmth, salt
    return PondWater(temperature, salinity)


def read_sensors(water: PondWater, seed: int) -> PondWater:
    """What the sensors say: noise of 0.15 degC and 0.3 g/kg, rounded to 0.1; one day in ten each is NaN."""
    random = np.random.default_rng((seed, 5))
    return PondWater(
        _reading(random, water.temperature, _TEMPERATURE_NOISE), _reading(random, water.salinity, _SALINITY_NOISE)
    )


def _reading(random: np.random.Generator, truth: Array, noise: float) -> Array:
    reading = np.maximum(truth + noise * random.standard_normal(truth.shape), 0).round(1)
    return np.where(random.random(truth.shape) < _MISSING_SHARE, np.nan, reading)
