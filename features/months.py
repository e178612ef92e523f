"""Calendar months: numbered since January 1970, and as periods ahead."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.local_days import MONTH_SPAN_DAYS, Days, day_numbers, day_starts
from features.periods import Periods

MONTHS_PER_YEAR = 12
_DAYS_PER_MONTH = 365.2425 / MONTHS_PER_YEAR
_LONGEST_MONTH = 31


def month_numbers(days: Days) -> Days:
    """The month that holds each local day: months since January 1970."""
    return np.asarray(days, dtype=np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_starts(months: npt.ArrayLike) -> Days:
    """The local day numbers at which months begin; the inverse of `month_numbers`."""
    first = np.asarray(months, dtype=np.int64).astype("datetime64[M]").astype("datetime64[D]")
    return first.astype(np.int64)


@dataclass(frozen=True)
class Months(Periods):
    """Calendar months ahead; the first is the month after the one that holds the issue day.

    `days` is the span that stands for a calendar month everywhere; `leads` are those of an outlook that is issued on
    its day of an ordinary month; `first_days` and `bounds` are exact. Features over daily forecasts know no months.

    Attributes:
        count: how many months ahead; below a year, so that the same month of the year before is always over.
        issue_day: day of the month on which an outlook is issued; what a month brought is known some days after it.
    """

    days: int = field(default=MONTH_SPAN_DAYS, init=False)
    count: int = 6
    step_days: None = field(default=None, init=False)
    issue_day: int = 12

    def __post_init__(self) -> None:
        if not (1 <= self.count < MONTHS_PER_YEAR and 1 <= self.issue_day <= MONTH_SPAN_DAYS):
            raise ValueError(
                f"an outlook speaks of 1 to 11 months, issued on day 1 to 28: {self.count, self.issue_day}"
            )

    @property
    def leads(self) -> npt.NDArray[np.int64]:
        """Days from the issue day of an ordinary month to the first day of each period."""
        return np.rint(self.numbers * _DAYS_PER_MONTH - (self.issue_day - 1)).astype(np.int64)

    @property
    def reach(self) -> int:
        """The most days from any issue day to the last day of the last period."""
        return _LONGEST_MONTH * (self.count + 1)

    def month_numbers(self, issue_times: pd.DatetimeIndex, zone: str) -> Days:
        """The months that are asked about, shape (issue_time, period)."""
        months: Days = month_numbers(day_numbers(issue_times, zone))[:, None] + self.numbers
        return months

    def first_days(self, issue_times: pd.DatetimeIndex, zone: str) -> Days:
        """Local day numbers at which the months begin, shape (issue_time, period)."""
        return month_starts(self.month_numbers(issue_times, zone))

    def bounds(
        self, issue_times: pd.DatetimeIndex, numbers: npt.NDArray[np.int64], zone: str
    ) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
        """`valid_from` and `valid_to` (exclusive), UTC, of one month per issue time; both shape (n,)."""
        month = month_numbers(day_numbers(issue_times, zone)) + numbers
        return day_starts(month_starts(month), zone), day_starts(month_starts(month + 1), zone)

    def issue_days(self, first: int, last: int) -> Days:
        """The days of issue from one local day number to another, both inclusive."""
        months = np.arange(month_numbers(np.array([first]))[0], month_numbers(np.array([last]))[0] + 1)
        days = month_starts(months) + self.issue_day - 1
        return days[(days >= first) & (days <= last)]
