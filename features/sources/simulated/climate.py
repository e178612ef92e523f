"""Weather of the province: daily rain and mean temperature, as they came and as they were forecast."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from features.sites import Sites
from features.sources.simulated.laws import (
    Array,
    Dates,
    RainLaw,
    TemperatureLaw,
    rain_law,
    temperature_law,
    year_fraction,
)
from features.sources.simulated.martingale import HORIZON_DAYS, Covariance, Scores, Skill, forecast_scores

RAIN_SKILL = Skill(best=0.86, scale_days=6.5, shape=1.3)
TEMPERATURE_SKILL = Skill(best=0.975, scale_days=9.0, shape=1.7)
RAIN_NEAR = Covariance(common=0.30, own=0.20, scale_km=30)
RAIN_FAR = Covariance(common=0.62, own=0.06, scale_km=30)
TEMPERATURE_ALL = Covariance(common=0.90, own=0.02, scale_km=60)

_SPIN_UP_DAYS = 60
_ENSO_LAG_DAYS, _BSISO_LAG_DAYS = 45, HORIZON_DAYS
_ENSO_WEIGHT, _BSISO_WEIGHT = -0.08, 0.28
_ENSO_PERSISTENCE, _ENSO_NOISE = 0.94, 0.31
_BSISO_DAMPING, _BSISO_PERIOD_DAYS = 0.96, 45


@dataclass(frozen=True)
class Climate:
    """What the weather was and what was forecast.

    Attributes:
        dates: local dates, shape (day,).
        rain_scores: normal scores, shape (day + 60, lead 0 .. 15, site), by issue day; 60 days of spin-up come first.
        temperature_scores: the same for temperature.
        rain_law: from scores to mm.
        temperature_law: from scores to degC.
    """

    dates: Dates
    rain_scores: Scores
    temperature_scores: Scores
    rain_law: RainLaw
    temperature_law: TemperatureLaw

    @property
    def rain(self) -> Array:
        """Rain that fell, mm/day, shape (day, site), to 0.1 mm."""
        return self.rain_law.amount(self._about_each_day(self.rain_scores, 0)).round(1)

    @property
    def air_temperature(self) -> Array:
        """Daily mean air temperature, degC, shape (day, site), to 0.1 degC."""
        return self.temperature_law.temperature(self._about_each_day(self.temperature_scores, 0)).round(1)

    def rain_forecast(self, lead: int) -> Array:
        """Raw forecast of each day's rain issued some days before it, mm/day, shape (day, site).

        It is biased on purpose, as numerical weather prediction is: a damped and slightly wet score.
        """
        return self.rain_law.amount(0.92 * self._about_each_day(self.rain_scores, lead) + 0.05).round(1)

    def temperature_forecast(self, lead: int) -> Array:
        """Raw forecast of each day's mean temperature issued some days before it, degC, shape (day, site).

        It is 0.7 degC too cold in winter, on purpose.
        """
        expected = self.temperature_law.temperature(self._about_each_day(self.temperature_scores, lead))
        return (expected - 0.7 * self.temperature_law.winter[:, None]).round(1)

    def _about_each_day(self, scores: Scores, lead: int) -> Scores:
        return scores[_SPIN_UP_DAYS - lead : len(scores) - lead, lead]


def simulate_climate(sites: Sites, dates: Dates, seed: int) -> Climate:
    """Simulates the weather of consecutive local dates.

    Args:
        sites: where; attribute elevation_m is read.
        dates: consecutive local dates, shape (day,).
        seed: equal seeds give equal weather.
    """
    days = len(dates) + _SPIN_UP_DAYS
    rain_random, temperature_random, slow_random = (np.random.default_rng((seed, stream)) for stream in (1, 2, 3))
    near, far, everywhere = (c.factor(sites.distances_km) for c in (RAIN_NEAR, RAIN_FAR, TEMPERATURE_ALL))
    rain_factors = [near if lead < 2 else far for lead in range(HORIZON_DAYS + 1)]
    shift, deviation = _slow_drivers(slow_random, dates)
    return Climate(
        dates,
        forecast_scores(rain_random, days, RAIN_SKILL, 0.55, rain_factors),
        forecast_scores(temperature_random, days, TEMPERATURE_SKILL, 0.80, [everywhere] * (HORIZON_DAYS + 1)),
        rain_law(dates, sites, shift, deviation),
        temperature_law(dates, sites),
    )


def _slow_drivers(random: np.random.Generator, dates: Dates) -> tuple[Array, Array]:
    """Shift of the rain score by ENSO and the boreal summer intraseasonal oscillation, and the score's new deviation.

    Both act no sooner than the longest lead, so they are known at every issue time.
    """
    days = len(dates) + _SPIN_UP_DAYS
    months = random.standard_normal(days // 30 + 63) * _ENSO_NOISE
    enso_monthly = lfilter([1.0], [1.0, -_ENSO_PERSISTENCE], months)[60:]
    enso = np.interp(np.arange(days), np.arange(len(enso_monthly)) * 30.4, enso_monthly)
    enso_variance = _ENSO_NOISE**2 / (1 - _ENSO_PERSISTENCE**2)

    first = 2 * _BSISO_DAMPING * np.cos(2 * np.pi / _BSISO_PERIOD_DAYS)
    second = -(_BSISO_DAMPING**2)
    bsiso_variance = (1 - second) / ((1 + second) * ((1 - second) ** 2 - first**2))
    bsiso = lfilter([1.0], [1.0, -first, -second], random.standard_normal(days + 365))[365:] / np.sqrt(bsiso_variance)

    summer = np.clip(np.cos(2 * np.pi * (year_fraction(dates) - 205 / 365)), 0, 1)
    by_bsiso = _BSISO_WEIGHT * summer
    shift = _ENSO_WEIGHT * _days_before(enso, _ENSO_LAG_DAYS) + by_bsiso * _days_before(bsiso, _BSISO_LAG_DAYS)
    deviation = np.sqrt(1 + _ENSO_WEIGHT**2 * enso_variance + by_bsiso**2)
    return shift, deviation


def _days_before(series: npt.NDArray[np.float64], lag: int) -> Array:
    return series[_SPIN_UP_DAYS - lag : len(series) - lag]
