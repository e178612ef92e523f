"""Quality control of sensor readings: what is refused, what is told, and what is left alone."""

import numpy as np
import pandas as pd
import pytest
from ioos_qc import qartod

from features.quality import judge
from features.quality_limits import LIMITS, Limits
from features.sources.simulated.faults import with_faults
from features.sources.simulated.provider import SimulatedProvince
from features.sources.simulated.water import read_sensors
from features.variables import VARIABLES

HANOI = "Asia/Ho_Chi_Minh"
FIRST = pd.Timestamp("2026-05-01", tz=HANOI)


def readings(values: object, *, minutes: float = 10, variable: str = "water_salinity", site: str = "A") -> pd.DataFrame:
    """Readings of one sensor that are known when their local day is over."""
    value = np.asarray(values, dtype=float)
    moment = pd.DatetimeIndex(FIRST + pd.to_timedelta(np.arange(len(value)) * minutes, unit="min")).as_unit("us")
    known = (moment.normalize() + pd.Timedelta(days=1)).tz_convert("UTC")
    return pd.DataFrame(
        {"site": site, "variable": variable, "moment": moment.tz_convert("UTC"), "known": known, "value": value}
    )


def failing(table: pd.DataFrame) -> dict[int, str]:
    fail = judge(table, LIMITS)["fail"]
    return fail[fail != ""].to_dict()


def suspects(table: pd.DataFrame) -> dict[int, str]:
    suspect = judge(table, LIMITS)["suspect"]
    return suspect[suspect != ""].to_dict()


WAVES = np.round(30 + 0.4 * np.sin(np.arange(600) / 7), 2)


def changed(**at: float) -> np.ndarray:
    """The waves with other values at some places, such as `n50=18`."""
    value = WAVES.copy()
    for place, other in at.items():
        value[int(place[1:])] = other
    return value


def test_a_sound_series_passes() -> None:
    assert failing(readings(WAVES)) == {}
    assert suspects(readings(WAVES)) == {}


def test_a_fill_value_fails_by_its_range_and_its_neighbours_do_not() -> None:
    assert failing(readings(changed(n100=-99))) == {100: "is -99 g/kg, outside 0 to 50 g/kg: range"}
    assert suspects(readings(changed(n100=-99))) == {}


def test_a_reading_that_jumps_and_comes_back_is_a_spike_and_its_neighbours_are_sound() -> None:
    value = changed(n49=30, n50=18, n51=30)
    assert failing(readings(value)) == {50: "jumps by 12 g/kg in 10 min and back: spike"}
    assert suspects(readings(changed(n49=30, n50=25, n51=30))) == {50: "spike"}
    averaged = qartod.spike_test(value, 4, 8)
    assert averaged[[49, 50, 51]].tolist() == [3, 4, 3], "the other way of ioos_qc suspects the neighbours too"


def test_a_spike_is_judged_by_what_is_known_when_its_day_is() -> None:
    last_of_day, first_of_day = 143, 144
    assert failing(readings(changed(n143=18))) == {}, "the reading after midnight is not known yet"
    assert first_of_day not in failing(readings(changed(n143=18)))
    assert list(failing(readings(changed(n144=18)))) == [first_of_day]
    known_late = readings(changed(n143=18))
    known_late["known"] = known_late["known"].max()
    assert list(failing(known_late)) == [last_of_day]


def test_a_spike_is_not_judged_across_a_gap() -> None:
    table = readings(changed(n50=18))
    assert failing(table.drop(index=range(51, 80))) == {}, "the next reading came five hours later"


def test_a_jump_that_stays_is_refused_until_so_much_may_have_happened() -> None:
    value = np.full(60, 30.0)
    value[20:40] = 6.0
    found = failing(readings(value))
    assert found[20] == "is 24 g/kg from the last sound reading, 10 min before: step"
    assert list(found) == [*range(20, 27), *range(40, 47)], "20 an hour allow 24 after 72 minutes, there and back"
    storm = np.full(60, 30.0)
    storm[20:] = 18.0
    assert failing(readings(storm)) == {}, "a flood after a storm is what the warning is for"
    assert suspects(readings(storm)) == {20: "step"}


