"""What tests found: scores beside both baselines, the share of the achievable, and the figures of a case."""

from collections.abc import Sequence

import pandas as pd
from rich.table import Table

from haidang.chain.simulation import Judged
from haidang.views.console import console, print_models, table_of
from models.forecaster import Skill, SpreadSkill
from models.hazard import Hazard
from models.season import SEASONS
from models.targets import SIGNS
from training.achievable import leak_alarms
from training.backtest import Backtest
from training.losses import ranked_probability_scores
from training.scores import contingency, expected_value_scores, reliability, skill_by_lead
from training.spread_scores import spread_skill


def show_backtest(tested: Backtest, *, unseen: str = "year", as_json: bool = False) -> None:
    """Scores by lead and cut beside both baselines; `unseen` is what the models had not seen of what they answered."""
    skill, amounts = skill_by_lead(tested), spread_skill(tested)
    if as_json:
        print_models([*skill, *amounts])
        return
    hazard, times = tested.hazard, tested.issue_times
    console.print(
        f"{hazard.title_en}: tested on {len(tested.outcome):,} outcomes, issue times {times[0]:%Y-%m-%d} to "
        f"{times[-1]:%Y-%m-%d}, each forecast by a model that had not seen its {unseen}; "
        "90 % intervals by block bootstrap",
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
    if amounts:
        console.print(_spread_table(amounts, hazard.target.unit))
    table = table_of("level", "trigger", "MCB", "DSC", "UNC", "hits", "misses", "false alarms")
    for name, rule in hazard.levels.items():
        corp, counts = reliability(tested, rule.cut), contingency(tested, rule.cut, rule.probability).sum()
        table.add_row(
            name,
            f"P({SIGNS[hazard.target.sense]} {rule.cut:g}) >= {rule.probability:g}",
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


def show_figures(figures: pd.DataFrame) -> None:
    """The figures of a case on real data, a line each, as `haidang.demonstration.figures.as_table` makes them."""
    table = table_of(*(str(name) for name in figures if name != "case"))
    for row in figures.drop(columns="case").astype(str).to_numpy().tolist():
        table.add_row(*row)
    console.print(table)


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


def _spread_table(amounts: Sequence[SpreadSkill], unit: str) -> Table:
    """Quantiles beside those of the baselines, and what the 90 % intervals cover."""
    table = table_of(
        f"quantiles ({unit})", "n", "WIS", "climatology", "persistence", "skill vs climatology", "skill vs persistence",
        "covered by 90 %", *SEASONS, "width",
    )  # fmt: skip
    for row in amounts:
        table.add_row(
            f"lead {row.lead} d",
            f"{row.n:,}",
            *(f"{score:.3f}" for score in (row.score, row.score_climatology, row.score_persistence)),
            _interval(row.skill_climatology, row.skill_climatology_low, row.skill_climatology_high),
            _interval(row.skill_persistence, row.skill_persistence_low, row.skill_persistence_high),
            "-" if row.covered is None else f"{row.covered:.3f}",
            *(f"{row.covered_by_season[name]:.3f}" if name in row.covered_by_season else "-" for name in SEASONS),
            f"{row.width:.2f}",
        )
    return table


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:+.3f} [{low:+.3f} {high:+.3f}]"
