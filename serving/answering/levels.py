"""Levels of several hazards together, and the rise by Article 4, clause 4, that a person may decide on."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from features.sites import Sites
from models.law.compound import Proposal, propose, propose_where_serious_loss_is_feared
from models.law.decision_18 import DECISION_18
from models.law.matrix import Text
from serving.access.refusals import WithheldError
from serving.answering.answers import Answers
from serving.answering.asked import codes_of
from serving.schemas.answer_models import RiskAnswer, RiskQuestion
from serving.schemas.levels_models import (
    CompoundProposal,
    DayLevels,
    FearedLoss,
    LevelsAnswer,
    LevelsQuestion,
    SiteLevels,
)
from serving.views.legal import levels_of_law

_TOGETHER = Text(
    "cùng ngày, hoặc ngày liền trước: lựa chọn của dịch vụ, luật không nói số ngày",
    "on the same day, or on the day before: a choice of this service, the law gives no number of days",
)
_Table = Mapping[str, int]


def levels(answers: Answers, question: LevelsQuestion, *, now: datetime) -> LevelsAnswer:
    """Levels of several hazards by site and day, with the rise that a person may decide on where they meet.

    Args:
        answers: what is held.
        question: what is asked.
        now: the present moment.

    Raises:
        FieldError: if a site or the issue time cannot be used.
        UnknownNameError: if there is no such hazard.
    """
    deployment = answers.deployment
    named = [name for name, hazard in deployment.hazards.items() if hazard.law or hazard.unread]
    hazards = [deployment.hazard(name) for name in question.hazards or named]
    codes = None if question.sites is None else [*codes_of(deployment.sites, question.sites)]
    told, withheld, withheld_vi = [], {}, {}
    for hazard in hazards:
        if hazard.law is None:
            reason = hazard.unread and hazard.unread.reason
            withheld[hazard.name] = reason.en if reason else "Decision 18/2021 as encoded has no matrix for it"
            withheld_vi[hazard.name] = (
                reason.vi if reason else "Quyết định 18/2021 như đã mã hóa không có bảng cấp độ cho loại này"
            )
            continue
        try:
            answer = answers.risk(RiskQuestion(hazard=hazard.name, issue_time=question.issue_time), now=now)
        except WithheldError as error:
            withheld[hazard.name], withheld_vi[hazard.name] = str(error), error.vi
            continue
        if answer.law is not None and answer.law.withheld is not None:
            withheld[hazard.name] = answer.law.withheld
            withheld_vi[hazard.name] = answer.law.withheld_vi or answer.law.withheld
        told.append((hazard.law.table, answer))
    return _compound(told, withheld, withheld_vi, deployment.sites, codes=codes, feared=question.serious_loss)


def _compound(
    told: Sequence[tuple[str, RiskAnswer]],
    withheld: Mapping[str, str],
    withheld_vi: Mapping[str, str],
    sites: Sites,
    *,
    codes: Sequence[str] | None,
    feared: FearedLoss | None,
) -> LevelsAnswer:
    """Puts the levels of several hazards side by side.

    Args:
        told: the answer of each hazard, with the matrix that it is read by.
        withheld: hazards that are not answered, and why.
        withheld_vi: the same in Vietnamese.
        sites: the sites of the deployment.
        codes: the sites that are asked about; all for None.
        feared: the serious loss that a person fears; None where none was named.
    """
    hazards: dict[str, dict[date, dict[str, int]]] = {}
    tables: dict[str, dict[date, dict[str, int]]] = {}
    for table, answer in told:
        for forecast in answer.forecasts:
            for period in forecast.periods:
                if period.law is None or period.law.level is None:
                    continue
                for after in range((period.valid_to.date() - period.valid_from.date()).days):
                    day = period.valid_from.date() + timedelta(days=after)
                    hazards.setdefault(forecast.site, {}).setdefault(day, {})[answer.hazard] = period.law.level
                    of_day = tables.setdefault(forecast.site, {}).setdefault(day, {})
                    of_day[table] = max(of_day.get(table, 0), period.law.level)
    found = [
        SiteLevels(
            site=code,
            name_vi=sites[code].name_vi,
            name_en=sites[code].name_en,
            days=[
                DayLevels(day=day, levels=levels, proposal=_proposal(tables[code], day, feared))
                for day, levels in sorted(hazards.get(code, {}).items())
            ],
        )
        for code in (sites.codes if codes is None else codes)
    ]
    numbers = {level for site in found for day in site.days for level in day.levels.values()}
    numbers |= {day.proposal.level for site in found for day in site.days if day.proposal}
    return LevelsAnswer(
        decision=DECISION_18.number,
        simulated=any(answer.simulated for _, answer in told),
        issue_times={answer.hazard: answer.issue_time for _, answer in told},
        withheld=dict(withheld),
        withheld_vi=dict(withheld_vi),
        together_vi=_TOGETHER.vi,
        together_en=_TOGETHER.en,
        levels=levels_of_law(numbers),
        sites=found,
    )


def _proposal(tables: Mapping[date, _Table], day: date, feared: FearedLoss | None) -> CompoundProposal | None:
    today, before = tables[day], tables.get(day - timedelta(days=1), {})
    if not any(today.values()):
        return None
    together = {**before, **{table: level for table, level in today.items() if level}}
    proposal: Proposal | None
    if feared is None:
        proposal = propose(together)
    else:
        proposal = propose_where_serious_loss_is_feared(together, feared=Text(feared.vi, feared.en))
    if proposal is None:
        return None
    return CompoundProposal(
        level=proposal.level,
        from_level=proposal.from_level,
        article=proposal.article,
        verified=proposal.mark == "V",
        reason_vi=proposal.reason.vi,
        reason_en=proposal.reason.en,
    )
