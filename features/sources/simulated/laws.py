"""The laws of a day's weather: from normal scores to mm, degC and m/s by season and site, and back.

Monthly tables of rain and temperature: Hon Gai / Bai Chay, normals of 1988-2017 (IMHEN record). Rain amounts: extended
generalised Pareto law, Naveau et al. 2016, doi:10.1002/2015WR018552. Cold surges make winter temperatures left-skewed.
Nights fall below the daily mean by the difference of the station's normals of mean and lowest temperature, 1991-2017.
Wind: log-normal daily maxima, set so that the coast sees Beaufort 6 on one winter day in twelve.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import beta, ndtr, ndtri

from features.sites import Sites

Array = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]
Floating = npt.NDArray[np.floating]
Integers = npt.NDArray[np.int64]

MONTHLY_RAIN_MM = (32, 23, 56, 68, 182, 261, 411, 422, 266, 135, 38, 17)
STORM_SHARE = (0.0, 0.0, 0.0, 0.0, 0.02, 0.10, 0.16, 0.17, 0.20, 0.12, 0.06, 0.0)
WET_PROBABILITY = (0.17, 0.22, 0.27, 0.26, 0.34, 0.44, 0.48, 0.52, 0.40, 0.24, 0.15, 0.12)
MEAN_TEMPERATURE = (16.5, 17.6, 19.9, 23.7, 27.0, 28.8, 28.7, 28.2, 27.5, 25.5, 22.1, 18.4)
TEMPERATURE_DEVIATION = (2.8, 2.9, 2.7, 2.4, 2.05, 1.75, 1.65, 1.45, 1.5, 1.9, 2.4, 2.7)
DAILY_RANGE = (6.0, 5.0, 5.0, 5.6, 6.3, 6.0, 6.0, 6.2, 6.5, 6.8, 7.2, 7.0)
NIGHT_FALL = (2.1, 1.8, 1.6, 1.8, 2.2, 2.4, 2.3, 2.4, 2.6, 2.8, 2.8, 2.6)
WINTER = (1.0, 1.0, 0.8, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 0.8, 1.0)
MEDIAN_WIND = (7.0, 6.8, 6.3, 6.0, 6.2, 6.3, 6.4, 5.8, 6.0, 6.8, 7.0, 7.2)
LAPSE_PER_M = 0.006

_MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_MIDDLES = (np.cumsum(_MONTH_DAYS) - _MONTH_DAYS / 2) / 365
_KAPPA, _XI = 0.75, 0.08
_MEAN_OVER_SCALE = (_KAPPA * beta(_KAPPA, 1 - _XI) - 1) / _XI
_NORMALS_CENTRE = 2003.0
_SKEW = 0.17
_WIND_SPREAD = 0.30


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
    multiplier: Array = 0.93 + 0.48 * along**2 + 0.10 * sites.attribute("elevation_m") / 500
    return multiplier


@dataclass(frozen=True)
class RainLaw:
    """Rain of a day without storms, given its normal score. All arrays begin with the days' shape.

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

    def on(self, days: Integers) -> "RainLaw":
        """The law on days at some positions, of any shape."""
        return RainLaw(self.wet[days], self.scale_mm[days], self.shift[days], self.deviation[days])

    def at(self, sites: Integers) -> "RainLaw":
        """The law at sites at some positions."""
        return replace(self, scale_mm=self.scale_mm[..., sites])

    def standard(self, score: Floating) -> Array:
        """Scores with what slow drivers add to them, of variance 1 in the long run, of the scores' shape."""
        standard: Array = (score + self.shift[..., None]) / self.deviation[..., None]
        return standard

    def amount(self, score: Floating) -> Array:
        """Rain, mm/day, shape (..., day, site), for normal scores of that shape; rises with the score."""
        wet = self.wet[..., None]
        share = ndtr(self.standard(score))
        among_wet = np.clip((share - (1 - wet)) / wet, 0, 1 - 1e-9)
        amount: Array = self.scale_mm / _XI * ((1 - among_wet ** (1 / _KAPPA)) ** -_XI - 1)
        return amount

    def score(self, amount: Floating) -> Array:
        """The normal score at which this much rain falls, mm/day, shape (..., day, site); -inf for none or less."""
        among_wet = (1 - (1 + _XI * np.maximum(amount, 0) / self.scale_mm) ** (-1 / _XI)) ** _KAPPA
        share = 1 - self.wet[..., None] * (1 - among_wet)
        score = ndtri(share) * self.deviation[..., None] - self.shift[..., None]
        return np.where(amount > 0, score, -np.inf)


def rain_law(dates: Dates, sites: Sites, shift: Array, deviation: Array) -> RainLaw:
    """The law of rain on some days at some sites."""
    fraction = year_fraction(dates)
    wet = seasonal(WET_PROBABILITY, fraction)
    of_storms = seasonal(STORM_SHARE, fraction)
    daily = seasonal(tuple(MONTHLY_RAIN_MM / _MONTH_DAYS), fraction) * (1 - of_storms)
    scale = (daily / wet / _MEAN_OVER_SCALE)[:, None] * rain_multiplier(sites)
    return RainLaw(wet, scale, shift, deviation)


