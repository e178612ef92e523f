"""The scheduler: jobs are done when they are due, once for cron, or one after the other until it is stopped."""

import logging
import signal
import sys
import threading
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from features.database import open_database
from features.settings import Settings
from haidang.operations.job import Job, due
from haidang.operations.job_log import FINISHED, JobLog, JobRun
from haidang.operations.running import Clock, run_job
from haidang.views.console import console


def keep_running(settings: Settings, jobs: Sequence[Job], clock: Clock) -> None:
    """Runs jobs by their schedule until SIGTERM or SIGINT; what runs then is ended and counts as interrupted."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.blocking import BlockingScheduler

    from haidang.operations.next_runs import NextRuns

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
        trigger, arguments = job.trigger(settings.local_zone), (settings, job, clock, stopping)
        scheduler.add_job(_look, trigger, arguments, id=job.name, next_run_time=clock().to_pydatetime())
    console.print(f"{', '.join(job.name for job in jobs)}: until stopped", highlight=False)
    scheduler.start()


def look_at(settings: Settings, job: Job, clock: Clock, *, do: bool, stopping: threading.Event | None = None) -> bool:
    """Says whether a job is due, and does it if asked; False if a part of it failed."""
    now, zone = clock(), settings.local_zone
    found = due(job, JobLog(open_database(settings.database_address)), now, zone=zone)
    sign = "due" if found.is_due else "not due"
    _say(f"{now.tz_convert(zone):%Y-%m-%d %H:%M} {job.name} ({job.title_vi} / {job.title_en}): {sign}, {found.why}")
    if not (do and found.is_due):
        return True
    ended = run_job(settings, job, clock, stopping=stopping)
    if ended is None:
        _say("  another process has begun it meanwhile")
        return True
    _show(ended)
    return ended.outcome == FINISHED


def _look(settings: Settings, job: Job, clock: Clock, stopping: threading.Event) -> None:
    look_at(settings, job, clock, do=True, stopping=stopping)


def _show(ended: JobRun) -> None:
    for part, text in ended.told.items():
        _say(f"  {part}: {text}")
    if ended.error:
        _say(f"  {ended.outcome}: {ended.error}", style="red")


def _say(text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
