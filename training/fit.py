"""Fitting: from the record up to a moment to a forecaster with its card and its exam."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from models.digest import digest
from models.exam import set_exam
from models.exceedance import Exceedance
from models.forecaster import Card, Forecaster, Skill
from models.guard import Guarded
from models.hazard import Hazard
from models.ladder import Ladder
from models.partial_pooling import Borrowed, borrowed_at
from models.rule import Rule
from models.spread import covered_of
from models.targets import SIGNS, Sense
from training.backtest import Backtest
from training.examples import Examples, NoOutcomeError, first_issue, known_examples
from training.neighbours import of_backtest
from training.scores import skill_by_lead
from training.spread_scores import spread_skill

_LIBRARIES = (
    "numpy",
    "pandas",
    "scikit-learn",
    "skops",
    "xarray",
    "xgboost-cpu" if sys.platform != "darwin" else "xgboost",
)
_RULE_TIMES = 60


def fit(hazard: Hazard, archive: Archive, *, moment: pd.Timestamp, tested: Backtest | None = None) -> Forecaster:
    """Fits a hazard on everything that was known at a moment; without any outcome its published rule answers.

    Args:
        hazard: the hazard.
        archive: the archive.
        moment: truth is read as known at this moment; it is also the time of the fit.
        tested: a backtest of the same hazard, for the card.

    Raises:
        NoOutcomeError: if no outcome is known by then, and the hazard has no rule.
        HaidangError: if nothing is known of what its rule reads.
    """
    try:
        known = known_examples(hazard, archive, moment)
    except NoOutcomeError:
        rule = hazard.published_rule()
        if rule is None:
            raise
        return _by_rule(hazard, rule, archive, moment)
    severity = hazard.target.severity(known.outcome)
    estimator = hazard.estimator().fit(known.rows, severity)
    baselines = {name: one.fit(known.rows, severity) for name, one in hazard.baselines().items()}
    counts = hazard.target.reached(known.outcome).sum(axis=0)
    skill = skill_by_lead(tested) if tested is not None else ()
    learned = pd.DatetimeIndex(known.rows.index.get_level_values("issue_time"))
    card = _card(hazard, archive, estimator, moment).model_copy(
        update={
            "learned_from": learned.min(),
            "learned_until": learned.max(),
            "rows": len(known),
            "events": {str(cut): int(count) for cut, count in zip(hazard.target.cuts, counts, strict=True)},
            "skill": skill,
            "tested_from": tested.issue_times[0] if tested is not None else None,
            "tested_until": tested.issue_times[-1] if tested is not None else None,
            "baselines_beaten": verdict(skill, hazard.target.sense),
            "neighbour_correlation": of_backtest(tested) if tested is not None else None,
            "spread": spread_skill(tested) if tested is not None else (),
            "covered": covered_of(estimator),
            "borrowed": _borrowed(hazard, estimator, known),
        }
    )
    return Forecaster(hazard, estimator, card, set_exam(known.rows, estimator), baselines)


def _borrowed(hazard: Hazard, estimator: Exceedance, known: Examples) -> tuple[Borrowed, ...]:
    """What the climatology of the ladder borrows."""
    if not isinstance(estimator, Guarded) or not isinstance(estimator.member_, Ladder):
        return ()
    learned = [cut for cut, is_learned in zip(hazard.target.cuts, estimator.learned_, strict=True) if is_learned]
    return borrowed_at(estimator.member_.climatology_, known.rows, tuple(learned))


def _by_rule(hazard: Hazard, rule: Rule, archive: Archive, moment: pd.Timestamp) -> Forecaster:
    """The published rule as a forecaster; its exam is made of the last questions that it could answer."""
    times = hazard.issue_times(first_issue(archive), moment, archive.zone, every_days=hazard.train_every_days)
    if times.empty:
        raise HaidangError(f"the archive begins too late to ask about {hazard.name} before {moment}: ingest more")
    rows = hazard.ask(archive, times[-_RULE_TIMES:])
    rule.fit(rows)
    told = rows[~np.isnan(rule.predict_exceedance(rows).sum(axis=1))]
    if told.empty:
        raise HaidangError(f"the rule of {hazard.name} reads {', '.join(rule.columns)}, and none is known by {moment}")
    card = _card(hazard, archive, rule, moment).model_copy(
        update={
            "basis": "rule",
            "baselines_beaten": f"a published rule, {rule.reference}: no outcome is known, no skill can be told",
        }
    )
    return Forecaster(hazard, rule, card, set_exam(told, rule))


def _card(hazard: Hazard, archive: Archive, estimator: Exceedance, moment: pd.Timestamp) -> Card:
    """The card of what has learned from nothing."""
    return Card(
        hazard=hazard.name,
        fingerprint=hazard.fingerprint,
        version=digest(estimator),
        fitted_at=moment,
        learned_from=None,
        learned_until=None,
        truth_read_at=moment,
        rows=0,
        events={str(cut): 0 for cut in hazard.target.cuts},
        unit=hazard.target.unit,
        archive_version=archive.version,
        code_version=code_version(),
        libraries={name: version(name) for name in _LIBRARIES},
        baselines_beaten="",
        simulated=any(archive.simulated(name) for name in (*hazard.variables, hazard.target.variable)),
    )


def verdict(skill: tuple[Skill, ...], sense: Sense = "at_least") -> str:
    """In words: at which leads the whole interval lies above both baselines, for each cut."""
    if not skill:
        return "not tested: no backtest was run"
    told = []
    for cut in dict.fromkeys(row.cut for row in skill):
        of_cut = [row for row in skill if row.cut == cut]
        beaten = [f"{row.lead} d" for row in of_cut if row.judged == "yes"]
        few = all(row.judged == "too few events" for row in of_cut)
        told.append(f"{SIGNS[sense]} {cut:g}: {', '.join(beaten) or ('too few events to judge' if few else 'none')}")
    return "leads at which both climatology and persistence are beaten: " + "; ".join(told)


def code_version() -> str:
    """The git commit of this checkout, with a mark if files differ from it; the installed version outside of one."""
    folder = Path(__file__).parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607
            cwd=folder, capture_output=True, text=True, check=True, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return f"haidang {version('haidang')}"
    return described.stdout.strip()
