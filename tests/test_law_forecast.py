"""Probabilities of levels: durations over days that hang together, known days before, and what is not known.

Closed forms: for standard normal scores of an autoregressive course with correlation r of neighbours, two days both
exceed their medians with probability 1/4 + asin(r) / 2 pi, and three with 1/8 + (2 asin(r) + asin(r^2)) / 4 pi (David
1953, doi:10.1093/biomet/40.3-4.458).
"""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
import xarray as xr
from scipy.special import ndtr

from models.law.decision_18 import DECISION_18
from models.law.forecast import level_probabilities
from models.law.margins import shares, with_issue_day
from models.law.neighbours import neighbour_correlation
from models.law.one_day import one_day_probabilities
from models.law.spells import spell_so_far

NAN = np.nan
HEAT, RAIN, COLD = (DECISION_18.table(hazard) for hazard in ("heat", "rain", "cold"))
FLASH_FLOOD, DROUGHT = DECISION_18.table("flash_flood"), DECISION_18.table("drought")
STORM = DECISION_18.speed_table("storm")
SAMPLING = 0.004  # far above the error of 2,048 Sobol courses, far below what is told apart
exactly = partial(pytest.approx, abs=1e-12)
sampled = partial(pytest.approx, abs=SAMPLING)


def past(*values: float, last: int = -1, step: str = "day") -> xr.DataArray:
    """Known values of one site, the last of them on a day counted from the issue day."""
    return xr.DataArray(
        [list(values)], {"site": ["A"], step: np.arange(last - len(values) + 1, last + 1)}, ("site", step)
    )


def ahead(cuts: Sequence[float], *leads: Sequence[float], first: int = 0) -> xr.DataArray:
    """Probabilities of each cut on the leads of one site."""
    labels = {"site": ["A"], "lead": np.arange(first, first + len(leads)), "cut": list(cuts)}
    return xr.DataArray([[list(lead) for lead in leads]], labels, tuple(labels))


def at_least(level: int, found: xr.DataArray) -> list[float]:
    return found.sel(site="A", level=level).to_numpy().tolist()


HOT = (35.0, 37.0, 39.0, 41.0)
COOL, EVEN = (0.0, 0.0, 0.0, 0.0), (0.5, 0.0, 0.0, 0.0)
WET = (100.0, 200.0, 400.0)


# Why the days of a forecast must not be taken as independent


def test_three_days_of_heat_each_as_likely_as_not_are_level_1_more_often_than_independent_days_say() -> None:
    three_days = ahead(HOT, EVEN, EVEN, EVEN)
    independent = level_probabilities(HEAT, past(30), three_days, correlation=0, seed=1)
    together = level_probabilities(HEAT, past(30), three_days, correlation=0.8, seed=1)
    closed_form = 1 / 8 + (2 * math.asin(0.8) + math.asin(0.64)) / (4 * math.pi)
    assert at_least(1, independent) == sampled([0.125] * 3)
    assert closed_form == pytest.approx(0.3279, abs=1e-4)
    assert at_least(1, together) == sampled([closed_form] * 3)


def test_the_more_the_days_hang_together_the_nearer_a_spell_is_to_its_least_likely_day() -> None:
    days = ahead(HOT, EVEN, (0.3, 0.0, 0.0, 0.0), EVEN)
    found = level_probabilities(HEAT, past(30), days, correlation=0.999, seed=1)
    assert at_least(1, found) == pytest.approx([0.3] * 3, abs=0.02)


def test_a_long_spell_of_rain_is_underrated_ninefold_by_independent_days() -> None:
    # Five days of 100 mm, each at 0.4: independent 0.4^5 = 0.01; level 3 in mountains asks for all five.
    days = ahead(WET, *[(0.4, 0.0, 0.0)] * 5)
    ask = partial(level_probabilities, RAIN, past(0), days, place="mountain_midland", seed=3, samples=8192)
    independent, together = at_least(3, ask(correlation=0)), at_least(3, ask(correlation=0.7))
    assert independent == pytest.approx([0.4**5] * 5, abs=2e-3)
    assert together[0] > 9 * 0.4**5


