"""The commands `haidang verify` and `haidang track-record`."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from features.errors import HaidangError
from haidang.commands.words import HazardName, Json, present_moment
from haidang.views.console import console, show_error, table_of
from models.hazard import Hazard
from models.targets import SIGNS
from models.track_records import ANY_LEAD, EVERYWHERE, TrackRecord
from serving.deployment import open_deployment

if TYPE_CHECKING:
    from haidang.chain.verifying import Verified


def verify_command(
    context: typer.Context,
    hazard: Annotated[list[str] | None, typer.Argument(help="hazards; all that were issued by default")] = None,
    as_json: Json = False,
) -> None:
    """Scores issued forecasts whose truth has settled, as they were issued; run twice it changes nothing."""
    from haidang.chain.verifying import verify  # takes seconds to import

    found = verify(open_deployment(context.obj), present_moment(), hazard or None)
    if as_json:
        console.print_json(json.dumps([vars(one) for one in found]))
    else:
        _show_verified(found)
    if any(one.error is not None for one in found):
        raise typer.Exit(2)


def track_record_command(
    context: typer.Context,
    hazard: HazardName,
    site: Annotated[str | None, typer.Option(help="code or name; all sites together by default")] = None,
    lead: Annotated[int | None, typer.Option(help="days to the first day of a period; all by default")] = None,
    as_json: Json = False,
) -> None:
    """Tells how the issued forecasts of a hazard did: scores, events alarmed and missed, false alarms."""
    deployment = open_deployment(context.obj)
    chosen = deployment.hazard(hazard)
    record = deployment.track_records.read(hazard)
    if record is None:
        raise HaidangError(f"no forecast of {hazard} is verified yet: run `haidang verify` once outcomes are settled")
    place = EVERYWHERE if site is None else deployment.sites.find(site).code
    part = _part(record, place, lead)
    if all(table.empty for table in part.values()):
        leads = sorted(set(record.scores["lead"]) - {ANY_LEAD})
        raise HaidangError(
            f"nothing of {hazard} is verified at {site or 'any site'} with lead {lead}: leads are {leads}"
            if lead is not None
            else f"nothing of {hazard} is verified at {site}: it was not forecast there"
        )
    if as_json:
        rows = {name: json.loads(table.to_json(orient="records", double_precision=12)) for name, table in part.items()}
        console.print_json(json.dumps(rows))
    else:
        _show_record(chosen, part)


def _part(record: TrackRecord, site: str, lead: int | None) -> dict[str, pd.DataFrame]:
    """The rows of a site and a lead of each table."""
    return {
        name: table[(table["site"] == site) & ((table["lead"] == lead) | (lead is None))]
        for name, table in vars(record).items()
    }


def _show_verified(found: Sequence["Verified"]) -> None:
    if not found:
        console.print("nothing was ever issued")
        return
    table = table_of("hazard", "verified", "of unknown outcome", "told late or corrected")
    for one in found:
        if one.error is None:
            table.add_row(one.hazard, f"{one.settled:,}", f"{one.unknown:,}", f"{one.changed:,}")
        else:
            show_error(f"{one.hazard}: {one.error}")
    console.print(table)


def _show_record(hazard: Hazard, part: dict[str, pd.DataFrame]) -> None:
    """Prints the three tables; intervals are 90 % by block bootstrap, where there are events enough to judge by."""
    sign = SIGNS[hazard.target.sense]
    table = table_of("lead", "cut", "n", "unknown", "events", "expected", "events / expected", "Brier", "flip-flop", "")
    for row in part["scores"].to_dict("records"):
        table.add_row(
            _lead(row["lead"]), f"{sign} {row['cut']:g}", f"{row['n']:,}", f"{row['unknown']:,}", f"{row['events']:,}",
            f"{row['expected']:.1f}", _with_interval(row["ratio"], row["ratio_low"], row["ratio_high"]),
            _number(row["brier"], 4), _number(row["flip_flop"], 4), "" if row["judged"] == "yes" else row["judged"],
        )  # fmt: skip
    console.print(table)
    table = table_of("beside", "lead", "cut", "n", "events", "Brier", "its Brier", "skill")
    for row in part["beside"].to_dict("records"):
        table.add_row(
            row["reference"], _lead(row["lead"]), f"{sign} {row['cut']:g}", f"{row['n']:,}", f"{row['events']:,}",
            _number(row["brier"], 4), _number(row["brier_reference"], 4),
            _with_interval(row["skill"], row["skill_low"], row["skill_high"]),
        )  # fmt: skip
    console.print(table)
    table = table_of("level", "lead", "events", "hits", "misses", "false alarms", "hit rate", "days gained", "")
    for row in part["alarms"].to_dict("records"):
        table.add_row(
            row["level"], _lead(row["lead"]), f"{row['events']:,}", f"{row['hits']:,}", f"{row['misses']:,}",
            f"{row['false_alarms']:,}", _with_interval(row["hit_rate"], row["hit_rate_low"], row["hit_rate_high"]),
            _number(row["lead_gained_days"], 1), "" if row["judged"] == "yes" else row["judged"],
        )  # fmt: skip
    console.print(table)


def _lead(days: int) -> str:
    return "any" if days == ANY_LEAD else f"{days} d"


def _number(value: float, digits: int) -> str:
    return "-" if pd.isna(value) else f"{value:.{digits}f}"


def _with_interval(value: float, low: float, high: float) -> str:
    return _number(value, 2) if pd.isna(low) else f"{value:.2f} ({low:.2f} to {high:.2f})"
