"""Several hazards, sites and leads in one answer: each hazard is answered or withheld by itself."""

from collections.abc import Sequence
from datetime import datetime

from features.errors import HaidangError, UnknownNameError
from models.exceedance import UnexplainedError
from models.hazard import Hazard
from serving.access.refusals import FieldError, WithheldError
from serving.answering.answers import Answers
from serving.answering.asked import check_moment, check_thresholds
from serving.answering.explaining import drivers
from serving.schemas.answer_models import PlaceView, RiskAnswer, RiskQuestion
from serving.schemas.risk_models import LeftOut, RisksAnswer, RisksQuestion, Withheld
from serving.views.own_thresholds import with_thresholds
from serving.views.warning_levels import lowest_cut

MOST_PERIODS = 50_000
MOST_EXPLAINED = 60
UNEXPLAINED_VI = "trả lời theo một quy tắc đã công bố: quy tắc tự giải thích, xem tài liệu tham chiếu của nó"


def risks(answers: Answers, question: RisksQuestion, *, now: datetime) -> RiskAnswer | RisksAnswer:
    """Answers a question about one hazard, or about several.

    Args:
        answers: what is held.
        question: what is asked.
        now: the present moment; nobody may ask about a later one.

    Raises:
        FieldError: if a hazard, place, lead, threshold or the issue time cannot be used.
        UnknownNameError: if there is no such hazard.
        WithheldError: if no hazard that is asked about can be answered.
    """
    if (question.hazard is None) == (question.hazards is None):
        raise FieldError("hazard", "give either `hazard`, the name of one, or `hazards`, a list of names")
    places = _places(answers, question)
    if question.hazards is not None:
        return _several(answers, question, question.hazards, places, now)
    return _one(answers, question, str(question.hazard), places, now)


def _places(answers: Answers, question: RisksQuestion) -> list[PlaceView]:
    """The places asked about; empty for all sites."""
    found = []
    for number, text in enumerate(question.sites or ()):
        try:
            found.append(answers.positions.named(text))
        except UnknownNameError as error:
            raise FieldError(f"sites.{number}", str(error)) from error
    for number, position in enumerate(question.positions or ()):
        try:
            found.append(answers.positions.at(position.latitude, position.longitude))
        except HaidangError as error:
            raise FieldError(f"positions.{number}", str(error)) from error
    return found


def _one(answers: Answers, question: RisksQuestion, name: str, places: list[PlaceView], now: datetime) -> RiskAnswer:
    hazard = answers.deployment.hazard(name)
    if question.thresholds_of:
        raise FieldError("thresholds_of", "is for several `hazards`: give `thresholds` for one")
    told = [int(lead) for lead in hazard.periods.leads]
    for number, lead in enumerate(question.leads or ()):
        if lead not in told:
            raise FieldError(f"leads.{number}", f"{name} is forecast {', '.join(map(str, told))} days ahead")
    asked = RiskQuestion(
        hazard=name,
        sites=[place.site for place in places] or None,
        issue_time=question.issue_time,
        thresholds=question.thresholds,
    )
    try:
        whole = answers.risk(asked, now=now)
    except FieldError as error:
        raise FieldError(_as_asked(error.field, question), str(error)) from error
    answer = _of_leads(whole, question.leads)
    _check_amount([answer])
    return _with_drivers(answers, hazard, answer, question).model_copy(update={"places": places})


def _as_asked(field: str, question: RisksQuestion) -> str:
    """Where a site stands in the question, as positions come behind the named sites."""
    kind, _, number = field.partition(".")
    named = len(question.sites or ())
    return f"positions.{int(number) - named}" if kind == "sites" and int(number) >= named else field


def _several(
    answers: Answers, question: RisksQuestion, names: Sequence[str], places: list[PlaceView], now: datetime
) -> RisksAnswer:
    if question.thresholds:
        raise FieldError("thresholds", "is for one `hazard`: give `thresholds_of` by hazard for several")
    hazards = _hazards(answers, names)
    for name in question.thresholds_of:
        if name not in hazards:
            raise FieldError("thresholds_of", f"{name!r} is not among `hazards`")
    check_moment(question.issue_time, now)
    codes = [*dict.fromkeys(place.site for place in places)]
    told: list[RiskAnswer] = []
    withheld: list[Withheld] = []
    left_out: list[LeftOut] = []
    refused: list[FieldError] = []
    for hazard in hazards.values():
        try:
            whole = answers.whole(hazard, question.issue_time, now)
            answer, without = _narrowed(answers, hazard, whole, codes, question)
        except (WithheldError, FieldError) as error:
            if isinstance(error, FieldError) and error.field != "issue_time":
                raise
            refused += [error] if isinstance(error, FieldError) else []
            withheld.append(withheld_of(hazard, error))
        else:
            told.append(answer)
            left_out += without
    if not told and len(refused) == len(hazards):
        raise refused[0]
    if not told:
        raise WithheldError("; ".join(one.reason for one in withheld), "; ".join(one.reason_vi for one in withheld))
    _check_amount(told)
    explained = [_with_drivers(answers, hazards[one.hazard], one, question) for one in told]
    return RisksAnswer(places=places, answers=explained, withheld=withheld, left_out=left_out)