# Known days before


def test_after_two_hot_days_the_third_alone_decides() -> None:
    found = level_probabilities(HEAT, past(36, 36), ahead(HOT, EVEN), correlation=0.5, seed=1)
    assert at_least(1, found) == sampled([0.5])
    assert at_least(2, found) == [0]


def test_a_cool_day_before_ends_the_spell() -> None:
    found = level_probabilities(HEAT, past(36, 36, 30), ahead(HOT, EVEN), correlation=0.5, seed=1)
    assert at_least(1, found) == [0]


def test_known_rain_lengthens_the_spell_of_each_class() -> None:
    # Two days of 150 mm are known; a third of 100 mm or more is level 2 in mountains, and on plains.
    found = level_probabilities(
        RAIN, past(0, 150, 150), ahead(WET, (0.4, 0.1, 0.0)), place="mountain_midland", correlation=0.5, seed=1
    )
    assert at_least(1, found) == sampled([0.4])
    assert at_least(2, found) == sampled([0.4])
    assert at_least(3, found) == [0]


def test_the_first_day_of_a_forecast_spell_bears_its_level_unless_days_are_counted_up_to_it() -> None:
    certain = (1.0, 0.0, 0.0, 0.0)
    days = ahead(HOT, certain, certain, certain, COOL)
    whole = level_probabilities(HEAT, past(30), days, correlation=0.5, seed=1)
    so_far = level_probabilities(HEAT, past(30), days, correlation=0.5, seed=1, spell=spell_so_far)
    assert at_least(1, whole) == [1, 1, 1, 0]
    assert at_least(1, so_far) == [0, 0, 1, 0]


def test_cold_is_told_by_the_probability_of_being_at_or_below() -> None:
    cuts = (15.0, 13.0, 8.0, 4.0, 0.0)
    days = ahead(cuts, (0.9, 0.6, 0.2, 0.0, 0.0))
    plain = level_probabilities(COLD, past(10, 6, 6), days, place="plain", correlation=0.5, seed=1)
    # Six, six, and below 8 with 0.2: three days of 4 to 8, level 1. Four days of 8 to 13 are none.
    assert at_least(1, plain) == sampled([0.2])
    after_five = level_probabilities(COLD, past(10, 10, 10, 10, 10), days, place="plain", correlation=0.5, seed=1)
    assert at_least(1, after_five) == sampled([0.6])


def test_prior_rain_ahead_is_drawn_with_the_rain_that_follows() -> None:
    # Lead 0 brings a rain day (0.5) and lead 1 brings 100 mm (0.5): both 1/4 + asin(r) / 2 pi, a third for r = 0.5.
    cuts = (16.0, 100.0, 200.0, 400.0)
    days = ahead(cuts, (0.5, 0.0, 0.0, 0.0), (0.5, 0.5, 0.0, 0.0))
    found = level_probabilities(FLASH_FLOOD, past(0), days, place="high", correlation=0.5, seed=1)
    assert at_least(1, found) == sampled([0, 1 / 3])
    after_rain = level_probabilities(FLASH_FLOOD, past(20), days.isel(lead=[1]).assign_coords(lead=[0]), place="high",
                                     correlation=0.5, seed=1)  # fmt: skip
    assert at_least(1, after_rain) == sampled([0.5])


def test_drought_is_told_by_the_month() -> None:
    days = ahead((20.0, 50.0, 70.0), (0.3, 0.1, 0.0))
    found = level_probabilities(DROUGHT, past(25, 25, step="month"), days, correlation=0.2, seed=1)
    # A third month of 20 % or more is level 1.
    assert at_least(1, found) == sampled([0.3])


# One day decides


