"""Rehearsing: a stretch of a deployment's record is lived through in a folder of its own, and told about."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from features.errors import HaidangError
from features.settings import Settings
from haidang.chain import fitting
from haidang.rehearsals.day_by_day import live_through
from haidang.rehearsals.faults import EntryFault, Fault, Killed
from haidang.rehearsals.folder import crown_first, lay_out
from haidang.rehearsals.report import BASELINES, AsIssued, Report, report
from haidang.rehearsals.steps import daily_steps
from haidang.views.console import console, steps, table_of, waiting
from serving.deployment import open_deployment


def rehearse(
    settings: Settings,
    folder: Path,
    start: pd.Timestamp,
    end: pd.Timestamp,
    hazards: Sequence[str],
    faults: Sequence[Fault],
) -> Report:
    """Rehearses the stretch [start, end) of a deployment in a folder of its own.

    Args:
        settings: of the deployment whose record is lived through.
        folder: of the rehearsal; it may be missing or empty.
        start: first local day.
        end: day after the last.
        hazards: names; all that can be trained for none.
        faults: what goes wrong.

    Raises:
        HaidangError: if the record does not cover the stretch, a name is unknown, or none of the hazards can take part.
    """
    base = open_deployment(settings)
    names = [base.hazard(name).name for name in hazards] or fitting.trainable(base)
    if not base.archive.begins() < start < end <= base.archive.ends() + pd.Timedelta(days=1):
        raise HaidangError(
            f"the record of {settings.home} became known from {base.archive.begins():%Y-%m-%d} to "
            f"{base.archive.ends():%Y-%m-%d}: a rehearsal lies within it, not from {start:%Y-%m-%d} to {end:%Y-%m-%d}"
        )
    of_entries: list[EntryFault] = [fault for fault in faults if not isinstance(fault, Killed)]
    with waiting("lay out the record"):
        deployment, to_come = lay_out(base, folder, start, of_entries)
    with steps("first champions") as progress:
        without = crown_first(deployment, names, start, progress=progress)
    taking_part = [name for name in names if name not in without]
    if not taking_part:
        raise HaidangError(f"no hazard can take part: {next(iter(without.values()))}")
    of_a_day = daily_steps(deployment, to_come, taking_part, start, end)
    with steps("days") as progress:
        killed = [fault for fault in faults if isinstance(fault, Killed)]
        lived = live_through(deployment, start, end, of_a_day, killed=killed, progress=progress)
    return report(deployment, taking_part, lived, left_out=without)


def show_report(told: Report) -> None:
    """The report for people."""
    console.print(
        f"{told.start[:10]} – {told.end[:10]}: {told.issued:,} dự báo đã phát hành, {told.waiting:,} chưa có kết quả / "
        f"{told.issued:,} forecasts issued, {told.waiting:,} without an outcome yet",
        highlight=False,
        soft_wrap=True,
    )
    table = table_of(
        "hazard", "lead", "cut", "n", "events", "Brier", "against climatology", "against persistence", "hits", "misses",
        "false alarms",
    )  # fmt: skip
    for row in told.live:
        table.add_row(
            row.hazard,
            f"{row.lead} d",
            f"{row.cut:g}",
            f"{row.n:,}",
            f"{row.events:,}",
            f"{row.brier:.4f}",
            *(_skill(row.against.get(name)) for name in BASELINES),
            *(f"{count:,}" for count in (row.hits, row.misses, row.false_alarms)),
        )
    console.print(table)
    for name, days in told.silent.items():
        _say(f"không phát hành / not issued: {name}, {len(days)}: {', '.join(days[:10])}{', ...' * (len(days) > 10)}")
    for one in told.happened:
        again = f" ({one.times} lần / times)" if one.times > 1 else ""
        _say(f"{one.when}  {one.step}  {one.kind}  {one.about}: {one.text}{again}")
    for name, why in told.left_out.items():
        _say(f"không tham gia / left out: {name}: {why}")
    _say("giây / seconds: " + ", ".join(f"{name} {value:g}" for name, value in told.seconds.items()))


def _skill(against: AsIssued | None) -> str:
    if against is None:
        return "-"
    if against.low is None or against.high is None:
        return f"{against.skill:+.2f}"
    return f"{against.skill:+.2f} [{against.low:+.2f}, {against.high:+.2f}]"


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
