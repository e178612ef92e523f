"""Why several hazards are as likely as they are, at sites and leads, or one stored forecast: log-odds that add up."""

from datetime import datetime

import numpy as np
import pandas as pd
from scipy.special import expit

from features.drivers import USUAL_INPUTS
from models.exceedance import UnexplainedError, log_odds
from models.explained import Told, all_in_words, explain
from models.forecaster import Forecaster
from models.hazard import Hazard
from serving.access.refusals import FieldError, WithheldError
from serving.answering.answers import Answers
from serving.answering.risks import UNEXPLAINED_VI, risks, withheld_of
from serving.issued.record_ids import NoSuchForecastError
from serving.issued.stored import StoredForecasts
from serving.scenarios.issuer import Moments, asked_rows, issuer
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.explain_models import ExplainAnswer, ExplainedPeriod, ExplainedSite, HazardExplanation, WhyQuestion
from serving.schemas.forecast_models import DriverView, PeriodForecast
from serving.schemas.likelihood import in_percent
from serving.schemas.risk_models import RisksAnswer, RisksQuestion
from serving.views.rendering import render
from serving.views.warning_levels import lowest_cut

MOST_EXPLAINED_PERIODS = 1_000
_DIGITS = 6


def whys(answers: Answers, question: WhyQuestion, *, now: datetime) -> ExplainAnswer:
    """Explains.

    Args:
        answers: what is held.
        question: what is asked.
        now: the present moment; nobody may ask about a later one.

    Raises:
        FieldError: if a hazard, place, lead, cut, id or the issue time cannot be used.
        NoSuchForecastError: if nothing was issued under the id.
        UnknownNameError: if there is no such hazard.
        WithheldError: if no hazard that is asked about can be explained.
        BusyError: if no slot is free.
    """
    if question.cut is not None and question.hazards is not None:
        raise FieldError("cut", "is for one hazard: several have cuts of their own")
    with answers.slots.one():
        told = _issued(answers, question, now)
        periods = sum(len(forecast.periods) for answer in told.answers for forecast in answer.forecasts)
        if periods > MOST_EXPLAINED_PERIODS:
            raise FieldError(
                "sites", f"{periods:,} periods are more than {MOST_EXPLAINED_PERIODS:,}: ask about fewer sites or leads"
            )
        explained, withheld, moments = [], [*told.withheld], Moments(answers.deployment.archive)
        for answer in told.answers:
            hazard = answers.deployment.hazard(answer.hazard)
            try:
                explained.append(_of_hazard(answers, moments, answer, _cut(hazard, question.cut)))
            except WithheldError as error:
                withheld.append(withheld_of(hazard, error))
    if not explained:
        raise WithheldError("; ".join(one.reason for one in withheld), "; ".join(one.reason_vi for one in withheld))
    return ExplainAnswer(places=told.places, answers=explained, withheld=withheld, left_out=told.left_out)


def _issued(answers: Answers, question: WhyQuestion, now: datetime) -> RisksAnswer:
    """What POST /risk answers to the same question, or the stored forecast."""
    names = ("hazard", "hazards", "sites", "positions", "leads", "issue_time")
    stated = {name: getattr(question, name) for name in names}
    if question.id is not None:
        given = [name for name in names if stated[name] is not None]
        if given:
            raise FieldError(given[0], "is not given beside `id`, which names one forecast")
        return RisksAnswer(places=[], answers=[_stored(answers, question.id)], withheld=[], left_out=[])
    told = risks(answers, RisksQuestion.model_validate(stated), now=now)
    if isinstance(told, RisksAnswer):
        return told
    return RisksAnswer(places=told.places, answers=[told], withheld=[], left_out=[])


def _stored(answers: Answers, told: str) -> RiskAnswer:
    stored = StoredForecasts(answers.deployment.settings.issued, answers.deployment.sites.codes)
    record = stored.one(told)
    if record["hazard"] not in answers.deployment.hazards:
        raise NoSuchForecastError(f"the hazard of {told} is no longer declared in this deployment")
    hazard = answers.deployment.hazard(record["hazard"])
    return render(answers.deployment, hazard, pd.DataFrame([record]), None, "issued", track={})