def test_a_storm_needs_no_courses() -> None:
    cuts = STORM.bounds
    days = ahead(cuts, (0.8, 0.6, 0.4, 0.2, 0.1, 0.05))
    land = one_day_probabilities(STORM, days, place="coast_and_land")
    assert land.sel(site="A", lead=0).to_numpy().tolist() == [1, 0.8, 0.8, 0.8, 0.2, 0.05]
    sea = one_day_probabilities(STORM, days, place="offshore")
    assert sea.sel(site="A", lead=0).to_numpy().tolist() == [1, 0.8, 0.8, 0.8, 0.1, 0]


def test_courses_of_a_one_day_hazard_agree_with_its_exact_probabilities() -> None:
    days = ahead(STORM.bounds, (0.8, 0.6, 0.4, 0.2, 0.1, 0.05), (0.5, 0.3, 0.2, 0.1, 0.05, 0.01))
    exact = one_day_probabilities(STORM, days, place="coast_and_land")
    drawn = level_probabilities(STORM, past(0), days, place="coast_and_land", correlation=0.6, seed=1)
    np.testing.assert_allclose(drawn, exact, atol=SAMPLING)


def test_flash_flood_after_known_prior_rain_is_exact() -> None:
    days = ahead((16.0, 100.0, 200.0, 400.0), (0.9, 0.5, 0.2, 0.05))
    prior = xr.DataArray([3], {"site": ["A"]}, "site")
    found = one_day_probabilities(FLASH_FLOOD, days, place="high", duration=prior)
    # High susceptibility after more than two rain days: 100 mm level 1, > 200 level 2, > 400 level 3.
    assert found.sel(site="A", lead=0).to_numpy().tolist() == [1, 0.5, 0.2, 0.05, 0, 0]
    dry = one_day_probabilities(FLASH_FLOOD, days, place="high", duration=0)
    assert dry.sel(site="A", lead=0).to_numpy().tolist() == [1, 0.2, 0.05, 0, 0, 0]


def test_a_spell_shorter_than_the_shortest_band_has_no_level() -> None:
    days = ahead(HOT, (0.9, 0.5, 0.2, 0.05))
    assert at_least(1, one_day_probabilities(HEAT, days, duration=2)) == [0]
    assert at_least(1, one_day_probabilities(HEAT, days, duration=3)) == [0.9]
    assert at_least(2, one_day_probabilities(HEAT, days, duration=3)) == [0.05]


def test_a_probability_that_is_not_known_leaves_its_level_open() -> None:
    days = ahead(STORM.bounds, (0.8, 0.6, 0.4, NAN, 0.1, 0.05))
    found = one_day_probabilities(STORM, days, place="coast_and_land").sel(site="A", lead=0)
    np.testing.assert_array_equal(found, [1, 0.8, 0.8, 0.8, NAN, 0.05])


# What is not known


def test_an_issue_day_that_nobody_knows_leaves_open_what_it_could_change() -> None:
    hot_before = level_probabilities(HEAT, past(36, 36), ahead(HOT, EVEN, first=1), correlation=0.5, seed=1)
    assert np.isnan(at_least(1, hot_before)).all()
    assert at_least(5, hot_before) == [0]
    # A cool day yesterday: with the issue day the spell has two days at most.
    cool_before = level_probabilities(HEAT, past(30), ahead(HOT, EVEN, first=1), correlation=0.5, seed=1)
    assert at_least(1, cool_before) == [0]


def test_the_issue_day_may_be_taken_as_likely_as_the_first_lead() -> None:
    days = with_issue_day(ahead(HOT, EVEN, first=1))
    found = level_probabilities(HEAT, past(36, 36), days, correlation=0.5, seed=1)
    # Two known days and the issue day: 0.5; the day after as well: 1/4 + asin(0.5) / 2 pi = 1/3.
    assert found["lead"].to_numpy().tolist() == [0, 1]
    assert at_least(1, found) == sampled([0.5, 1 / 3])


