"""Periods ahead: the stretches that a forecast speaks of."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.local_days import day_numbers, day_starts


@dataclass(frozen=True)
class Periods:
    """Equal periods one after the other; the first begins the day after the issue day.

    Attributes:
        days: length of each period.
        count: how many there are; they are numbered from 1.
    """

    days: int
    count: int

    def __post_init__(self) -> None:
        if self.days < 1 or self.count < 1:
            raise ValueError(f"periods need at least one day and one period, not {self.days} and {self.count}")

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """1 .. count."""
        return np.arange(1, self.count + 1)

    @property
    def leads(self) -> npt.NDArray[np.int64]:
        """Days from the issue day to the first day of each period; the first is 1."""
        return 1 + (self.numbers - 1) * self.days

    @property
    def reach(self) -> int:
        """Days from the issue day to the last day of the last period."""
        return self.days * self.count

    def first_days(self, issue_times: pd.DatetimeIndex, zone: str) -> npt.NDArray[np.int64]:
        """Local day numbers at which the periods begin, shape (issue_time, period)."""
        first: npt.NDArray[np.int64] = day_numbers(issue_times, zone)[:, None] + self.leads
        return first

    def bounds(
        self, issue_times: pd.DatetimeIndex, numbers: npt.NDArray[np.int64], zone: str
    ) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
        """`valid_from` and `valid_to` (exclusive), UTC, of one period per issue time; both shape (n,)."""
        first = day_numbers(issue_times, zone) + 1 + (numbers - 1) * self.days
        return day_starts(first, zone), day_starts(first + self.days, zone)
