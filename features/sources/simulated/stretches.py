"""Stretches: the days of each period ahead, cut out of the days that follow an issue day."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from features.periods import Periods
from features.sources.simulated.laws import Array

_Value = TypeVar("_Value", bound=np.generic)


def in_periods(days_ahead: npt.NDArray[_Value], periods: Periods) -> npt.NDArray[_Value]:
    """From the days after the issue day, shape (issue, sample, day 1 .., site, ...), those of each period.

    Returns:
        Shape (issue, sample, period, day, site, ...).
    """
    return days_ahead[:, :, (periods.leads - 1)[:, None] + np.arange(periods.days)]


def any_day(chances: Array, periods: Periods) -> Array:
    """Probability of at least one event in each period, given each future, from those of independent days.

    Shape (issue, sample, day 1 .., site, ...) becomes (issue, sample, period, site, ...).
    """
    at_least_one: Array = 1 - np.prod(1 - in_periods(chances, periods), axis=3)
    return at_least_one


def halves(of_samples: Array) -> Array:
    """Means over each half of the samples, from (issue, sample, ...) to (half, issue, ...)."""
    n_issues, samples = of_samples.shape[:2]
    means: Array = of_samples.reshape(n_issues, 2, samples // 2, *of_samples.shape[2:]).mean(axis=2).swapaxes(0, 1)
    return means
