"""What the command line shows: tables for people, JSON for machines."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from features.entries import Receipt
from haidang.jobs import Trained
from models.forecaster import Forecaster, Skill
from serving.deployment import Deployment
from serving.questions import HazardView, RiskAnswer, SiteView
from training.backtest import Backtest
from training.scores import contingency, expected_value_scores, ranked_probability_scores, reliability, skill_by_lead
from training.tracking import Tracking

_WIDTH_IN_A_FILE = 150
console = Console(width=None if sys.stdout.isatty() else _WIDTH_IN_A_FILE)
errors = Console(stderr=True)


@contextmanager
def counting(title: str) -> Iterator[Callable[[Receipt], None]]:
    """A spinner that counts what was taken."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        whole = Receipt()

        def told(receipt: Receipt) -> None:
            nonlocal whole
            whole += receipt
            progress.update(
                task, description=f"{title}: {whole.accepted:,} accepted, {whole.duplicates:,} held already"
            )

        yield told


@contextmanager
def steps(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar over a known number of steps."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """A spinner for a step of unknown length."""
    with errors.status(title):
        yield


def show_receipt(receipt: Receipt, quarantined: pd.DataFrame | None) -> None:
    """What became of the rows, and the most frequent reasons of the quarantine."""
    console.print(
        f"accepted {receipt.accepted:,}   held already {receipt.duplicates:,}   quarantined {receipt.quarantined:,}",
        highlight=False,
    )
    if quarantined is not None:
        for reason in quarantined["reason"].tail(5):
            console.print(f"  {reason}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def show_hazards(hazards: Sequence[HazardView], *, as_json: bool) -> None:
    """The hazards."""
    if as_json:
        _json(hazards)
        return
    table = _table("hazard", "", "", "cuts", "leads (d)", "sites", "model", "latest issue")
    for hazard in hazards:
        table.add_row(
            hazard.name,
            hazard.title_vi,
            hazard.title_en,
            f"{', '.join(f'{cut:g}' for cut in hazard.cuts)} {hazard.unit}",
            f"{hazard.leads[0]}-{hazard.leads[-1]}",
            str(hazard.sites),
            hazard.model_version or "-",
            _time(hazard.latest_issue_time),
        )
    console.print(table)


def show_sites(sites: Sequence[SiteView], *, as_json: bool) -> None:
    """The sites."""
    if as_json:
        _json(sites)
        return
    table = _table("code", "vi", "en", "latitude", "longitude")
    for site in sites:
        table.add_row(site.code, site.name_vi, site.name_en, f"{site.latitude:.4f}", f"{site.longitude:.4f}")
    console.print(table)


def show_status(deployment: Deployment, tracking: Tracking, *, as_json: bool) -> None:
    """What is at rest."""
    archive, zone = deployment.archive, deployment.settings.local_zone
    held: dict[str, object] = {"home": str(deployment.settings.home), "local_zone": zone}
    if archive.exists:
        held |= {
            "archive_version": archive.version,
            "known_from": archive.begins().tz_convert(zone).isoformat(),
            "known_until": archive.ends().tz_convert(zone).isoformat(),
            "quarantined": len(archive.quarantined()),
        }
    hazards = []
    for name in deployment.hazards:
        times, champion = deployment.issued.issue_times(name), tracking.champion(name)
        hazards.append(
            {
                "hazard": name,
                "trained": len(tracking.versions(name)),
                "champion": None if champion is None else champion.version,
                "on_shelf": deployment.shelf.tag(name),
                "issues": len(times),
                "latest_issue": times[-1].tz_convert(zone).isoformat() if len(times) else None,
            }
        )
    if as_json:
        console.print_json(json.dumps(held | {"hazards": hazards}, ensure_ascii=False))
        return
    for name, value in held.items():
        console.print(f"{name:16} {value}", highlight=False)
    table = _table(*hazards[0]) if hazards else _table("hazard")
    for row in hazards:
        table.add_row(*("-" if value is None else str(value) for value in row.values()))
    console.print(table)


def show_backtest(tested: Backtest, *, as_json: bool = False) -> None:
    """Scores by lead and cut beside both baselines."""
    skill = skill_by_lead(tested)
    if as_json:
        _json(skill)
        return
    hazard, times = tested.hazard, tested.issue_times
    console.print(
        f"{hazard.title_en}: tested on {len(tested.outcome):,} outcomes, issue times {times[0]:%Y-%m-%d} to "
        f"{times[-1]:%Y-%m-%d}, each forecast by a model that had not seen its year; 90 % intervals by block bootstrap",
        highlight=False,
    )
    console.print(_skill_table(skill, hazard.target.unit))
    for title, scores in (
        ("ranked probability score", ranked_probability_scores(tested)),
        ("expected outcome", expected_value_scores(tested)),
    ):
        table = _table(title, *scores.columns)
        for lead, row in scores.iterrows():
            table.add_row(
                f"lead {lead} d", *(f"{value:.3f}" if name != "n" else f"{value:.0f}" for name, value in row.items())
            )
        console.print(table)
    table = _table("level", "trigger", "MCB", "DSC", "UNC", "hits", "misses", "false alarms")
    for name, rule in hazard.levels.items():
        corp, counts = reliability(tested, rule.cut), contingency(tested, rule.cut, rule.probability).sum()
        table.add_row(
            name,
            f"P(>= {rule.cut:g}) >= {rule.probability:g}",
            *(f"{part:.4f}" for part in (corp.miscalibration, corp.discrimination, corp.uncertainty)),
            *(f"{counts[which]:,}" for which in ("hits", "misses", "false_alarms")),
        )
    console.print(table)


def show_trained(trained: Trained) -> None:
    """What was fitted and how it did."""
    show_backtest(trained.tested)
    card = trained.forecaster.card
    console.print(
        f"{card.hazard} {card.version}: learned from {card.rows:,} questions until {card.learned_until:%Y-%m-%d}; "
        f"registered as version {trained.tracked.registered_version}, run {trained.tracked.run_id}\n"
        f"{card.baselines_beaten}",
        highlight=False,
    )


def show_promoted(forecaster: Forecaster, registered: str) -> None:
    """Who is champion now."""
    console.print(
        f"{forecaster.hazard.name}: version {registered} ({forecaster.version}) passed its exam and is the champion",
        highlight=False,
    )


def show_issued(hazard: str, moment: pd.Timestamp, new: int, zone: str) -> None:
    """What was issued."""
    told = f"{new:,} forecasts issued" if new else "issued before; nothing was changed"
    console.print(f"{hazard} at {moment.tz_convert(zone).isoformat()}: {told}", highlight=False)


def show_risk(answer: RiskAnswer, *, as_json: bool) -> None:
    """An answer."""
    if as_json:
        console.print_json(answer.model_dump_json())
        return
    console.print(
        f"{answer.title_vi} / {answer.title_en}   {answer.origin} {_time(answer.issue_time)}   model "
        f"{answer.model_version}\n{answer.baselines_beaten}",
        highlight=False,
    )
    for age in answer.inputs:
        until = "nothing known" if age.data_until is None else f"until {age.data_until:%Y-%m-%d}"
        console.print(f"  {age.variable}: {until}, known {_time(age.known_at)}", style="dim", highlight=False)
    table = _table("site", "", "valid from", "lead", *_cut_headings(answer), "expected", "level")
    for forecast in answer.forecasts:
        for period in forecast.periods:
            table.add_row(
                forecast.site,
                forecast.name_vi,
                f"{period.valid_from:%Y-%m-%d}",
                f"{period.lead} d",
                *(f"{one.probability:.1%}" for one in (*period.probabilities, *period.thresholds)),
                f"{period.expected:.1f} {answer.unit}",
                period.level or "",
            )
    console.print(table)


def _cut_headings(answer: RiskAnswer) -> list[str]:
    periods = [period for forecast in answer.forecasts[:1] for period in forecast.periods[:1]]
    return [f">= {one.at_least:g}" for first in periods for one in (*first.probabilities, *first.thresholds)]


def _skill_table(skill: Sequence[Skill], unit: str) -> Table:
    table = _table(
        "lead", f"cut ({unit})", "n", "events", "Brier", "climatology", "persistence", "skill vs climatology",
        "skill vs persistence", "beats both",
    )  # fmt: skip
    for row in skill:
        table.add_row(
            f"{row.lead} d",
            f"{row.cut:g}",
            f"{row.n:,}",
            f"{row.events:,}",
            f"{row.brier:.4f}",
            f"{row.brier_climatology:.4f}",
            f"{row.brier_persistence:.4f}",
            _interval(row.skill_climatology, row.skill_climatology_low, row.skill_climatology_high),
            _interval(row.skill_persistence, row.skill_persistence_low, row.skill_persistence_high),
            row.judged,
        )
    return table


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:+.3f} [{low:+.3f} {high:+.3f}]"


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading)
    return table


def _time(moment: object) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M%z}"


def _json(views: Sequence[BaseModel]) -> None:
    console.print_json(json.dumps([view.model_dump(mode="json") for view in views], ensure_ascii=False))
