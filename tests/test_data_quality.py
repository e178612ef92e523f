"""Data quality: late, missing, stuck and out of range, each with its variable, source, sites and since when."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, MakeArchive, Row, at, entry

from features.database import open_database
from features.entries import Receipt
from features.ingest_log import IngestLog
from training.data_quality import QualityAlarm, data_quality, run_lengths

DAYS = [f"2024-03-{day:02}" for day in range(1, 31)]
NOW = at("2024-03-31 12:00")


@pytest.fixture
def log(tmp_path: Path) -> IngestLog:
    made = IngestLog(open_database(f"sqlite:///{tmp_path / 'haidang.db'}"))
    made.finish(made.begin("station", "all", pd.Timedelta(hours=12), at("2024-03-31")), Receipt(), at("2024-03-31"))
    return made


def temperatures(site: str, days: list[str], *, stuck_from: str = "9") -> list[Row]:
    """Temperatures that change every day until one from which they stand at 20."""
    return [
        entry(site, "air_temperature", day, f"{day} 23:59", 20.0 if day >= stuck_from else 15 + n % 7)
        | {"known_time": at(day) + pd.Timedelta(hours=30)}
        for n, day in enumerate(days)
    ]


def test_sound_data_raise_no_alarm(archive: MakeArchive, log: IngestLog) -> None:
    held = archive(*temperatures("S1", DAYS), *temperatures("S2", DAYS))
    assert data_quality(held, log, NOW) == ()


def test_a_source_is_late_since_its_promise_was_over(archive: MakeArchive, log: IngestLog) -> None:
    held = archive(*temperatures("S1", DAYS[:20]))  # the last day ends at the end of 20 March
    (alarm,) = data_quality(held, log, NOW)
    assert alarm == QualityAlarm("late", "air_temperature", "station", (), at("2024-03-22 12:00"))  # a day and 12 h
    assert "late since 2024-03-22 12:00" in alarm.text(HANOI)
    assert "chậm từ 2024-03-22 12:00" in alarm.text(HANOI)


def test_a_site_that_fell_silent_while_others_tell_is_missing(archive: MakeArchive, log: IngestLog) -> None:
    held = archive(*temperatures("S1", DAYS), *temperatures("S2", DAYS[:20]))
    (alarm,) = data_quality(held, log, NOW)
    assert (alarm.kind, alarm.sites) == ("missing", ("S2",))
    assert alarm.since == at("2024-03-22 06:00")  # when the value of the 21st was due


def test_a_sensor_that_stands_for_five_days_is_stuck_since_the_first(archive: MakeArchive, log: IngestLog) -> None:
    held = archive(*temperatures("S1", DAYS), *temperatures("S2", DAYS, stuck_from="2024-03-26"))
    (alarm,) = data_quality(held, log, NOW)
    assert alarm == QualityAlarm("stuck", "air_temperature", "station", ("S2",), at("2024-03-26"))
    four = archive(*temperatures("S2", DAYS, stuck_from="2024-03-27"))
    assert data_quality(four, log, NOW) == ()


def test_days_without_rain_are_not_stuck(archive: MakeArchive, log: IngestLog) -> None:
    dry = [row | {"variable": "rain", "value": 0.0} for row in temperatures("S1", DAYS)]
    assert data_quality(archive(*dry), log, NOW) == ()


def test_a_value_that_was_refused_for_its_range_is_told(archive: MakeArchive, log: IngestLog) -> None:
    wrong = temperatures("S2", ["2024-03-29"])[0] | {"value": -99.0}
    held = archive(*temperatures("S1", DAYS), wrong)
    (alarm,) = data_quality(held, log, NOW)
    assert alarm == QualityAlarm("out of range", "air_temperature", "station", ("S2",), at("2024-03-29"))
    assert data_quality(held, log, at("2024-04-06 06:00"))[0].kind == "late"  # it is not told for ever
    assert all(one.kind != "out of range" for one in data_quality(held, log, at("2024-04-06 06:00")))


def test_run_lengths_count_equal_values() -> None:
    assert run_lengths(np.array([1.0, 1.0, 2.0, 2.0, 2.0, 1.0])).tolist() == [1, 2, 1, 2, 3, 1]
    assert run_lengths(np.array([])).tolist() == []
