"""The sea level at the coast: the tide of the Gulf of Tonkin, the surge of storms, and what is left over.

The tide is diurnal. Amplitudes: harmonic constants near Hon Dau, rounded; speeds: Doodson; the phases are arbitrary, so
that the simulated tide has the right range and rhythm and not the right hour.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from features.sources.simulated.laws import Array, Dates
from features.sources.simulated.storms import STEPS_A_DAY

RESIDUAL = 0.08
_AMPLITUDE_M = np.array([0.78, 0.68, 0.23, 0.14, 0.06])
_DEGREES_PER_HOUR = np.array([13.9430356, 15.0410686, 14.9589314, 13.3986609, 28.9841042])
_PHASE = np.radians([40.0, 95.0, 90.0, 15.0, 200.0])
_HOURS = np.arange(24)


def highest_tide(dates: Dates) -> Array:
    """Highest tide of each quarter of each day, m above mean sea level, shape (day, quarter)."""
    hours = (dates - np.datetime64("2000-01-01")).astype(float)[:, None] * 24 + _HOURS
    speeds = np.radians(_DEGREES_PER_HOUR)
    tide = (_AMPLITUDE_M * np.cos(hours[..., None] * speeds - _PHASE)).sum(axis=-1)
    highest: Array = tide.reshape(len(dates), STEPS_A_DAY, -1).max(axis=-1)
    return highest


def highest_level(tide: Array, surge: npt.NDArray[np.floating]) -> Array:
    """Highest water level of the day without what is left over, m, shape (..., day, site).

    Args:
        tide: shape (day, quarter).
        surge: m, shape (..., day, quarter, site).
    """
    highest: Array = (tide[..., None] + surge).max(axis=-2)
    return highest


def level_exceedance(level: Array, cut: float) -> Array:
    """Probability that the water level reaches a cut, m; what is left over is normal with 0.08 m."""
    probability: Array = ndtr((level - cut) / RESIDUAL)
    return probability
