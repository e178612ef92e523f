"""Thunder: days on which it is heard, and the energy that the air holds for it.

It thunders where a normal score is high enough for the season and the place. The score mixes those of rain and of
temperature with one of convection, which nobody foresees for long; a mixture of martingales is a martingale, so that
the probability is known in closed form.

Vietnam hears thunder on some 100 days a year, nearly all from April to September, most often in May: Mai et al. 2022,
doi:10.3390/cli10100141. In Hong Kong, on the same coast, 92 % of the thunder days fall in those six months (Hann's
table in the Encyclopaedia Britannica of 1910, "Atmospheric electricity"). Days by month are set between the two, 80 a
year at the mainland coast. The energy is of the order of 1,000 J/kg in summer and of 10 in winter, an estimate.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from features.sites import Sites
from features.sources.simulated.laws import Array, Dates, Floating, Integers, seasonal, year_fraction
from features.sources.simulated.martingale import Covariance, Revelation, Skill

CONVECTION = Revelation(
    Skill(best=0.75, scale_days=3.5, shape=1.2),
    persistence=0.30,
    near=Covariance(common=0.25, own=0.30, scale_km=25),
    far=Covariance(common=0.50, own=0.15, scale_km=25),
)
THUNDER = np.sqrt([0.25, 0.10, 0.65])
ENERGY = np.sqrt([0.05, 0.25, 0.70])
_DAYS_BY_MONTH = (0.2, 0.8, 3.0, 8.0, 14.0, 15.0, 15.0, 14.0, 7.5, 2.0, 0.4, 0.1)
_MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_ISLAND_SHARE, _INLAND_SHARE, _MOUNTAIN_SHARE = 0.8, 1.05, 1.2
_ENERGY_BY_MONTH = (10.0, 20.0, 100.0, 400.0, 900.0, 1300.0, 1400.0, 1300.0, 900.0, 350.0, 70.0, 15.0)
_ENERGY_SPREAD = 0.6


def mixed(weights: Array, rain: Floating, temperature: Floating, convection: Floating) -> Array:
    """The score of thunder or of energy from those of its three fields, of their shape."""
    mixture: Array = weights[0] * rain + weights[1] * temperature + weights[2] * convection
    return mixture


@dataclass(frozen=True)
class ThunderLaw:
    """Thunder and energy of a day given their scores.

    Attributes:
        least: score from which on it thunders, shape (day, site).
        median_energy: of the air, J/kg, shape (day,).
    """

    least: Array
    median_energy: Array

    def on(self, days: Integers) -> "ThunderLaw":
        """The law on days at some positions, of any shape."""
        return ThunderLaw(self.least[days], self.median_energy[days])

    def at(self, sites: Integers) -> "ThunderLaw":
        """The law at sites at some positions."""
        return ThunderLaw(self.least[..., sites], self.median_energy)

    def thunders(self, score: Floating) -> Array:
        """1 on a day with thunder and 0 on others, shape (..., day, site)."""
        return (score >= self.least).astype(float)

    def energy(self, score: Floating) -> Array:
        """Highest convective available potential energy of the day, J/kg, shape (..., day, site)."""
        energy: Array = self.median_energy[..., None] * np.exp(_ENERGY_SPREAD * score)
        return energy


def thunder_law(dates: Dates, sites: Sites) -> ThunderLaw:
    """The law of thunder: less on islands, more in mountains; attributes coastal, island and mountainous are read."""
    fraction = year_fraction(dates)
    daily = np.maximum(seasonal(tuple(_DAYS_BY_MONTH / _MONTH_DAYS), fraction), 0.002)
    island, mountain = sites.having("island"), sites.having("mountainous")
    inland = ~sites.having("coastal")
    share = np.where(island, _ISLAND_SHARE, np.where(mountain, _MOUNTAIN_SHARE, np.where(inland, _INLAND_SHARE, 1.0)))
    energy = np.exp(seasonal(tuple(np.log(_ENERGY_BY_MONTH)), fraction))
    return ThunderLaw(-ndtri(daily[:, None] * share), energy)
