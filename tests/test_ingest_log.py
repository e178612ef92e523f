"""The log of ingests: how runs end, from where they go on, and when a source is left alone."""

from pathlib import Path

import pandas as pd
import pytest

from features.database import open_database
from features.entries import Receipt
from features.ingest_log import IngestLog

NOW = pd.Timestamp("2026-07-01T00:00Z")
A_DAY = pd.Timedelta(days=1)


@pytest.fixture
def log(tmp_path: Path) -> IngestLog:
    return IngestLog(open_database(f"sqlite:///{tmp_path / 'home' / 'haidang.db'}"))


def failed(log: IngestLog, source: str, at: pd.Timestamp) -> None:
    log.fail(log.begin(source, "all", A_DAY, at), "no answer", at)


def test_a_log_without_runs_knows_nothing(log: IngestLog) -> None:
    assert (log.sources(), log.last("gauges"), log.goes_on_from("gauges", "all")) == ([], [], None)
    assert log.rests_until("gauges", NOW) is None


def test_a_finished_run_is_held_with_its_receipt_and_promise(log: IngestLog) -> None:
    receipt = Receipt(accepted=3, read=5, unread=1, passed_over={"hold no measured value": 1}, remarks=("a", "b"))
    log.finish(log.begin("gauges", "all", 5 * A_DAY, NOW), receipt, NOW + A_DAY)
    (run,) = log.last("gauges")
    assert (run.outcome, run.promised, run.receipt) == ("finished", 5.0, receipt)
    assert (run.started_at, run.ended_at) == (NOW, NOW + A_DAY)
    assert log.sources() == ["gauges"]


def test_a_run_that_did_not_end_goes_on_where_it_was_for_the_same_question_only(log: IngestLog) -> None:
    run = log.begin("gauges", "2015 to 2020", A_DAY, NOW)
    log.reached(run, pd.Timestamp("2017-01-01", tz="UTC"))
    assert log.goes_on_from("gauges", "2015 to 2020") == pd.Timestamp("2017-01-01", tz="UTC")
    assert log.goes_on_from("gauges", "2015 to 2021") is None
    log.begin("gauges", "2015 to 2021", A_DAY, NOW)
    assert [one.outcome for one in log.last("gauges", 2)] == ["running", "interrupted"]


def test_a_failed_run_goes_on_and_a_finished_one_begins_anew(log: IngestLog) -> None:
    run = log.begin("gauges", "all", A_DAY, NOW)
    log.reached(run, pd.Timestamp("2017-01-01", tz="UTC"))
    log.fail(run, "no answer", NOW)
    assert log.goes_on_from("gauges", "all") == pd.Timestamp("2017-01-01", tz="UTC")
    log.finish(log.begin("gauges", "all", A_DAY, NOW), Receipt(), NOW)
    assert log.goes_on_from("gauges", "all") is None
    failure = log.last_failure("gauges")
    assert failure is not None and failure.error == "no answer"


def test_a_source_rests_for_half_an_hour_after_three_failures_in_a_row(log: IngestLog) -> None:
    minutes = [NOW + pd.Timedelta(minutes=minute) for minute in (0, 1, 2)]
    for moment in minutes[:2]:
        failed(log, "gauges", moment)
    assert log.rests_until("gauges", NOW) is None
    failed(log, "gauges", minutes[2])
    failed(log, "radar", NOW)
    assert log.rests_until("gauges", minutes[2]) == NOW + pd.Timedelta(minutes=32)
    assert log.rests_until("gauges", NOW + pd.Timedelta(minutes=32)) is None
    assert log.rests_until("radar", NOW) is None


def test_one_success_ends_the_row_of_failures(log: IngestLog) -> None:
    for _ in range(2):
        failed(log, "gauges", NOW)
    log.finish(log.begin("gauges", "all", A_DAY, NOW), Receipt(), NOW)
    failed(log, "gauges", NOW)
    assert log.rests_until("gauges", NOW) is None
