"""Local days: whole numbers counted from 1970-01-01 in the deployment's zone."""

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, at
from hypothesis import given
from hypothesis import strategies as st

from features.errors import HaidangError
from features.local_days import day_numbers, day_starts, days_after, moments


def index(*texts: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([pd.Timestamp(text) for text in texts])


def test_days_are_counted_from_1970_in_the_local_zone() -> None:
    # 2024-01-01 is 54 years of 365 days and 13 leap days after 1970-01-01.
    times = index("2023-12-31T16:59:59.999999Z", "2023-12-31T17:00:00Z", "2024-01-01T16:59:59Z", "2024-01-01T17:00Z")
    assert day_numbers(times, HANOI).tolist() == [19722, 19723, 19723, 19724]


def test_a_month_lasts_to_its_end_and_other_stretches_their_days() -> None:
    january, february, mid_march = (
        int(np.datetime64(day, "D").astype(int)) for day in ("2023-01-01", "2023-02-01", "2023-03-15")
    )
    days = np.array([january, february, mid_march])
    ends = days_after(days, 28).astype("datetime64[D]").astype(str).tolist()
    assert ends == ["2023-02-01", "2023-03-01", "2023-04-12"]
    assert (days_after(days, 7) - days).tolist() == [7, 7, 7]
    assert (days_after(days, np.array([28, 0, 1])) - days).tolist() == [31, 0, 1]


def test_days_before_1970_are_negative() -> None:
    times = index("1969-12-31T16:59:59Z", "1969-12-31T17:00:00Z")
    assert day_numbers(times, "Asia/Bangkok").tolist() == [-1, 0]


def test_a_day_in_hanoi_begins_at_17_utc_of_the_day_before() -> None:
    assert list(day_starts([19723], HANOI)) == [pd.Timestamp("2023-12-31T17:00Z")]


def test_a_day_is_23_hours_long_when_the_clocks_go_forward() -> None:
    # Los Angeles, 10 March 2024: day 19723 + 31 + 29 + 9.
    starts = day_starts([19792, 19793], "America/Los_Angeles")
    assert starts[0] == pd.Timestamp("2024-03-10T08:00Z")
    assert starts[1] - starts[0] == pd.Timedelta(hours=23)


def test_a_day_without_a_midnight_begins_at_its_first_moment() -> None:
    # Sao Paulo, 4 November 2018: the clocks went from 00:00 to 01:00, that is 03:00 UTC.
    day = (pd.Timestamp("2018-11-04") - pd.Timestamp("1970-01-01")).days
    assert day_starts([day], "America/Sao_Paulo")[0] == pd.Timestamp("2018-11-04T03:00Z")


def test_a_day_with_two_midnights_begins_at_the_first() -> None:
    # Havana, 3 November 2024: at 01:00 the clocks went back to 00:00; the first midnight was 04:00 UTC.
    day = (pd.Timestamp("2024-11-03") - pd.Timestamp("1970-01-01")).days
    assert day_starts([day], "America/Havana")[0] == pd.Timestamp("2024-11-03T04:00Z")


@given(
    days=st.lists(st.integers(-10_000, 40_000), min_size=1, max_size=20),
    zone=st.sampled_from([HANOI, "UTC", "America/Los_Angeles", "America/Sao_Paulo", "America/Havana", "Asia/Kolkata"]),
)
def test_the_first_moment_of_a_day_lies_in_it_and_the_moment_before_does_not(days: list[int], zone: str) -> None:
    starts = day_starts(days, zone)
    np.testing.assert_array_equal(day_numbers(starts, zone), days)
    np.testing.assert_array_equal(day_numbers(starts - pd.Timedelta(microseconds=1), zone), np.array(days) - 1)


def test_moments_come_back_sorted_distinct_and_in_utc() -> None:
    given_twice = [at("2024-03-10 07:00"), pd.Timestamp("2024-03-09T12:00Z"), pd.Timestamp("2024-03-10T00:00Z")]
    assert list(moments(given_twice)) == [pd.Timestamp("2024-03-09T12:00Z"), pd.Timestamp("2024-03-10T00:00Z")]
    assert str(moments(given_twice).tz) == "UTC"


def test_one_moment_is_enough() -> None:
    assert list(moments(at("2024-03-10 07:00"))) == [pd.Timestamp("2024-03-10T00:00Z")]


@pytest.mark.parametrize("naive", [pd.Timestamp("2024-03-10"), pd.DatetimeIndex(["2024-03-10"])])
def test_a_moment_without_a_zone_is_refused_with_its_role(naive: pd.Timestamp | pd.DatetimeIndex) -> None:
    with pytest.raises(HaidangError, match="issue time 2024-03-10.*no time zone.*offset"):
        moments(naive)


def test_one_naive_moment_among_others_is_refused() -> None:
    with pytest.raises(HaidangError, match="start 2024-03-10.*no time zone"):
        moments([at("2024-03-09"), pd.Timestamp("2024-03-10")], "start")


def test_no_moment_at_all_is_refused() -> None:
    with pytest.raises(HaidangError, match="no issue time"):
        moments([])
