"""Slow drivers of the weather: ENSO and the boreal summer intraseasonal oscillation.

Both act on the weather no sooner than the longest lead, so they are known at every issue time.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from features.sources.simulated.chance import chance
from features.sources.simulated.laws import Array, Dates, year_fraction
from features.sources.simulated.martingale import HORIZON_DAYS

ENSO_LAG_DAYS, BSISO_LAG_DAYS = 45, HORIZON_DAYS
_ENSO_ON_RAIN, _BSISO_ON_RAIN, _ENSO_ON_STORMS = -0.08, 0.28, -0.25
_ENSO_PERSISTENCE, _ENSO_NOISE = 0.94, 0.31
_BSISO_DAMPING, _BSISO_PERIOD_DAYS = 0.96, 45
_MONTH_DAYS = 30.4


@dataclass(frozen=True)
class Drivers:
    """What slow drivers do to each day, shape (day,).

    Attributes:
        rain_shift: what they add to the normal score of rain.
        rain_deviation: standard deviation of score plus shift.
        storm_rate: factor on the rate at which storms form.
    """

    rain_shift: Array
    rain_deviation: Array
    storm_rate: Array


def simulate_drivers(dates: Dates, seed: int) -> Drivers:
    """Draws the slow drivers of consecutive local dates: a monthly AR(1) and a damped oscillation of 45 days."""
    random = chance(seed, "slow drivers")
    days = len(dates) + ENSO_LAG_DAYS
    months = random.standard_normal(days // 30 + 63) * _ENSO_NOISE
    enso_monthly = lfilter([1.0], [1.0, -_ENSO_PERSISTENCE], months)[60:]
    enso = np.interp(np.arange(days), np.arange(len(enso_monthly)) * _MONTH_DAYS, enso_monthly)
    enso_variance = _ENSO_NOISE**2 / (1 - _ENSO_PERSISTENCE**2)

    first = 2 * _BSISO_DAMPING * np.cos(2 * np.pi / _BSISO_PERIOD_DAYS)
    second = -(_BSISO_DAMPING**2)
    bsiso_variance = (1 - second) / ((1 + second) * ((1 - second) ** 2 - first**2))
    bsiso = lfilter([1.0], [1.0, -first, -second], random.standard_normal(days + 365))[365:] / np.sqrt(bsiso_variance)

    acting_enso = enso[: len(dates)]
    acting_bsiso = bsiso[ENSO_LAG_DAYS - BSISO_LAG_DAYS :][: len(dates)]
    summer = np.clip(np.cos(2 * np.pi * (year_fraction(dates) - 205 / 365)), 0, 1)
    return Drivers(
        _ENSO_ON_RAIN * acting_enso + _BSISO_ON_RAIN * summer * acting_bsiso,
        np.sqrt(1 + _ENSO_ON_RAIN**2 * enso_variance + (_BSISO_ON_RAIN * summer) ** 2),
        np.exp(_ENSO_ON_STORMS * acting_enso),
    )
