"""Promotion and roll-back: the gate decides, the decision is written down, and only then the shelf is changed.

Killed at any point, this leaves the champion in service; run again it completes. A person may promote against the gate,
with a reason and a name; that is written down too.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from features.database import open_database
from features.errors import HaidangError
from haidang.champions import crowning
from haidang.champions.contestants import (
    Champion,
    answers_to,
    asked_lately,
    champion_of,
    contestant,
    inputs_known,
    seconds_of,
)
from haidang.champions.storms_kept import storms_kept
from models.exam import ExamError
from models.forecaster import ArtifactError, Card, Forecaster, load_forecaster, read_card
from models.hazard import Hazard
from serving.access.audit import Audit
from serving.deployment import Deployment
from serving.shelf import Promotion
from training.decision import Decision, Finding, decided
from training.floor import floor_kept
from training.gate import BASELINES, Contestant, judge
from training.kept_answers import KeptAnswers
from training.lineage import lineage
from training.live import in_the_shadow
from training.tracking import Tracking, open_tracking

ITSELF = "haidang"


def challenge(
    deployment: Deployment,
    hazard: Hazard,
    registered_version: str | None,
    now: pd.Timestamp,
    *,
    reason: str | None = None,
    by: str = ITSELF,
    verified: pd.DataFrame | None = None,
) -> Decision:
    """Lets a registered version challenge the champion, and promotes it if it passes the gate; see `training/gate.py`.

    One that breaks no rule but is not shown to be better goes on in the shadow of the champion.

    Args:
        deployment: the deployment.
        hazard: the hazard.
        registered_version: the challenger; the newest for None.
        now: the present moment.
        reason: why a change is wanted even if it gains nothing; None where it is not.
        by: who asks, for the audit.
        verified: verified forecasts of champion and challenger, as they were issued; None where there are none.

    Raises:
        HaidangError: if there is no such version, or it was changed.
    """
    tracking = open_tracking(deployment.settings)
    decision, number = _decide(deployment, hazard, registered_version, now, tracking, reason=reason, verified=verified)
    facts = {"registered_version": number, "reason": reason, **decision.facts()}
    _audit(deployment).write(by, decision.verdict, hazard.name, facts, now)
    if decision.verdict == "promote":
        crowning.promote(deployment, hazard, number)
    elif decision.challenger == decision.champion:
        tracking.crown(hazard.name, number)
        return decision
    _shade(tracking, hazard, number if decision.verdict == "keep" else None, number)
    return decision


def promote_by_force(
    deployment: Deployment, hazard: Hazard, registered_version: str | None, now: pd.Timestamp, *, reason: str, by: str
) -> Decision:
    """Promotes a registered version whatever the gate says, by a person's decision; its exam it must pass.

    Returns:
        What the gate says.

    Raises:
        HaidangError: if no reason or no name is given, there is no such version, it was changed, or fails its exam.
    """
    if not (reason.strip() and by.strip()):
        raise HaidangError("to promote against the gate takes a reason and a name: --force REASON --by NAME")
    tracking = open_tracking(deployment.settings)
    decision, number = _decide(deployment, hazard, registered_version, now, tracking)
    facts = {"registered_version": number, "reason": reason, **decision.facts()}
    _audit(deployment).write(by, "promote by force", hazard.name, facts, now)
    crowning.promote(deployment, hazard, number)
    _shade(tracking, hazard, None, number)
    return decision


def roll_back(
    deployment: Deployment,
    hazard: Hazard,
    now: pd.Timestamp,
    *,
    to: str | None = None,
    by: str = ITSELF,
    reason: str = "",
) -> Promotion:
    """Puts an earlier champion back, in one step; nobody who asks meanwhile is left without an answer.

    Args:
        deployment: the deployment.
        hazard: the hazard.
        now: the present moment.
        to: registered version of an earlier champion; for None the one before.
        by: who asks, for the audit.
        reason: why, for the audit.

    Raises:
        HaidangError: if there is no such champion, or it cannot answer the hazard as it is declared today.
    """
    tracking = open_tracking(deployment.settings)
    earlier = _before(deployment, hazard) if to is None else _promoted(deployment, hazard, tracking, to)
    load_forecaster(earlier.folder, hazard)
    facts: Mapping[str, object] = {"from": deployment.shelf.tag(hazard.name), "to": earlier.tag, "reason": reason}
    _audit(deployment).write(by, "roll back", hazard.name, facts, now)
    deployment.shelf.put_back(hazard.name, earlier.tag)
    registered = tracking.registered(hazard.name, earlier.card.version)
    number = to or (None if registered is None else str(registered.version))
    if number is not None:
        tracking.crown(hazard.name, number)
    return earlier


def _decide(
    deployment: Deployment,
    hazard: Hazard,
    registered_version: str | None,
    now: pd.Timestamp,
    tracking: Tracking,
    *,
    reason: str | None = None,
    verified: pd.DataFrame | None = None,
) -> tuple[Decision, str]:
    """What the gate says of a registered version, written to its run; and its number."""
    with tempfile.TemporaryDirectory(dir=deployment.settings.home) as scratch:
        folder, number = tracking.download(hazard.name, registered_version, Path(scratch))
        (version,) = (one for one in tracking.versions(hazard.name) if str(one.version) == number)
        champion, card = champion_of(deployment, hazard, tracking), read_card(folder)
        rival = None if champion is None else champion.card.version
        kept = tracking.answers(version)
        found = [*lineage(hazard, card, kept)]
        if champion is not None and rival == card.version:
            found.append(Finding("unproven", "đã là mô hình đương nhiệm", "it is the champion already"))
        try:
            challenger = _examined(deployment, hazard, folder)
        except (ArtifactError, ExamError) as error:
            found.append(Finding("broken", f"không qua kỳ kiểm tra: {error}", f"it fails its exam: {error}"))
            decision = decided(hazard.name, card.version, rival, found)
        else:
            if verified is not None and champion is not None:
                found += in_the_shadow(hazard, verified, card.version, champion.card.version)
            decision = _judged(deployment, hazard, (challenger, folder, kept), champion, now, found, reason)
    tracking.record_decision(version, decision)
    return decision, number


def _examined(deployment: Deployment, hazard: Hazard, folder: Path) -> Forecaster:
    forecaster = load_forecaster(folder, hazard)
    forecaster.exam.sit_from_archive(hazard, deployment.archive.at_version(forecaster.card.archive_version))
    return forecaster


def _judged(
    deployment: Deployment,
    hazard: Hazard,
    challenger: tuple[Forecaster, Path, KeptAnswers | None],
    champion: Champion | None,
    now: pd.Timestamp,
    found: list[Finding],
    reason: str | None,
) -> Decision:
    forecaster, folder, kept = challenger
    card, rival = forecaster.card, None if champion is None else champion.card.version
    if card.basis == "rule":
        return decided(hazard.name, card.version, rival, [*found, _of_rules(champion)])
    if kept is None:
        untested = Finding("unproven", "chưa được kiểm định ngược", "it was not backtested: train it with a test")
        return decided(hazard.name, card.version, rival, [*found, untested])
    lately = asked_lately(deployment, hazard, now)
    rows = lately.loc[[lately.index.unique("issue_time")[-1]]]
    found = [*found, *inputs_known(forecaster, lately), floor_kept(forecaster)]
    found += storms_kept(deployment, hazard, forecaster, None if champion is None else champion.forecaster)
    other: Contestant | None = None
    if champion is not None:
        answers, quantiles = answers_to(deployment, hazard, champion, kept.outcome.index)
        if champion.forecaster is None and answers.empty:
            found.append(_silent(champion.card))
        else:
            kept = kept.at(answers.index)
            seconds = seconds_of(champion.forecaster, rows)
            other = contestant(champion.card.version, answers, quantiles, champion.folder, seconds)
    mine = contestant(card.version, kept.probabilities["model"], kept.quantiles, folder, seconds_of(forecaster, rows))
    baselines = {name: kept.probabilities[name] for name in BASELINES}
    return judge(hazard, kept.outcome, baselines, mine, other, found=found, reason=reason)


def _of_rules(champion: Champion | None) -> Finding:
    """A published rule answers where nobody does; it never replaces who can answer."""
    if champion is None or champion.forecaster is None:
        return Finding(
            "holds",
            "quy tắc đã công bố, chưa có kết quả nào để kiểm định",
            "a published rule answers where nobody does: no outcome is known, no skill is claimed",
        )
    return Finding("unproven", "quy tắc không thể kiểm định", "a rule that nothing is known of replaces no champion")


def _silent(card: Card) -> Finding:
    return Finding(
        "holds",
        f"mô hình đương nhiệm {card.version} không trả lời được khai báo hiện nay và không để lại câu trả lời nào",
        f"the champion {card.version} cannot answer the hazard as it is declared today, and left no answers",
    )


def _before(deployment: Deployment, hazard: Hazard) -> Promotion:
    """The champion before, which is another forecaster."""
    promotions, tag = deployment.shelf.promotions(hazard.name), deployment.shelf.tag(hazard.name)
    place = next((place for place, one in enumerate(promotions) if one.tag == tag), 0)
    earlier = [one for one in promotions[:place] if one.card.version != promotions[place].card.version]
    if not earlier:
        raise HaidangError(f"{hazard.name} has no earlier champion to go back to: promote one, or name one with --to")
    return earlier[-1]


def _promoted(deployment: Deployment, hazard: Hazard, tracking: Tracking, registered_version: str) -> Promotion:
    of_number = {str(one.version): one.tags.get("forecaster") for one in tracking.versions(hazard.name)}
    promotions = deployment.shelf.promotions(hazard.name)
    found = [one for one in promotions if one.card.version == of_number.get(registered_version)]
    if not found:
        there = [number for number, version in of_number.items() if version in {one.card.version for one in promotions}]
        raise HaidangError(
            f"version {registered_version} of {hazard.name} was never champion: there is {', '.join(there) or 'none'}"
        )
    return found[-1]


def _shade(tracking: Tracking, hazard: Hazard, wanted: str | None, number: str) -> None:
    """Puts the challenger into the shadow of the champion, or takes it out."""
    shadow = tracking.challenger(hazard.name)
    if wanted is not None or (shadow is not None and str(shadow.version) == number):
        tracking.shade(hazard.name, wanted)


def _audit(deployment: Deployment) -> Audit:
    return Audit(open_database(deployment.settings.database_address))
