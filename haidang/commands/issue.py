"""Commands that give out: forecasts that stand for ever, and the shared datasets."""

from typing import Annotated

import pandas as pd
import typer

from features.errors import HaidangError
from haidang.commands.words import moment_of, present_moment
from haidang.views.answers import show_issued
from haidang.views.console import console
from models.hazard import Hazard
from serving.deployment import Deployment, open_deployment


def issue_command(
    context: typer.Context,
    hazard: Annotated[list[str] | None, typer.Argument(help="hazards; all that have a champion by default")] = None,
    at: Annotated[
        str, typer.Option(help="issue time with offset, `now`, or `latest` for when the hazard was last observed")
    ] = "now",
) -> None:
    """Issues forecasts and stores them for ever; a challenger forecasts in the shadow, and is never shown."""
    from haidang.chain import issuing

    deployment = open_deployment(context.obj)
    now = present_moment()
    names = hazard or [name for name in deployment.hazards if deployment.shelf.tag(name) is not None]
    if not names:
        raise HaidangError("no hazard has a champion: run `haidang train` and `haidang promote` first")
    by_moment: dict[pd.Timestamp, list[Hazard]] = {}
    withheld: dict[str, HaidangError] = {}
    for one in map(deployment.hazard, names):
        try:
            by_moment.setdefault(_issue_time(at, deployment, one, now), []).append(one)
        except HaidangError as error:
            withheld[one.name] = error
    for moment, hazards in by_moment.items():
        told = issuing.issue_all(deployment, hazards, moment, now)
        withheld |= told.withheld
        for one in hazards:
            if one.name not in told.withheld:
                records = deployment.issued.at(one.name, moment)
                show_issued(records, int((records["issued_at"] == now).sum()), context.obj.local_zone)
        for name, beside in issuing.issue_shadows(deployment, hazards, moment, now).items():
            console.print(f"  {name}: {beside:,} forecasts of its challenger in the shadow", highlight=False)
    if withheld:
        raise HaidangError("; ".join(map(str, withheld.values())))


def publish_command(context: typer.Context) -> None:
    """Brings the bulk files of the shared datasets up to date; run twice it changes nothing."""
    from haidang.publication.publishing import publish
    from serving.access.service_settings import ServiceSettings

    settings, now = context.obj, present_moment()
    for name, one in publish(open_deployment(settings), ServiceSettings(home=settings.home), now).items():
        rows = sum(file.rows for file in one.files if file.format == "parquet")
        console.print(f"{name}: version {one.version}, {rows:,} rows in {len(one.parts)} parts", highlight=False)


def _issue_time(text: str, deployment: Deployment, hazard: Hazard, now: pd.Timestamp) -> pd.Timestamp:
    if text == "latest":
        return min(now, deployment.archive.ends(hazard.target.variable))
    return now if text == "now" else moment_of(text, deployment.settings.local_zone)