def _hazards(answers: Answers, names: Sequence[str]) -> dict[str, Hazard]:
    found = {}
    for number, name in enumerate(names):
        try:
            found[name] = answers.deployment.hazard(name)
        except UnknownNameError as error:
            raise FieldError(f"hazards.{number}", str(error)) from error
    return found


def withheld_of(hazard: Hazard, error: HaidangError) -> Withheld:
    """A hazard that is not answered; errors that have no words in Vietnamese stand within some."""
    return Withheld(
        hazard=hazard.name,
        title_vi=hazard.title_vi,
        title_en=hazard.title_en,
        reason=str(error),
        reason_vi=error.vi if isinstance(error, WithheldError) else f"không trả lời được ({error})",
    )


def _narrowed(
    answers: Answers, hazard: Hazard, whole: RiskAnswer, codes: Sequence[str], question: RisksQuestion
) -> tuple[RiskAnswer, list[LeftOut]]:
    """The answer of one hazard at the sites and leads asked about, and the sites of which it says nothing.

    Raises:
        FieldError: if a threshold cannot be used.
        WithheldError: if nothing is left.
    """
    by_code = {forecast.site: forecast for forecast in whole.forecasts}
    left_out = [
        LeftOut(
            hazard=hazard.name,
            site=code,
            reason_vi=f"{hazard.title_vi} không được dự báo ở đây trong lần phát này",
            reason_en=f"{hazard.title_en} is not forecast here in this issue",
        )
        for code in codes
        if code not in by_code
    ]
    chosen = [by_code[code] for code in codes if code in by_code] if codes else whole.forecasts
    if not chosen:
        raise WithheldError(
            f"{hazard.name} is forecast at none of the sites asked about: see /v1/sites",
            f"{hazard.name} không được dự báo ở điểm nào trong câu hỏi: xem /v1/sites",
        )
    thresholds = question.thresholds_of.get(hazard.name, [])
    check_thresholds(hazard, thresholds, f"thresholds_of.{hazard.name}")
    if thresholds:
        chosen = with_thresholds(chosen, thresholds)
    answer = _of_leads(whole.model_copy(update={"forecasts": chosen}), question.leads)
    if not any(forecast.periods for forecast in answer.forecasts):
        leads = ", ".join(str(lead) for lead in hazard.periods.leads)
        raise WithheldError(
            f"{hazard.name} is not forecast at the leads asked about: it is {leads} days ahead",
            f"{hazard.name} không được dự báo ở hạn được hỏi: hạn dự báo là {leads} ngày",
        )
    return answer, left_out


def _of_leads(answer: RiskAnswer, leads: Sequence[int] | None) -> RiskAnswer:
    if leads is None:
        return answer
    forecasts = [
        forecast.model_copy(update={"periods": [one for one in forecast.periods if one.lead in leads]})
        for forecast in answer.forecasts
    ]
    return answer.model_copy(update={"forecasts": forecasts})


def _check_amount(told: Sequence[RiskAnswer]) -> None:
    periods = sum(len(forecast.periods) for answer in told for forecast in answer.forecasts)
    if periods > MOST_PERIODS:
        raise FieldError(
            "sites", f"the answer would hold {periods:,} periods, more than {MOST_PERIODS:,}: ask about fewer sites"
        )


def _with_drivers(answers: Answers, hazard: Hazard, answer: RiskAnswer, question: RisksQuestion) -> RiskAnswer:
    """Adds what moves each forecast, where it is asked for, or says why that cannot be told."""
    if "drivers" not in question.include:
        return answer
    pairs = len(answer.forecasts) * len(question.hazards or [hazard])
    if pairs > MOST_EXPLAINED:
        raise FieldError("include", f"drivers are told for {MOST_EXPLAINED} pairs of hazard and site, not {pairs}")
    forecaster, codes = answers.champion(hazard), [forecast.site for forecast in answer.forecasts]
    if forecaster is None or forecaster.version != answer.model_version:
        reason = f"{answer.model_version} is not the champion any more"
        reason_vi = f"{answer.model_version} không còn là mô hình đang dùng"
        return answer.model_copy(update={"drivers_withheld": reason, "drivers_withheld_vi": reason_vi})
    try:
        with answers.slots.one():
            found = drivers(forecaster, answers.deployment.archive, answer, codes, cut=lowest_cut(hazard))
    except UnexplainedError as error:
        return answer.model_copy(update={"drivers_withheld": str(error), "drivers_withheld_vi": UNEXPLAINED_VI})
    forecasts = [
        forecast.model_copy(
            update={
                "periods": [
                    one.model_copy(update={"drivers": found[forecast.site, one.lead]}) for one in forecast.periods
                ]
            }
        )
        for forecast in answer.forecasts
    ]
    return answer.model_copy(update={"forecasts": forecasts})
