"""Periods ahead: the stretches that a forecast speaks of."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.local_days import day_numbers, day_starts


@dataclass(frozen=True)
class Periods:
    """Periods of one length; the first begins the day after the issue day, each of the others some days later.

    Attributes:
        days: length of each period.
        count: how many there are; they are numbered from 1.
        step_days: from the beginning of one to that of the next; their length for None, so that none overlap.
    """

    days: int
    count: int
    step_days: int | None = None

    def __post_init__(self) -> None:
        if min(self.days, self.count, self.step) < 1:
            raise ValueError(f"periods need at least one day and one period, not {self.days} and {self.count}")

    @property
    def step(self) -> int:
        """Days from the beginning of one period to that of the next."""
        return self.days if self.step_days is None else self.step_days

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """1 .. count."""
        return np.arange(1, self.count + 1)

    @property
    def leads(self) -> npt.NDArray[np.int64]:
        """Days from the issue day to the first day of each period; the first is 1."""
        return 1 + (self.numbers - 1) * self.step

    @property
    def reach(self) -> int:
        """Days from the issue day to the last day of the last period."""
        return self.step * (self.count - 1) + self.days

    def first_days(self, issue_times: pd.DatetimeIndex, zone: str) -> npt.NDArray[np.int64]:
        """Local day numbers at which the periods begin, shape (issue_time, period)."""
        first: npt.NDArray[np.int64] = day_numbers(issue_times, zone)[:, None] + self.leads
        return first

    def bounds(
        self, issue_times: pd.DatetimeIndex, numbers: npt.NDArray[np.int64], zone: str
    ) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
        """`valid_from` and `valid_to` (exclusive), UTC, of one period per issue time; both shape (n,)."""
        first = day_numbers(issue_times, zone) + 1 + (numbers - 1) * self.step
        return day_starts(first, zone), day_starts(first + self.days, zone)
