"""The commands of operations: what is due, the scheduler, back-ups, and whether all is well."""

import logging
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import pandas as pd
import typer

from features.database import open_database
from features.settings import Settings
from haidang import views
from haidang.alerts import Alerts
from haidang.job import Job, due
from haidang.job_log import FAILED, FINISHED, JobLog, JobRun
from haidang.running import run_job
from haidang.schedule import JOBS, jobs_named

JobNames = Annotated[list[str] | None, typer.Argument(help="jobs; all by default")]


def due_command(
    context: typer.Context,
    job: JobNames = None,
    run: Annotated[bool, typer.Option("--run", help="do what is due; exit code 1 if a part failed")] = False,
) -> None:
    """Says which jobs are due and why, for cron, systemd and Kubernetes; with --run it does them."""
    well = [_due(context.obj, one, do=run) for one in jobs_named(job or [], JOBS)]
    if not all(well):
        raise typer.Exit(1)


def run_command(
    context: typer.Context,
    job: JobNames = None,
    only_due: Annotated[bool, typer.Option("--due", help="do what is due now, and end")] = False,
) -> None:
    """Runs the jobs by their schedule in this one process until it is stopped."""
    if only_due:
        due_command(context, job, run=True)
        return
    keep_running(context.obj, jobs_named(job or [], JOBS))


def health_command(context: typer.Context) -> None:
    """Says what is missing or failed, with exit code 1 if anything is; needs no running scheduler."""
    from haidang.silence import SILENCE, tell_silences
    from serving.deployment import open_deployment

    settings: Settings = context.obj
    tell_silences(open_deployment(settings), JOBS, _now())
    found = Alerts(open_database(settings.database_address)).open_alerts()
    for alert in found:
        since = f"{alert.raised_at.tz_convert(settings.local_zone):%Y-%m-%d %H:%M}"
        views.console.print(f"{alert.kind}   {alert.about}, since {since}: {alert.text}", markup=False, soft_wrap=True)
    if any(alert.kind in {FAILED, SILENCE} for alert in found):
        raise typer.Exit(1)
    views.console.print("mọi việc đều đúng hạn / all that was expected has come")


def backup_command(
    context: typer.Context,
    to: Annotated[Path, typer.Argument(help="folder of the back-ups, best on another disk")],
    keep: Annotated[int, typer.Option(min=1, help="how many of the newest are kept")] = 7,
) -> None:
    """Copies the deployment while it is at work into a new folder with checksums."""
    from haidang import backup

    with views.waiting("backup"):
        whole = backup.back_up(context.obj, to, _now(), keep=keep)
    views.console.print(f"{whole}: {backup.verify_backup(whole):,} files, checked", markup=False, soft_wrap=True)
    for text in backup.outside(context.obj):
        views.console.print(f"  not in it: {text}", style="yellow", markup=False, soft_wrap=True)


def restore_command(
    back_up: Annotated[Path, typer.Argument(help="one back-up, a folder that `haidang backup` made")],
    to: Annotated[Path, typer.Argument(help="folder of the deployment; must not exist yet, or be empty")],
) -> None:
    """Checks a back-up and lays it out as a deployment."""
    from haidang import backup

    with views.waiting("restore"):
        count = backup.restore(back_up, to)
    views.console.print(f"{to}: {count:,} files restored, checked", markup=False, soft_wrap=True)


def keep_running(settings: Settings, jobs: Sequence[Job]) -> None:
    """Runs jobs by their schedule until SIGTERM or SIGINT; what runs then is ended and counts as interrupted."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.blocking import BlockingScheduler

    from haidang.next_runs import NextRuns

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    stopping = threading.Event()
    scheduler = BlockingScheduler(
        timezone=ZoneInfo(settings.local_zone),
        jobstores={"default": NextRuns(open_database(settings.database_address))},
        executors={"default": ThreadPoolExecutor(len(jobs))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )

    def stop(number: int, frame: object) -> None:
        if not stopping.is_set():
            stopping.set()
            threading.Thread(target=scheduler.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    for job in jobs:
        trigger, arguments = job.trigger(settings.local_zone), (settings, job, stopping)
        scheduler.add_job(_look, trigger, arguments, id=job.name, next_run_time=_now().to_pydatetime())
    views.console.print(f"{', '.join(job.name for job in jobs)}: until stopped", highlight=False)
    scheduler.start()


def _look(settings: Settings, job: Job, stopping: threading.Event) -> None:
    _due(settings, job, do=True, stopping=stopping)


def _due(settings: Settings, job: Job, *, do: bool, stopping: threading.Event | None = None) -> bool:
    """Says whether a job is due, and does it if asked; False if a part of it failed."""
    now, zone = _now(), settings.local_zone
    found = due(job, JobLog(open_database(settings.database_address)), now, zone=zone)
    sign = "due" if found.is_due else "not due"
    _say(f"{now.tz_convert(zone):%Y-%m-%d %H:%M} {job.name} ({job.title_vi} / {job.title_en}): {sign}, {found.why}")
    if not (do and found.is_due):
        return True
    ended = run_job(settings, job, _now, stopping=stopping)
    if ended is None:
        _say("  another process has begun it meanwhile")
        return True
    _show(ended)
    return ended.outcome == FINISHED


def _show(ended: JobRun) -> None:
    for part, text in ended.told.items():
        _say(f"  {part}: {text}")
    if ended.error:
        _say(f"  {ended.outcome}: {ended.error}", style="red")


def _say(text: str, style: str | None = None) -> None:
    views.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _now() -> pd.Timestamp:
    return pd.Timestamp(datetime.now(UTC))
