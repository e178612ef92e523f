"""Retraining that runs by itself: what is due and why, the fit, and the hand-over to the gate.

Only five things start it: a changed forecast model, found or announced; lost performance; the calendar; and new settled
data past a set amount. Covariate drift and data quality never do. Hyper-parameters stay as the hazard declares them.
The champion stays in service until the gate has put another one on the shelf, so that a retraining that is killed at
any point changes nothing that is served.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import pandas as pd

from features.database import open_database
from features.drivers import looks_ahead
from features.errors import HaidangError
from haidang.chain import fitting
from haidang.champions.retraining_log import ModelChange, Reason, RetrainingLog, Start
from haidang.champions.watching import Tell, Watched, performance_text
from models.exam import set_exam
from models.forecaster import Card, Forecaster
from models.hazard import Hazard
from serving.deployment import Deployment
from training.adjusted import AdjustedArchive, Rescaling, alike
from training.backtest import Backtest
from training.examples import known_examples
from training.fit import fit
from training.tracking import open_tracking

COOL_DOWN = pd.Timedelta(days=7)
LEARN_A_CHANGE = pd.Timedelta(days=30)
NEW_DATA_SHARE = 0.25
BIAS, PERFORMANCE, ANNOUNCED, CALENDAR, NEW_DATA = (
    "forecast bias",
    "performance",
    "announced change",
    "calendar",
    "new data",
)
FAILED = "retraining_failed"
Challenge = Callable[[Deployment, Hazard, str, pd.Timestamp, Reason], object]
Test = Callable[[Deployment, Hazard], Backtest | None]


@dataclass(frozen=True)
class Retrained:
    """A retraining that came to its end.

    Attributes:
        hazard: name of the hazard.
        reason: why it was started.
        version: registered version of the new forecaster; None if it failed.
        decision: what the gate decided, or what went wrong.
    """

    hazard: str
    reason: Reason
    version: str | None
    decision: object


def no_test(deployment: Deployment, hazard: Hazard) -> Backtest | None:
    """Leaves testing to the gate."""
    return None


def retrain_due(
    deployment: Deployment,
    now: pd.Timestamp,
    tell: Tell,
    *,
    challenge: Challenge,
    watched: Watched | None = None,
    hazards: Collection[str] | None = None,
    test: Test = no_test,
) -> list[Retrained]:
    """Retrains what is due, one hazard after the other, and hands each new forecaster to the gate.

    Args:
        deployment: the deployment.
        now: the moment; nothing known later is learned from.
        tell: is told what failed: kind, hazard and a text.
        challenge: the gate: deployment, hazard, registered version, moment and reason to a decision.
        watched: what watching found at this moment; without it performance and forecasts start nothing.
        hazards: names of hazards; all with a champion for None.
        test: gives the backtest for the card of the new forecaster.
    """
    log, done = RetrainingLog(open_database(deployment.settings.database_address)), []
    for hazard in deployment.hazards.values():
        reason = None if hazards is not None and hazard.name not in hazards else due(deployment, hazard, now, watched)
        if reason is not None:
            number = log.begin(hazard.name, reason, now)
            try:
                version = _retrain(deployment, hazard, reason, now, log, test)
                decision = challenge(deployment, hazard, version, now, reason)
            except HaidangError as error:
                log.end(number, "failed", str(error), now)
                tell(FAILED, hazard.name, f"{hazard.title_vi}: {error} / {hazard.title_en}: {error}")
                done.append(Retrained(hazard.name, reason, None, str(error)))
            else:
                log.end(number, "finished", f"version {version}: {decision}", now)
                done.append(Retrained(hazard.name, reason, version, decision))
    return done


def due(deployment: Deployment, hazard: Hazard, now: pd.Timestamp, watched: Watched | None) -> Reason | None:
    """Why a hazard has to be retrained now; None if it need not, has no champion, or rests after a retraining."""
    card = deployment.shelf.card(hazard.name)
    if card is None:
        return None
    log = RetrainingLog(open_database(deployment.settings.database_address))
    starts = [one for one in log.starts(hazard.name) if one.outcome != "interrupted" and one.ended_at is not None]
    last = starts[0].started_at if starts else None
    if last is not None and now - last < COOL_DOWN:
        return None
    since = max(filter(None, (pd.Timestamp(card.fitted_at), last)))
    return (
        _by_bias(hazard, watched)
        or _by_performance(hazard, watched, card)
        or _by_announcement(hazard, log.announced(), starts, since, now)
        or _by_calendar(hazard, since, now)
        or _by_new_data(deployment, hazard, card, since, now)
    )


def _by_bias(hazard: Hazard, watched: Watched | None) -> Reason | None:
    """A changed forecast model, where the hazard reads forecasts of what has changed."""
    bias = None if watched is None else watched.bias
    if bias is None or not bias.alarm:
        return None
    factors = {one.variable: one.factor for one in bias.variables if one.factor == one.factor}
    changed = set(alike(factors)) | {one.variable for one in bias.variables}
    read = {name for feature in hazard.features if looks_ahead(feature) for name in feature.variables}
    if not changed & read:
        return None
    day = f"{bias.since:%Y-%m-%d}"
    told = ", ".join(f"{name} × {factor:.2f}" for name, factor in factors.items()) or ", ".join(sorted(changed))
    return Reason(
        BIAS,
        f"dự báo đầu vào lệch khác trước từ khoảng {day}: {told}",
        f"the forecasts that it reads stand otherwise to what comes since about {day}: {told}",
        bias.since,
        alike(factors),
    )


def _by_performance(hazard: Hazard, watched: Watched | None, card: Card) -> Reason | None:
    found = None if watched is None else watched.performance.get(hazard.name)
    if found is None or not found.alarm or found.forecaster != card.version:
        return None
    vi, _, en = performance_text(hazard, found).partition(" / ")
    return Reason(PERFORMANCE, vi, en)


def _by_announcement(
    hazard: Hazard,
    announced: Collection[ModelChange],
    starts: Collection[Start],
    since: pd.Timestamp,
    now: pd.Timestamp,
) -> Reason | None:
    """An announced change, once thirty days of the new forecasts are known."""
    reads = any(looks_ahead(feature) for feature in hazard.features)
    for change in announced if reads else ():
        acted = any(one.reason.kind == ANNOUNCED and one.reason.change_since == change.at for one in starts)
        if not acted and since < change.at + LEARN_A_CHANGE <= now:
            day = f"{change.at:%Y-%m-%d}"
            return Reason(
                ANNOUNCED,
                f"{change.source} báo thay đổi mô hình từ {day}: {change.told}",
                f"{change.source} announced a change of its model from {day}: {change.told}",
                change.at,
            )
    return None


def _by_calendar(hazard: Hazard, since: pd.Timestamp, now: pd.Timestamp) -> Reason | None:
    if now - since < pd.Timedelta(days=hazard.refit_every_days):
        return None
    days = f"{(now - since).days}"
    return Reason(
        CALENDAR,
        f"đã {days} ngày từ lần huấn luyện trước, lịch là {hazard.refit_every_days} ngày",
        f"{days} days since the last training, the calendar says {hazard.refit_every_days}",
    )


def _by_new_data(
    deployment: Deployment, hazard: Hazard, card: Card, since: pd.Timestamp, now: pd.Timestamp
) -> Reason | None:
    """Settled outcomes of questions since the last training, a quarter of the rows that the champion has or more."""
    if card.learned_until is None:
        return None
    until = max(pd.Timestamp(card.learned_until), since - pd.Timedelta(days=hazard.embargo_days))
    settled, zone = now - pd.Timedelta(days=hazard.embargo_days), deployment.archive.zone
    times = hazard.issue_times(until, max(until, settled), zone, every_days=hazard.train_every_days)
    new = int(hazard.outcomes(deployment.archive, times, by=now).notna().sum()) if len(times) else 0
    if new < NEW_DATA_SHARE * card.rows:
        return None
    return Reason(
        NEW_DATA,
        f"{new} kết quả mới đã chốt, mô hình đang dùng học từ {card.rows}",
        f"{new} newly settled outcomes, the champion has learned from {card.rows}",
    )


def _retrain(
    deployment: Deployment, hazard: Hazard, reason: Reason, now: pd.Timestamp, log: RetrainingLog, test: Test
) -> str:
    """Fits on all that is known, and tracks the forecaster with its reason.

    Returns:
        Its registered version.
    """
    moment = min(now, deployment.archive.ends())
    changes = rescalings(log, hazard, reason)
    tested = test(deployment, hazard)
    forecaster = fit_after_changes(deployment, hazard, moment, changes, tested)
    trained = fitting.track(deployment, forecaster, tested)
    tracking = open_tracking(deployment.settings)
    tracking.note(trained.tracked, {"reason": reason.text, "reason_kind": reason.kind})
    return trained.tracked.registered_version


def rescalings(log: RetrainingLog, hazard: Hazard, reason: Reason) -> list[Rescaling]:
    """The changes of forecasts that a hazard was retrained for before, and the one of now, the oldest first."""
    reasons = [*(one.reason for one in reversed(log.starts(hazard.name)) if one.outcome == "finished"), reason]
    return [Rescaling(one.change_since, one.factors) for one in reasons if one.change_since is not None and one.factors]


def fit_after_changes(
    deployment: Deployment,
    hazard: Hazard,
    moment: pd.Timestamp,
    changes: list[Rescaling],
    tested: Backtest | None = None,
) -> Forecaster:
    """Fits a hazard; forecasts of before a change are learned from as they would be since.

    The exam is set from the archive as it is, of what was asked since the last change if there is anything.
    """
    archive = deployment.archive
    if not changes:
        return fit(hazard, archive, moment=moment, tested=tested)
    folder, zone = deployment.settings.archive, archive.zone
    learned = AdjustedArchive(folder, archive.sites, zone, changes).pinned()
    forecaster = fit(hazard, learned, moment=moment, tested=tested)
    rows = known_examples(hazard, archive, moment).rows
    return replace(forecaster, exam=set_exam(rows, forecaster.estimator))
