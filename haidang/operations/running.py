"""Running a job: under its lock, in a process of its own that is killed at its deadline, with a record and alerts."""

import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import connection, get_context, parent_process

import pandas as pd

from features.database import open_database
from features.settings import Settings
from haidang.operations.alerts import Alerts
from haidang.operations.job import Job
from haidang.operations.job_log import FAILED, FINISHED, INTERRUPTED, LEASE, OVERRAN, PARTLY, JobLog, JobRun
from haidang.operations.parts import Done, do_parts, done_from_json

Clock = Callable[[], pd.Timestamp]
RENEW_SECONDS = LEASE.total_seconds() / 6
_SPAWN = get_context("spawn")


def run_job(settings: Settings, job: Job, clock: Clock, *, stopping: threading.Event | None = None) -> JobRun | None:
    """Runs a job now, whether it is due or not.

    Args:
        settings: of the deployment.
        job: the job.
        clock: tells the present moment.
        stopping: set when the run has to end; it then counts as interrupted.

    Returns:
        The record of the run; None if another process runs the job.
    """
    engine = open_database(settings.database_address)
    log, alerts = JobLog(engine), Alerts(engine)
    run = log.begin(job.name, clock(), job.deadline)
    if run is None:
        return None
    outcome, done = INTERRUPTED, Done({}, {"all parts": "the run was stopped"})
    try:
        outcome, done = _watched(settings, job, run, log, clock, stopping or threading.Event())
    finally:
        ended = log.end(run, clock(), outcome, tries=done.tries, told=done.told, error=done.error)
    _alert(alerts, job, outcome, done, clock())
    return ended


def _watched(
    settings: Settings, job: Job, run: JobRun, log: JobLog, clock: Clock, stopping: threading.Event
) -> tuple[str, Done]:
    """Starts the process of a run, renews its lock, and kills it at its deadline."""
    receiver, sender = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_in_child, args=(sender, settings, job, run.started_at), name=job.name)
    process.start()
    sender.close()
    until = time.monotonic() + job.deadline.total_seconds()
    renew_at = time.monotonic() + RENEW_SECONDS
    try:
        while not receiver.poll(min(1.0, max(0.0, until - time.monotonic()))):
            if time.monotonic() >= until:
                return OVERRAN, _nothing(f"killed at its deadline of {job.deadline}")
            if stopping.is_set():
                return INTERRUPTED, _nothing("it was told to stop")
            if time.monotonic() >= renew_at:
                renew_at = time.monotonic() + RENEW_SECONDS
                if not log.renew(run, clock()):
                    return INTERRUPTED, _nothing("its lock was lost: this machine slept, or its clock was changed")
        done = done_from_json(receiver.recv_bytes())
    except EOFError:
        connection.wait([process.sentinel], 5)
        done = None
    finally:
        _kill(process.pid)
        process.join()
        receiver.close()
    if done is None:
        return INTERRUPTED, _nothing(f"its process died with exit code {process.exitcode}")
    return done.outcome, done


def _nothing(why: str) -> Done:
    return Done({}, {"all parts": why})


def _kill(pid: int | None) -> None:
    """Kills a process with all that it started."""
    if pid is None:
        return
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _in_child(sender: "connection.Connection", settings: Settings, job: Job, now: pd.Timestamp) -> None:
    """What the process of a run does: the parts, and then to say what became of them."""
    os.setsid()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    alerts = Alerts(open_database(settings.database_address))

    def tell(kind: str, about: str, text: str) -> None:
        alerts.raise_alert(kind, about, text, now)

    done = do_parts(lambda: job.parts(settings, now, tell), tries=job.tries)
    sender.send_bytes(done.as_json())


def _end_with_parent() -> None:
    """Ends this process, and all that it started, when the one that watches it is gone."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os.killpg(0, signal.SIGKILL)


def _alert(alerts: Alerts, job: Job, outcome: str, done: Done, now: pd.Timestamp) -> None:
    """Opens an alert for each part that failed; where the others were done, theirs are settled."""
    failed = {f"{job.name}: {part}": why for part, why in done.failed.items()}
    for about, why in failed.items():
        alerts.raise_alert(FAILED, about, why, now)
    for alert in alerts.open_alerts() if outcome in {FINISHED, PARTLY} else ():
        if alert.kind == FAILED and alert.about.startswith(f"{job.name}: ") and alert.about not in failed:
            alerts.settle(FAILED, alert.about, now)
