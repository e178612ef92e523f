"""What is at rest: what an ingest brought, how fresh all is, and the sources that there are."""

import dataclasses
import inspect
import json

import pandas as pd

from features.database import open_database
from features.entries import Receipt
from features.feeds import Feed, feeds
from features.ingest_log import IngestLog
from features.settings import Settings
from features.sources.catalogue import KINDS, source_class, source_named
from features.variables import variable_named
from haidang.views.console import console, table_of
from serving.deployment import Deployment
from training.tracking import Tracking


def show_receipt(source: str, receipt: Receipt, quarantined: pd.DataFrame | None) -> None:
    """What became of the records and of the entries made from them, and the newest reasons of the quarantine."""
    console.print(source, style="bold", highlight=False)
    if receipt.read:
        passed_over = "".join(f"   {count:,} {why}" for why, count in receipt.passed_over.items())
        console.print(
            f"records   read {receipt.read:,}   used {receipt.used:,}   unread {receipt.unread:,}{passed_over}",
            highlight=False,
        )
    for name, count in receipt.kept.items():
        console.print(f"{name:9} new {count:,}", highlight=False)
    console.print(
        f"entries   accepted {receipt.accepted:,}   held already {receipt.duplicates:,}   "
        f"quarantined {receipt.quarantined:,}",
        highlight=False,
    )
    for remark in receipt.remarks:
        console.print(f"  {remark}", style="dim", markup=False, highlight=False, soft_wrap=True)
    if quarantined is not None:
        for reason in quarantined["reason"].tail(5):
            console.print(f"  {reason}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def newly_refused(deployment: Deployment, source: str, receipt: Receipt) -> pd.DataFrame | None:
    """What lies in quarantine of a source, if this receipt added to it."""
    quarantined = deployment.archive.quarantined()
    return quarantined[quarantined["source"] == source] if receipt.quarantined else None


def show_status(deployment: Deployment, tracking: Tracking, now: pd.Timestamp, *, as_json: bool) -> None:
    """What is at rest, how fresh it is, what was refused and what failed."""
    archive, zone = deployment.archive, deployment.settings.local_zone
    log = IngestLog(open_database(deployment.settings.database_address))
    held: dict[str, object] = {"home": str(deployment.settings.home), "local_zone": zone}
    if archive.exists:
        held |= {
            "archive_version": archive.version,
            "known_from": archive.begins().tz_convert(zone).isoformat(),
            "known_until": archive.ends().tz_convert(zone).isoformat(),
            "quarantined": len(archive.quarantined()),
        }
    parts = {
        "feeds": [_feed_row(feed, zone) for feed in feeds(archive, log, now)],
        "quarantine": _refusals(archive.quarantined()),
        "ingests": [_ingest_row(log, source, now, zone) for source in log.sources()],
        "hazards": [_hazard_row(deployment, tracking, name) for name in deployment.hazards],
    }
    if as_json:
        console.print_json(json.dumps(held | parts, ensure_ascii=False))
        return
    for name, value in held.items():
        console.print(f"{name:16} {value}", highlight=False)
    for title, rows in parts.items():
        if rows:
            console.print(f"\n{title}", style="bold")
            table = table_of(*rows[0])
            for row in rows:
                table.add_row(*("-" if value is None else str(value) for value in row.values()))
            console.print(table)


def show_sources(settings: Settings, *, as_json: bool) -> None:
    """The sources of the settings, and the kinds that there are, with what they bring."""
    rows = []
    for name in (*settings.sources, *(kind for kind in KINDS if kind not in settings.sources)):
        kind = str(settings.sources.get(name, {}).get("kind", name))
        about = source_class(kind)
        rows.append(
            {
                "source": name,
                "configured": "yes" if name in settings.sources else "",
                "kind": kind,
                "brings": (inspect.getdoc(about) or "").split("\n")[0],
                "needs": ", ".join(field.name for field in _settings_of(about) if _is_needed(field)),
                "licence": about.licence,
            }
        )
    if as_json:
        console.print_json(json.dumps(rows, ensure_ascii=False))
        return
    table = table_of(*rows[0])
    for row in rows:
        table.add_row(*row.values())
    console.print(table)


def show_source(settings: Settings, name: str) -> None:
    """All that a source says of itself: what it brings in which units and how late, its licence and its settings."""
    about = source_class(str(settings.sources.get(name, {}).get("kind", name)))
    console.print(inspect.getdoc(about), markup=False, highlight=False)
    console.print(f"\nlicence: {about.licence}", markup=False, highlight=False)
    table = table_of("setting", "default")
    for field in _settings_of(about):
        table.add_row(field.name, "needed" if _is_needed(field) else str(field.default))
    console.print(table)
    if any(_is_needed(field) for field in _settings_of(about)) and name not in settings.sources:
        console.print("what it brings depends on the needed settings", style="dim")
        return
    source = source_named(name, settings, {})
    console.print(f"\nlatency: {source.latency / pd.Timedelta(days=1):g} d", highlight=False)
    table = table_of("variable", "unit", "", "")
    for variable in source.variables:
        declared = variable_named(variable)
        table.add_row(variable, declared.unit, declared.title_vi, declared.title_en)
    console.print(table)


def _feed_row(feed: Feed, zone: str) -> dict[str, object]:
    return {
        "source": feed.source,
        "variable": feed.variable,
        "sites": feed.sites,
        "newest day": f"{feed.newest_day.tz_convert(zone):%Y-%m-%d}",
        "known": f"{feed.known_at.tz_convert(zone):%Y-%m-%d %H:%M}",
        "age (d)": round(feed.age_days, 1),
        "promised (d)": None if feed.promised_days is None else round(feed.promised_days, 1),
        "late": "LATE" if feed.late else "",
        "gaps (site-days of 30 d)": feed.gap_days,
    }


def _refusals(quarantined: pd.DataFrame) -> list[dict[str, object]]:
    """How many rows each source had refused, by reason; numbers and names in a reason do not tell reasons apart."""
    if quarantined.empty:
        return []
    kind = quarantined["reason"].str.replace(r"'[^']*'|[-+]?[0-9][0-9.:TZ+-]*", "…", regex=True)
    counted = quarantined.assign(kind=kind).groupby(["source", "kind"], sort=False)["reason"].agg(["size", "last"])
    return [
        {"source": row["source"], "rows": row["size"], "reason, for instance": row["last"]}
        for row in counted.sort_values("size", ascending=False).head(20).reset_index().to_dict("records")
    ]


def _ingest_row(log: IngestLog, source: str, now: pd.Timestamp, zone: str) -> dict[str, object]:
    run, rests = log.last(source)[0], log.rests_until(source, now)
    failure = log.last_failure(source)
    return {
        "source": source,
        "started": f"{run.started_at.tz_convert(zone):%Y-%m-%d %H:%M}",
        "outcome": run.outcome if rests is None else f"failed, rests until {rests.tz_convert(zone):%H:%M}",
        "all until": None if run.delivered_until is None else f"{run.delivered_until.tz_convert(zone):%Y-%m-%d}",
        "accepted": None if run.receipt is None else run.receipt.accepted,
        "last error": None
        if failure is None
        else f"{failure.started_at.tz_convert(zone):%Y-%m-%d %H:%M} {failure.error}",
    }


def _hazard_row(deployment: Deployment, tracking: Tracking, name: str) -> dict[str, object]:
    times, champion = deployment.issued.issue_times(name), tracking.champion(name)
    return {
        "hazard": name,
        "trained": len(tracking.versions(name)),
        "champion": None if champion is None else champion.version,
        "on_shelf": deployment.shelf.tag(name),
        "issues": len(times),
        "latest_issue": times[-1].tz_convert(deployment.settings.local_zone).isoformat() if len(times) else None,
    }


def _settings_of(about: type) -> list[dataclasses.Field[object]]:
    return [field for field in dataclasses.fields(about) if field.name not in ("zone", "boundaries")]


def _is_needed(field: dataclasses.Field[object]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
