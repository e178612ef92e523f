"""Commands of operations: the service, what is due, the scheduler, back-ups, and whether all is well."""

import os
from pathlib import Path
from typing import Annotated

import typer

from features.database import open_database
from features.settings import Settings
from haidang.commands.words import present_moment
from haidang.views.console import console, waiting

JobNames = Annotated[list[str] | None, typer.Argument(help="jobs; all by default")]


def serve_command(context: typer.Context) -> None:
    """Serves the risk API with BentoML until it is stopped."""
    from haidang.chain import serve

    settings: Settings = context.obj
    command = serve.serve_command(settings)
    os.execvpe(command[0], command, settings.environment())  # noqa: S606  (no shell, our own interpreter)


def due_command(
    context: typer.Context,
    job: JobNames = None,
    run: Annotated[bool, typer.Option("--run", help="do what is due; exit code 1 if a part failed")] = False,
) -> None:
    """Says which jobs are due and why, for cron, systemd and Kubernetes; with --run it does them."""
    from haidang.operations.schedule import JOBS, jobs_named
    from haidang.operations.scheduler import look_at

    well = [look_at(context.obj, one, present_moment, do=run) for one in jobs_named(job or [], JOBS)]
    if not all(well):
        raise typer.Exit(1)


def run_command(
    context: typer.Context,
    job: JobNames = None,
    only_due: Annotated[bool, typer.Option("--due", help="do what is due now, and end")] = False,
) -> None:
    """Runs the jobs by their schedule in this one process until it is stopped."""
    from haidang.operations.schedule import JOBS, jobs_named
    from haidang.operations.scheduler import keep_running

    if only_due:
        due_command(context, job, run=True)
        return
    keep_running(context.obj, jobs_named(job or [], JOBS), present_moment)


def health_command(context: typer.Context) -> None:
    """Says what is missing or failed, with exit code 1 if anything is; needs no running scheduler."""
    from haidang.operations.alerts import Alerts
    from haidang.operations.job_log import FAILED
    from haidang.operations.schedule import JOBS
    from haidang.operations.silence import SILENCE, tell_silences
    from serving.deployment import open_deployment

    settings: Settings = context.obj
    tell_silences(open_deployment(settings), JOBS, present_moment())
    found = Alerts(open_database(settings.database_address)).open_alerts()
    for alert in found:
        since = f"{alert.raised_at.tz_convert(settings.local_zone):%Y-%m-%d %H:%M}"
        console.print(f"{alert.kind}   {alert.about}, since {since}: {alert.text}", markup=False, soft_wrap=True)
    if any(alert.kind in {FAILED, SILENCE} for alert in found):
        raise typer.Exit(1)
    console.print("mọi việc đều đúng hạn / all that was expected has come")


def backup_command(
    context: typer.Context,
    to: Annotated[Path, typer.Argument(help="folder of the back-ups, best on another disk")],
    keep: Annotated[int, typer.Option(min=1, help="how many of the newest are kept")] = 7,
) -> None:
    """Copies the deployment while it is at work into a new folder with checksums."""
    from haidang.upkeep import backup

    with waiting("backup"):
        whole = backup.back_up(context.obj, to, present_moment(), keep=keep)
    console.print(f"{whole}: {backup.verify_backup(whole):,} files, checked", markup=False, soft_wrap=True)
    for text in backup.outside(context.obj):
        console.print(f"  not in it: {text}", style="yellow", markup=False, soft_wrap=True)


def restore_command(
    back_up: Annotated[Path, typer.Argument(help="one back-up, a folder that `haidang backup` made")],
    to: Annotated[Path, typer.Argument(help="folder of the deployment; must not exist yet, or be empty")],
) -> None:
    """Checks a back-up and lays it out as a deployment."""
    from haidang.upkeep import backup

    with waiting("restore"):
        count = backup.restore(back_up, to)
    console.print(f"{to}: {count:,} files restored, checked", markup=False, soft_wrap=True)
