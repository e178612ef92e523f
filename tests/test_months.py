"""Calendar months: numbers, periods ahead, and what their days come to."""

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, at

from features.monthly import AsTold, DaysAbove, DaysBelow, MonthMean, MonthTotal, Statistic, WeeksAbove
from features.months import Months, month_numbers, month_starts

NAN = np.nan


def day(text: str) -> int:
    return int(np.datetime64(text).astype("datetime64[D]").astype(int))


def test_months_are_numbered_since_january_1970() -> None:
    assert month_numbers(np.array([day("1970-01-01"), day("1970-01-31"), day("2024-02-29")])).tolist() == [0, 0, 649]
    assert month_starts([0, 649]).tolist() == [0, day("2024-02-01")]


def test_the_first_month_ahead_is_the_one_after_that_of_the_issue_day() -> None:
    times = pd.DatetimeIndex([at("2023-12-12 07:00"), at("2024-01-31 23:30")])
    first = Months(count=2).first_days(times, HANOI)
    assert first.tolist() == [[day("2024-01-01"), day("2024-02-01")], [day("2024-02-01"), day("2024-03-01")]]


def test_a_month_ends_where_the_next_begins_in_local_time() -> None:
    times = pd.DatetimeIndex([at("2024-01-12 07:00")])
    start, end = Months(count=3).bounds(times, np.array([1]), HANOI)
    assert (start[0], end[0]) == (at("2024-02-01"), at("2024-03-01"))


def test_an_outlook_is_issued_on_its_day_of_each_month() -> None:
    days = Months(count=1, issue_day=12).issue_days(day("2024-01-13"), day("2024-03-12"))
    assert days.tolist() == [day("2024-02-12"), day("2024-03-12")]


def test_the_reach_covers_the_longest_months() -> None:
    months = Months(count=2, issue_day=1)
    assert months.reach >= day("2024-02-29") - day("2023-12-01")
    assert months.reach >= day("2023-08-31") - day("2023-06-01")


@pytest.mark.parametrize(("count", "issue_day"), [(0, 12), (12, 12), (6, 0), (6, 29)])
def test_outlooks_that_cannot_be_issued_are_refused(count: int, issue_day: int) -> None:
    with pytest.raises(ValueError, match="1 to 11 months, issued on day 1 to 28"):
        Months(count=count, issue_day=issue_day)


# Two "months", of 10 days each; the second lacks a day.
DAYS = np.array([0, 5, 10, 20, 40, 0, 0, 5, 10, 10, 1, 1, 1, 1, 1, 1, 1, 1, 10, NAN])
STARTS = np.array([0, 10])


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        (MonthTotal(), [100.0, 20.0]),  # 18 mm on nine days are 20 mm on ten
        (MonthMean(), [10.0, 2.0]),
        (DaysAbove(threshold=10.0), [5.0, 10 / 9]),
        (DaysBelow(threshold=1.0), [3.0, 80 / 9]),
        (AsTold(), [0.0, 1.0]),
        (MonthTotal(coverage=1.0), [100.0, NAN]),
    ],
)
def test_what_the_days_of_a_month_come_to(statistic: Statistic, expected: list[float]) -> None:
    np.testing.assert_allclose(statistic.of_months(DAYS, STARTS), expected)


def test_weeks_of_a_month_begin_on_day_1_8_15_and_22() -> None:
    days = np.zeros(30)
    days[[6, 7, 21, 28]] = 3.0
    assert WeeksAbove(threshold=3.0).of_months(days, np.array([0])).tolist() == [3.0]


def test_a_week_with_an_unknown_day_is_known_only_if_another_reaches_the_threshold() -> None:
    days = np.zeros(30)
    days[2], days[3] = NAN, 1.0
    assert WeeksAbove().of_months(days, np.array([0])).tolist() == [1.0]
    days[3] = 0.0
    assert np.isnan(WeeksAbove().of_months(days, np.array([0]))).all()
