"""Courses under the law: what a spell is, what a missing day hides, and what is refused."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from features.errors import UnknownNameError
from models.law.decision_18 import DECISION_18
from models.law.observed import (
    alarm_class,
    cold_levels,
    drought_levels,
    flash_flood_levels,
    flood_levels,
    heat_levels,
    rain_levels,
    salinity_levels,
    surge_levels,
)
from models.law.spells import days_before, spell_so_far, whole_spell

NAN = np.nan


def days(*values: float) -> xr.DataArray:
    return xr.DataArray(list(values), dims="day")


def told(levels: xr.Dataset) -> list[float | None]:
    """Levels as a list, None where not known."""
    return [None if np.isnan(level) else int(level) for level in levels["level"].to_numpy()]


# Spells


def runs(inside: Sequence[int], before: int) -> tuple[list[int], list[int], list[int]]:
    flags, earlier = np.array(inside, dtype=bool), np.array(before)
    counted = (whole_spell(flags, earlier), spell_so_far(flags, earlier), days_before(flags, earlier))
    return tuple(lengths.tolist() for lengths in counted)


def test_a_spell_has_a_length_as_a_whole_and_up_to_each_day() -> None:
    assert runs([1, 1, 0, 1], before=0) == ([2, 2, 0, 1], [1, 2, 0, 1], [0, 1, 2, 0])


def test_a_spell_that_began_before_the_course_is_longer() -> None:
    assert runs([1, 1, 0, 1], before=3) == ([5, 5, 0, 1], [4, 5, 0, 1], [3, 4, 5, 0])
    assert runs([0, 1], before=3) == ([0, 1], [0, 1], [3, 0])


def test_two_days_of_heat_are_none_and_three_are_level_1_on_each_of_them() -> None:
    assert told(heat_levels(days(34, 36, 36, 34))) == [0, 0, 0, 0]
    assert told(heat_levels(days(34, 36, 36, 36, 34))) == [0, 1, 1, 1, 0]


def test_without_looking_ahead_the_third_day_of_heat_is_the_first_of_level_1() -> None:
    assert told(heat_levels(days(34, 36, 36, 36, 34), spell=spell_so_far)) == [0, 0, 0, 1, 0]


def test_both_ways_to_count_agree_on_the_last_day() -> None:
    course = days(34, 40, 40, 40, 40, 40, 40)
    assert told(heat_levels(course))[-1] == told(heat_levels(course, spell=spell_so_far))[-1] == 2


def test_four_days_of_which_one_passes_39_are_of_the_class_that_all_four_reach() -> None:
    # Article 47: six days over 39 are level 2, six days over 37 level 1; the class over 39 lasted a single day.
    assert told(heat_levels(days(38, 38, 40, 38, 38, 38))) == [1] * 6
    assert told(heat_levels(days(40, 40, 40, 40, 40, 40))) == [2] * 6
    assert told(heat_levels(days(38, 38, 40, 38))) == [1] * 4


def test_a_severe_spell_inside_a_longer_mild_one_raises_its_own_days_alone() -> None:
    # 42, 42, 42 is a spell of its own over 41: level 2. The five days over 35 are level 1.
    assert told(heat_levels(days(36, 42, 42, 42, 36))) == [1, 2, 2, 2, 1]


def test_rain_of_several_classes_lasts_as_long_as_the_mildest_of_them() -> None:
    # Article 44, mountains: five days of at least 100 mm are level 3; one day over 200 mm alone would be 2.
    assert told(rain_levels(days(120, 120, 250, 120, 120), "mountain_midland")) == [3] * 5
    # The day over 400 mm is level 3 by itself, its two neighbours are level 2 as days 1 and 3 of a spell of three.
    assert told(rain_levels(days(120, 450, 120), "mountain_midland")) == [2, 3, 2]


def test_a_colder_day_counts_for_the_milder_spell_around_it() -> None:
    # Plains: three days of 4 to 8 are level 1; three of 8 to 13 none.
    assert told(cold_levels(days(20, 10, 6, 6, 6, 10, 20), "plain")) == [0, 0, 1, 1, 1, 0, 0]
    assert told(cold_levels(days(20, 10, 10, 6, 10, 10, 10, 20), "plain")) == [0, 1, 1, 1, 1, 1, 1, 0]


# Flash flood


def test_prior_rain_is_counted_on_consecutive_days_right_before() -> None:
    # 20, 0, 20 mm: one prior rain day, not two of three. High susceptibility.
    assert told(flash_flood_levels(days(20, 0, 20, 150), "high")) == [0, 0, 0, 1]
    assert told(flash_flood_levels(days(20, 20, 0, 150), "high")) == [0, 0, 0, 0]


def test_a_day_of_prior_rain_begins_at_16_mm_unless_another_amount_is_chosen() -> None:
    assert told(flash_flood_levels(days(15.9, 150), "high")) == [0, 0]
    assert told(flash_flood_levels(days(16.0, 150), "high")) == [0, 1]
    assert told(flash_flood_levels(days(5.0, 150), "high", rain_day_mm=5)) == [0, 1]
    assert told(flash_flood_levels(days(4.9, 150), "high", rain_day_mm=5)) == [0, 0]


def test_a_day_of_great_rain_is_prior_rain_of_the_next() -> None:
    assert told(flash_flood_levels(days(0, 150, 150, 150, 300), "very_high")) == [0, 0, 2, 2, 3]


# Flood


def test_alarm_levels_make_classes_of_a_stage() -> None:
    stage = days(1.9, 2.0, 3.0, 4.0, 4.99, 5.0, NAN)
    alarm = alarm_class(stage, first=2.0, second=3.0, third=4.0)
    np.testing.assert_array_equal(alarm, [0, 1, 2, 3, 3, 4, NAN])
    assert told(flood_levels(alarm)) == [0, 1, 1, 2, 2, 3, None]


def test_above_the_historic_flood_the_class_is_the_highest() -> None:
    stage = days(4.4, 4.5, 4.6)
    alarm = alarm_class(stage, first=2.0, second=3.0, third=4.0, historic=4.5)
    assert alarm.to_numpy().tolist() == [3, 3, 4]


def test_a_station_without_alarm_levels_is_not_known_and_one_without_a_record_is() -> None:
    stage = xr.DataArray([[3.5], [3.5]], {"site": ["A", "B"]}, ("site", "day"))
    third = xr.DataArray([4.0, NAN], {"site": ["A", "B"]}, "site")
    historic = xr.DataArray([NAN, 9.0], {"site": ["A", "B"]}, "site")
    alarm = alarm_class(stage, first=2.0, second=3.0, third=third, historic=historic)
    np.testing.assert_array_equal(alarm, [[2], [NAN]])


# Missing days


def test_a_missing_day_is_not_known_where_it_could_bear_a_level() -> None:
    assert told(rain_levels(days(0, NAN, 0), "plain_coast")) == [0, None, 0]
    assert told(surge_levels(days(3.5, NAN))) == [2, None]


def test_a_lone_missing_day_between_mild_ones_cannot_be_a_spell_of_heat() -> None:
    assert told(heat_levels(days(30, NAN, 30))) == [0, 0, 0]
    assert told(heat_levels(days(30, NAN, NAN, NAN, 30))) == [0, None, None, None, 0]


def test_a_missing_day_hides_the_length_of_the_spell_that_it_may_join() -> None:
    # Two days, a gap, two days over 35: a spell of five, level 1, or none.
    assert told(heat_levels(days(36, 36, NAN, 36, 36))) == [None] * 5
    # Three days before the gap are level 1 whatever it hides: four or seven days of 35 to 37 are level 1 too.
    assert told(heat_levels(days(36, 36, 36, NAN, 36, 36, 36, 30))) == [1, 1, 1, None, 1, 1, 1, 0]
    # Over 39, three days are level 1 and seven are level 2.
    assert told(heat_levels(days(40, 40, 40, NAN, 40, 40, 40))) == [None] * 7


def test_a_missing_day_hides_whether_it_rained_before() -> None:
    # High susceptibility, 150 mm: level 1 after a rain day, none after a dry one.
    assert told(flash_flood_levels(days(0, NAN, 150), "high")) == [0, None, None]
    # Low susceptibility, 150 mm is never a level; the missing day itself may be over 400 mm, but not after rain.
    assert told(flash_flood_levels(days(0, NAN, 150), "low")) == [0, 0, 0]


def test_no_cell_is_named_where_the_level_is_not_known() -> None:
    found = rain_levels(days(0, NAN, 150), "plain_coast")
    # The last day is level 1 alone and level 1 as the second of two days.
    assert told(found) == [0, None, 1]
    assert found["cell"].to_numpy()[:2].tolist() == [-1, -1]


# Places, dims and what is refused


def test_each_site_has_its_terrain() -> None:
    rain = xr.DataArray([[150.0] * 5] * 2, {"site": ["B", "H"]}, ("site", "day"))
    terrain = xr.DataArray(["mountain_midland", "plain_coast"], {"site": ["B", "H"]}, "site")
    assert rain_levels(rain, terrain)["level"].to_numpy().tolist() == [[3] * 5, [2] * 5]


def test_dims_keep_their_order_and_labels() -> None:
    index = pd.date_range("2024-09-01", periods=3)
    rain = xr.DataArray([[150.0, 0.0]] * 3, {"day": index, "site": ["B", "H"]}, ("day", "site"))
    found = rain_levels(rain, "plain_coast")["level"]
    assert found.dims == ("day", "site")
    assert found.sel(site="B").to_numpy().tolist() == [2, 2, 2]
    assert (found["day"].to_numpy() == index.to_numpy()).all()


def test_susceptibility_may_change_from_day_to_day() -> None:
    daily = xr.DataArray(["low", "low", "very_high"], dims="day")
    assert told(flash_flood_levels(days(20, 20, 150), daily)) == [0, 0, 2]


def test_a_place_that_the_table_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(ValueError, match="knows no place highland: give one of mountain_midland, plain_coast"):
        rain_levels(days(1), "highland")


def test_a_terrain_of_other_sites_is_refused() -> None:
    rain = xr.DataArray([[150.0], [1.0]], {"site": ["B", "H"]}, ("site", "day"))
    terrain = xr.DataArray(["plain_coast", "plain_coast"], {"site": ["H", "B"]}, "site")
    with pytest.raises(ValueError, match="site"):
        rain_levels(rain, terrain)


def test_days_left_out_are_refused_because_they_would_join_two_spells() -> None:
    left_out = xr.DataArray([36.0] * 3, {"day": pd.to_datetime(["2024-06-01", "2024-06-02", "2024-06-04"])}, "day")
    with pytest.raises(ValueError, match="a day is left out"):
        heat_levels(left_out)
    with pytest.raises(ValueError, match="lack it"):
        heat_levels(left_out.rename(day="time"))


def test_months_of_unequal_length_follow_one_another() -> None:
    months = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"])
    shortfall = xr.DataArray([30.0, 30.0, 60.0, 60.0], {"month": months}, "month")
    # Four months of 20 % or more are level 1, two of them over 50 % level 1 by themselves.
    assert told(drought_levels(shortfall)) == [1, 1, 1, 1]


def test_a_line_of_salinity_that_the_law_does_not_know_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="salinity_2_permille"):
        salinity_levels(days(30), 2)


def test_only_hazards_of_wind_have_bounds_in_metres_per_second() -> None:
    with pytest.raises(ValueError, match="not in Beaufort"):
        DECISION_18.speed_table("rain")
    assert DECISION_18.speed_table("sea_wind").bounds == (10.8, 13.9, 20.8)
    with pytest.raises(ValueError, match="rain is measured in mm, not in alarm classes"):
        DECISION_18.stage_table("rain")


def test_ten_years_of_many_sites_are_levelled_like_each_by_itself() -> None:
    values = np.random.default_rng(5).uniform(25, 43, (6, 400))
    values[:, ::37] = NAN
    together = heat_levels(xr.DataArray(values, dims=("site", "day")))["level"].to_numpy()
    alone = [heat_levels(xr.DataArray(row, dims="day"))["level"].to_numpy() for row in values]
    np.testing.assert_array_equal(together, alone)
