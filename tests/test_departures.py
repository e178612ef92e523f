"""Months in their climate: ranks, bounds of classes, standardised totals, shortfalls, endemic channels; by hand."""

import numpy as np
import pytest
from scipy.stats import gamma, norm

from features.departures import boundaries, percentiles
from features.endemic import Channel
from features.monthly import MonthTotal
from features.standardised import StandardisedTotal, standardised
from models.climate.monthly_targets import PercentileOfMonth, normals, shortfall

NAN = np.nan
NINETEEN = np.arange(10.0, 200.0, 10.0)  # 10, 20 ... 190: each year is worth 5 %


@pytest.mark.parametrize(
    ("value", "percent"),
    [(10.0, 5.0), (100.0, 50.0), (105.0, 52.5), (190.0, 95.0), (5.0, 2.5), (500.0, 97.5)],
)
def test_a_value_is_placed_by_its_rank(value: float, percent: float) -> None:
    assert percentiles(NINETEEN, np.array(value)) == pytest.approx(percent)


def test_a_value_among_equal_ones_lies_in_their_middle() -> None:
    climate = np.array([0.0] * 5 + [1.0] * 4)
    climate = np.append(climate, [2.0] * 10)
    assert percentiles(climate, np.array(0.0)) == pytest.approx(100 * 3 / 20)
    assert percentiles(climate, np.array(1.0)) == pytest.approx(100 * 7.5 / 20)


def test_years_that_are_not_known_do_not_count_and_ten_are_needed() -> None:
    some = np.where(np.arange(19) < 9, NINETEEN, NAN)
    assert np.isnan(percentiles(some, np.array(50.0)))
    some[9] = 100.0
    assert percentiles(some, np.array(50.0)) == pytest.approx(100 * 5 / 11)
    assert np.isnan(percentiles(NINETEEN, np.array(NAN)))


def test_bounds_are_the_inverse_of_places() -> None:
    assert boundaries(NINETEEN, (20.0, 50.0)).tolist() == pytest.approx([40.0, 100.0])
    assert np.isnan(boundaries(np.where(NINETEEN > 90, NAN, NINETEEN), (50.0,))).all()


def test_totals_of_a_gamma_climate_have_the_scores_of_that_law() -> None:
    climate = gamma.ppf((np.arange(4000) + 0.5) / 4000, 2.0, scale=50.0)
    totals = gamma.ppf(norm.cdf([-2.0, -1.0, 0.0, 1.5]), 2.0, scale=50.0)
    scores = standardised(totals, np.broadcast_to(climate, (4, 4000)))
    assert scores.tolist() == pytest.approx([-2.0, -1.0, 0.0, 1.5], abs=0.03)


def test_dry_years_are_a_share_by_themselves() -> None:
    climate = np.append(np.zeros(20), gamma.ppf((np.arange(20) + 0.5) / 20, 2.0, scale=50.0))
    assert standardised(np.array(0.0), climate) == pytest.approx(0.0)
    assert standardised(np.array(gamma.median(2.0, scale=50.0)), climate) == pytest.approx(norm.ppf(0.75), abs=0.05)


def test_a_score_ends_at_three_and_needs_ten_years_with_rain() -> None:
    climate = gamma.ppf((np.arange(30) + 0.5) / 30, 2.0, scale=50.0)
    assert standardised(np.array(1e5), climate) == 3.0
    assert standardised(np.array(1e-9), climate) == -3.0
    assert np.isnan(standardised(np.array(50.0), np.where(np.arange(30) < 9, climate, 0.0)))


@pytest.mark.parametrize("months", [0, 13])
def test_a_total_of_no_month_or_more_than_a_year_is_refused(months: int) -> None:
    with pytest.raises(ValueError, match="1 to 12 months"):
        StandardisedTotal("rain", over_months=months)


def test_a_shortfall_is_told_in_percent_of_the_normal() -> None:
    climate = np.array([80.0] * 10 + [120.0] * 10 + [NAN])
    assert normals(climate) == pytest.approx(100.0)
    assert shortfall(np.array([50.0, 130.0, 0.0]), np.tile(climate, (3, 1))).tolist() == pytest.approx([50, -30, 100])


def test_there_is_no_shortfall_where_nothing_falls_or_too_few_years_are_known() -> None:
    assert np.isnan(shortfall(np.array(0.0), np.zeros(30)))
    assert np.isnan(shortfall(np.array(5.0), np.append(np.full(9, 10.0), NAN)))


def test_a_month_that_never_differs_has_no_classes() -> None:
    target = PercentileOfMonth("rain", cuts=(20.0, 80.0), settle_days=10, statistic=MonthTotal(), years=19)
    months = np.zeros((2, 19 * 12 + 1))
    months[1, :-1:12] = NINETEEN
    months[1, -1] = 105.0
    assert target.months == 229
    told = target.of_period(months)
    assert np.isnan(told[0])
    assert told[1] == pytest.approx(52.5)


# Endemic channels


def test_the_bound_is_the_third_quartile_of_the_season_in_the_years_before() -> None:
    season = np.array([[0.0], [2.0], [4.0], [8.0]])  # at 2.25 of 0 .. 3
    assert Channel(floor=1.0).bound(season) == pytest.approx(5.0)


def test_one_epidemic_year_in_five_does_not_move_the_bound_with_its_size() -> None:
    usual = [[3.0], [4.0], [5.0], [6.0]]
    bounds = [Channel(floor=1.0).bound(np.array([*usual, [size]])) for size in (40.0, 4000.0)]
    assert bounds[0] == bounds[1] == 6.0


def test_a_bound_is_never_below_its_floor_nor_told_from_too_few_years() -> None:
    nothing = np.full((4, 3), NAN)
    assert Channel(floor=2.0).bound(np.zeros((4, 3))) == 2.0
    assert Channel(floor=2.0).bound(nothing) == 2.0
    one = nothing.copy()
    one[0, 1] = 9.0
    assert Channel(floor=2.0, at_least_years=1).bound(one) == 9.0
    assert np.isnan(Channel(floor=2.0, at_least_years=2).bound(one))


def test_the_season_of_a_year_is_the_same_week_and_those_around() -> None:
    back = Channel(floor=1.0, years=2, around=1).back(365.2425 / 7)
    assert back.tolist() == [[53, 52, 51], [105, 104, 103]]
