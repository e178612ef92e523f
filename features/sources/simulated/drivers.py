"""Slow drivers of the weather: ENSO and the boreal summer intraseasonal oscillation.

Both act on the weather no sooner than the longest lead, so that they are known at every issue time for that long;
further ahead they go on by chance from where they are.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.signal import lfilter

from features.sources.simulated.chance import chance
from features.sources.simulated.laws import Array, Dates, Integers, year_fraction
from features.sources.simulated.martingale import HORIZON_DAYS

ENSO_LAG_DAYS, BSISO_LAG_DAYS = 45, HORIZON_DAYS
_ENSO_ON_RAIN, _BSISO_ON_RAIN, _ENSO_ON_STORMS = -0.08, 0.28, -0.25
_ENSO_PERSISTENCE, _ENSO_NOISE = 0.94, 0.31
_BSISO_DAMPING, _BSISO_PERIOD_DAYS = 0.96, 45
_MONTH_DAYS = 30.4
_ENSO_VARIANCE = _ENSO_NOISE**2 / (1 - _ENSO_PERSISTENCE**2)
_BSISO_FIRST = 2 * _BSISO_DAMPING * np.cos(2 * np.pi / _BSISO_PERIOD_DAYS)
_BSISO_SECOND = -(_BSISO_DAMPING**2)
_BSISO_DEVIATION = np.sqrt((1 - _BSISO_SECOND) / ((1 + _BSISO_SECOND) * ((1 - _BSISO_SECOND) ** 2 - _BSISO_FIRST**2)))


@dataclass(frozen=True)
class Acting:
    """What slow drivers do to days, of any shape.

    Attributes:
        rain_shift: what they add to the normal score of rain.
        storm_rate: factor on the rate at which storms form.
    """

    rain_shift: Array
    storm_rate: Array


@dataclass(frozen=True)
class Drivers:
    """The slow drivers as they were, from 45 days before the first date on.

    Attributes:
        dates: consecutive local dates, shape (day,).
        enso_knots: ENSO every 30.4 days, the first of them 45 days before the first date; shape (knot,).
        bsiso: daily, shape (45 + day,).
    """

    dates: Dates
    enso_knots: Array
    bsiso: Array

    @cached_property
    def enso(self) -> Array:
        """ENSO of each day, delta_degC, shape (45 + day,)."""
        return np.interp(np.arange(len(self.bsiso)), np.arange(len(self.enso_knots)) * _MONTH_DAYS, self.enso_knots)

    @cached_property
    def acting(self) -> Acting:
        """What they did to each date, shape (day,)."""
        days = len(self.dates)
        return _acting(self.enso[:days], self.bsiso[ENSO_LAG_DAYS - BSISO_LAG_DAYS :][:days], self.dates)

    @property
    def rain_deviation(self) -> Array:
        """Standard deviation of score plus shift of rain on each date, shape (day,)."""
        deviation: Array = np.sqrt(1 + _ENSO_ON_RAIN**2 * _ENSO_VARIANCE + (_BSISO_ON_RAIN * _summer(self.dates)) ** 2)
        return deviation

    def futures(self, random: np.random.Generator, issue_days: Integers, samples: int, days: int) -> Acting:
        """What they may do to the issue day and the days after it, shape (issue, sample, 1 + days).

        Args:
            random: source of the chance.
            issue_days: positions of days; what the drivers were until then is known.
            samples: how many futures.
            days: how many days after the issue day, within the dates.
        """
        when = issue_days[:, None] + np.arange(1 + days)
        shape = (len(issue_days), samples, 1 + days)
        enso = self._enso_futures(random, issue_days, shape)
        return _acting(enso, self._bsiso_futures(random, issue_days, shape), self.dates[when][:, None])

    def _enso_futures(self, random: np.random.Generator, issue_days: Integers, shape: tuple[int, ...]) -> Array:
        """A line between months is known to its end as soon as it has begun."""
        known = np.ceil((issue_days + ENSO_LAG_DAYS) / _MONTH_DAYS).astype(np.int64)
        place = (issue_days[:, None] + np.arange(shape[2])) / _MONTH_DAYS
        first = place[:, 0].astype(np.int64)
        knots = np.zeros((*shape[:2], int((place[:, -1].astype(np.int64) - first).max()) + 2))
        for step in range(knots.shape[2]):
            held = self.enso_knots[np.minimum(first + step, known)][:, None]
            drawn = _ENSO_PERSISTENCE * knots[..., step - 1] + _ENSO_NOISE * random.standard_normal(shape[:2])
            knots[..., step] = np.where((first + step <= known)[:, None], held, drawn)
        before = np.floor(place).astype(np.int64)
        share = (place - before)[:, None]
        begins, ends = (
            np.take_along_axis(knots, np.broadcast_to((before - first[:, None] + step)[:, None], shape), axis=2)
            for step in (0, 1)
        )
        return begins * (1 - share) + ends * share

    def _bsiso_futures(self, random: np.random.Generator, issue_days: Integers, shape: tuple[int, ...]) -> Array:
        acting = np.empty(shape)
        first = issue_days + ENSO_LAG_DAYS - BSISO_LAG_DAYS
        for day in range(shape[2]):
            if day <= BSISO_LAG_DAYS:
                acting[..., day] = self.bsiso[first + day][:, None]
            else:
                noise = random.standard_normal(shape[:2]) / _BSISO_DEVIATION
                acting[..., day] = (
                    _BSISO_FIRST * acting[..., day - 1] + _BSISO_SECOND * acting[..., day - 2] + noise
                )  # fmt: skip
        return acting


def simulate_drivers(dates: Dates, seed: int) -> Drivers:
    """Draws the slow drivers of consecutive local dates: a monthly AR(1) and a damped oscillation of 45 days."""
    random = chance(seed, "slow drivers")
    days = len(dates) + ENSO_LAG_DAYS
    months = random.standard_normal(days // 30 + 63) * _ENSO_NOISE
    enso = lfilter([1.0], [1.0, -_ENSO_PERSISTENCE], months)[60:]
    drawn = random.standard_normal(days + 365)
    bsiso = lfilter([1.0], [1.0, -_BSISO_FIRST, -_BSISO_SECOND], drawn)[365:] / _BSISO_DEVIATION
    return Drivers(dates, enso, bsiso)


def _acting(enso: Array, bsiso: Array, dates: Dates) -> Acting:
    shift = _ENSO_ON_RAIN * enso + _BSISO_ON_RAIN * _summer(dates) * bsiso
    return Acting(shift, np.exp(_ENSO_ON_STORMS * enso))


def _summer(dates: Dates) -> Array:
    summer: Array = np.clip(np.cos(2 * np.pi * (year_fraction(dates) - 205 / 365)), 0, 1)
    return summer
