"""The commands `haidang drift`, what watching finds, and `haidang announce-change`, changes that are known before."""

from typing import Annotated

import typer

from features.local_days import moments
from haidang.commands.words import Json, moment_of, present_moment
from haidang.views.console import console, waiting
from serving.deployment import open_deployment


def drift_command(
    context: typer.Context,
    hazard: Annotated[list[str] | None, typer.Argument(help="hazards; all that have a champion by default")] = None,
    as_json: Json = False,
) -> None:
    """Says what is wrong with data, inputs, forecasts by others and performance; starts nothing."""
    from haidang.champions.watching import watch
    from haidang.views.drift import show_watched

    deployment = open_deployment(context.obj)
    names = None if not hazard else [deployment.hazard(name).name for name in hazard]
    with waiting("drift"):
        watched = watch(deployment, present_moment(), lambda kind, about, text: None, hazards=names)
    show_watched(watched, as_json=as_json)


def announce_command(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="whose forecasts change")],
    told: Annotated[str, typer.Argument(help="what was announced, in a few words")],
    at: Annotated[str, typer.Option(help="first day of the new model")],
) -> None:
    """Writes down an announced change of a forecast model: thirty days after it what reads forecasts is retrained."""
    from features.database import open_database
    from haidang.champions.retraining_log import ModelChange, RetrainingLog

    zone = context.obj.local_zone
    day = moments(moment_of(at, zone), "first day")[0]
    log = RetrainingLog(open_database(context.obj.database_address))
    log.announce(ModelChange(source, day, told), present_moment())
    console.print(f"{source} {day.tz_convert(zone):%Y-%m-%d} {told}", highlight=False)
