"""Months as they may come: totals, means, highest values and numbers of days of calendar months, from futures of days.

Weather is foreseen for fifteen days only; beyond, its law goes on with the season, the trend, and slow drivers that are
drawn from where they stand at the issue time. Nothing that happens later is read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.sources.simulated.chance import chance
from features.sources.simulated.dengue_reports import by_day
from features.sources.simulated.exceedance_of_dengue import dengue_futures
from features.sources.simulated.futures import Futures
from features.sources.simulated.laws import Array, Dates, Integers
from features.sources.simulated.world import World

DENGUE = "dengue_cases"
DAILY: Mapping[str, tuple[Callable[[World], Array], Callable[[Futures, Integers, int], Array]]] = {
    "rain": (lambda world: world.climate.rain, Futures.rain),
    "air_temperature": (lambda world: world.climate.air_temperature, Futures.air_temperature),
    "highest_air_temperature": (
        lambda world: world.climate.highest_air_temperature, Futures.highest_air_temperature
    ),
    "lowest_air_temperature": (lambda world: world.climate.lowest_air_temperature, Futures.lowest_air_temperature),
    "wind_speed": (lambda world: world.climate.wind, Futures.wind),
    "thunderstorm_days": (lambda world: world.climate.thunderstorm_days, Futures.thunderstorm_days),
}  # fmt: skip


@dataclass(frozen=True)
class MonthIndex:
    """A number that sums up a calendar month of a site, or several months on end.

    Attributes:
        variable: rain, air_temperature, highest_air_temperature, lowest_air_temperature, wind_speed or
            thunderstorm_days; or dengue_cases, of which only the total of one month is known.
        statistic: total, mean, highest value, or number of days on which the variable is at least, or at most, the
            threshold.
        threshold: in the variable's unit; only of numbers of days.
        months: length of the stretch, which ends with the month asked for; 3 for a season.
    """

    variable: str
    statistic: Literal["total", "mean", "highest", "days_at_least", "days_at_most"]
    threshold: float = np.nan
    months: int = 1

    def __post_init__(self) -> None:
        asked = self.variable, self.statistic, self.months
        if self.months < 1 or (self.variable not in DAILY and asked != (DENGUE, "total", 1)):
            raise ValueError(f"nobody knows the {self.statistic} of {self.variable} over {self.months} months")
        if self.statistic.startswith("days") != np.isfinite(self.threshold):
            raise ValueError("numbers of days need a threshold, and nothing else has one")

    def of_months(self, days: Array, begins: Integers) -> Array:
        """The number of each stretch, shape (..., month, site).

        Args:
            days: daily values of whole months, shape (..., day, site).
            begins: positions of the first days of all these months and of the day after them.
        """
        if self.statistic == "days_at_least":
            days = (days >= self.threshold).astype(float)
        elif self.statistic == "days_at_most":
            days = (days <= self.threshold).astype(float)
        reduce = np.maximum if self.statistic == "highest" else np.add
        by_month = reduce.reduceat(days, begins[:-1], axis=-2)
        stretches = np.lib.stride_tricks.sliding_window_view(by_month, self.months, axis=-2)
        if self.statistic == "highest":
            return np.asarray(stretches.max(axis=-1))
        total: Array = stretches.sum(axis=-1)
        return total / (begins[self.months :] - begins[: -self.months])[:, None] if self.statistic == "mean" else total


def first_month(date: np.datetime64) -> np.datetime64:
    """The first calendar month that begins after a date."""
    month: np.datetime64 = date.astype("datetime64[M]") + 1
    return month


def month_futures(world: World, futures: Futures, index: MonthIndex, issue_day: int, count: int) -> Array:
    """What the index may be in the months that begin after an issue day.

    Args:
        world: what happened.
        futures: of the weather at all sites.
        index: what is asked.
        issue_day: position of a day.
        count: how many months.

    Returns:
        Shape (sample, month, site).
    """
    months = first_month(world.dates[issue_day]) + np.arange(1 - index.months, count + 1)
    begins = _positions(months, world.dates)
    days, asked = int(begins[-1]) - 1 - issue_day, np.array([issue_day])
    if index.variable == DENGUE:
        weeks, over = dengue_futures(world, futures, asked, days)
        daily = by_day(weeks.cases[0], chance(futures.seed, f"dengue days {issue_day}"))
        whole = daily[:, int(over[0]) :].astype(float)
    else:
        happened, ahead = DAILY[index.variable]
        whole = ahead(futures, asked, days)[0]
        past = happened(world)[min(int(begins[0]), issue_day) : issue_day]
        whole = np.concatenate([np.broadcast_to(past, (len(whole), *past.shape)), whole], axis=1)
    start = min(int(begins[0]), issue_day)
    return index.of_months(whole[:, begins[0] - start : begins[-1] - start], begins - begins[0])


def _positions(months: Dates, dates: Dates) -> Integers:
    positions: Integers = (months.astype("datetime64[D]") - dates[0]).astype(np.int64)
    return positions
