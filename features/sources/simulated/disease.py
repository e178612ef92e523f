"""White spot disease in shrimp ponds: a stochastic epidemic of ponds in each commune, and its confirmation.

A pond is susceptible, exposed, infectious or removed; water between 23 and 29 degC, swings of temperature and falling
salinity raise the force of infection. Temperature window: peak replication at 23-29 degC; incidence ratio 2.53
(1.72-3.75) at 24.5-27.2 degC air temperature, Piamsomboon et al. 2016. The rates are set so that 4 to 10 % of
commune-weeks from April to June and September to November see a confirmed onset.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.sites import Sites
from features.sources.simulated.laws import Array, Dates
from features.sources.simulated.water import PondWater

Counts = npt.NDArray[np.int64]

WITHIN, BETWEEN, FROM_OUTSIDE = 0.060, 0.014, 2.0e-5
COMMUNE_DEVIATION, YEAR_DEVIATION = 0.25, 0.25
CONFIRMED_SHARE = 0.6
DELAY_MEAN_DAYS, DELAY_SIZE = 6.0, 2.0

_NEIGHBOUR_KM = 9.0
_COMMUNE_PERSISTENCE = 0.98
_BECOMES_INFECTIOUS, _IS_REMOVED = 1 - np.exp(-1 / 3), 1 - np.exp(-1 / 7)
_CROP_STARTS = ((75, 10), (208, 12))
_STOCKING_DAYS, _FIRST_HARVEST, _LAST_HARVEST = 20, 97, 116


@dataclass(frozen=True)
class Confirmations:
    """Confirmed onsets, one element per pond.

    Attributes:
        day: position of the onset's day.
        site: position of the commune.
        delay: days from the onset to its confirmation, at least 1.
    """

    day: Counts
    site: Counts
    delay: Counts


def simulate_onsets(sites: Sites, water: PondWater, dates: Dates, seed: int) -> Counts:
    """Ponds that fall ill on each day.

    Args:
        sites: communes with ponds; attribute shrimp_ponds is read.
        water: pond water, shape (day, site).
        dates: consecutive local dates, shape (day,).
        seed: equal seeds give equal epidemics.

    Returns:
        Shape (day, site).
    """
    random = np.random.default_rng((seed, 6))
    ponds = sites.attribute("shrimp_ponds").astype(np.int64)
    age = _crop_age(random, dates, len(sites))
    pressure = np.exp(_stress(water) + _hidden_pressure(random, dates, len(sites)))
    nearness = np.exp(-sites.distances_km / _NEIGHBOUR_KM)
    np.fill_diagonal(nearness, 0.0)
    onsets = np.zeros(age.shape, np.int64)
    susceptible, exposed, infectious = (np.zeros(len(sites), np.int64) for _ in range(3))
    for day in range(len(dates)):
        stocked, harvested = _stocked(age[day], ponds), _harvested(age[day])
        susceptible, exposed, infectious = (
            held - random.binomial(held, harvested) for held in (susceptible + stocked, exposed, infectious)
        )
        prevalence = infectious / ponds
        force = pressure[day] * (WITHIN * prevalence + BETWEEN * nearness @ prevalence + FROM_OUTSIDE)
        infected = random.binomial(susceptible, -np.expm1(-force))
        onsets[day] = random.binomial(exposed, _BECOMES_INFECTIOUS)
        removed = random.binomial(infectious, _IS_REMOVED)
        susceptible = susceptible - infected
        exposed = exposed + infected - onsets[day]
        infectious = infectious + onsets[day] - removed
    return onsets


def confirm(onsets: Counts, seed: int) -> Confirmations:
    """Which onsets are confirmed, 60 %, and after how many days: 1 + a negative binomial of mean 6 and size 2."""
    random = np.random.default_rng((seed, 7))
    confirmed = random.binomial(onsets, CONFIRMED_SHARE)
    day, site = np.divmod(np.repeat(np.arange(onsets.size), confirmed.ravel()), onsets.shape[1])
    success = DELAY_SIZE / (DELAY_SIZE + DELAY_MEAN_DAYS)
    return Confirmations(day, site, 1 + random.negative_binomial(DELAY_SIZE, success, len(day)))


def _stress(water: PondWater) -> Array:
    """Logarithm of the water's part in the force of infection, shape (day, site)."""
    swing = np.minimum(np.abs(water.temperature - _lagged(water.temperature, 3)), 5)
    freshening = np.clip(_lagged(water.salinity, 7) - water.salinity, 0, 8)
    window = np.exp(-(((water.temperature - 26) / 3.2) ** 2))
    return -0.70 + 1.15 * window + 0.22 * swing + 0.10 * freshening


def _hidden_pressure(random: np.random.Generator, dates: Dates, n_sites: int) -> Array:
    """What nobody measures: a slow walk of each commune and a level of each year, shape (day, site)."""
    years = dates.astype("datetime64[Y]").astype(np.int64)
    by_year = YEAR_DEVIATION * random.standard_normal(years[-1] - years[0] + 1)
    steps = COMMUNE_DEVIATION * random.standard_normal((len(dates), n_sites))
    steps[1:] *= np.sqrt(1 - _COMMUNE_PERSISTENCE**2)
    for day in range(1, len(dates)):
        steps[day] += _COMMUNE_PERSISTENCE * steps[day - 1]
    walk: Array = steps + by_year[years - years[0], None]
    return walk


def _crop_age(random: np.random.Generator, dates: Dates, n_sites: int) -> Counts:
    """Days since the commune began to stock its newest crop, shape (day, site); large before the first."""
    years = dates.astype("datetime64[Y]")
    day_of_year = (dates - years.astype("datetime64[D]")).astype(np.int64) + 1
    year = years.astype(np.int64) - years[0].astype(np.int64)
    shape = (year[-1] + 1, n_sites)
    starts = [
        (mean + deviation * np.clip(random.standard_normal(shape), -2, 2)).astype(np.int64)
        for mean, deviation in _CROP_STARTS
    ]
    starts[1] = np.maximum(starts[1], starts[0] + _LAST_HARVEST + 1)
    ages = [day_of_year[:, None] - start[year] for start in starts]
    begun: Counts = np.where(ages[1] >= 0, ages[1], ages[0])
    return np.where(begun >= 0, begun, 365)


def _stocked(age: Counts, ponds: Counts) -> Counts:
    share_before, share_after = (np.clip(days / _STOCKING_DAYS, 0, 1) for days in (age, age + 1))
    stocked: Counts = (ponds * share_after).astype(np.int64) - (ponds * share_before).astype(np.int64)
    return stocked


def _harvested(age: Counts) -> Array:
    """Share of the ponds still standing that is harvested on a day; all of them on the last day of harvest."""
    left = _LAST_HARVEST + 1 - np.clip(age, _FIRST_HARVEST, _LAST_HARVEST)
    return np.where(age >= _FIRST_HARVEST, 1 / left, 0.0)


def _lagged(values: Array, days: int) -> Array:
    return np.concatenate([np.repeat(values[:1], days, axis=0), values[:-days]])