def test_steps_are_judged_by_the_hour_and_by_the_day() -> None:
    daily = readings([20, 27, 20, 33, 20], minutes=1440, variable="pond_temperature")
    assert suspects(daily) == {1: "step", 2: "step"}
    assert failing(daily) == {3: "is 13 degC from the last sound reading, 24 h before: step"}
    weekly = readings([20, 33, 20], minutes=7 * 1440, variable="pond_temperature")
    assert failing(weekly) == suspects(weekly) == {}
    every_minute = readings([20, 21.5, 20, 21.5], minutes=1, variable="pond_temperature")
    assert suspects(every_minute) == {}, "noise within a minute is no rate of 90 degrees an hour"


def test_a_sensor_that_is_stuck_over_the_whole_file_is_refused_from_its_second_day_on() -> None:
    stuck = readings(np.full(600, 28.3), variable="water_temperature")
    found = failing(stuck)
    assert list(found) == list(range(144, 600)), "24 hours are over with the first reading of the second day"
    assert found[144] == "has stood at 28.3 degC for 48 h: stuck"
    assert set(suspects(stuck)) == set(range(600)), "12 hours are over within the first day"


def test_a_day_that_is_stuck_from_its_morning_is_refused_whole_once_that_is_known() -> None:
    value = np.round(28 + 0.4 * np.sin(np.arange(432) / 7), 2)
    value[100:400] = 28.3
    found = failing(readings(value, variable="water_temperature"))
    assert list(found) == list(range(144, 400)), "of the first day 7 hours stood still, of the second all 24"


def test_five_equal_days_are_stuck_and_four_are_not() -> None:
    four = readings([28.1, 28.3, 28.3, 28.3, 28.3, 28.0], minutes=1440, variable="pond_temperature")
    assert failing(four) == {}
    assert suspects(four) == {3: "stuck", 4: "stuck"}
    five = readings([28.1, 28.3, 28.3, 28.3, 28.3, 28.3, 28.0], minutes=1440, variable="pond_temperature")
    assert failing(five) == {5: "has stood at 28.3 degC for 96 h: stuck"}


def test_what_is_read_by_eye_to_whole_units_is_not_stuck() -> None:
    refractometer = readings([21, 20, 20, 20, 20, 20, 20, 20], minutes=1440, variable="pond_salinity")
    assert failing(refractometer) == {}
    assert set(suspects(refractometer)) == {3, 4, 5, 6, 7}
    sensor = readings([21.3, 20, 20, 20, 20, 20, 20], minutes=1440, variable="pond_salinity")
    assert list(failing(sensor)) == [5, 6]
    assert len(failing(readings(np.full(288, 20.0), variable="pond_salinity"))) == 144, "nobody reads every ten minutes"


def test_still_readings_are_judged_as_ioos_qc_judges_evenly_spaced_ones() -> None:
    value = np.repeat([28.1, 28.4, 28.2, 28.6, 28.3], [30, 170, 60, 200, 20])
    table = readings(value, variable="water_temperature")
    table["known"] = table["moment"]
    flags = qartod.flat_line_test(value, table["moment"].dt.tz_localize(None), 12 * 3600, 24 * 3600, 0.01)
    assert list(failing(table)) == np.flatnonzero(flags == 4).tolist()
    assert list(suspects(table)) == np.flatnonzero(flags >= 3).tolist()


def test_water_that_is_fresh_or_without_oxygen_may_stay_so() -> None:
    assert failing(readings(np.zeros(600), variable="pond_salinity")) == {}
    assert failing(readings(np.zeros(600), variable="dissolved_oxygen")) == {}
    assert set(suspects(readings(np.zeros(600), variable="pond_salinity")).values()) == {"range"}


def test_a_slow_rise_is_not_a_still_one() -> None:
    assert suspects(readings(28 + np.arange(300) * 0.009, variable="water_temperature")) == {}


def test_a_silence_of_days_ends_what_stood_still() -> None:
    table = readings(np.full(270, 28.3), variable="water_temperature")
    late = table["moment"].where(table.index < 140, table["moment"] + pd.Timedelta(days=3))
    known = (late.dt.tz_convert(HANOI).dt.normalize() + pd.Timedelta(days=1)).dt.tz_convert("UTC")
    assert failing(table.assign(moment=late, known=known)) == {}


