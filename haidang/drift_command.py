"""The commands `haidang drift` and `haidang announce-change`: what watching finds, and changes that are known before."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import pandas as pd
import typer

from features.database import open_database
from features.errors import HaidangError
from features.local_days import moments
from haidang import views
from haidang.retraining_log import ModelChange, RetrainingLog
from haidang.watching import Watched, watch
from serving.deployment import open_deployment


def drift_command(
    context: typer.Context,
    hazard: Annotated[list[str] | None, typer.Argument(help="hazards; all that have a champion by default")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Says what is wrong with data, inputs, forecasts by others and performance; starts nothing."""
    deployment = open_deployment(context.obj)
    names = None if not hazard else [deployment.hazard(name).name for name in hazard]
    with views.waiting("drift"):
        watched = watch(deployment, pd.Timestamp(datetime.now(UTC)), lambda kind, about, text: None, hazards=names)
    if as_json:
        views.console.print_json(json.dumps(as_plain(watched), ensure_ascii=False, default=str))
        return
    _show(watched)


def announce_command(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="whose forecasts change")],
    told: Annotated[str, typer.Argument(help="what was announced, in a few words")],
    at: Annotated[str, typer.Option(help="first day of the new model")],
) -> None:
    """Writes down an announced change of a forecast model: thirty days after it what reads forecasts is retrained."""
    try:
        moment = pd.Timestamp(at)
    except ValueError as error:
        raise HaidangError(f"{at!r} is not a time: write 2025-09-01") from error
    zone = context.obj.local_zone
    day = moments(moment.tz_localize(zone) if moment.tzinfo is None else moment, "first day")[0]
    log = RetrainingLog(open_database(context.obj.database_address))
    log.announce(ModelChange(source, day, told), pd.Timestamp(datetime.now(UTC)))
    views.console.print(f"{source} {day.tz_convert(zone):%Y-%m-%d} {told}", highlight=False)


def as_plain(watched: Watched) -> dict[str, object]:
    """What was found, as JSON takes it: moments as text, and null where nothing can be told."""
    found = {
        "at": watched.at,
        "alarms": [asdict(alarm) for alarm in watched.alarms],
        "quality": [asdict(alarm) for alarm in watched.quality],
        "drift": {name: asdict(one) for name, one in watched.drift.items()},
        "bias": None if watched.bias is None else asdict(watched.bias),
        "performance": {name: asdict(one) for name, one in watched.performance.items()},
    }
    plain = _plain(found)
    if not isinstance(plain, dict):
        raise TypeError("what was found is a table of parts")
    return plain


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return None if isinstance(value, float) and value != value else value


def _show(watched: Watched) -> None:
    for title, told in (
        ("drift", {name: f"{len(one.features)} inputs, {one.years} years" for name, one in watched.drift.items()}),
        ("performance", {name: f"{one.issues} issues verified" for name, one in watched.performance.items()}),
    ):
        for name, text in told.items():
            views.console.print(f"{title:12} {name:24} {text}", highlight=False)
    bias = watched.bias
    days = "cannot be told yet" if bias is None else f"{bias.judged_days} days judged, evidence {bias.evidence:.1f}"
    views.console.print(f"{'forecasts':12} {days}", highlight=False)
    for alarm in watched.alarms:
        views.console.print(f"{alarm.kind:16} {alarm.about}\n    {alarm.text}", style="red", highlight=False)
    if not watched.alarms:
        views.console.print("không có báo động / no alarm", highlight=False)
