"""What is held in memory of each hazard, as of one state of shelf and issued forecasts, and how the next is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from features.errors import HaidangError
from models.forecaster import Card, Forecaster
from models.hazard import Hazard
from serving.answering.conditional import Prepared
from serving.deployment import Deployment
from serving.schemas.answer_models import RiskAnswer
from serving.views.cards import newest_card
from serving.views.issue_answer import issue_answer
from serving.views.track_view import ByPlace, by_place

Promoted = tuple[str | None, str | None, pd.Timestamp | None]
"""Tag of the champion, why it is held back, and until when its forecasts were verified."""


@dataclass(frozen=True)
class Held:
    """What is held of one hazard.

    Attributes:
        forecaster: the champion; None while there is none, while it is withheld, or while it is at rest.
        latest: the newest issue, ready to be given; None before the first.
        withheld: why nothing is answered, where that is so.
        withheld_vi: the same in Vietnamese.
        trained: card of the newest fit, promoted or not.
        track: how its warnings did before, by site and lead.
        at_rest: card of the champion that is not loaded yet, and is known to pass its exam.
    """

    forecaster: Forecaster | None = None
    latest: RiskAnswer | None = None
    withheld: str | None = None
    withheld_vi: str | None = None
    trained: Card | None = None
    track: ByPlace = field(default_factory=dict)
    at_rest: Card | None = None

    @property
    def card(self) -> Card | None:
        """Card of the champion."""
        return self.at_rest if self.forecaster is None else self.forecaster.card


@dataclass(frozen=True)
class State:
    """Everything that is held, as of one state of shelf and issued forecasts, and the bytes made from it."""

    version: int | None = None
    promoted: Mapping[str, Promoted] = field(default_factory=dict)
    hazards: dict[str, Held] = field(default_factory=dict)
    marks: Mapping[str, object] = field(default_factory=dict)
    prepared: dict[tuple[str | None, ...], Prepared] = field(default_factory=dict)
    asked: dict[tuple[str, str], Prepared] = field(default_factory=dict)


NOT_LOADED = Held(withheld="the service has not loaded it yet", withheld_vi="dịch vụ chưa nạp xong")


def refreshed(deployment: Deployment, before: State, *, at_rest: bool) -> State | None:
    """The state with what is new on the shelf and among the issued forecasts; None where nothing is.

    Args:
        deployment: the deployment.
        before: what is held until now.
        at_rest: whether champions that are known to pass their exam are left at rest.
    """
    shelf, hazards, verified = deployment.shelf, deployment.hazards, deployment.track_records
    promoted = {name: (shelf.tag(name), shelf.held_back(name), verified.until(name)) for name in hazards}
    version = deployment.issued.version
    if (version, promoted) == (before.version, before.promoted):
        return None
    newest = deployment.issued.newest(hazards)
    marks = {name: _mark(hazard, promoted, newest) for name, hazard in hazards.items()}
    held = {}
    for name, hazard in hazards.items():
        kept = before.hazards.get(name, Held())
        if kept.withheld is None and marks[name] == before.marks.get(name):
            held[name] = replace(kept, trained=newest_card(deployment, hazard))
            continue
        same = before.promoted.get(name, (None, None))[:2] == promoted[name][:2]
        forecaster = kept.forecaster if same else None
        held[name] = _hold(deployment, hazard, promoted[name], newest[name], forecaster, at_rest=at_rest)
    return State(version, promoted, held, marks)


def loaded(deployment: Deployment, state: State) -> State | None:
    """The state with the champions that were left at rest; None where there are none.

    Each sits its exam, and who fails it is withheld.
    """
    resting = [name for name, held in state.hazards.items() if held.at_rest is not None]
    if not resting:
        return None
    woken = {name: _woken(deployment, name, state) for name in resting}
    return State(state.version, state.promoted, state.hazards | woken, state.marks)


def _hold(
    deployment: Deployment,
    hazard: Hazard,
    promoted: Promoted,
    records: pd.DataFrame,
    forecaster: Forecaster | None,
    *,
    at_rest: bool,
) -> Held:
    """What is held of a hazard; a champion that is given is there already and not loaded, and examined, again."""
    trained, resting, shelf = newest_card(deployment, hazard), None, deployment.shelf
    try:
        if forecaster is None and at_rest:
            resting = shelf.examined(hazard, promoted[0])
        if forecaster is None and resting is None:
            forecaster = shelf.champion(hazard, promoted[0])
    except HaidangError as error:
        return _unserved(hazard, promoted[0], error, trained)
    held = Held(forecaster, None, trained=trained, at_rest=resting)
    track = by_place(hazard, deployment.track_records.read(hazard.name))
    latest = None if records.empty else issue_answer(deployment, hazard, records, held.card, "issued", track=track)
    return replace(held, latest=latest, track=track)


def _woken(deployment: Deployment, name: str, state: State) -> Held:
    """What is held of a hazard, with its champion."""
    hazard, held, (tag, *_) = deployment.hazard(name), state.hazards[name], state.promoted[name]
    try:
        return replace(held, forecaster=deployment.shelf.champion(hazard, tag), at_rest=None)
    except HaidangError as error:
        return _unserved(hazard, tag, error, held.trained)


def _mark(hazard: Hazard, promoted: Mapping[str, Promoted], newest: Mapping[str, pd.DataFrame]) -> object:
    """What is held of a hazard hangs on, its matrix of the law included; where it is as before, so is what is held."""
    teller = (hazard.law and hazard.law.told_by) or hazard.name
    names = [name for name in (hazard.name, teller) if name in newest]
    issues = [newest[name][["issue_time", "issued_at", "forecaster"]].drop_duplicates() for name in names]
    return [(promoted[name], issue.to_numpy().tolist()) for name, issue in zip(names, issues, strict=True)]


def _unserved(hazard: Hazard, promoted: str | None, error: HaidangError, trained: Card | None) -> Held:
    """What is held of a hazard for which the shelf gives no forecaster."""
    vi = f"mô hình đang dùng bị giữ lại hoặc không qua được kiểm tra khi nạp ({error})"
    if promoted is None:
        vi = (
            f"chưa có mô hình nào của {hazard.name} được đưa vào dùng: chạy `haidang train {hazard.name}` rồi "
            f"`haidang promote {hazard.name}`"
        )
    return Held(withheld=str(error), withheld_vi=vi, trained=trained)