def test_a_drift_is_seen_only_where_it_leaves_what_is_usual() -> None:
    drift = np.maximum(25, 25 + 0.5 * (np.arange(80.0) - 20)) + np.resize([0, 0.3, -0.2, 0.1], 80)
    table = readings(drift, minutes=1440, variable="pond_salinity")
    assert min(suspects(table)) == 51, "25 + 0.5 x 31 + 0.1 is the first value above 40 g/kg"
    assert min(failing(table)) == 71, "25 + 0.5 x 51 + 0.1 is the first above 50"


def test_the_order_of_rows_says_nothing() -> None:
    table = readings(changed(n50=18, n100=-99, n200=45))
    shuffled = table.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(judge(shuffled, LIMITS).sort_index(), judge(table, LIMITS))


def test_sensors_do_not_judge_each_other() -> None:
    other = readings(np.full(600, 10.0) + WAVES - 30, site="B")
    both = pd.concat([readings(WAVES), other], ignore_index=True).sort_values("moment", kind="stable")
    assert failing(both) == {}


def test_later_readings_change_nothing_that_was_said_of_earlier_days() -> None:
    random = np.random.default_rng(5)
    value = 25 + np.cumsum(random.normal(0, 0.5, 900)) % 15
    value[random.choice(900, 40, replace=False)] = random.choice([-99.0, 0.0, 18.0, 44.0], 40)
    value[300:500] = 21.7
    table = readings(np.round(value, 1), minutes=37)
    table = table[random.random(900) < 0.8]
    whole = judge(table, LIMITS)
    assert (whole["fail"] != "").sum() > 60
    for known in table["known"].unique():
        so_far = table[table["known"] <= known]
        pd.testing.assert_frame_equal(judge(so_far, LIMITS), whole.loc[so_far.index])


def test_variables_without_limits_and_values_not_measured_pass() -> None:
    table = readings([1.0, np.nan, 500.0], variable="rain")
    assert failing(table) == suspects(table) == {}
    assert failing(readings([np.nan, np.nan])) == {}
    assert judge(readings([]), LIMITS).empty


def test_thresholds_are_of_declared_variables_within_their_plausible_range() -> None:
    for name, limits in LIMITS.items():
        assert VARIABLES[name].low <= limits.fail_low < limits.fail_high <= VARIABLES[name].high


def test_thresholds_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="spike_suspect is above spike_fail"):
        Limits(spike_suspect=8, spike_fail=4)
    with pytest.raises(ValueError, match="do not rise in this order"):
        Limits(fail_low=0, suspect_low=-1)


def test_a_fail_threshold_alone_is_the_suspect_one_too_and_own_ones_take_the_place_of_others() -> None:
    assert Limits(fail_high=40).suspect_high == 40
    own = LIMITS["pond_salinity"].but(Limits(fail_high=45, spike_suspect=5))
    assert (own.suspect_low, own.suspect_high, own.fail_high) == (1, 45, 45)
    assert (own.spike_suspect, own.spike_fail, own.stuck_fail_hours) == (5, 8, 24)


def test_most_faults_of_the_simulated_ponds_are_caught_and_hardly_a_sound_reading_is() -> None:
    world = SimulatedProvince(years=2, seed=11).world
    caught, faulty_total, refused, sound_total = 0, 0, 0, 0
    for variable, values in vars(read_sensors(world.ponds, 11, "pond")).items():
        said = with_faults(np.random.default_rng(3), values, 3.0, lowest=0.0)
        for pond in range(said.shape[1]):
            faulty = said[:, pond] != values[:, pond]
            table = readings(said[:, pond], minutes=1440, variable=f"pond_{variable}")
            fail = (judge(table, LIMITS)["fail"] != "").to_numpy() & np.isfinite(said[:, pond])
            measured = np.isfinite(said[:, pond])
            caught, faulty_total = caught + (fail & faulty).sum(), faulty_total + (measured & faulty).sum()
            refused, sound_total = refused + (fail & ~faulty).sum(), sound_total + (measured & ~faulty).sum()
    assert faulty_total > 500
    assert caught / faulty_total > 0.4
    assert refused / sound_total < 0.001
