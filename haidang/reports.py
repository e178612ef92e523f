"""What the command line reports about training: scores beside both baselines, fits, and what is at rest."""

import dataclasses
import inspect
import json
from collections.abc import Sequence

import pandas as pd
from rich.table import Table

from features.database import open_database
from features.feeds import Feed, feeds
from features.ingest_log import IngestLog
from features.settings import Settings
from features.sources.catalogue import KINDS, source_class, source_named
from features.variables import variable_named
from haidang.jobs import Trained
from haidang.simulation import Judged
from haidang.views import console, print_models, table_of
from models.forecaster import Skill, SpreadSkill
from models.hazard import Hazard
from models.season import SEASONS
from models.targets import SIGNS
from serving.deployment import Deployment
from training.achievable import leak_alarms
from training.backtest import Backtest
from training.losses import ranked_probability_scores
from training.scores import contingency, expected_value_scores, reliability, skill_by_lead
from training.spread_scores import spread_skill
from training.tracking import Tracking
from training.tune import Tuned


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


def _settings_of(about: type) -> list[dataclasses.Field[object]]:
    return [field for field in dataclasses.fields(about) if field.name not in ("zone", "boundaries")]


def _is_needed(field: dataclasses.Field[object]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


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


def show_tuned(tuned: Tuned, run: str, *, as_json: bool = False) -> None:
    """What a search found, and the line to put into the hazard file if it is better by more than chance."""
    if as_json:
        told = dataclasses.asdict(tuned) | {
            "until": tuned.until.isoformat(),
            "trials": json.loads(tuned.trials.to_json(orient="records")),
            "verdict": tuned.verdict,
            "run": run,
        }
        console.print_json(json.dumps(told, ensure_ascii=False))
        return
    table = table_of("parameter", "declared", "best trial")
    for path, value in tuned.declared.items():
        table.add_row(path, f"{value:g}", f"{tuned.best[path]:g}")
    console.print(table)
    pruned = int((tuned.trials["state"] == "pruned").sum())
    console.print(
        f"{tuned.hazard}: {len(tuned.trials)} trials, {pruned} stopped early, of what was known by "
        f"{tuned.until:%Y-%m-%d}; in the last fold, which the search did not see, the best trial gains "
        f"{tuned.gain:+.5f} nats a question [{tuned.low:+.5f} {tuned.high:+.5f}] (n {tuned.questions:,}, 90 % by block "
        f"bootstrap); run {run}",
        highlight=False,
    )
    if tuned.verdict == "keep":
        console.print("keep what the hazard file declares: the gain is not above chance", highlight=False)
    for line in tuned.lines:
        console.print(f"put into the hazard file at {line}", highlight=False, markup=False, soft_wrap=True)


def show_trained(trained: Trained) -> None:
    """What was fitted and how it did."""
    if trained.tested is not None:
        show_backtest(trained.tested)
    card = trained.forecaster.card
    simulated = " on SIMULATED data" * card.simulated
    learned = (
        f"a published rule{simulated}"
        if card.learned_until is None
        else f"learned from {card.rows:,} questions{simulated} until {card.learned_until:%Y-%m-%d}"
    )
    console.print(
        f"{card.hazard} {card.version}: {learned}; "
        f"registered as version {trained.tracked.registered_version}, run {trained.tracked.run_id}\n"
        f"{card.baselines_beaten}",
        highlight=False,
    )
    for one in card.borrowed:
        console.print(
            f"climatology at {one.cut:g} {card.unit}: a site borrows {one.median:.0%} from the others "
            f"({one.low:.0%} to {one.high:.0%})",
            highlight=False,
        )


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


def show_figures(figures: pd.DataFrame) -> None:
    """The figures of a case on real data, a line each, as `haidang.figures.as_table` makes them."""
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


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:+.3f} [{low:+.3f} {high:+.3f}]"
