"""The table of skill as it is written: Markdown for people, CSV and JSON for machines; nothing in it is typed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from haidang.benchmarks.judging import Judged, Results, Trial
from haidang.benchmarks.skill_by_lead import by_lead, coverage_rows
from haidang.benchmarks.skill_targets import CLAIMS, COVERAGE_CLAIMS, Finding
from models.forecaster import EVENTS_TO_JUDGE
from models.targets import SIGNS
from training.coverage import coverage
from training.fit import code_version
from training.pooled import ALL_YEAR, figures

_FIGURES = {
    "skill_climatology": "skill vs climatology",
    "skill_persistence": "skill vs persistence",
    "share": "share of achievable",
    "of_ceiling": "share of ceiling",
    "miscalibration": "MCB/UNC",
    "miscalibration_beyond": "beyond sampling",
}
_OF_A_SEASON = ("skill_climatology", "skill_persistence")


def write_report(trials: Sequence[Trial], results: Results, out: Path) -> list[Path]:
    """Writes the table of all trials that were judged.

    Returns:
        The files: `skill.md`, `skill.csv`, `coverage.csv`, `skill.json`.
    """
    held = {trial: judged for trial in trials if (judged := results.judged(trial)) is not None}
    of_hazard: dict[str, list[Trial]] = {}
    for trial in sorted(held, key=lambda one: one.hazard.name):
        if held[trial].failed is None:
            of_hazard.setdefault(trial.hazard.name, []).append(trial)
    table, covered = _table(of_hazard, results), _coverage(of_hazard, results)
    findings = [claim.of(table) for claim in CLAIMS] if len(table) else []
    findings += [claim.of(covered) for claim in COVERAGE_CLAIMS] if len(table) else []
    files = [out / name for name in ("skill.md", "skill.csv", "coverage.csv", "skill.json")]
    files[0].write_text(_markdown(trials, held, table, covered, findings), encoding="utf-8")
    table.to_csv(files[1], index=False)
    covered.to_csv(files[2], index=False)
    facts = {
        "code_version": code_version(),
        "claims": [{"claim": one.told, "held": one.held, "found": one.found} for one in findings],
        "failed": {trial.name: judged.failed for trial, judged in held.items() if judged.failed is not None},
        "figures": json.loads(table.to_json(orient="records")),
        "coverage": json.loads(covered.to_json(orient="records")),
    }
    files[3].write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    return files


def _table(of_hazard: Mapping[str, Sequence[Trial]], results: Results) -> pd.DataFrame:
    """The figures of all hazards, one row per hazard, season, lead and cut."""
    parts = []
    for name, trials in of_hazard.items():
        table = figures([results.tally(trial) for trial in trials])
        hazard = trials[0].hazard
        ahead = [hazard.periods.numbers[hazard.periods.leads == lead][0] for lead in table["lead"]]
        about = {"hazard": name, "unit": hazard.target.unit, "sense": SIGNS[hazard.target.sense], "period": ahead}
        parts.append(table.assign(**about, period_days=hazard.periods.days, seeds=len(trials)))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _coverage(of_hazard: Mapping[str, Sequence[Trial]], results: Results) -> pd.DataFrame:
    """The coverage of all amounts, one row per hazard, season and lead; empty where none was judged."""
    parts = {name: coverage([results.tally(trial) for trial in trials]) for name, trials in of_hazard.items()}
    told = [part.assign(hazard=name) for name, part in parts.items() if len(part)]
    return pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=["hazard"])


def _markdown(
    trials: Sequence[Trial],
    held: dict[Trial, Judged],
    table: pd.DataFrame,
    covered: pd.DataFrame,
    findings: Sequence[Finding],
) -> str:
    first, worlds = trials[0], len({trial.seed for trial in trials})
    about = (
        f"Code {code_version()}. Every hazard learned from {first.years} simulated years and was judged on "
        f"{first.test_years} fresh ones of another world, {worlds} times; intervals are the central 95 % of a block "
        f"bootstrap over the days of all fresh years; below {EVENTS_TO_JUDGE} events, or questions without one, "
        "nothing is told. Coverage is that of the 90 % interval as it is told, drawn to between the cuts as the "
        "probabilities put it, and is judged where the interval holds more than one amount. "
        "Everything here is SIMULATED. Written by `make bench-skill`."
    )
    lines = [
        "# Skill on fresh simulated years",
        "",
        about,
        "",
        "## What was claimed",
        "",
        "| claim | holds | found |",
        "|---|---|---|",
        *(f"| {one.told} | {one.verdict} | {one.found} |" for one in findings),
    ]
    failed = {trial: judged.failed for trial, judged in held.items() if judged.failed is not None}
    waiting = [trial.name for trial in trials if trial not in held]
    if failed or waiting:
        lines += ["", "## Not judged", ""]
        lines += [f"- {trial.name}: {reason}" for trial, reason in failed.items()]
        lines += [f"- not run yet: {', '.join(waiting)}"] * bool(waiting)
    if len(table):
        lines += ["", "## By hazard and lead", "", *by_lead(table, covered)]
    for name, of_hazard in table.groupby("hazard") if len(table) else ():
        without = [one.without_truth for trial, one in held.items() if trial.hazard.name == name and one.without_truth]
        lines += ["", f"## {name}", "", *(f"Judged by outcomes alone: {text}.\n" for text in without[:1])]
        lines += _section(of_hazard.dropna(axis=1, how="all"))
        if len(of_amount := covered[covered["hazard"] == name]):
            lines += ["", *coverage_rows(of_amount)]
    return "\n".join(lines) + "\n"


def _section(table: pd.DataFrame) -> list[str]:
    """The year by lead and cut, then the skill by season."""
    columns = [str(name) for name in table]
    peers = [name for name in columns if name.startswith("gain_") and not name.endswith(("_low", "_high"))]
    told = {name: title for name, title in _FIGURES.items() if name in columns}
    told |= {name: f"share above {name.removeprefix('gain_')}" for name in peers}
    unit, sense = table["unit"].iloc[0], table["sense"].iloc[0]
    heads = ["lead (d)", f"cut ({sense}, {unit})", "n", "events"]
    lines = _rows([*heads, *told.values()], table[table["season"] == ALL_YEAR], [], list(told))
    of_seasons = table[table["season"] != ALL_YEAR]
    seasonal = [name for name in _OF_A_SEASON if name in table]
    heads = ["season", *heads, *(told[name] for name in seasonal)]
    return [*lines, "", *_rows(heads, of_seasons, ["season"], seasonal)]


def _rows(heads: Sequence[str], table: pd.DataFrame, before: Sequence[str], columns: Sequence[str]) -> list[str]:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for _, row in table.iterrows():
        cells = [*(str(row[name]) for name in before), f"{row['lead']}", f"{row['cut']:g}"]
        cells += [f"{row['n']:,.0f}", f"{row['events']:,.0f}", *(_cell(row, name) for name in columns)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _cell(row: pd.Series, name: str) -> str:
    if min(row["events"], row["n"] - row["events"]) < EVENTS_TO_JUDGE or pd.isna(row[name]):
        return "-"
    digits = 4 if name.startswith("miscalibration") else 3
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    interval = "" if pd.isna(low) else f" [{low:.{digits}f} {high:.{digits}f}]"
    return f"{row[name]:.{digits}f}{interval}"
