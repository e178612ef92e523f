"""A forecaster: a fitted hazard with a card that says where it comes from and an exam; at rest without pickle."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict

from features.archive import Archive
from features.errors import HaidangError
from models.baselines import Climatology, Persistence
from models.blend import Blend, PerPeriod
from models.boosted import Boosted
from models.climate.by_drivers import ByDrivers
from models.climate.class_chance import ClassChance
from models.climate.normal_chance import NormalChance
from models.climate.past_shares import PastShares
from models.climate_law import ClimateLaw
from models.counts import Counts
from models.digest import digest
from models.exam import Exam
from models.exceedance import Exceedance, Floats
from models.guard import Guarded
from models.hazard import Hazard
from models.ladder import Ladder
from models.log_normal import LogNormal
from models.logistic import Logistic, Taming
from models.normal import Normal
from models.normal_scores import NormalScores
from models.partial_pooling import Borrowed
from models.passage import Passage
from models.pool import EqualPool
from models.quantiles import Quantiles
from models.regimes import Regimes
from models.response import Response
from models.rule import Rule
from models.shares import SharedBlend
from models.spread import Spread, spread_of
from models.two_stage import TwoStage

_OWN = (
    Climatology, Persistence, Blend, PerPeriod, Boosted, Logistic, NormalScores, ClimateLaw, Taming, Counts, Rule,
    Ladder, Guarded, ByDrivers, ClassChance, LogNormal, Normal, Passage, EqualPool, Regimes, Quantiles, Spread,
    Response, TwoStage, SharedBlend, NormalChance, PastShares,
)  # fmt: skip
ALLOWED_TYPES = ["numpy.dtype", *sorted(f"{kind.__module__}.{kind.__qualname__}" for kind in _OWN)]
_ESTIMATOR, _BASELINES, _CARD, _EXAM = "estimator.skops", "baselines.skops", "card.json", "exam.parquet"
_DIGESTS = "digests.json"
_FILES = (_ESTIMATOR, _BASELINES, _CARD, _EXAM)
EVENTS_TO_JUDGE = 30
_INDEX = ["issue_time", "site", "period"]
Basis = Literal["model", "rule"]


class ArtifactError(HaidangError):
    """A forecaster at rest is not what it was when it was saved, or does not belong to the hazard."""


class Skill(BaseModel):
    """How one lead and cut did in the backtest, beside both baselines; lower Brier scores are better.

    `low` and `high` bound the central 90 % of the block bootstrap.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lead: int
    cut: float
    n: int
    events: int
    brier: float
    brier_climatology: float
    brier_persistence: float
    skill_climatology: float
    skill_climatology_low: float
    skill_climatology_high: float
    skill_persistence: float
    skill_persistence_low: float
    skill_persistence_high: float

    @property
    def judged(self) -> Literal["yes", "no", "too few events"]:
        """Whether it beats both baselines with the lower end of the interval; below 30 events nobody can tell."""
        if self.events < EVENTS_TO_JUDGE:
            return "too few events"
        return "yes" if self.skill_climatology_low > 0 and self.skill_persistence_low > 0 else "no"


