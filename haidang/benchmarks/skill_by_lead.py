"""The table of skill in short: for each hazard and lead whether it is calibrated, and where it beats both baselines."""

import pandas as pd

from haidang.benchmarks.skill_targets import CALIBRATED, COVERED_SEASON, COVERED_YEAR, covers, judgeable
from models.forecaster import EVENTS_TO_JUDGE
from training.coverage import ALL_LEADS
from training.pooled import ALL_YEAR, BASELINES

_SKILLS = [f"skill_{name}" for name in BASELINES]


def by_lead(table: pd.DataFrame, covered: pd.DataFrame) -> list[str]:
    """Lines of Markdown, one row for each hazard and lead at which a cut has events enough.

    Args:
        table: figures of all hazards, as `training.pooled.figures` gives them, with the hazard's name.
        covered: coverage of all hazards, as `training.coverage.coverage` gives it, with the hazard's name, or empty.
    """
    heads = [
        "hazard",
        "lead (d)",
        f"MCB/UNC beyond sampling, worst cut (at most {CALIBRATED:g})",
        "season x cut above both baselines",
        "season x cut significantly below one",
        "90 % interval covers, year",
    ]
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|---|---|---|"]
    for (name, lead), rows in table[judgeable(table)].groupby(["hazard", "lead"]):
        seasonal = rows[rows["season"] != ALL_YEAR]
        above = int((seasonal[_SKILLS] > 0).all(axis=1).sum())
        below = int((seasonal[[f"{skill}_high" for skill in _SKILLS]] < 0).any(axis=1).sum())
        cells = [name, lead, _miscalibrated(rows), f"{above} of {len(seasonal)}", below, _covered(covered, name, lead)]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def coverage_rows(covered: pd.DataFrame) -> list[str]:
    """Lines of Markdown: coverage of one hazard, the year and each season by all leads, and the year by lead."""
    lines = [
        "| season | lead (d) | questions | intervals judged | 90 % interval covers | target | within |",
        "|---|---|---|---|---|---|---|",
    ]
    for _, row in covered[(covered["lead"] == ALL_LEADS) | (covered["season"] == ALL_YEAR)].iterrows():
        low, high = COVERED_YEAR if row["season"] == ALL_YEAR else COVERED_SEASON
        target, within = "-", "-"
        if row["lead"] == ALL_LEADS and row["told"] >= EVENTS_TO_JUDGE:
            target, within = f"{low:g}-{high:g}", "yes" if low <= row["covered"] <= high else "NO"
        cells = [row["season"], row["lead"], f"{row['n']:,}", f"{row['told']:,}", covers(row), target, within]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def _miscalibrated(rows: pd.DataFrame) -> str:
    known = rows[rows["season"] == ALL_YEAR].dropna(subset=["miscalibration_beyond"])
    if known.empty:
        return "-"
    worst = known.sort_values("miscalibration_beyond").iloc[-1]
    value, low, high = (float(worst[f"miscalibration_beyond{end}"]) for end in ("", "_low", "_high"))
    verdict = "yes" if value <= CALIBRATED else "NO" if low > CALIBRATED else "NO, within sampling"
    return f"{value:.4f} [{low:.4f} {high:.4f}] at cut {worst['cut']:g}: {verdict}"


def _covered(covered: pd.DataFrame, name: object, lead: object) -> str:
    if covered.empty:
        return "-"
    rows = covered[(covered["hazard"] == name) & (covered["lead"] == lead) & (covered["season"] == ALL_YEAR)]
    return "-" if rows.empty else covers(rows.iloc[0])
