"""How often classes of a climate come, by hand, and which months the climate of a month ahead is of."""

import numpy as np
import pandas as pd
import pytest
from conftest import MakeArchive, at, entry

from features.class_shares import ClassShare, class_share
from features.departures import climate_ahead, shift_by_trend
from features.monthly import AsTold
from features.months import Months

NAN = np.nan


@pytest.mark.parametrize("years", [10, 29, 30])
def test_where_no_years_are_equal_a_class_comes_as_often_as_its_bounds_say(years: int) -> None:
    climate = np.where(np.arange(30) < years, np.arange(30.0)[::-1], NAN)
    told = [float(class_share(climate, percent)) for percent in (20.0, 50.0, 80.0)]
    assert told == pytest.approx([0.8, 0.5, 0.2])


def test_equal_years_stand_together_in_their_middle() -> None:
    climate = np.array([0.0] * 6 + [1.0, 2.0, 3.0, 4.0])  # the six lie at 100 * 3.5 / 11 = 31.8 percent
    assert class_share(climate, 30.0) == pytest.approx(10.5 / 11)  # all of them, and half a year beyond
    assert class_share(climate, 40.0) == pytest.approx(4.5 / 11)


def test_a_share_needs_ten_years() -> None:
    assert np.isnan(class_share(np.append(np.arange(9.0), [NAN, NAN]), 50.0))


def test_a_trend_is_told_a_year_on_in_residual_deviations() -> None:
    # 0 to 9 with 1 added and taken away by turns; newest first. The slope is 1 - 10 / 165, by hand.
    swing = np.tile([1.0, -1.0], 5)
    oldest_first = np.arange(10.0) + swing
    slope = 1 - 10 / 165
    residual = oldest_first - oldest_first.mean() - slope * (np.arange(10) - 4.5)
    expected = slope * 5.5 / np.sqrt((residual**2).sum() / 8)
    assert shift_by_trend(oldest_first[::-1]) == pytest.approx(expected)
    assert np.isnan(shift_by_trend(np.ones(10)))


def test_the_climate_of_a_month_ahead_is_that_of_its_own_calendar_month(archive: MakeArchive) -> None:
    months = pd.date_range("2010-01-01", "2023-12-01", freq="MS")
    told = archive(
        *(
            entry("S1", "oceanic_nino_index", str(month.date()), str((month + pd.Timedelta(days=35)).date()), value)
            for month, value in zip(months, (months.year - 2010) % 4 + months.month / 100, strict=True)
        )
    )
    snapshot = told.as_of([at("2024-02-12 07:00")])
    ahead = climate_ahead(snapshot, "oceanic_nino_index", AsTold(), Months(count=3), years=10).sel(site="S1")
    of_march = [2023, 2022, 2021, 2020, 2019, 2018, 2017, 2016, 2015, 2014]
    assert ahead.isel(issue_time=0, period=0).to_numpy() == pytest.approx([(y - 2010) % 4 + 0.03 for y in of_march])
    assert ahead.isel(issue_time=0, year=0).to_numpy() == pytest.approx([1.03, 1.04, 1.05])
    # Ten Mays of 0 to 3: from 2014 on 0 three times, 1 three times, 2 and 3 twice each; 2 lies at 7.5 of 11.
    share = ClassShare("oceanic_nino_index", AsTold(), percent=60.0, years=10)(snapshot, Months(count=3)).sel(site="S1")
    assert share.to_numpy() == pytest.approx(np.full((1, 3), 4.5 / 11))
