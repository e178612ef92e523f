"""Faults: what each does to entries, worked out by hand, and how it is written."""

import pandas as pd
import pytest
from conftest import HANOI, at, entry, table

from features.errors import HaidangError, UnknownNameError
from haidang.rehearsals.faults import Biased, Down, Fault, Killed, Late, Stuck, fault_of

RUNS = table(
    entry("S1", "rain", "2024-03-11", "2024-03-10 06:00", 1.0, "model"),
    entry("S1", "rain", "2024-03-12", "2024-03-10 06:00", 2.0, "model"),
    entry("S1", "rain", "2024-03-12", "2024-03-11 06:00", 3.0, "model"),
    entry("S1", "rain", "2024-03-13", "2024-03-12 06:00", 4.0, "model"),
)
READINGS = table(
    entry("S1", "rain", "2024-03-10", "2024-03-11 06:00", 10.0),
    entry("S1", "rain", "2024-03-11", "2024-03-12 06:00", 11.0),
    entry("S1", "rain", "2024-03-12", "2024-03-13 06:00", 12.0),
    entry("S2", "rain", "2024-03-12", "2024-03-13 06:00", 22.0),
)


def told(entries: pd.DataFrame) -> list[tuple[str, float]]:
    """When each value becomes known, in local time, and the value."""
    known = pd.DatetimeIndex(entries["known_time"]).tz_convert(HANOI).strftime("%d %H:%M")
    return sorted(zip(known, entries["value"], strict=True))


def test_observations_come_late_in_a_stretch_and_in_time_after_it() -> None:
    late = Late("rain", at("2024-03-12"), at("2024-03-13"), 2.0)
    assert told(late.bend(READINGS, HANOI)) == [
        ("11 06:00", 10.0),
        ("13 06:00", 12.0),
        ("13 06:00", 22.0),
        ("14 06:00", 11.0),
    ]


def test_a_forecast_comes_late_or_not_at_all_once_its_day_is_over_or_newer_ones_come() -> None:
    """The run of the 11th would come on the 12th at 18:00, when newer ones come in time again."""
    late = Late("model", at("2024-03-10"), at("2024-03-12"), 1.5)
    assert told(late.bend(RUNS, HANOI)) == [("11 18:00", 1.0), ("11 18:00", 2.0), ("12 06:00", 4.0)]
    later = Late("model", at("2024-03-10"), at("2024-03-20"), 2.0)
    assert told(later.bend(RUNS, HANOI)) == [("12 06:00", 2.0)]


def test_while_a_source_is_down_observations_wait_and_forecasts_are_lost() -> None:
    down = Down("rain", at("2024-03-11"), at("2024-03-12 12:00"))
    assert told(down.bend(READINGS, HANOI)) == [
        ("12 12:00", 10.0),
        ("12 12:00", 11.0),
        ("13 06:00", 12.0),
        ("13 06:00", 22.0),
    ]
    assert told(down.bend(RUNS, HANOI)) == [("10 06:00", 1.0), ("10 06:00", 2.0)]


def test_of_a_report_and_its_correction_in_one_outage_the_correction_comes() -> None:
    corrected = table(*READINGS.to_dict("records"), entry("S1", "rain", "2024-03-11", "2024-03-12 09:00", 7.0))
    down = Down("rain", at("2024-03-12"), at("2024-03-13"))
    assert told(down.bend(corrected, HANOI)) == [
        ("11 06:00", 10.0),
        ("13 00:00", 7.0),
        ("13 06:00", 12.0),
        ("13 06:00", 22.0),
    ]


def test_a_stuck_sensor_repeats_its_first_value_and_no_other_sensor_does() -> None:
    stuck = Stuck("rain", "S1", at("2024-03-10"), at("2024-03-12"))
    whole = pd.concat([READINGS, RUNS], ignore_index=True)
    assert told(stuck.bend(whole, HANOI)) == sorted(told(RUNS) + [
        ("11 06:00", 10.0), ("12 06:00", 10.0), ("13 06:00", 12.0), ("13 06:00", 22.0),
    ])  # fmt: skip


def test_a_bias_changes_forecasts_from_a_day_on_as_far_as_they_are_plausible() -> None:
    biased = Biased("rain", at("2024-03-11"), 1.5)
    whole = pd.concat([READINGS, RUNS], ignore_index=True)
    assert told(biased.bend(whole, HANOI)) == sorted(
        told(READINGS) + [("10 06:00", 1.0), ("10 06:00", 2.0), ("11 06:00", 4.5), ("12 06:00", 6.0)]
    )
    assert Biased("rain", at("2024-03-11"), 1e6).bend(RUNS, HANOI)["value"].max() == 2000.0


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("late rain from=2024-03-01 to=2024-03-05 days=2", Late("rain", at("2024-03-01"), at("2024-03-05"), 2.0)),
        ("down simulated from=2024-03-01 to=2024-03-05", Down("simulated", at("2024-03-01"), at("2024-03-05"))),
        (
            "stuck water_level site=S1 from=2024-03-01 to=2024-03-05",
            Stuck("water_level", "S1", at("2024-03-01"), at("2024-03-05")),
        ),
        ("biased rain factor=1.2 from=2024-03-01", Biased("rain", at("2024-03-01"), 1.2)),
        ("killed issue on=2024-03-01", Killed("issue", at("2024-03-01"))),
    ],
)
def test_faults_are_read_as_they_are_told(text: str, fault: Fault) -> None:
    assert fault_of(text, HANOI) == fault


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("biased rain from=2024-03-01", "is not whole: write biased OF from=DAY factor="),
        ("killed issue from=spring", "cannot be read: "),
        (
            "late rain from=2024-03-01 to=2024-03-05 days=few",
            "cannot be read: could not convert string to float: 'few'",
        ),
    ],
)
def test_what_is_no_fault_is_refused_with_how_it_is_written(text: str, error: str) -> None:
    with pytest.raises(HaidangError, match=error):
        fault_of(text, HANOI)


def test_an_unknown_kind_or_variable_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown fault 'latte': there is late"):
        fault_of("latte rain", HANOI)
    with pytest.raises(UnknownNameError, match="unknown variable 'rein'"):
        fault_of("biased rein from=2024-03-01 factor=1.2", HANOI)
