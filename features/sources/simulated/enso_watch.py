"""The Oceanic Niño Index of the simulated Pacific: means of three months, told ten days after the third."""

from dataclasses import dataclass

import numpy as np

from features.sources.simulated.drivers import ENSO_LAG_DAYS, Drivers
from features.sources.simulated.laws import Array, Integers

_TOLD_AFTER_DAYS = 10


@dataclass(frozen=True)
class Index:
    """The index by month, all of shape (month,).

    Attributes:
        day: position of the first day of the month in the middle.
        told: position of the day on which it is told.
        value: mean of the three months, delta_degC, to 0.01.
    """

    day: Integers
    told: Integers
    value: Array


def oceanic_nino_index(drivers: Drivers) -> Index:
    """The index of all months whose neighbours lie within what is simulated, from a month before the first date on."""
    calendar = drivers.dates[0] + np.arange(-ENSO_LAG_DAYS, len(drivers.dates))
    months = calendar.astype("datetime64[M]")
    begins = np.flatnonzero(months[1:] != months[:-1]) + 1
    totals = np.add.reduceat(drivers.enso, begins)
    lengths = np.diff(np.r_[begins, len(calendar)])
    if (months[-1] + 1).astype("datetime64[D]") > calendar[-1] + 1:
        begins, totals, lengths = begins[:-1], totals[:-1], lengths[:-1]
    seasons = np.lib.stride_tricks.sliding_window_view(np.stack([totals, lengths]), 3, axis=1).sum(axis=2)
    over = begins[2:] + lengths[2:]
    told = over - ENSO_LAG_DAYS + _TOLD_AFTER_DAYS
    return Index(begins[1:-1] - ENSO_LAG_DAYS, told, (seasons[0] / seasons[1]).round(2))