class SpreadSkill(BaseModel):
    """How the quantiles of an amount did in the backtest at one lead, beside those of both baselines.

    Scores are weighted interval scores (Bracher et al. 2021, doi:10.1371/journal.pcbi.1008618), in the target's unit,
    lower is better; `low` and `high` bound the central 90 % of the block bootstrap. `covered` is the share of outcomes
    within the 90 % interval, over all and by the season of the middle of the period, where the interval holds more than
    one amount; `told` is how many do. `beyond` is the share of outcomes beyond the outermost quantile on
    the side of the event, `width` the mean width of the interval.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lead: int
    n: int
    score: float
    score_climatology: float
    score_persistence: float
    skill_climatology: float
    skill_climatology_low: float
    skill_climatology_high: float
    skill_persistence: float
    skill_persistence_low: float
    skill_persistence_high: float
    told: int
    covered: float | None
    covered_by_season: dict[str, float]
    told_by_season: dict[str, int]
    beyond: float
    width: float


class Card(BaseModel):
    """Where a forecaster comes from and how far it may be trusted.

    `basis` says whether a model was learned or a published rule answers; a rule has learned from no row.
    `neighbour_correlation` is that of neighbouring days given the forecast, as the backtest found it, where a matrix of
    the law counts days. `spread` is how quantiles of an amount did in the backtest; `covered` is the share of outcomes
    of the record's last sixth within the 90 % interval, with offsets learned before it, by season and over all.
    `borrowed` is what the climatology of a site takes from the other sites.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hazard: str
    fingerprint: str
    version: str
    fitted_at: datetime
    basis: Basis = "model"
    learned_from: datetime | None
    learned_until: datetime | None
    truth_read_at: datetime
    rows: int
    events: dict[str, int]
    unit: str
    archive_version: int
    code_version: str
    libraries: dict[str, str]
    skill: tuple[Skill, ...] = ()
    tested_from: datetime | None = None
    tested_until: datetime | None = None
    baselines_beaten: str
    neighbour_correlation: float | None = None
    spread: tuple[SpreadSkill, ...] = ()
    covered: dict[str, float] = {}
    borrowed: tuple[Borrowed, ...] = ()
    simulated: bool = False


