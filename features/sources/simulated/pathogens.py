"""Two diseases of farmed shrimp: how they spread between ponds, and what water and age of the crop do for them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.sources.simulated.chance import Walk
from features.sources.simulated.laws import Array, Integers
from features.sources.simulated.water import Water

WEEK_DAYS = 7


@dataclass(frozen=True)
class Pathogen:
    """What spreads from pond to pond.

    The rates are set so that from April to June and September to November 8 to 10 % of commune-weeks see a confirmed
    onset of white spot and 3 to 4 % one of necrosis, and that an outbreak lasts for weeks.

    Attributes:
        name: of the disease.
        within: infections a day that one commune all infectious would cause per susceptible pond, before stress.
        between: the same by a neighbouring commune at no distance; it fades as exp(-distance / 9 km).
        from_outside: the same by the rest of the world.
        exposed_days: mean days from infection to onset.
        infectious_days: mean days from onset until the pond is emptied.
        hidden: a commune's pressure that nobody measures, on a log scale.
        year_deviation: deviation of the level of a year, common to all communes, on a log scale.
        stress: logarithm of what the week's water and the age of the crop multiply the force of infection by, shape
            (..., site), of water of shape (..., 8, site), today last, and of the age in days, shape (..., site).
    """

    name: str
    within: float
    between: float
    from_outside: float
    exposed_days: float
    infectious_days: float
    hidden: Walk
    year_deviation: float
    stress: Callable[[Water, Integers], Array]


def white_spot_stress(week: Water, age: Integers) -> Array:
    """White spot disease: water of 23 to 29 degC, swings of temperature, falling salinity.

    Incidence is 2.53 (1.72-3.75) times higher at 24.5-27.2 degC of the air and rises with the variation of temperature:
    Piamsomboon et al. 2016, doi:10.3354/aei00176. Osmotic stress: Millard et al. 2021, doi:10.1016/j.jip.2020.107369.
    """
    temperature, salinity = week.temperature, week.salinity
    window = np.exp(-(((temperature[..., -1, :] - 26.6) / 3.2) ** 2))
    swing = np.minimum(np.abs(temperature[..., -1, :] - temperature[..., -4, :]), 5)
    freshening = np.clip(salinity[..., 0, :] - salinity[..., -1, :], 0, 8)
    stress: Array = -0.70 + 1.15 * window + 0.22 * swing + 0.10 * freshening
    return stress


def hepatopancreatic_necrosis_stress(week: Water, age: Integers) -> Array:
    """Acute hepatopancreatic necrosis: the fourth week after stocking, hot water, salt water.

    Necrosis is most frequent 20 to 45 days after stocking and deaths at 19 to 31: Research Institute for Aquaculture
    No. 2, Ho Chi Minh City. Median time to death falls from 91 h at 15 g/kg to 25 h at 35, which is 0.065 per g/kg:
    doi:10.1080/10454438.2023.2202649. A pond is stocked ten days after its commune began, on average.
    """
    window = np.exp(-(((age - 10 - 25) / 12) ** 2))
    heat = np.clip(week.temperature[..., -1, :] - 28, 0, 4)
    salt = np.clip(week.salinity[..., -1, :] - 15, 0, 20)
    stress: Array = -1.80 + 2.60 * window + 0.30 * heat + 0.065 * salt
    return stress


WHITE_SPOT = Pathogen(
    name="white spot",
    within=0.12,
    between=0.008,
    from_outside=4.2e-5,
    exposed_days=3,
    infectious_days=7,
    hidden=Walk(persistence=0.98, deviation=0.35),
    year_deviation=0.1,
    stress=white_spot_stress,
)
HEPATOPANCREATIC_NECROSIS = Pathogen(
    name="hepatopancreatic necrosis",
    within=0.14,
    between=0.008,
    from_outside=6.0e-5,
    exposed_days=3,
    infectious_days=5,
    hidden=Walk(persistence=0.98, deviation=0.35),
    year_deviation=0.1,
    stress=hepatopancreatic_necrosis_stress,
)
