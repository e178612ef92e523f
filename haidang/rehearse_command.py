"""The command `haidang rehearse`."""

import tempfile
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from features.errors import HaidangError
from features.settings import Settings
from haidang import views

_FAULT = (
    "late WHAT from=DAY to=DAY days=N, down WHAT from=DAY to=DAY, stuck VARIABLE site=CODE from=DAY to=DAY, "
    "biased VARIABLE from=DAY factor=1.2, or killed JOB on=DAY; WHAT is a variable or a source; may be given again"
)


def rehearse_command(
    context: typer.Context,
    start: Annotated[str, typer.Option("--from", help="first day")],
    end: Annotated[str, typer.Option("--to", help="day after the last")],
    hazard: Annotated[list[str] | None, typer.Option("--hazard", help="may be given again; all by default")] = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", help=_FAULT)] = None,
    into: Annotated[Path | None, typer.Option(help="folder to keep it in; thrown away by default")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Lives through a past stretch day by day, in a folder of its own, and tells how the forecasts did."""
    from haidang.faults import fault_of
    from haidang.rehearsing import rehearse, show_report

    settings: Settings = context.obj
    zone = settings.local_zone
    faults = [fault_of(text, zone) for text in fault or []]
    with tempfile.TemporaryDirectory() as scratch:
        folder = into or Path(scratch) / "rehearsal"
        told = rehearse(settings, folder, _day(start, zone), _day(end, zone), hazard or [], faults)
    if as_json:
        views.print_models([told])
    else:
        show_report(told)


def _day(text: str, zone: str) -> pd.Timestamp:
    try:
        day = pd.Timestamp(text)
    except ValueError as error:
        raise HaidangError(f"{text!r} is not a day: write 2025-09-01") from error
    return day.tz_localize(zone) if day.tzinfo is None else day
