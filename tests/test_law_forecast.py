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

from models.law.decision_18 import DECISION_18
from models.law.forecast import course_levels, one_day_levels, with_issue_day

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


def at_least(level: int, found: xr.Dataset) -> list[float]:
    return found["at_least"].sel(site="A", level=level).to_numpy().tolist()


def first_day(found: xr.Dataset) -> list[float]:
    """`P(level >= 0)` to `P(level >= 5)` of lead 0."""
    return found["at_least"].sel(site="A", lead=0).to_numpy().tolist()


HOT = (35.0, 37.0, 39.0, 41.0)
COOL, EVEN = (0.0, 0.0, 0.0, 0.0), (0.5, 0.0, 0.0, 0.0)
WET = (100.0, 200.0, 400.0)


# Why the days of a forecast must not be taken as independent


def test_three_days_of_heat_each_as_likely_as_not_are_level_1_more_often_than_independent_days_say() -> None:
    three_days = ahead(HOT, EVEN, EVEN, EVEN)
    independent = course_levels(HEAT, past(30), three_days, correlation=0, seed=1)
    together = course_levels(HEAT, past(30), three_days, correlation=0.8, seed=1)
    closed_form = 1 / 8 + (2 * math.asin(0.8) + math.asin(0.64)) / (4 * math.pi)
    assert at_least(1, independent) == sampled([0.125] * 3)
    assert closed_form == pytest.approx(0.3279, abs=1e-4)
    assert at_least(1, together) == sampled([closed_form] * 3)


def test_the_more_the_days_hang_together_the_nearer_a_spell_is_to_its_least_likely_day() -> None:
    days = ahead(HOT, EVEN, (0.3, 0.0, 0.0, 0.0), EVEN)
    found = course_levels(HEAT, past(30), days, correlation=0.999, seed=1)
    assert at_least(1, found) == pytest.approx([0.3] * 3, abs=0.02)


def test_a_long_spell_of_rain_is_underrated_ninefold_by_independent_days() -> None:
    # Five days of 100 mm, each at 0.4: independent 0.4^5 = 0.01; level 3 in mountains asks for all five.
    days = ahead(WET, *[(0.4, 0.0, 0.0)] * 5)
    ask = partial(course_levels, RAIN, past(0), days, place="mountain_midland", seed=3, samples=8192)
    independent, together = at_least(3, ask(correlation=0)), at_least(3, ask(correlation=0.7))
    assert independent == pytest.approx([0.4**5] * 5, abs=2e-3)
    assert together[0] > 9 * 0.4**5


# Known days before


def test_after_two_hot_days_the_third_alone_decides() -> None:
    found = course_levels(HEAT, past(36, 36), ahead(HOT, EVEN), correlation=0.5, seed=1)
    assert at_least(1, found) == sampled([0.5])
    assert at_least(2, found) == [0]


def test_a_cool_day_before_ends_the_spell() -> None:
    found = course_levels(HEAT, past(36, 36, 30), ahead(HOT, EVEN), correlation=0.5, seed=1)
    assert at_least(1, found) == [0]


def test_known_rain_lengthens_the_spell_of_each_class() -> None:
    # Two days of 150 mm are known; a third of 100 mm or more is level 2 in mountains, and on plains.
    found = course_levels(
        RAIN, past(0, 150, 150), ahead(WET, (0.4, 0.1, 0.0)), place="mountain_midland", correlation=0.5, seed=1
    )
    assert at_least(1, found) == sampled([0.4])
    assert at_least(2, found) == sampled([0.4])
    assert at_least(3, found) == [0]


def test_the_first_day_of_a_forecast_spell_bears_the_level_of_the_whole() -> None:
    certain = (1.0, 0.0, 0.0, 0.0)
    days = ahead(HOT, certain, certain, certain, COOL)
    whole = course_levels(HEAT, past(30), days, correlation=0.5, seed=1)
    assert at_least(1, whole) == [1, 1, 1, 0]


def test_cold_is_told_by_the_probability_of_being_at_or_below() -> None:
    cuts = (15.0, 13.0, 8.0, 4.0, 0.0)
    days = ahead(cuts, (0.9, 0.6, 0.2, 0.0, 0.0))
    plain = course_levels(COLD, past(10, 6, 6), days, place="plain", correlation=0.5, seed=1)
    # Six, six, and below 8 with 0.2: three days of 4 to 8, level 1. Four days of 8 to 13 are none.
    assert at_least(1, plain) == sampled([0.2])
    after_five = course_levels(COLD, past(10, 10, 10, 10, 10), days, place="plain", correlation=0.5, seed=1)
    assert at_least(1, after_five) == sampled([0.6])


