"""How far each source reaches, how old that is beside its promise, and its gaps."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import MakeArchive, at, entry

from features.database import open_database
from features.entries import Receipt
from features.feeds import Feed, feeds
from features.ingest_log import IngestLog


@pytest.fixture
def log(tmp_path: Path) -> IngestLog:
    made = IngestLog(open_database(f"sqlite:///{tmp_path / 'haidang.db'}"))
    made.finish(made.begin("station", "all", pd.Timedelta(hours=6), at("2024-03-12")), Receipt(), at("2024-03-12"))
    return made


def one(feeds_found: list[Feed], source: str) -> Feed:
    (found,) = [feed for feed in feeds_found if feed.source == source]
    return found


def test_an_observation_is_as_old_as_its_newest_day_and_late_after_latency_and_a_day(
    archive: MakeArchive, log: IngestLog
) -> None:
    held = archive(
        entry("S1", "rain", "2024-03-09", "2024-03-10 06:00", 1.0),
        entry("S2", "rain", "2024-03-10", "2024-03-11 06:00", 2.0),
    )
    feed = one(list(feeds(held, log, at("2024-03-12 06:00"))), "station")
    assert (feed.variable, feed.sites, feed.newest_day) == ("rain", 2, at("2024-03-10"))
    assert feed.age_days == pytest.approx(1.25)  # since midnight at the end of 10 March
    assert feed.promised_days == pytest.approx(1.25)  # six hours, and the day until the next value
    assert not feed.late
    assert one(list(feeds(held, log, at("2024-03-12 06:30"))), "station").late


def test_days_without_a_value_are_gaps_of_each_site(archive: MakeArchive, log: IngestLog) -> None:
    days = [f"2024-03-{day:02}" for day in range(1, 11)]
    rows = [entry("S1", "rain", day, f"{day} 23:59", 1.0) for day in days]
    rows += [entry("S2", "rain", day, f"{day} 23:59", 1.0) for day in days if day not in ("2024-03-04", "2024-03-05")]
    late = [row | {"known_time": at("2024-03-20")} for row in rows]
    assert one(list(feeds(archive(*late), log, at("2024-03-21"))), "station").gap_days == 2


def test_a_forecast_is_as_old_as_its_newest_run_and_has_no_gaps(archive: MakeArchive, log: IngestLog) -> None:
    held = archive(entry("S1", "rain", "2024-03-15", "2024-03-10 06:00", 1.0, source="model"))
    feed = one(list(feeds(held, log, at("2024-03-11 18:00"))), "model")
    assert feed.age_days == pytest.approx(1.5)
    assert (feed.promised_days, feed.gap_days, feed.late) == (None, None, False)


def test_sources_of_one_variable_stand_apart(archive: MakeArchive, log: IngestLog) -> None:
    held = archive(
        entry("S1", "rain", "2024-03-09", "2024-03-10 06:00", 1.0),
        entry("S1", "rain", "2024-01-09", "2024-01-20 06:00", 2.0, source="reanalysis"),
    )
    found = list(feeds(held, log, at("2024-03-12")))
    assert one(found, "reanalysis").newest_day == at("2024-01-09")
    assert one(found, "station").newest_day == at("2024-03-09")


def test_an_archive_without_entries_has_no_feeds(archive: MakeArchive, log: IngestLog) -> None:
    assert list(feeds(archive(), log, at("2024-03-12"))) == []
