"""What the command line reports about training: scores beside both baselines, fits, and what is at rest."""

import json
from collections.abc import Sequence

from rich.table import Table

from haidang.jobs import Trained
from haidang.simulation import Judged
from haidang.views import console, print_models, table_of
from models.forecaster import Skill
from models.hazard import Hazard
from serving.deployment import Deployment
from training.achievable import leak_alarms
from training.backtest import Backtest
from training.scores import contingency, expected_value_scores, ranked_probability_scores, reliability, skill_by_lead
from training.tracking import Tracking


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
    table = table_of(*hazards[0]) if hazards else table_of("hazard")
    for row in hazards:
        table.add_row(*("-" if value is None else str(value) for value in row.values()))
    console.print(table)


def show_backtest(tested: Backtest, *, as_json: bool = False) -> None:
    """Scores by lead and cut beside both baselines."""
    skill = skill_by_lead(tested)
    if as_json:
        print_models(skill)
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
        table = table_of(title, *scores.columns)
        for lead, row in scores.iterrows():
            table.add_row(
                f"lead {lead} d", *(f"{value:.3f}" if name != "n" else f"{value:.0f}" for name, value in row.items())
            )
        console.print(table)
    table = table_of("level", "trigger", "MCB", "DSC", "UNC", "hits", "misses", "false alarms")
    for name, rule in hazard.levels.items():
        corp, counts = reliability(tested, rule.cut), contingency(tested, rule.cut, rule.probability).sum()
        table.add_row(
            name,
            f"P(>= {rule.cut:g}) >= {rule.probability:g}",
            *(f"{part:.4f}" for part in (corp.miscalibration, corp.discrimination, corp.uncertainty)),
            *(f"{counts[which]:,}" for which in ("hits", "misses", "false_alarms")),
        )
    console.print(table)


def show_judged(hazard: Hazard, judged: Judged, *, as_json: bool = False) -> None:
    """Share of the achievable skill by lead and cut, and every alarm of a leak."""
    if as_json:
        print_models(judged.achieved)
        return
    ceiling = f"; observable ceiling learned from {judged.ceiling_years} more years" if judged.ceiling_years else ""
    console.print(
        f"{hazard.title_en}, {judged.version}: judged against the true probabilities of {judged.years} fresh SIMULATED "
        f"years from {judged.first_year} on{ceiling}; 90 % intervals by block bootstrap",
        highlight=False,
    )
    headings = ("share of achievable", "persistence", *(("ceiling",) if judged.ceiling_years else ()))
    table = table_of(
        "lead", f"cut ({hazard.target.unit})", "n", "events", "base rate", "achievable skill", "model", *headings,
        "E|p-o|",
    )  # fmt: skip
    for row in judged.achieved:
        table.add_row(
            f"{row.lead} d",
            f"{row.cut:g}",
            f"{row.n:,}",
            f"{row.events:,}",
            f"{row.base_rate:.4f}",
            f"{row.skill_oracle:+.3f}",
            f"{row.skill_model:+.3f}",
            f"{row.share:+.2f} [{row.share_low:+.2f} {row.share_high:+.2f}]",
            *(f"{share:+.2f}" for share in (row.share_persistence, row.share_ceiling) if share is not None),
            f"{row.calibration_error:.4f}",
        )
    console.print(table)
    for alarm in leak_alarms(judged.achieved) or ("no leak alarm",):
        console.print(alarm, markup=False, highlight=False, soft_wrap=True)


def show_trained(trained: Trained) -> None:
    """What was fitted and how it did."""
    show_backtest(trained.tested)
    card = trained.forecaster.card
    console.print(
        f"{card.hazard} {card.version}: learned from {card.rows:,} questions {'on SIMULATED data ' * card.simulated}"
        f"until {card.learned_until:%Y-%m-%d}; "
        f"registered as version {trained.tracked.registered_version}, run {trained.tracked.run_id}\n"
        f"{card.baselines_beaten}",
        highlight=False,
    )


def _skill_table(skill: Sequence[Skill], unit: str) -> Table:
    table = table_of(
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