def test_a_missing_day_of_the_past_matters_only_where_the_spell_may_reach_it() -> None:
    cool_since = level_probabilities(HEAT, past(NAN, 30, 36, 36), ahead(HOT, EVEN), correlation=0.5, seed=1)
    assert at_least(1, cool_since) == sampled([0.5])
    hot_since = level_probabilities(HEAT, past(NAN, 36, 36), ahead(HOT, EVEN, COOL), correlation=0.5, seed=1)
    assert at_least(1, hot_since) == [sampled(0.5), 0]
    one_hot_since = level_probabilities(HEAT, past(NAN, 36), ahead(HOT, EVEN, COOL), correlation=0.5, seed=1)
    assert np.isnan(at_least(1, one_hot_since)[0])


def test_a_lead_without_a_forecast_is_open_and_its_neighbours_where_they_depend_on_it() -> None:
    days = ahead(WET, (0.4, 0.0, 0.0), (NAN, NAN, NAN), (0.0, 0.0, 0.0), (0.4, 0.0, 0.0))
    found = level_probabilities(RAIN, past(0), days, place="plain_coast", correlation=0.5, seed=1)
    # One day or two of 100 mm are level 1 alike; the open day may be of any class.
    first, second, third, fourth = at_least(1, found)
    assert np.isnan(second)
    assert (first, third, fourth) == (sampled(0.4), 0, sampled(0.4))


# Shape, order and what is refused


def test_levels_exclude_one_another_and_sum_to_1() -> None:
    land = one_day_probabilities(STORM, ahead(STORM.bounds, (0.8, 0.6, 0.4, 0.2, 0.1, 0.05)), place="coast_and_land")
    of_each = shares(land).sel(site="A", lead=0).to_numpy()
    assert of_each == exactly([0.2, 0, 0, 0.6, 0.15, 0.05])


def many_sites(count: int) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    random = np.random.default_rng(7)
    names = [f"S{number:03}" for number in range(count)]
    known = xr.DataArray(random.uniform(0, 250, (count, 8)), {"site": names, "day": np.arange(-8, 0)}, ("site", "day"))
    falling = np.sort(random.uniform(0, 1, (count, 10, 3)), axis=-1)[..., ::-1]
    days = xr.DataArray(falling, {"site": names, "lead": np.arange(10), "cut": list(WET)}, ("site", "lead", "cut"))
    terrain = xr.DataArray(random.choice(["mountain_midland", "plain_coast"], count), {"site": names}, "site")
    return known, days, terrain


def test_a_higher_level_is_never_more_likely() -> None:
    known, days, terrain = many_sites(70)
    found = level_probabilities(RAIN, known, days, place=terrain, correlation=0.6, seed=1, samples=256)
    assert found.dims == ("site", "lead", "level")
    assert (np.diff(found.to_numpy(), axis=-1) <= 0).all()
    assert (found.sel(level=0) == 1).all()


def test_many_sites_at_once_are_as_each_by_itself() -> None:
    known, days, terrain = many_sites(70)
    ask = partial(level_probabilities, RAIN, correlation=0.6, seed=1, samples=256)
    together = ask(known, days, place=terrain)
    for site in ("S000", "S069"):
        alone = ask(known.sel(site=[site]), days.sel(site=[site]), place=str(terrain.sel(site=site).item()))
        xr.testing.assert_equal(together.sel(site=[site]), alone)


def test_issue_times_may_be_asked_at_once() -> None:
    known, days, terrain = many_sites(3)
    times = xr.DataArray([0, 1], dims="issue_time", coords={"issue_time": [0, 1]})
    ask = partial(level_probabilities, RAIN, place=terrain, correlation=0.6, seed=1, samples=256)
    both = ask(known.expand_dims(issue_time=times), days.expand_dims(issue_time=times))
    assert both.dims == ("issue_time", "site", "lead", "level")
    np.testing.assert_array_equal(both.sel(issue_time=1), ask(known, days))


def test_the_seed_alone_decides_the_courses() -> None:
    known, days, terrain = many_sites(2)
    ask = partial(level_probabilities, RAIN, known, days, place=terrain, correlation=0.6, samples=64)
    xr.testing.assert_identical(ask(seed=1), ask(seed=1))
    assert not ask(seed=1).equals(ask(seed=2))


