"""Where APScheduler keeps its next runs: text in the database, gone on with after a restart."""

from pathlib import Path

import pandas as pd
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from conftest import at
from sqlalchemy import Engine, text

from features.database import open_database
from haidang.operations.next_runs import NextRuns


def started(engine: Engine, cron: str, first: pd.Timestamp) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(timezone="Asia/Ho_Chi_Minh", jobstores={"default": NextRuns(engine)})
    trigger = CronTrigger.from_crontab(cron, timezone="Asia/Ho_Chi_Minh")
    scheduler.add_job(print, trigger, id="ingest", next_run_time=first.to_pydatetime())
    scheduler.start(paused=True)
    return scheduler


def test_a_restart_goes_on_with_the_run_that_was_next(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'haidang.db'}")
    scheduler = started(engine, "10 * * * *", at("2026-07-01 08:00"))
    scheduler.modify_job("ingest", next_run_time=at("2026-07-01 08:10").to_pydatetime())
    scheduler.shutdown()
    again = started(engine, "10 * * * *", at("2026-07-01 12:00"))
    assert again.get_job("ingest").next_run_time == at("2026-07-01 08:10")
    again.shutdown()


def test_another_cron_line_begins_anew(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'haidang.db'}")
    started(engine, "10 * * * *", at("2026-07-01 08:00")).shutdown()
    again = started(engine, "20 * * * *", at("2026-07-01 12:00"))
    assert again.get_job("ingest").next_run_time == at("2026-07-01 12:00")
    again.shutdown()


def test_what_is_kept_is_plain_text(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'haidang.db'}")
    started(engine, "10 * * * *", at("2026-07-01 08:00")).shutdown()
    with engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM job_next_runs"))
    assert row.job == "ingest" and row.next_run_at == "2026-07-01T08:00:00+07:00"
    assert "minute='10'" in row.trigger