def _cut(hazard: Hazard, asked: float | None) -> float:
    cut = lowest_cut(hazard) if asked is None else asked
    if cut not in hazard.target.cuts:
        told = ", ".join(f"{one:g}" for one in hazard.target.cuts)
        raise FieldError("cut", f"{cut:g} is not one of the cuts of {hazard.name}: {told} {hazard.target.unit}")
    return cut


def _of_hazard(answers: Answers, moments: Moments, answer: RiskAnswer, cut: float) -> HazardExplanation:
    hazard = answers.deployment.hazard(answer.hazard)
    forecaster = issuer(answers, hazard, answer)
    rows = asked_rows(hazard, moments.known(answer), answer)
    try:
        explained = _periods(forecaster, rows, answer, cut)
    except UnexplainedError as error:
        raise WithheldError(str(error), f"{hazard.name}: {UNEXPLAINED_VI}") from error
    same = (
        "hazard", "title_vi", "title_en", "unit", "origin", "simulated", "issue_time", "model_version",
        "archive_version",
    )  # fmt: skip
    return HazardExplanation(
        **{name: getattr(answer, name) for name in same},
        sense=hazard.target.sense,
        cut=cut,
        forecasts=[
            ExplainedSite(
                site=forecast.site,
                name_vi=forecast.name_vi,
                name_en=forecast.name_en,
                periods=[explained[forecast.site, period.lead] for period in forecast.periods],
            )
            for forecast in answer.forecasts
        ],
    )


def _periods(
    forecaster: Forecaster, rows: pd.DataFrame, answer: RiskAnswer, cut: float
) -> dict[tuple[str, int], ExplainedPeriod]:
    hazard = forecaster.hazard
    table = explain(forecaster, rows, cut=cut)
    odds = log_odds(forecaster.answer(rows)[cut].to_numpy())
    climate = odds - table.sum(axis=1).to_numpy()
    usual = climate + table[USUAL_INPUTS.name].to_numpy()
    steps = forecaster.caution(rows)["step"]
    told = {(forecast.site, period.lead): period for forecast in answer.forecasts for period in forecast.periods}
    found = {}
    for row, (site, lead) in enumerate(zip(rows.index.get_level_values("site"), hazard.leads(rows.index), strict=True)):
        place = str(site), int(lead)
        words = all_in_words(hazard, table.iloc[row])
        found[place] = _period(told[place], (odds[row], climate[row], usual[row]), words, steps.iloc[row])
    return found


def _period(
    told: PeriodForecast, odds: tuple[np.float64, np.float64, np.float64], words: list[Told], step: str | None
) -> ExplainedPeriod:
    whole, climate, usual = (float(one) for one in odds)
    moving = [one for one in words if one.matters]
    shares = [in_percent(float(expit(one))) for one in (whole, usual)]
    vi, en = "; ".join(one.vi for one in moving), "; ".join(one.en for one in moving)
    return ExplainedPeriod(
        lead=told.lead,
        valid_from=told.valid_from,
        valid_to=told.valid_to,
        probability=round(float(expit(whole)), _DIGITS),
        log_odds=round(whole, _DIGITS),
        climatology=round(float(expit(climate)), _DIGITS),
        climatology_log_odds=round(climate, _DIGITS),
        usual=round(float(expit(usual)), _DIGITS),
        usual_log_odds=round(usual, _DIGITS),
        drivers=[
            DriverView(
                name=one.driver.name,
                title_vi=one.driver.title_vi,
                title_en=one.driver.title_en,
                log_odds=round(one.log_odds, _DIGITS),
                told_vi=one.vi,
                told_en=one.en,
            )
            for one in words
        ],
        told_vi=f"{shares[0]}, bình thường {shares[1]}: {vi or 'không yếu tố nào làm đổi đáng kể'}",
        told_en=f"{shares[0]}, usually {shares[1]}: {en or 'no driver changes it much'}",
        step=step,
    )