def test_a_forecast_that_lacks_a_bound_is_refused_or_asked_for_what_it_can_tell() -> None:
    days = ahead((15.0, 13.0, 8.0, 4.0), (0.9, 0.6, 0.2, 0.1))
    with pytest.raises(ValueError, match=r"cold needs the cuts 0\.0 degC"):
        level_probabilities(COLD, past(6, 6), days, place="plain", correlation=0.5, seed=1)
    short = COLD.as_far_as(days["cut"].to_numpy())
    assert short.bounds == (13.0, 8.0, 4.0)
    assert at_least(1, level_probabilities(short, past(6, 6), days, place="plain", correlation=0.5, seed=1)) == sampled(
        [0.2]
    )
    assert [cell.values for cell in short.cells[:9:3]] == ["8–13", "4–<8", "0–<4"]


def test_a_table_that_no_cut_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="rain needs the cut"):
        RAIN.as_far_as([50.0])
    with pytest.raises(ValueError, match=r"flash_flood needs the cut 16\.0"):
        FLASH_FLOOD.as_far_as([100.0, 200.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"correlation": 1.0}, "not between -1 and 1"),
        ({"samples": 1000}, "power of two"),
        ({"exceedance": ahead(WET, (0.2, 0.3, 0.0))}, "not rise with the severity"),
        ({"exceedance": ahead(WET, (1.2, 0.3, 0.0))}, "between 0 and 1"),
        ({"exceedance": ahead(WET, (0.2, 0.1, 0.0), (0.2, 0.1, 0.0)).isel(lead=[1, 0])}, "leads must follow"),
        ({"past": past(0, last=0)}, "the past reaches to day 0, the leads begin at 0"),
        ({"past": past(0, 0, 0).isel(day=[0, 2])}, "a day is left out"),
        ({"place": "moor"}, "knows no place moor"),
        ({"place": None}, "differs by place"),
    ],
)
def test_what_cannot_be_answered_is_refused(change: dict[str, object], message: str) -> None:
    good = {"past": past(0), "exceedance": ahead(WET, (0.2, 0.1, 0.0)), "place": "plain_coast", "correlation": 0.5}
    with pytest.raises(ValueError, match=message):
        level_probabilities(RAIN, seed=1, **(good | change))  # type: ignore[arg-type]


# How much neighbouring days hang together


def test_a_third_of_even_pairs_both_hot_is_a_correlation_of_a_half() -> None:
    # 1/4 + asin(0.5) / 2 pi = 1/3.
    came = np.array([[1, 1], [1, 1], [1, 0], [0, 1], [0, 0], [0, 0]], dtype=float)
    assert neighbour_correlation(np.full((6, 2), 0.5), came) == pytest.approx(0.5, abs=1e-5)


def test_the_correlation_of_drawn_courses_is_found_again() -> None:
    random, true = np.random.default_rng(11), 0.7
    distance = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    scores = random.multivariate_normal(np.zeros(6), true**distance, size=4000)
    thresholds = random.normal(-0.8, 0.5, size=(4000, 6))
    found = neighbour_correlation(ndtr(thresholds), (scores < thresholds).astype(float))
    assert found == pytest.approx(true, abs=0.03)


def test_days_that_nobody_observed_do_not_count() -> None:
    came = np.array([[1, 1], [1, 1], [1, 0], [0, 1], [0, 0], [0, 0], [NAN, 1]], dtype=float)
    assert neighbour_correlation(np.full((7, 2), 0.5), came) == pytest.approx(0.5, abs=1e-5)
    with pytest.raises(ValueError, match="no two neighbouring days"):
        neighbour_correlation([[0.5, 0.5]], [[NAN, 1]])
    with pytest.raises(ValueError, match="do not fit"):
        neighbour_correlation([[0.5, 0.5]], [[1]])


def test_days_that_always_come_together_have_the_strongest_correlation() -> None:
    assert neighbour_correlation(np.full((4, 2), 0.5), [[1, 1], [1, 1], [0, 0], [0, 0]]) > 0.99
    assert neighbour_correlation(np.full((2, 2), 0.5), [[1, 0], [0, 1]]) < -0.99
