"""The commands of operations: what they say, and their exit codes."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import test_cli
from test_cli import Haidang
from tiny_deployment import SMALL, opened, write_settings

from features.database import open_database
from features.settings import Settings
from haidang.champions import crowning
from haidang.operations.alerts import Alerts
from haidang.operations.job_log import JobLog

haidang, mine = test_cli.haidang, test_cli.mine


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    write_settings(tmp_path / "home")
    return tmp_path / "home"


def log_of(home: Path) -> JobLog:
    return JobLog(open_database(Settings(home=home).database_address))


def test_due_says_what_and_why_and_does_nothing(haidang: Haidang, empty: Path) -> None:
    told = haidang("--home", empty, "due")
    lines = told.out.splitlines()
    assert told.code == 0 and len(lines) >= 4
    assert all(line.endswith("due, it has never run") for line in lines)
    assert "issue (Phát hành dự báo / Issue forecasts)" in told.out
    assert log_of(empty).first_started() is None


def test_due_run_does_what_is_due_once(haidang: Haidang, empty: Path) -> None:
    first = haidang("--home", empty, "due", "--run", "backup")
    (whole,) = [path for path in empty.with_name("home-backups").iterdir() if path.name != ".lock"]
    assert first.code == 0 and f"home: {whole}" in first.out
    second = haidang("--home", empty, "run", "--due", "backup")
    assert second.code == 0 and "not due, last run finished" in second.out
    assert len(log_of(empty).last("backup", 5)) == 1


def test_a_part_that_fails_is_in_the_exit_code_and_in_health_until_it_is_done(
    haidang: Haidang,
    empty: Path,
) -> None:
    beside = empty.with_name("home-backups")
    beside.write_text("in the way")
    told = haidang("--home", empty, "due", "--run", "backup")
    assert told.code == 1 and "failed: home: " in told.out
    ill = haidang("--home", empty, "health")
    assert ill.code == 1 and "failed   backup: home, since " in ill.out
    (alert,) = Alerts(open_database(Settings(home=empty).database_address)).open_alerts()
    assert alert.about == "backup: home"


def test_health_fails_where_nothing_ever_ran(haidang: Haidang, empty: Path) -> None:
    told = haidang("--home", empty, "health")
    assert told.code == 1 and "no job has ever run: start `haidang run`" in told.out


def test_health_fails_where_the_database_does_not_answer(
    haidang: Haidang, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAIDANG_DATABASE_URL", f"sqlite:///{empty}")
    told = haidang("--home", empty, "health")
    assert told.code == 2 and "database does not answer: unable to open database file" in told.err


def test_a_job_that_does_not_exist_is_told(haidang: Haidang, empty: Path) -> None:
    told = haidang("--home", empty, "due", "ingst")
    assert told.code == 2 and "unknown job 'ingst': there is ingest" in told.err


def test_a_restored_deployment_elsewhere_answers_and_promotes(
    haidang: Haidang,
    mine: Path,
    tmp_path: Path,
) -> None:
    told = haidang("--home", mine, "backup", tmp_path / "kept")
    assert told.code == 0 and told.out.rstrip().endswith("files, checked")
    (whole,) = [path for path in (tmp_path / "kept").iterdir() if path.name != ".lock"]
    mine.rename(tmp_path / "lost")
    assert haidang("restore", whole, tmp_path / "again").code == 0
    risk = haidang("--home", tmp_path / "again", "risk", SMALL, "--site", "Cô Tô")
    assert risk.code == 0 and "Cô Tô" in risk.out
    restored = opened(tmp_path / "again")
    assert crowning.promote(restored, restored.hazard(SMALL))[1] == "1"


def test_run_does_what_is_due_and_ends_when_it_is_told(empty: Path) -> None:
    command = [sys.executable, "-m", "haidang.cli", "--home", str(empty), "run", "backup"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        until = time.monotonic() + 120
        while not any(run.outcome == "finished" for run in log_of(empty).last("backup")) and time.monotonic() < until:
            time.sleep(0.1)
        assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        out, _ = running.communicate(timeout=30)
    assert running.returncode == 0
    assert "due, it has never run" in out
    assert [run.outcome for run in log_of(empty).last("backup", 5)] == ["finished"]