def test_prior_rain_ahead_is_drawn_with_the_rain_that_follows() -> None:
    # Lead 0 brings a rain day (0.5) and lead 1 brings 100 mm (0.5): both 1/4 + asin(r) / 2 pi, a third for r = 0.5.
    cuts = (16.0, 100.0, 200.0, 400.0)
    days = ahead(cuts, (0.5, 0.0, 0.0, 0.0), (0.5, 0.5, 0.0, 0.0))
    found = course_levels(FLASH_FLOOD, past(0), days, place="high", correlation=0.5, seed=1)
    assert at_least(1, found) == sampled([0, 1 / 3])
    after_rain = course_levels(FLASH_FLOOD, past(20), days.isel(lead=[1]).assign_coords(lead=[0]), place="high",
                                     correlation=0.5, seed=1)  # fmt: skip
    assert at_least(1, after_rain) == sampled([0.5])


def test_drought_is_told_by_the_month() -> None:
    days = ahead((20.0, 50.0, 70.0), (0.3, 0.1, 0.0))
    found = course_levels(DROUGHT, past(25, 25, step="month"), days, correlation=0.2, seed=1)
    # A third month of 20 % or more is level 1.
    assert at_least(1, found) == sampled([0.3])


# One day decides


def test_a_storm_needs_no_courses() -> None:
    cuts = STORM.bounds
    days = ahead(cuts, (0.8, 0.6, 0.4, 0.2, 0.1, 0.05))
    land = one_day_levels(STORM, days, place="coast_and_land")
    assert first_day(land) == [1, 0.8, 0.8, 0.8, 0.2, 0.05]
    sea = one_day_levels(STORM, days, place="offshore")
    assert first_day(sea) == [1, 0.8, 0.8, 0.8, 0.1, 0]


def test_courses_of_a_one_day_hazard_agree_with_its_exact_probabilities() -> None:
    days = ahead(STORM.bounds, (0.8, 0.6, 0.4, 0.2, 0.1, 0.05), (0.5, 0.3, 0.2, 0.1, 0.05, 0.01))
    exact = one_day_levels(STORM, days, place="coast_and_land")
    drawn = course_levels(STORM, past(0), days, place="coast_and_land", correlation=0.6, seed=1)
    for told in ("at_least", "in_force"):
        np.testing.assert_allclose(drawn[told], exact[told], atol=SAMPLING)


def test_flash_flood_after_known_prior_rain_is_exact() -> None:
    days = ahead((16.0, 100.0, 200.0, 400.0), (0.9, 0.5, 0.2, 0.05))
    prior = xr.DataArray([3], {"site": ["A"]}, "site")
    found = one_day_levels(FLASH_FLOOD, days, place="high", duration=prior)
    # High susceptibility after more than two rain days: 100 mm level 1, > 200 level 2, > 400 level 3.
    assert first_day(found) == [1, 0.5, 0.2, 0.05, 0, 0]
    dry = one_day_levels(FLASH_FLOOD, days, place="high", duration=0)
    assert first_day(dry) == [1, 0.2, 0.05, 0, 0, 0]


def test_a_spell_shorter_than_the_shortest_band_has_no_level() -> None:
    days = ahead(HOT, (0.9, 0.5, 0.2, 0.05))
    assert at_least(1, one_day_levels(HEAT, days, duration=2)) == [0]
    assert at_least(1, one_day_levels(HEAT, days, duration=3)) == [0.9]
    assert at_least(2, one_day_levels(HEAT, days, duration=3)) == [0.05]


def test_a_probability_that_is_not_known_leaves_its_level_open() -> None:
    days = ahead(STORM.bounds, (0.8, 0.6, 0.4, NAN, 0.1, 0.05))
    found = first_day(one_day_levels(STORM, days, place="coast_and_land"))
    np.testing.assert_array_equal(found, [1, 0.8, 0.8, 0.8, NAN, 0.05])


# What is not known


def test_an_issue_day_that_nobody_knows_leaves_open_what_it_could_change() -> None:
    hot_before = course_levels(HEAT, past(36, 36), ahead(HOT, EVEN, first=1), correlation=0.5, seed=1)
    assert np.isnan(at_least(1, hot_before)).all()
    assert at_least(5, hot_before) == [0]
    # A cool day yesterday: with the issue day the spell has two days at most.
    cool_before = course_levels(HEAT, past(30), ahead(HOT, EVEN, first=1), correlation=0.5, seed=1)
    assert at_least(1, cool_before) == [0]


def test_the_issue_day_may_be_taken_as_likely_as_the_first_lead() -> None:
    days = with_issue_day(ahead(HOT, EVEN, first=1))
    found = course_levels(HEAT, past(36, 36), days, correlation=0.5, seed=1)
    # Two known days and the issue day: 0.5; the day after as well: 1/4 + asin(0.5) / 2 pi = 1/3.
    assert found["lead"].to_numpy().tolist() == [0, 1]
    assert at_least(1, found) == sampled([0.5, 1 / 3])


