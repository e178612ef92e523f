"""Fitting: from the record up to a moment to a forecaster with its card and its exam."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from features.archive import Archive
from models.digest import digest
from models.exam import set_exam
from models.forecaster import Card, Forecaster, Skill
from models.hazard import Hazard
from models.targets import Sense
from training.backtest import Backtest
from training.examples import known_examples
from training.scores import skill_by_lead

_LIBRARIES = (
    "numpy",
    "pandas",
    "scikit-learn",
    "skops",
    "xarray",
    "xgboost-cpu" if sys.platform != "darwin" else "xgboost",
)


def fit(hazard: Hazard, archive: Archive, *, moment: pd.Timestamp, tested: Backtest | None = None) -> Forecaster:
    """Fits a hazard on everything that was known at a moment.

    Args:
        hazard: the hazard.
        archive: the archive.
        moment: truth is read as known at this moment; it is also the time of the fit.
        tested: a backtest of the same hazard, for the card.

    Raises:
        HaidangError: if no outcome is known by then.
    """
    known = known_examples(hazard, archive, moment)
    estimator = hazard.estimator().fit(known.rows, hazard.target.severity(known.outcome))
    counts = hazard.target.reached(known.outcome).sum(axis=0)
    skill = skill_by_lead(tested) if tested is not None else ()
    learned = pd.DatetimeIndex(known.rows.index.get_level_values("issue_time"))
    card = Card(
        hazard=hazard.name,
        fingerprint=hazard.fingerprint,
        version=digest(estimator),
        fitted_at=moment,
        learned_from=learned.min(),
        learned_until=learned.max(),
        truth_read_at=moment,
        rows=len(known),
        events={str(cut): int(count) for cut, count in zip(hazard.target.cuts, counts, strict=True)},
        unit=hazard.target.unit,
        archive_version=archive.version,
        code_version=code_version(),
        libraries={name: version(name) for name in _LIBRARIES},
        skill=skill,
        tested_from=tested.issue_times[0] if tested is not None else None,
        tested_until=tested.issue_times[-1] if tested is not None else None,
        baselines_beaten=verdict(skill, hazard.target.sense),
        simulated=any(archive.simulated(name) for name in (*hazard.variables, hazard.target.variable)),
    )
    return Forecaster(hazard, estimator, card, set_exam(known.rows, estimator))


def verdict(skill: tuple[Skill, ...], sense: Sense = "at_least") -> str:
    """In words: at which leads the whole interval lies above both baselines, for each cut."""
    if not skill:
        return "not tested: no backtest was run"
    told, sign = [], ">=" if sense == "at_least" else "<="
    for cut in dict.fromkeys(row.cut for row in skill):
        of_cut = [row for row in skill if row.cut == cut]
        beaten = [f"{row.lead} d" for row in of_cut if row.judged == "yes"]
        few = all(row.judged == "too few events" for row in of_cut)
        told.append(f"{sign} {cut:g}: {', '.join(beaten) or ('too few events to judge' if few else 'none')}")
    return "leads at which both climatology and persistence are beaten: " + "; ".join(told)


def code_version() -> str:
    """The git commit of this checkout, with a mark if files differ from it; "unknown" outside a checkout."""
    folder = Path(__file__).parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607
            cwd=folder, capture_output=True, text=True, check=True, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return described.stdout.strip()
