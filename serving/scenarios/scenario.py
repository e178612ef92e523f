"""Scenarios: the champion is asked what it would say had other things been known, and the guard whether it may be.

The changes are made to the snapshot, that is, to the entries as they were known, so that the features of all hazards
follow; then the forecaster that issued is asked as it is for an issue. Nothing of it is stored.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from features.displaced import TrackError
from features.snapshot import Snapshot
from features.what_if import Change, reached, what_if
from models.exceedance import UnexplainedError
from models.explained import explain
from models.forecaster import Forecaster
from models.guard import Guarded
from models.hazard import Hazard
from models.promised import kept, promised
from serving.access.refusals import FieldError, WithheldError
from serving.answering.answers import Answers
from serving.answering.risks import MOST_EXPLAINED, UNEXPLAINED_VI, risks, withheld_of
from serving.issued.issue import told_of
from serving.scenarios.change_models import ScenarioQuestion
from serving.scenarios.changes import OfHazard, drivers_read, not_read, read_changes
from serving.scenarios.issuer import Moments, asked_rows, issuer
from serving.scenarios.scenario_models import HazardScenario, NotRead, ScenarioAnswer
from serving.scenarios.scenario_view import Both, view, with_drivers
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.risk_models import RisksAnswer, RisksQuestion
from serving.views.warning_levels import lowest_cut

MOST_PERIODS = 5_000


def scenario(answers: Answers, question: ScenarioQuestion, *, now: datetime) -> ScenarioAnswer:
    """Answers what if.

    Args:
        answers: what is held.
        question: what is asked.
        now: the present moment; nobody may ask about a later one.

    Raises:
        FieldError: if a hazard, place, lead, change or the issue time cannot be used, or no hazard reads a change.
        UnknownNameError: if there is no such hazard.
        WithheldError: if no hazard that is asked about can be answered.
        BusyError: if no slot is free.
    """
    names = [question.hazard] if question.hazard is not None else question.hazards or []
    hides = answers.deployment.hides
    known = [answers.deployment.hazard(name) for name in names if name in answers.deployment.hazards]
    changes = {hazard.name: read_changes(hazard, question.changes, hides) for hazard in known}
    _check_read(known, changes, len(question.changes))
    silent = [hazard for hazard in known if not any(one.variables for one in changes[hazard.name])]
    with answers.slots.one():
        issued = _issued(answers, question, [hazard.name for hazard in silent], now)
        _check_amount(question, issued)
        told, withheld, moments = [], [*issued.withheld], Moments(answers.deployment.archive)
        for answer in issued.answers:
            try:
                told.append(_of_hazard(answers, moments, answer, changes[answer.hazard], question))
            except WithheldError as error:
                withheld.append(withheld_of(answers.deployment.hazard(answer.hazard), error))
    if not told:
        raise WithheldError("; ".join(one.reason for one in withheld), "; ".join(one.reason_vi for one in withheld))
    return ScenarioAnswer(
        places=issued.places,
        answers=told,
        not_read=[_silent(hazard) for hazard in silent],
        withheld=withheld,
        left_out=issued.left_out,
    )


def _check_read(hazards: Sequence[Hazard], changes: dict[str, list[OfHazard]], count: int) -> None:
    for number in range(count):
        if hazards and not any(changes[hazard.name][number].variables for hazard in hazards):
            raise FieldError(f"changes.{number}", "; ".join(not_read(hazard)[1] for hazard in hazards))


def _silent(hazard: Hazard) -> NotRead:
    vi, en = not_read(hazard)
    names = {"title_vi": hazard.title_vi, "title_en": hazard.title_en, "reason_vi": vi, "reason_en": en}
    return NotRead(hazard=hazard.name, drivers=drivers_read(hazard), variables=list(hazard.variables), **names)


def _issued(answers: Answers, question: ScenarioQuestion, silent: Sequence[str], now: datetime) -> RisksAnswer:
    """What POST /risk answers to the same question, without the hazards that read nothing of the changes."""
    stated = {name: getattr(question, name) for name in ("hazard", "sites", "positions", "leads", "issue_time")}
    hazards = None if question.hazards is None else [name for name in question.hazards if name not in silent]
    told = risks(answers, RisksQuestion.model_validate({**stated, "hazards": hazards}), now=now)
    if isinstance(told, RisksAnswer):
        return told
    return RisksAnswer(places=told.places, answers=[told], withheld=[], left_out=[])


def _check_amount(question: ScenarioQuestion, issued: RisksAnswer) -> None:
    periods = sum(len(forecast.periods) for answer in issued.answers for forecast in answer.forecasts)
    if periods > MOST_PERIODS:
        raise FieldError(
            "sites", f"the answer would hold {periods:,} periods, more than {MOST_PERIODS:,}: ask about fewer sites"
        )
    pairs = sum(len(answer.forecasts) for answer in issued.answers)
    if question.include and pairs > MOST_EXPLAINED:
        raise FieldError("include", f"drivers are told for {MOST_EXPLAINED} pairs of hazard and site, not {pairs}")


def _of_hazard(
    answers: Answers, moments: Moments, issued: RiskAnswer, changes: Sequence[OfHazard], question: ScenarioQuestion
) -> HazardScenario:
    hazard = answers.deployment.hazard(issued.hazard)
    forecaster = issuer(answers, hazard, issued)
    known = moments.known(issued)
    before = asked_rows(hazard, known, issued)
    try:
        changed = _as_if(known, changes)
    except TrackError as error:
        number = next(number for number, one in enumerate(changes) if one.displacement is not None)
        raise FieldError(f"changes.{number}", str(error)) from error
    after = asked_rows(hazard, changed, issued)
    promise = promised(hazard, before, after)
    own = forecaster.answer(after)
    answer = pd.DataFrame(kept(promise, forecaster.answer(before).to_numpy(), own.to_numpy()), own.index, own.columns)
    held = (answer != own).any(axis=1).to_numpy() & own.notna().all(axis=1).to_numpy()
    both = Both(
        before=before,
        after=after,
        told=told_of(forecaster, after, answer, known.zone),
        caution=forecaster.caution(before),
        promise=np.where(promise == 0, "none", np.where(held, "held", "kept")),
        guarded=isinstance(forecaster.estimator, Guarded),
    )
    reach = [_reached(known, one, issued) for one in changes]
    answer_view = view(answers.deployment, hazard, issued, both, changes, reach)
    return _with_drivers(answer_view, forecaster, both) if question.include else answer_view


def _as_if(known: Snapshot, changes: Sequence[OfHazard]) -> Snapshot:
    displaced = next((one.displacement for one in changes if one.displacement is not None), None)
    return what_if(known, [one.change for one in changes if one.change is not None], displaced)


def _reached(known: Snapshot, one: OfHazard, issued: RiskAnswer) -> tuple[int, int]:
    """How many values a change is of, and how many of them are held at the end of what is plausible."""
    codes = list(known.sites.codes)
    sites = [codes.index(forecast.site) for forecast in issued.forecasts]
    if one.displacement is not None:
        of_track = Change(("storm_distance",))
        return reached(known, of_track, sites)[0], 0
    return (0, 0) if one.change is None else reached(known, one.change, sites)


def _with_drivers(told: HazardScenario, forecaster: Forecaster, both: Both) -> HazardScenario:
    cut = lowest_cut(forecaster.hazard)
    try:
        before, after = (explain(forecaster, rows, cut=cut) for rows in (both.before, both.after))
    except UnexplainedError as error:
        return told.model_copy(update={"drivers_withheld": str(error), "drivers_withheld_vi": UNEXPLAINED_VI})
    return with_drivers(told, forecaster.hazard, before, after)
