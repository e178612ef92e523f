"""Champion and challenger brought before the gate: their answers to the same questions, and what else is looked at."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import HaidangError
from models.forecaster import Card, Forecaster
from models.hazard import Hazard
from models.spread import HIGH, LOW
from serving.deployment import Deployment
from training.decision import Finding
from training.gate import Contestant
from training.kept_answers import KeptAnswers
from training.tracking import Tracking

_ALWAYS_KNOWN = 0.95
_LONG_AGO = pd.Timestamp("1800-01-01", tz="UTC")


@dataclass(frozen=True)
class Champion:
    """Who is in service.

    Attributes:
        card: of the forecaster.
        folder: where it lies on the shelf.
        forecaster: the forecaster; None where the hazard is declared otherwise today, or it fails its exam.
        kept: the answers of its backtest; None where none were kept.
    """

    card: Card
    folder: Path
    forecaster: Forecaster | None
    kept: KeptAnswers | None


def champion_of(deployment: Deployment, hazard: Hazard, tracking: Tracking) -> Champion | None:
    """The champion of a hazard, also where it cannot answer; None where there is none."""
    tag = deployment.shelf.tag(hazard.name)
    if tag is None:
        return None
    promotion = next(one for one in deployment.shelf.promotions(hazard.name) if one.tag == tag)
    registered = tracking.registered(hazard.name, promotion.card.version)
    kept = None if registered is None else tracking.answers(registered)
    try:
        forecaster = deployment.shelf.loaded(hazard)
    except HaidangError:
        forecaster = None
    return Champion(promotion.card, promotion.folder, forecaster, kept)


def answers_to(
    deployment: Deployment, hazard: Hazard, champion: Champion, index: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the champion says to questions that it had not seen.

    By its own fit where they came after all that it had learned from, embargo included; by the answers of its backtest
    before.

    Returns:
        Probabilities, one column per cut, and quantiles; their index holds the questions that it can be judged by.
    """
    learned_until = champion.card.learned_until
    unseen = (
        _LONG_AGO if learned_until is None else pd.Timestamp(learned_until) + pd.Timedelta(days=hazard.embargo_days)
    )
    late = pd.DatetimeIndex(index.get_level_values("issue_time")) >= unseen
    parts: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    if champion.kept is not None and set(hazard.target.cuts) <= set(champion.kept.probabilities["model"]):
        told = champion.kept.at(_common(index[~late], champion.kept.outcome.index))
        parts.append((told.probabilities["model"][list(hazard.target.cuts)], told.quantiles))
    if champion.forecaster is not None and late.any():
        asked = index[late]
        rows = hazard.ask(deployment.archive, pd.DatetimeIndex(asked.unique("issue_time")))
        parts.append(_told(champion.forecaster, rows.loc[_common(asked, rows.index)]))
    if not parts:
        nothing = pd.DataFrame(index=index[:0], columns=list(hazard.target.cuts), dtype=float)
        return nothing, pd.DataFrame(index=index[:0])
    answers = pd.concat([part[0] for part in parts]).dropna().sort_index()
    quantiles = [part[1] for part in parts if not part[1].columns.empty]
    if len(quantiles) < len([part for part in parts if len(part[0])]):
        return answers, pd.DataFrame(index=answers.index)
    return answers, pd.concat(quantiles).loc[answers.index]


def contestant(
    version: str, answers: pd.DataFrame, quantiles: pd.DataFrame, folder: Path, seconds: float
) -> Contestant:
    """A contestant with the size of its files."""
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Contestant(version, answers, quantiles, float(size), seconds)


def seconds_of(forecaster: Forecaster | None, rows: pd.DataFrame) -> float:
    """How long the answers to one issue take; for ever for nobody."""
    if forecaster is None:
        return np.inf
    began = time.perf_counter()
    _told(forecaster, rows)
    return time.perf_counter() - began


def asked_lately(deployment: Deployment, hazard: Hazard, now: pd.Timestamp) -> pd.DataFrame:
    """The rows of the latest issues, whose outcomes are not complete yet."""
    end = min(now, deployment.archive.ends())
    begin = end - pd.Timedelta(days=hazard.embargo_days)
    times = hazard.issue_times(begin, end, deployment.archive.zone, every_days=hazard.issue_every_days)
    return hazard.ask(deployment.archive, end if times.empty else times)


def inputs_known(forecaster: Forecaster, rows: pd.DataFrame) -> Iterator[Finding]:
    """Whether what was always known while it learned is known anywhere at the latest issues."""
    always = forecaster.exam.rows.notna().mean() >= _ALWAYS_KNOWN
    absent = [name for name in always.index[always] if rows[name].isna().all()]
    if absent:
        told = ", ".join(absent)
        yield Finding("broken", f"đầu vào nay không có ở đâu: {told}", f"inputs that are known nowhere now: {told}")
    else:
        yield Finding("holds", "có đủ đầu vào", "the inputs that it learned from are at hand")


def _common(questions: pd.Index, others: pd.Index) -> pd.Index:
    return questions[questions.isin(others)]


def _told(forecaster: Forecaster, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    answers = forecaster.answer(rows)
    spread = forecaster.spread(rows, answers)
    return answers, pd.DataFrame(index=rows.index) if spread is None else spread.drop(columns=[LOW, HIGH])
