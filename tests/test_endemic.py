"""Endemic channels of months and weeks in an archive: what was usual, how many times the usual came."""

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, MakeArchive, Row, at, entry

from features.archive import Archive
from features.endemic import Channel, TimesUsual, UsualAhead
from features.months import Months
from features.periods import Periods
from models.endemic_target import OverUsual

CHANNEL = Channel(floor=1.0, years=2, around=0)
WEEKLY = Periods(days=7, count=2)
ISSUE = "2024-03-12 07:00"  # a Tuesday


def months(first: str, *counts: float) -> list[Row]:
    """Counts of months in a row, each told on the 11th of the next month."""
    begins = pd.date_range(first, periods=len(counts), freq="MS")
    told = [f"{begin + pd.offsets.MonthBegin():%Y-%m}-11" for begin in begins]
    return [
        entry("S1", "dengue_cases", f"{begin:%Y-%m-%d}", day, count)
        for begin, day, count in zip(begins, told, counts, strict=True)
    ]


@pytest.fixture
def monthly(archive: MakeArchive) -> Archive:
    """2021 to April 2024: month m of 2021 has m cases, of 2022 m + 4, of 2023 m + 20; 2024 has 9, 33, 5 and 100."""
    counts = [month + more for more in (0, 4, 20) for month in range(1, 13)]
    return archive(*months("2021-01-01", *counts, 9, 33, 5, 100))


def test_what_is_usual_of_a_month_is_a_quartile_of_the_same_month_of_the_years_before(monthly: Archive) -> None:
    usual = UsualAhead("dengue_cases", channel=CHANNEL)(monthly.as_of(at(ISSUE)), Months(count=2))
    # April: 8 and 24 cases in 2022 and 2023; May: 9 and 25.
    assert usual.sel(site="S1").to_numpy().tolist() == [[8 + 0.75 * 16, 9 + 0.75 * 16]]
    assert usual.sel(site="S2").to_numpy().tolist() == [[1, 1]]


def test_the_newest_known_month_is_told_as_a_multiple_of_its_usual(monthly: Archive) -> None:
    feature = TimesUsual("dengue_cases", channel=CHANNEL, newest=3)
    # On 12 March, February is known: 33 cases, 6 and 22 in the years before.
    assert feature(monthly.as_of(at(ISSUE)), Months(count=2)).sel(site="S1").item() == 33 / 18
    # On 10 March, January is the newest: 9 cases, 5 and 21 before.
    assert feature(monthly.as_of(at("2024-03-10 07:00")), Months(count=2)).sel(site="S1").item() == 9 / 17


def test_what_came_is_divided_by_what_was_usual(monthly: Archive) -> None:
    target = OverUsual("dengue_cases", cuts=(1.0,), settle_days=10, channel=CHANNEL)
    times = pd.DatetimeIndex([at(ISSUE)])
    came = target.outcome(monthly, times, Months(count=2), by=at("2024-05-11"))
    assert came.sel(site="S1").to_numpy()[0] == pytest.approx([100 / 20, np.nan], nan_ok=True)
    assert target.outcome(monthly, times, Months(count=2), by=at("2024-05-10")).sel(site="S1").isnull().all()


def test_weeks_lie_beside_those_of_earlier_years(archive: MakeArchive) -> None:
    mondays = pd.date_range("2020-01-06", "2024-04-01", freq="7D")
    rows = [
        entry("S1", "dengue_cases_of_week", f"{day:%Y-%m-%d}", f"{day + pd.Timedelta(days=9):%Y-%m-%d}", number)
        for number, day in enumerate(mondays)
    ]
    held = archive(*rows)
    usual = UsualAhead("dengue_cases_of_week", channel=CHANNEL)(held.as_of(at(ISSUE)), WEEKLY)
    # The week of Wednesday 13 March holds Monday 18 March, number 219: 52 and 104 weeks before are 167 and 115.
    assert usual.sel(site="S1").to_numpy().tolist() == [[115 + 0.75 * 52, 116 + 0.75 * 52]]
    target = OverUsual("dengue_cases_of_week", cuts=(1.0,), settle_days=20, channel=CHANNEL)
    came = target.outcome(held, pd.DatetimeIndex([at(ISSUE)]), WEEKLY, by=at("2024-06-01"))
    assert came.sel(site="S1").to_numpy()[0] == pytest.approx([219 / 154, 220 / 155])


def test_a_channel_of_other_periods_is_refused(monthly: Archive) -> None:
    with pytest.raises(TypeError, match="weeks or months"):
        UsualAhead("dengue_cases", channel=CHANNEL)(monthly.as_of(at(ISSUE)), Periods(days=3, count=2))
    assert monthly.zone == HANOI
