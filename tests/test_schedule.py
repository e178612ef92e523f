"""The schedule: when a job is due, and why."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import HANOI, at

from features.database import open_database
from features.errors import UnknownNameError
from haidang.operations.job import Job, due
from haidang.operations.job_log import JobLog
from haidang.operations.schedule import JOBS, jobs_named

EARLY = Job("early", "Sớm", "Early", "30 2 * * *", pd.Timedelta(hours=1), 1, lambda settings, now, tell: {})


@pytest.fixture
def log(tmp_path: Path) -> JobLog:
    return JobLog(open_database(f"sqlite:///{tmp_path / 'haidang.db'}"))


def ran(log: JobLog, begun: pd.Timestamp, outcome: str) -> None:
    run = log.begin(EARLY.name, begun, EARLY.deadline)
    assert run is not None
    log.end(run, begun + pd.Timedelta(minutes=5), outcome)


def told(log: JobLog, now: str) -> tuple[bool, str]:
    found = due(EARLY, log, at(now), zone=HANOI)
    return found.is_due, found.why


def test_a_job_that_never_ran_is_due(log: JobLog) -> None:
    assert told(log, "2026-07-01 12:00") == (True, "it has never run")


def test_a_job_is_due_from_its_local_time_on_once_a_day(log: JobLog) -> None:
    ran(log, at("2026-07-01 02:31"), "finished")
    last = "last run finished 2026-07-01 02:31"
    assert told(log, "2026-07-02 02:29") == (False, f"{last}, next due 2026-07-02 02:30")
    assert told(log, "2026-07-02 02:30") == (True, f"{last}, due since 2026-07-02 02:30")
    assert told(log, "2026-07-09 12:00") == (True, f"{last}, due since 2026-07-02 02:30")


def test_a_job_that_failed_waits_for_its_next_time(log: JobLog) -> None:
    ran(log, at("2026-07-01 02:30"), "failed")
    assert told(log, "2026-07-01 02:40") == (False, "last run failed 2026-07-01 02:30, next due 2026-07-02 02:30")


def test_a_job_that_was_interrupted_is_due_at_once(log: JobLog) -> None:
    ran(log, at("2026-07-01 02:30"), "interrupted")
    assert told(log, "2026-07-01 02:40") == (True, "its run of 2026-07-01 02:30 was interrupted")


def test_a_job_that_runs_is_not_due_and_one_that_died_is(log: JobLog) -> None:
    run = log.begin(EARLY.name, at("2026-07-01 02:30"), EARLY.deadline)
    assert run is not None
    assert told(log, "2026-07-01 02:31") == (
        False,
        f"it runs since 2026-07-01 02:30 ({run.owner}), until 2026-07-01 03:30",
    )
    assert told(log, "2026-07-01 02:32") == (True, "its run of 2026-07-01 02:30 was interrupted")


def test_the_day_of_the_week_is_written_by_name() -> None:
    job = Job("weekly", "", "", "0 3 * * sun", pd.Timedelta(hours=1), 1, EARLY.parts)
    assert job.next_after(at("2026-07-01"), HANOI) == at("2026-07-05 03:00")


def test_jobs_come_in_the_order_of_the_schedule_whatever_the_order_asked() -> None:
    assert [job.name for job in jobs_named(["backup", "ingest"], JOBS)] == ["ingest", "backup"]
    assert jobs_named([], JOBS) == list(JOBS)
    with pytest.raises(UnknownNameError, match=r"unknown job 'ingst': there is ingest"):
        jobs_named(["ingst"], JOBS)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_job_has_both_titles_and_ends_before_its_second_next_time(job: Job) -> None:
    assert job.title_vi and job.title_en and job.tries >= 1
    first = job.next_after(at("2026-07-01"), HANOI)
    second = job.next_after(first, HANOI)
    assert job.deadline <= job.next_after(second, HANOI) - first