@dataclass(frozen=True)
class TemperatureLaw:
    """Daily mean and highest air temperature given normal scores.

    Attributes:
        mean: degC, shape (day, site).
        deviation: delta_degC, shape (day,).
        winter: 0 in summer to 1 in winter, shape (day,).
        rise: from the daily mean to the highest temperature of a day with median rain score, delta_degC, (day, site).
        fall: from the daily mean to the lowest temperature of such a day, delta_degC, shape (day, site).
        sunshine: by how much rise and fall shrink from the clearest to the wettest sky, as a share of them.
    """

    mean: Array
    deviation: Array
    winter: Array
    rise: Array
    fall: Array
    sunshine: float = 0.8

    def on(self, days: Integers) -> "TemperatureLaw":
        """The law on days at some positions, of any shape."""
        by_site = self.rise[days], self.fall[days]
        return TemperatureLaw(self.mean[days], self.deviation[days], self.winter[days], *by_site, self.sunshine)

    def at(self, sites: Integers) -> "TemperatureLaw":
        """The law at sites at some positions."""
        return replace(self, mean=self.mean[..., sites], rise=self.rise[..., sites], fall=self.fall[..., sites])

    def temperature(self, score: Floating) -> Array:
        """Daily mean, degC, shape (..., day, site), for normal scores of that shape; rises with the score."""
        skew, mean, spread = self._skewness()
        skewed = (-np.expm1(-skew * score.astype(float)) / skew - mean) / spread
        temperature: Array = self.mean + self.deviation[..., None] * skewed
        return temperature

    def score(self, temperature: Floating) -> Array:
        """The normal score at which the daily mean is this; +inf above the highest possible one."""
        skew, mean, spread = self._skewness()
        rest = 1 - skew * ((temperature - self.mean) / self.deviation[..., None] * spread + mean)
        return np.where(rest > 0, -np.log(np.maximum(rest, 1e-300)) / skew, np.inf)

    def highest_above_mean(self, rain_score: Floating) -> Array:
        """Highest minus mean temperature, delta_degC, shape (..., day, site): less under a wetter sky."""
        return self.rise * self._openness(rain_score)

    def lowest_below_mean(self, rain_score: Floating) -> Array:
        """Mean minus lowest temperature, delta_degC, shape (..., day, site): less under a wetter sky."""
        return self.fall * self._openness(rain_score)

    def _openness(self, rain_score: Floating) -> Array:
        """What the sky lets through, 1 under a median one."""
        openness: Array = 1 - self.sunshine * (ndtr(rain_score.astype(float)) - 0.5)
        return openness

    def _skewness(self) -> tuple[Array, Array, Array]:
        skew = np.maximum(_SKEW * self.winter, 1e-3)[..., None]
        mean = (1 - np.exp(skew**2 / 2)) / skew
        return skew, mean, np.sqrt((np.exp(2 * skew**2) - np.exp(skew**2)) / skew**2)


def temperature_law(dates: Dates, sites: Sites, warming_per_decade: float) -> TemperatureLaw:
    """The law of temperature: season, warming around 2003, 6 degC a km of elevation, a wider day inland."""
    fraction = year_fraction(dates)
    years = dates.astype("datetime64[Y]").astype(int) + 1970 + fraction
    daily = seasonal(MEAN_TEMPERATURE, fraction) + warming_per_decade / 10 * (years - _NORMALS_CENTRE)
    mean = daily[:, None] - LAPSE_PER_M * sites.attribute("elevation_m")
    winter = np.clip(_between_middles(np.asarray(WINTER), fraction), 0, 1)
    inland = ~sites.having("coastal")
    rise = 0.5 * seasonal(DAILY_RANGE, fraction)[:, None] * np.where(inland, 1.25, 1.0) + np.where(inland, 1.5, 0.4)
    fall = seasonal(NIGHT_FALL, fraction)[:, None] * np.where(inland, 1.25, 1.0)
    return TemperatureLaw(mean, seasonal(TEMPERATURE_DEVIATION, fraction), winter, rise, fall)


@dataclass(frozen=True)
class WindLaw:
    """Highest 10-minute wind of a day without storms given its normal score.

    Attributes:
        median: m/s, shape (day, site).
    """

    median: Array

    def on(self, days: Integers) -> "WindLaw":
        """The law on days at some positions, of any shape."""
        return WindLaw(self.median[days])

    def at(self, sites: Integers) -> "WindLaw":
        """The law at sites at some positions."""
        return WindLaw(self.median[..., sites])

    def speed(self, score: Floating) -> Array:
        """Wind, m/s, shape (..., day, site), for normal scores of that shape."""
        speed: Array = self.median * np.exp(_WIND_SPREAD * score)
        return speed

    def score(self, speed: Floating) -> Array:
        """The normal score at which the wind has this speed, m/s."""
        score: Array = np.log(speed / self.median) / _WIND_SPREAD
        return score


def wind_law(dates: Dates, sites: Sites) -> WindLaw:
    """The law of wind: stronger in the winter monsoon, on islands and at the coast."""
    exposure = np.where(sites.having("island"), 1.15, np.where(sites.having("coastal"), 1.0, 0.7))
    return WindLaw(seasonal(MEDIAN_WIND, year_fraction(dates))[:, None] * exposure)
