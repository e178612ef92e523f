"""The log of jobs: how runs end, and that two never overlap, not even of two processes."""

import multiprocessing
import time
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pandas as pd
import pytest

from features.database import open_database
from haidang.operations.job_log import LEASE, JobLog

NOW = pd.Timestamp("2026-07-01T00:00Z")
SECOND, HOUR = pd.Timedelta(seconds=1), pd.Timedelta(hours=1)


@pytest.fixture
def log(tmp_path: Path) -> JobLog:
    return JobLog(open_database(f"sqlite:///{tmp_path / 'haidang.db'}"))


def test_a_job_that_never_ran_has_no_record(log: JobLog) -> None:
    assert (log.last("ingest"), log.last_good("ingest"), log.first_started()) == ([], None, None)
    assert not log.runs_now("ingest", NOW)


def test_a_run_is_held_with_its_deadline_tries_and_what_its_parts_did(log: JobLog) -> None:
    run = log.begin("ingest", NOW, HOUR)
    assert run is not None and (run.outcome, run.deadline_at) == ("running", NOW + HOUR)
    log.end(run, NOW + SECOND, "partly", tries=3, told={"gauges": "5 entries"}, error="radar: no answer")
    (held,) = log.last("ingest")
    assert (held.outcome, held.tries, held.told, held.error) == (
        "partly",
        3,
        {"gauges": "5 entries"},
        "radar: no answer",
    )
    assert (held.started_at, held.ended_at, log.first_started()) == (NOW, NOW + SECOND, NOW)


def test_a_job_that_runs_is_not_begun_again_and_another_job_is(log: JobLog) -> None:
    run = log.begin("ingest", NOW, HOUR)
    assert log.begin("ingest", NOW + SECOND, HOUR) is None
    assert log.begin("issue", NOW + SECOND, HOUR) is not None
    assert run is not None
    log.end(run, NOW + 2 * SECOND, "finished")
    assert log.begin("ingest", NOW + 3 * SECOND, HOUR) is not None


def test_the_lock_of_one_that_died_is_free_after_its_lease_and_its_run_was_interrupted(log: JobLog) -> None:
    died = log.begin("retrain", NOW, 6 * HOUR)
    assert died is not None
    assert log.begin("retrain", NOW + LEASE, 6 * HOUR) is None
    assert log.runs_now("retrain", NOW + LEASE)
    assert not log.runs_now("retrain", NOW + LEASE + SECOND)
    taken = log.begin("retrain", NOW + LEASE + SECOND, 6 * HOUR)
    assert taken is not None
    assert [run.outcome for run in log.last("retrain", 2)] == ["running", "interrupted"]
    assert not log.renew(died, NOW + LEASE + 2 * SECOND)
    log.end(died, NOW + LEASE + 2 * SECOND, "interrupted")
    assert log.begin("retrain", NOW + LEASE + 3 * SECOND, 6 * HOUR) is None


def test_a_lease_that_is_renewed_lasts(log: JobLog) -> None:
    run = log.begin("retrain", NOW, 6 * HOUR)
    assert run is not None and log.renew(run, NOW + LEASE)
    assert log.begin("retrain", NOW + 2 * LEASE, 6 * HOUR) is None


def test_the_last_good_run_is_not_the_one_that_failed(log: JobLog) -> None:
    for hour, outcome in enumerate(("finished", "partly", "failed", "overran", "interrupted")):
        run = log.begin("ingest", NOW + hour * HOUR, HOUR)
        assert run is not None
        log.end(run, NOW + hour * HOUR + SECOND, outcome)
    good = log.last_good("ingest")
    assert good is not None and good.started_at == NOW + HOUR


def take_turns(address: str, notes: Path, together: Barrier) -> None:
    """Takes the lock as often as it can get it in two seconds, and notes when it had it."""
    log = JobLog(open_database(address))
    together.wait(30)
    until = time.monotonic() + 2
    with notes.open("w") as noted:
        while time.monotonic() < until:
            run = log.begin("ingest", pd.Timestamp(datetime.now(UTC)), HOUR)
            if run is None:
                time.sleep(0.001)
                continue
            begun = time.monotonic_ns()
            time.sleep(0.01)
            noted.write(f"{begun} {time.monotonic_ns()}\n")
            log.end(run, pd.Timestamp(datetime.now(UTC)), "finished")


def test_two_processes_never_have_the_lock_at_the_same_time(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'haidang.db'}"
    JobLog(open_database(address))
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(2)
    both = [spawn.Process(target=take_turns, args=(address, tmp_path / name, together)) for name in ("one", "two")]
    for process in both:
        process.start()
    for process in both:
        process.join(30)
        assert process.exitcode == 0
    noted = [(tmp_path / name).read_text().splitlines() for name in ("one", "two")]
    assert all(noted)
    ordered = sorted(tuple(map(int, line.split())) for lines in noted for line in lines)
    assert all(before[1] < after[0] for before, after in zip(ordered, ordered[1:], strict=False))
