"""Running a job: its record, its lock, its deadline and its alerts, whatever happens to its process."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn

import pandas as pd
import pytest

from features.database import open_database
from features.errors import HaidangError
from features.settings import Settings
from haidang.operations.alerts import Alerts
from haidang.operations.job import Job, Tell
from haidang.operations.job_log import JobLog, JobRun
from haidang.operations.parts import Part
from haidang.operations.running import run_job

SECONDS = pd.Timedelta(seconds=1)


def no_key() -> NoReturn:
    raise HaidangError("no key")


def some_fail(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    tell("late", "gauges", "no value since Monday")
    return {"gauges": lambda: f"as of {now:%Y-%m-%d}", "radar": no_key}


def all_do(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    return {"gauges": lambda: "done", "radar": lambda: "done"}


def with_a_child(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    def sleep() -> str:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (settings.home / "pids").write_text(f"{os.getpid()} {child.pid}")
        child.wait()
        return "slept"

    return {"sleep": sleep}


def dies(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    return {"dies": partial(os.kill, os.getpid(), signal.SIGKILL)}


JOB = Job("fake", "Thử", "Fake", "0 * * * *", 60 * SECONDS, 1, all_do)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def clock() -> pd.Timestamp:
    return pd.Timestamp(datetime.now(UTC))


def ran(settings: Settings, job: Job) -> JobRun:
    run = run_job(settings, job, clock)
    assert run is not None
    return run


def open_alerts(settings: Settings) -> dict[tuple[str, str], str]:
    found = Alerts(open_database(settings.database_address)).open_alerts()
    return {(alert.kind, alert.about): alert.text for alert in found}


def gone(pid: int) -> bool:
    """Whether a process is no more, or waits to be buried."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_a_part_that_fails_makes_the_run_partly_done_and_an_alert_until_it_is_done(settings: Settings) -> None:
    run = ran(settings, replace(JOB, parts=some_fail))
    assert (run.outcome, run.error) == ("partly", "radar: no key")
    assert run.told == {"gauges": f"as of {run.started_at:%Y-%m-%d}"}
    assert open_alerts(settings) == {("late", "gauges"): "no value since Monday", ("failed", "fake: radar"): "no key"}
    assert ran(settings, JOB).outcome == "finished"
    assert open_alerts(settings) == {("late", "gauges"): "no value since Monday"}


def test_a_run_is_killed_at_its_deadline_with_all_that_it_started(settings: Settings) -> None:
    began = time.monotonic()
    run = ran(settings, replace(JOB, parts=with_a_child, deadline=6 * SECONDS))
    assert time.monotonic() - began < 15
    assert (run.outcome, run.error) == ("overran", "all parts: killed at its deadline of 0 days 00:00:06")
    assert all(gone(int(pid)) for pid in (settings.home / "pids").read_text().split())
    assert open_alerts(settings) == {("failed", "fake: all parts"): "killed at its deadline of 0 days 00:00:06"}
    assert not JobLog(open_database(settings.database_address)).runs_now("fake", clock())


def test_a_run_whose_process_dies_was_interrupted_and_its_lock_is_free(settings: Settings) -> None:
    run = ran(settings, replace(JOB, parts=dies))
    assert (run.outcome, run.error) == ("interrupted", "all parts: its process died with exit code -9")
    assert not JobLog(open_database(settings.database_address)).runs_now("fake", clock())


def test_a_run_that_is_told_to_stop_was_interrupted(settings: Settings) -> None:
    stopping = threading.Event()
    stopping.set()
    run = run_job(settings, replace(JOB, parts=with_a_child), clock, stopping=stopping)
    assert run is not None
    assert (run.outcome, run.error) == ("interrupted", "all parts: it was told to stop")


def test_a_job_that_another_process_runs_is_left_alone(settings: Settings) -> None:
    log = JobLog(open_database(settings.database_address))
    assert log.begin("fake", clock(), JOB.deadline) is not None
    assert run_job(settings, JOB, clock) is None
    assert [run.outcome for run in log.last("fake", 5)] == ["running"]


WATCHER = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from dataclasses import replace
from features.settings import Settings
from test_running import JOB, clock, with_a_child
from haidang.operations.running import run_job
if __name__ == "__main__":
    run_job(Settings(home=Path({home!r})), replace(JOB, parts=with_a_child), clock)
"""


def test_where_the_watcher_is_killed_the_job_ends_too_and_can_be_run_after_its_lease(settings: Settings) -> None:
    script = settings.home / "watcher.py"
    script.write_text(WATCHER.format(path=sys.path, home=str(settings.home)))
    pids = settings.home / "pids"
    with subprocess.Popen([sys.executable, str(script)]) as watcher:
        until = time.monotonic() + 30
        while not (pids.exists() and pids.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        watcher.kill()
    assert all(gone(int(pid)) for pid in pids.read_text().split())
    log = JobLog(open_database(settings.database_address))
    assert log.runs_now("fake", clock())
    assert log.begin("fake", clock() + 91 * SECONDS, JOB.deadline) is not None
    assert [run.outcome for run in log.last("fake", 2)] == ["running", "interrupted"]