def test_a_missing_day_of_the_past_matters_only_where_the_spell_may_reach_it() -> None:
    cool_since = course_levels(HEAT, past(NAN, 30, 36, 36), ahead(HOT, EVEN), correlation=0.5, seed=1)
    assert at_least(1, cool_since) == sampled([0.5])
    hot_since = course_levels(HEAT, past(NAN, 36, 36), ahead(HOT, EVEN, COOL), correlation=0.5, seed=1)
    assert at_least(1, hot_since) == [sampled(0.5), 0]
    one_hot_since = course_levels(HEAT, past(NAN, 36), ahead(HOT, EVEN, COOL), correlation=0.5, seed=1)
    assert np.isnan(at_least(1, one_hot_since)[0])


def test_a_lead_without_a_forecast_is_open_and_its_neighbours_where_they_depend_on_it() -> None:
    days = ahead(WET, (0.4, 0.0, 0.0), (NAN, NAN, NAN), (0.0, 0.0, 0.0), (0.4, 0.0, 0.0))
    found = course_levels(RAIN, past(0), days, place="plain_coast", correlation=0.5, seed=1)
    # One day or two of 100 mm are level 1 alike; the open day may be of any class.
    first, second, third, fourth = at_least(1, found)
    assert np.isnan(second)
    assert (first, third, fourth) == (sampled(0.4), 0, sampled(0.4))


# Shape, order and what is refused


def test_the_cells_in_force_exclude_one_another() -> None:
    land = one_day_levels(STORM, ahead(STORM.bounds, (0.8, 0.6, 0.4, 0.2, 0.1, 0.05)), place="coast_and_land")
    # Beaufort 6-7, 8-9, 10-11 (level 3), 12-13, 14-15 (level 4), 16 (level 5); the other six cells are offshore.
    of_each = land["in_force"].sel(site="A", lead=0).to_numpy()
    assert of_each == exactly([0.2, 0.2, 0.2, 0.1, 0.05, 0.05, *[0] * 6])


def test_the_cell_of_a_spell_is_that_of_its_severest_class_with_the_highest_level() -> None:
    # Two known days of 150 mm, a third with 0.4: days 1-2 end, > 2-4 begins. Mountains, the cells of 100-200 mm.
    found = course_levels(
        RAIN, past(0, 150, 150), ahead(WET, (0.4, 0.0, 0.0)), place="mountain_midland", correlation=0.5, seed=1
    )
    assert found["in_force"].sel(site="A", lead=0).to_numpy().tolist() == [0, sampled(0.4), *[0] * 16]


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
    found = course_levels(RAIN, known, days, place=terrain, correlation=0.6, seed=1, samples=256)
    assert found["at_least"].dims == ("site", "lead", "level")
    assert (np.diff(found["at_least"].to_numpy(), axis=-1) <= 0).all()
    assert (found["at_least"].sel(level=0) == 1).all()


def test_many_sites_at_once_are_as_each_by_itself() -> None:
    known, days, terrain = many_sites(70)
    ask = partial(course_levels, RAIN, correlation=0.6, seed=1, samples=256)
    together = ask(known, days, place=terrain)
    for site in ("S000", "S069"):
        alone = ask(known.sel(site=[site]), days.sel(site=[site]), place=str(terrain.sel(site=site).item()))
        xr.testing.assert_equal(together.sel(site=[site]), alone)


def test_issue_times_may_be_asked_at_once() -> None:
    known, days, terrain = many_sites(3)
    times = xr.DataArray([0, 1], dims="issue_time", coords={"issue_time": [0, 1]})
    ask = partial(course_levels, RAIN, place=terrain, correlation=0.6, seed=1, samples=256)
    both = ask(known.expand_dims(issue_time=times), days.expand_dims(issue_time=times))
    assert both["at_least"].dims == ("issue_time", "site", "lead", "level")
    np.testing.assert_array_equal(both["at_least"].sel(issue_time=1), ask(known, days)["at_least"])


def test_the_seed_alone_decides_the_courses() -> None:
    known, days, terrain = many_sites(2)
    ask = partial(course_levels, RAIN, known, days, place=terrain, correlation=0.6, samples=64)
    xr.testing.assert_identical(ask(seed=1), ask(seed=1))
    assert not ask(seed=1).equals(ask(seed=2))


def test_a_forecast_that_lacks_a_bound_is_refused_or_asked_for_what_it_can_tell() -> None:
    days = ahead((15.0, 13.0, 8.0, 4.0), (0.9, 0.6, 0.2, 0.1))
    with pytest.raises(ValueError, match=r"cold needs the cuts 0\.0 degC"):
        course_levels(COLD, past(6, 6), days, place="plain", correlation=0.5, seed=1)
    short = COLD.as_far_as(days["cut"].to_numpy())
    assert short.bounds == (13.0, 8.0, 4.0)
    assert at_least(1, course_levels(short, past(6, 6), days, place="plain", correlation=0.5, seed=1)) == sampled([0.2])
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
        course_levels(RAIN, seed=1, **(good | change))  # type: ignore[arg-type]
