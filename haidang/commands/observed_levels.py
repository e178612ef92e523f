"""`haidang observed-levels`: the levels of Decision 18/2021 of what was observed, by site and day, from the archive.

A hazard's level is that of its own quantity, as it stood in the archive at a moment. Days before and after those that
are asked about are read as far as a spell may reach, so that each day bears the length of its whole spell.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated

import numpy as np
import pandas as pd
import typer
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view

from features.archive import Archive
from features.errors import HaidangError, UnknownNameError
from features.local_days import day_numbers, day_starts
from features.monthly import months_observed
from features.months import month_numbers, month_starts
from haidang.views.console import console, table_of
from models.climate.monthly_targets import TotalOfMonths
from models.hazard import Hazard
from models.law.answer import answer
from models.law.decision_18 import DECISION_18
from models.law.legal_rule import place_of
from models.law.observed import (
    alarm_class,
    cold_levels,
    drought_levels,
    flash_flood_levels,
    flood_levels,
    heat_levels,
    rain_levels,
    sea_wind_levels,
    surge_levels,
)
from serving.deployment import open_deployment

_Levels = Callable[[xr.DataArray, xr.DataArray], xr.Dataset]
_BY_TABLE: Mapping[str, _Levels] = {
    "surge": lambda level, place: surge_levels(level),
    "rain": rain_levels,
    "flood": lambda stage, place: flood_levels(alarm_class(stage, first=0.0, second=np.inf, third=np.inf)),
    "flash_flood": flash_flood_levels,
    "heat": lambda highest, place: heat_levels(highest),
    "drought": lambda shortfall, place: drought_levels(shortfall),
    "sea_wind": sea_wind_levels,
    "cold": cold_levels,
}
"""Of a river only alarm level I is known. Wind of a storm is not told apart from other wind, so Article 42 is not among
them."""


def observed_levels(
    archive: Archive, hazards: Mapping[str, Hazard], name: str, first: int, last: int, *, by: pd.Timestamp
) -> pd.DataFrame:
    """Levels of what was observed of a hazard.

    Args:
        archive: where the observations lie.
        hazards: all hazards.
        name: of the hazard.
        first: local day number of the first day; a month counts by its first day.
        last: of the last day.
        by: the moment at which the truth is read.

    Returns:
        One row per site and day, or month: hazard, article, site, day, level, NaN where it is not known, and the ground
        in both languages, empty at level 0.

    Raises:
        HaidangError: if no level can be told of the hazard from what is observed, or of no site.
    """
    hazard = hazards[name]
    rule = hazard.law
    if rule is None or rule.table not in _BY_TABLE:
        raise HaidangError(f"no level of Decision 18/2021 is told of what is observed of {name}: {_why_not(hazard)}")
    table, teller = DECISION_18.table(rule.table), hazards[rule.told_by or name]
    here = zip(archive.sites.items(), archive.sites.having(hazard.where), strict=True)
    told = {code: place_of(rule.table, site) for (code, site), chosen in here if chosen}
    places = {code: place for code, place in told.items() if place is not None}
    if not places:
        raise HaidangError(f"no site tells what Article {table.article} asks for, so that {name} has no level")
    course = _course(archive, teller, table.durations[-1], first, last, by).sel(site=list(places))
    place = xr.DataArray(list(places.values()), {"site": list(places)}, "site")
    found = _BY_TABLE[rule.table](course, place)
    within = (found["day_number"] >= first) & (found["day_number"] <= last)
    rows = found.isel({table.step: np.flatnonzero(within)}).to_dataframe().reset_index()
    grounds = [answer(table, int(cell)).ground if cell >= 0 else None for cell in rows["cell"]]
    return pd.DataFrame(
        {
            "hazard": name,
            "article": table.article,
            "site": rows["site"],
            "day": rows["day_number"].to_numpy().astype("datetime64[D]").astype("datetime64[s]"),
            "level": rows["level"],
            "ground_vi": ["" if ground is None else ground.vi for ground in grounds],
            "ground_en": ["" if ground is None else ground.en for ground in grounds],
        }
    )


def _course(archive: Archive, teller: Hazard, reach: int, first: int, last: int, by: pd.Timestamp) -> xr.DataArray:
    """What was observed, dims (site, day or month): the steps that a spell may reach and that were over by then."""
    today, target = int(day_numbers(pd.DatetimeIndex([by]), archive.zone)[0]), teller.target
    if isinstance(target, TotalOfMonths):
        earliest, latest, running = (int(month) for month in month_numbers(np.array([first, last, today])))
        steps = np.arange(earliest - reach, min(latest + reach, running - 1) + 1)
        if steps.size == 0:
            raise HaidangError("no month that is asked about is over")
        totals = months_observed(
            archive, target.variable, target.statistic, int(steps[0]) - target.months + 1, int(steps[-1]), by=by
        )
        values = target.of_period(sliding_window_view(totals, target.months, axis=-1))
        step, days = "month", month_starts(steps)
    else:
        steps = days = np.arange(first - reach, min(last + reach, today - 1) + 1)
        if steps.size == 0:
            raise HaidangError("no day that is asked about is over")
        start, end = day_starts([days[0], days[-1]], archive.zone)
        values = archive.observed(target.variable, by=by, start=start, end=end).to_numpy()
        step = "day"
    labels = {"site": list(archive.sites.codes), step: steps}
    return xr.DataArray(values, labels, tuple(labels)).assign_coords(day_number=(step, days))


def _why_not(hazard: Hazard) -> str:
    if hazard.unread is not None:
        return hazard.unread.reason.en
    if hazard.law is None:
        return "the Decision as encoded has no matrix for it"
    return "the wind of a storm is not told apart from other wind"


def observed_levels_command(
    context: typer.Context,
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="first day")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="day after the last")],
    hazard: Annotated[list[str] | None, typer.Option(help="name; all with a level by default")] = None,
    site: Annotated[list[str] | None, typer.Option(help="code of a site; may be given again")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, level 0 and unknown (null) included")] = False,
) -> None:
    """Tells the disaster-risk levels of what was observed, by site and day."""
    deployment = open_deployment(context.obj)
    zone, by = deployment.archive.zone, pd.Timestamp.now("UTC")
    first, after = day_numbers(pd.DatetimeIndex([pd.Timestamp(day, tz=zone) for day in (start, end)]), zone)
    strangers = sorted(set(site or ()) - set(deployment.sites))
    if strangers:
        raise UnknownNameError("site", strangers[0], deployment.sites)
    hazards, parts, silent = deployment.hazards, [], {}
    for name in hazard or [name for name, one in hazards.items() if one.law is not None]:
        deployment.hazard(name)
        try:
            parts.append(observed_levels(deployment.archive, hazards, name, int(first), int(after) - 1, by=by))
        except HaidangError as error:
            silent[name] = str(error)
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["site", "level"])
    found = found[found["site"].isin(site)] if site else found
    _show(found, silent, as_json=as_json)


def _show(found: pd.DataFrame, silent: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        days = json.loads(found.to_json(orient="records", date_format="iso"))
        console.print_json(json.dumps({"levels": days, "withheld": silent}, ensure_ascii=False))
        return
    table = table_of("", "site", "ngày / day", "cấp / level", "")
    for _, row in found[found["level"] > 0].iterrows():
        ground = f"{row['ground_vi']} / {row['ground_en']}"
        table.add_row(row["hazard"], row["site"], f"{row['day']:%Y-%m-%d}", f"{row['level']:.0f}", ground)
    console.print(table)
    unknown, of = int(found["level"].isna().sum()), len(found)
    console.print(f"không rõ / not known: {unknown} / {of}", style="dim", highlight=False)
    for name, reason in silent.items():
        console.print(f"{name}: {reason}", style="yellow", markup=False, highlight=False)