@dataclass(frozen=True)
class Forecaster:
    """A fitted hazard.

    Attributes:
        hazard: the hazard that it was fitted for.
        estimator: the fitted estimator.
        card: where it comes from.
        exam: past questions with its answers.
        baselines: climatology and persistence as they were learned from the same past; none beside a published rule.
    """

    hazard: Hazard
    estimator: Exceedance
    card: Card
    exam: Exam
    baselines: Mapping[str, Exceedance] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Digest of the fitted estimator."""
        return self.card.version

    def forecast(self, archive: Archive, issue_times: pd.Timestamp | Iterable[pd.Timestamp]) -> pd.DataFrame:
        """Probabilities at one or many issue times.

        Returns:
            One column per cut, the probability of its event; index (issue_time, site, period).
        """
        return self.answer(self.hazard.ask(archive, issue_times))

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Probabilities for rows of `ask`: one column per cut, same index."""
        return pd.DataFrame(self.estimator.predict_exceedance(rows), rows.index, list(self.hazard.target.cuts))

    def of_baselines(self, rows: pd.DataFrame) -> dict[str, Floats]:
        """What both baselines say of rows of `ask`, each of shape (row, cut)."""
        return {name: baseline.predict_exceedance(rows) for name, baseline in self.baselines.items()}

    def spread(self, rows: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame | None:
        """Quantiles and the interval for rows of `ask`, given what `answer` says of them; see `spread_of`."""
        return spread_of(self.hazard.target, self.estimator, rows, answers.to_numpy())

    def caution(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What is to be known of each answer: which step of the ladder gives it, and what the guard says.

        Returns:
            Columns `step`, None for a published rule; `outside`, a list of inputs beyond training; `raised`, whether a
            probability is a floor. Same index.
        """
        told = pd.DataFrame({"step": None, "outside": [[] for _ in range(len(rows))], "raised": False}, rows.index)
        if isinstance(self.estimator, Guarded):
            told["outside"] = pd.Series(self.estimator.outside(rows), rows.index, dtype=object)
            told["raised"] = self.estimator.raised(rows)
            if isinstance(self.estimator.member_, Ladder):
                told["step"] = self.estimator.member_.steps(rows)
        return told

    def save(self, folder: Path) -> None:
        """Writes the forecaster into a folder, whole or not at all."""
        partial = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        import skops.io  # takes a second, and who only reads cards needs none of it

        (partial / _ESTIMATOR).write_bytes(skops.io.dumps(self.estimator))
        (partial / _BASELINES).write_bytes(skops.io.dumps(dict(self.baselines)))
        (partial / _CARD).write_text(self.card.model_dump_json(indent=2), encoding="utf-8")
        self.exam.rows.join(self.exam.answers).reset_index().to_parquet(partial / _EXAM)
        digests = {name: _checksum((partial / name).read_bytes()) for name in _FILES}
        (partial / _DIGESTS).write_text(json.dumps(digests, indent=2), encoding="utf-8")
        previous = folder.with_name(f".{folder.name}.previous")
        shutil.rmtree(previous, ignore_errors=True)
        if folder.exists():
            folder.replace(previous)
        partial.replace(folder)
        shutil.rmtree(previous, ignore_errors=True)


def load_forecaster(folder: Path, hazard: Hazard) -> Forecaster:
    """Reads a forecaster, refuses what was changed, and lets it sit its exam.

    Args:
        folder: where `save` wrote it.
        hazard: the hazard as it is declared today.

    Raises:
        ArtifactError: if a file is missing or was changed, holds a type that is not allowed, or the hazard is
            declared otherwise than at fit time.
        ExamError: if it does not answer as it did.
    """
    contents = _verified(folder)
    card = _card_of(contents, hazard)
    estimator, baselines = (_trusted(contents[name], folder / name) for name in (_ESTIMATOR, _BASELINES))
    if card.version != digest(estimator):
        raise ArtifactError(f"the estimator in {folder} is not the one its card speaks of: restore it or fit anew")
    table = pd.read_parquet(folder / _EXAM).set_index(_INDEX)
    told = [name for name in table if name not in {feature.name for feature in hazard.features}]
    forecaster = Forecaster(hazard, estimator, card, Exam(table.drop(columns=told), table[told]), baselines)
    forecaster.exam.sit(estimator)
    return forecaster


def read_card(folder: Path, hazard: Hazard | None = None) -> Card:
    """Reads only the card of a forecaster at rest.

    Args:
        folder: where `save` wrote it.
        hazard: as it is declared today, where that must be what the forecaster was fitted for.

    Raises:
        ArtifactError: if a file is missing or was changed, or the hazard is declared otherwise than at fit time.
    """
    contents = _verified(folder)
    return Card.model_validate_json(contents[_CARD]) if hazard is None else _card_of(contents, hazard)


def _card_of(contents: Mapping[str, bytes], hazard: Hazard) -> Card:
    """The card among the files of a forecaster, where it was fitted for the hazard as that is declared today."""
    card = Card.model_validate_json(contents[_CARD])
    if card.fingerprint != hazard.fingerprint or card.hazard != hazard.name:
        raise ArtifactError(
            f"forecaster {card.version} was fitted for {card.hazard} with the fingerprint {card.fingerprint}; the "
            f"hazard file {hazard.name} now has {hazard.fingerprint}: run `haidang train {hazard.name}` and "
            "promote the result"
        )
    return card


def _trusted(content: bytes, file: Path) -> Any:
    """What a file holds, if all of its types are allowed."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return skops.io.loads(content, trusted=ALLOWED_TYPES)
    except UntrustedTypesFoundException as error:
        raise ArtifactError(f"{file} holds types that are not allowed: {error}") from error


def _verified(folder: Path) -> dict[str, bytes]:
    """The files of a forecaster, each equal to what was saved."""
    try:
        digests = json.loads((folder / _DIGESTS).read_text(encoding="utf-8"))
        contents = {name: (folder / name).read_bytes() for name in _FILES}
    except (OSError, json.JSONDecodeError) as error:
        raise ArtifactError(f"{folder} is not a whole forecaster: {error}") from error
    changed = [name for name, content in contents.items() if digests.get(name) != _checksum(content)]
    if changed:
        raise ArtifactError(f"{', '.join(changed)} in {folder} was changed after saving: restore it or fit anew")
    return contents


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
