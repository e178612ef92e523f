"""The laws of a day's rain and temperature: from a normal score to mm and degC, by season and site.

Monthly tables: Hon Gai / Bai Chay, normals of 1988-2017 (IMHEN record). Rain amounts: extended generalised Pareto law,
Naveau et al. 2016, doi:10.1002/2015WR018552. Cold surges make winter temperatures left-skewed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import beta, ndtr

from features.sites import Sites

Array = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]

MONTHLY_RAIN_MM = (32, 23, 56, 68, 182, 261, 411, 422, 266, 135, 38, 17)
WET_PROBABILITY = (0.17, 0.22, 0.27, 0.26, 0.34, 0.44, 0.48, 0.52, 0.40, 0.24, 0.15, 0.12)
MEAN_TEMPERATURE = (16.5, 17.6, 19.9, 23.7, 27.0, 28.8, 28.7, 28.2, 27.5, 25.5, 22.1, 18.4)
TEMPERATURE_DEVIATION = (2.8, 2.9, 2.7, 2.4, 2.05, 1.75, 1.65, 1.45, 1.5, 1.9, 2.4, 2.7)
WINTER = (1.0, 1.0, 0.8, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 0.8, 1.0)

_MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_MIDDLES = (np.cumsum(_MONTH_DAYS) - _MONTH_DAYS / 2) / 365
_KAPPA, _XI = 0.75, 0.08
_MEAN_OVER_SCALE = (_KAPPA * beta(_KAPPA, 1 - _XI) - 1) / _XI
_LAPSE_PER_M = 0.006
_WARMING_PER_YEAR = 0.021
_NORMALS_CENTRE = 2003.0
_SKEW = 0.17


def year_fraction(dates: Dates) -> Array:
    """Where the middle of each day lies in its year, 0 .. 1; leap years are leap years."""
    years = dates.astype("datetime64[Y]")
    first, following = years.astype("datetime64[D]"), (years + np.timedelta64(1, "Y")).astype("datetime64[D]")
    fraction: Array = ((dates - first).astype(float) + 0.5) / (following - first).astype(float)
    return fraction


def seasonal(monthly: tuple[float, ...], fraction: Array) -> Array:
    """A curve over the year, linear between the middles of months, whose monthly means are the given ones."""
    year = (np.arange(365) + 0.5) / 365
    ends = np.cumsum(_MONTH_DAYS)
    response = np.stack([_between_middles(knot, year) for knot in np.eye(12)])
    means = np.add.reduceat(response, np.r_[0, ends[:-1]], axis=1) / _MONTH_DAYS
    return _between_middles(np.linalg.solve(means.T, np.asarray(monthly, dtype=float)), fraction)


def _between_middles(knots: Array, fraction: Array) -> Array:
    curve: Array = np.interp(fraction, _MIDDLES, knots, period=1.0)
    return curve


def rain_multiplier(sites: Sites) -> Array:
    """Rain relative to the reference station, shape (site,): rises to the north-east and with elevation."""
    east = (sites.attribute("longitude") - 106.45) / 1.55
    north = (sites.attribute("latitude") - 20.85) / 0.70
    along = np.clip((east + north) / 2, 0, 1)
    multiplier: Array = 0.88 + 0.45 * along**2 + 0.10 * sites.attribute("elevation_m") / 500
    return multiplier


@dataclass(frozen=True)
class RainLaw:
    """Rain of a day given its normal score.

    Attributes:
        wet: probability of rain, shape (day,).
        scale_mm: scale of the amount on a wet day, shape (day, site).
        shift: what slow drivers add to the score, shape (day,).
        deviation: standard deviation of score plus shift, shape (day,); it is divided by, which keeps the climate.
    """

    wet: Array
    scale_mm: Array
    shift: Array
    deviation: Array

    def amount(self, score: npt.NDArray[np.floating]) -> Array:
        """Rain, mm/day, shape (day, site), for normal scores of that shape; rises with the score."""
        wet = self.wet[:, None]
        share = ndtr((score + self.shift[:, None]) / self.deviation[:, None])
        among_wet = np.clip((share - (1 - wet)) / wet, 0, 1 - 1e-9)
        amount: Array = self.scale_mm / _XI * ((1 - among_wet ** (1 / _KAPPA)) ** -_XI - 1)
        return amount


def rain_law(dates: Dates, sites: Sites, shift: Array, deviation: Array) -> RainLaw:
    """The law of rain on some days at some sites."""
    fraction = year_fraction(dates)
    wet = seasonal(WET_PROBABILITY, fraction)
    daily = seasonal(tuple(MONTHLY_RAIN_MM / _MONTH_DAYS), fraction)
    scale = (daily / wet / _MEAN_OVER_SCALE)[:, None] * rain_multiplier(sites)
    return RainLaw(wet, scale, shift, deviation)


@dataclass(frozen=True)
class TemperatureLaw:
    """Daily mean air temperature given its normal score.

    Attributes:
        mean: degC, shape (day, site).
        deviation: delta_degC, shape (day,).
        winter: 0 in summer to 1 in winter, shape (day,).
    """

    mean: Array
    deviation: Array
    winter: Array

    def temperature(self, score: npt.NDArray[np.floating]) -> Array:
        """Air temperature, degC, shape (day, site), for normal scores of that shape; rises with the score."""
        skew = np.maximum(_SKEW * self.winter, 1e-3)[:, None]
        mean = (1 - np.exp(skew**2 / 2)) / skew
        variance = (np.exp(2 * skew**2) - np.exp(skew**2)) / skew**2
        skewed = (-np.expm1(-skew * score.astype(float)) / skew - mean) / np.sqrt(variance)
        temperature: Array = self.mean + self.deviation[:, None] * skewed
        return temperature


def temperature_law(dates: Dates, sites: Sites) -> TemperatureLaw:
    """The law of temperature: season, 0.21 degC a decade of warming around 2003, 6 degC a km of elevation."""
    fraction = year_fraction(dates)
    years = dates.astype("datetime64[Y]").astype(int) + 1970 + fraction
    daily = seasonal(MEAN_TEMPERATURE, fraction) + _WARMING_PER_YEAR * (years - _NORMALS_CENTRE)
    mean = daily[:, None] - _LAPSE_PER_M * sites.attribute("elevation_m")
    winter = np.clip(_between_middles(np.asarray(WINTER), fraction), 0, 1)
    return TemperatureLaw(mean, seasonal(TEMPERATURE_DEVIATION, fraction), winter)
