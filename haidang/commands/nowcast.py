"""The command `haidang nowcast`: what is reported of the last weeks, and what will be, by how late reports come in."""

import json
from dataclasses import asdict, dataclass
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from features.archive import Archive
from features.errors import HaidangError
from features.local_days import moments
from features.nowcast import Nowcast
from features.variables import variable_named
from haidang.commands.words import Json, moment_of, present_moment
from haidang.views.console import console, table_of
from models.hazard import Hazard
from serving.deployment import open_deployment


@dataclass(frozen=True)
class Delay:
    """What share of the reports of a day is known so many days after it."""

    days: int
    share: float


@dataclass(frozen=True)
class Situation:
    """Reports of the last days at one site.

    Attributes:
        site: its code.
        name_vi: its name.
        reported: total that is known.
        nowcast: total that is expected once all reports are in.
        left_out_days: days with a count whose delay is too short, or too seldom seen, to say so.
    """

    site: str
    name_vi: str
    reported: float
    nowcast: float
    left_out_days: int


def nowcast_command(
    context: typer.Context,
    hazard: Annotated[str, typer.Argument(help="a hazard of what people report, see `haidang hazards`")],
    days: Annotated[int, typer.Option(help="so many days before the moment")] = 28,
    at: Annotated[str | None, typer.Option(help="a past moment; now by default")] = None,
    as_json: Json = False,
) -> None:
    """Tells what is reported of the last weeks and what is still to come: delays, and by site reported and nowcast."""
    deployment = open_deployment(context.obj)
    chosen, zone = deployment.hazard(hazard), deployment.archive.zone
    moment = present_moment() if at is None else moments(moment_of(at, zone), "moment")[0]
    delays, situations = nowcast(deployment.archive, chosen, moment, days=days)
    if as_json:
        rows = {"delays": [asdict(one) for one in delays], "sites": [asdict(one) for one in situations]}
        console.print_json(json.dumps(rows, ensure_ascii=False))
        return
    table = table_of("days after", "share of the reports that is known")
    for one in delays:
        table.add_row(str(one.days), f"{one.share:.0%}")
    console.print(table)
    table = table_of("site", "reported", "nowcast", "days left out")
    for place in situations:
        table.add_row(
            f"{place.site} {place.name_vi}", f"{place.reported:g}", f"{place.nowcast:.1f}", str(place.left_out_days)
        )
    console.print(table)


def nowcast(
    archive: Archive, hazard: Hazard, moment: pd.Timestamp, *, days: int
) -> tuple[list[Delay], list[Situation]]:
    """The delays that the last year teaches, and the sites with reports in the last days, the most first.

    Args:
        archive: the archive.
        hazard: a hazard whose outcome people report.
        moment: what is known later is not read.
        days: how many days before the moment.

    Raises:
        HaidangError: if the hazard's outcome is measured, not reported, or too few reports are known to tell delays.
    """
    target = hazard.target
    if variable_named(target.variable).subject != "reports":
        raise HaidangError(f"{hazard.name} is told by {target.variable}, which nobody reports late: nothing is to come")
    snapshot = archive.as_of(moment)
    feature = Nowcast(target.variable, days=days, settle_days=target.settle_days)
    share, told = feature.shares(snapshot).to_numpy()[0], feature.by_day(snapshot).to_numpy()[0]
    if np.isnan(share).all():
        raise HaidangError(
            f"fewer than 20 reports of {target.variable} tell of any delay in the year before "
            f"{moment.tz_convert(archive.zone):%Y-%m-%d}: take in more of the past"
        )
    count = snapshot.past(target.variable, days).to_numpy()[0]
    delays = [Delay(back, float(one)) for back, one in enumerate(share, start=1) if one == one]
    found = [
        Situation(
            site.code,
            site.name_vi,
            float(np.nansum(count[place])),
            float(np.nansum(np.where(np.isfinite(told[place]), told[place], count[place]))),
            int((np.isfinite(count[place]) & np.isnan(told[place])).sum()),
        )
        for place, site in enumerate(archive.sites.values())
        if np.nansum(count[place]) > 0
    ]
    return delays, sorted(found, key=lambda one: -one.nowcast)
