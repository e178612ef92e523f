"""Explaining: what drives the latest issued forecast at a site, worked out when somebody asks."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from features.archive import Archive
from features.drivers import USUAL_INPUTS
from features.sites import Site
from models.exceedance import log_odds
from models.explained import explain, in_words
from models.forecaster import Forecaster
from models.hazard import Hazard
from serving.access.refusals import FieldError, WithheldError
from serving.answering.answers import Answers
from serving.answering.asked import codes_forecast
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.explain_models import ExplainQuestion, Explanation, PeriodExplanation
from serving.schemas.forecast_models import DriverView
from serving.views.warning_levels import lowest_cut


def explained(answers: Answers, question: ExplainQuestion) -> Explanation:
    """Tells what drives the latest issued forecast at a site.

    Args:
        answers: what is held.
        question: what is asked.

    Raises:
        FieldError: if the site, the lead or the cut cannot be used.
        UnknownNameError: if there is no such hazard.
        UnexplainedError: if a published rule answers.
        WithheldError: if nothing was issued yet, or by another forecaster than the champion.
    """
    deployment = answers.deployment
    hazard = deployment.hazard(question.hazard)
    try:
        (code,) = codes_forecast(deployment.sites, hazard, [question.site])
    except FieldError as error:
        raise FieldError("site", str(error)) from error
    leads = [int(lead) for lead in hazard.periods.leads]
    if question.lead is not None and question.lead not in leads:
        raise FieldError("lead", f"{hazard.name} is forecast {', '.join(map(str, leads))} days ahead")
    cut = lowest_cut(hazard) if question.cut is None else question.cut
    if cut not in hazard.target.cuts:
        told = ", ".join(f"{one:g}" for one in hazard.target.cuts)
        raise FieldError("cut", f"{cut:g} is not one of the cuts of {hazard.name}: {told} {hazard.target.unit}")
    latest, forecaster = answers.latest(hazard), answers.champion(hazard)
    if forecaster is None or forecaster.version != latest.model_version:
        raise WithheldError(
            f"the latest forecast of {hazard.name} was issued by {latest.model_version}, which is not the champion"
            f" any more: run `haidang issue {hazard.name}`",
            f"dự báo mới nhất của {hazard.name} do {latest.model_version} phát, nay không còn được dùng: "
            f"chạy `haidang issue {hazard.name}`",
        )
    chosen = leads if question.lead is None else [question.lead]
    site = deployment.sites[code]
    with answers.slots.one():
        return _explanation(forecaster, deployment.archive, latest, site, leads=chosen, cut=cut)


def _explanation(
    forecaster: Forecaster, archive: Archive, answer: RiskAnswer, site: Site, *, leads: Sequence[int], cut: float
) -> Explanation:
    """Explains periods of an issued answer at one site.

    Args:
        forecaster: who issued it.
        archive: what was known; it is read at the version of the issue.
        answer: the issued answer.
        site: one of its sites.
        leads: leads of the periods.
        cut: which of the cuts, in the target's unit.

    Raises:
        UnexplainedError: if a published rule answers.
    """
    hazard = forecaster.hazard
    rows = _asked(hazard, archive, answer, [site.code], leads)
    told = explain(forecaster, rows, cut=cut)
    probabilities = forecaster.answer(rows)[cut].to_numpy()
    climate = log_odds(probabilities) - told.sum(axis=1).to_numpy()
    usual = expit(climate + told[USUAL_INPUTS.name].to_numpy())
    caution = forecaster.caution(rows)
    return Explanation(
        hazard=hazard.name,
        title_vi=hazard.title_vi,
        title_en=hazard.title_en,
        unit=hazard.target.unit,
        simulated=answer.simulated,
        site=site.code,
        name_vi=site.name_vi,
        name_en=site.name_en,
        issue_time=answer.issue_time,
        model_version=forecaster.version,
        cut=cut,
        sense=hazard.target.sense,
        periods=[
            PeriodExplanation(
                lead=int(lead),
                probability=round(float(probabilities[row]), 6),
                climatology=round(float(expit(climate[row])), 6),
                usual=round(float(usual[row]), 6),
                step=caution["step"].iloc[row],
                drivers=_views(hazard, told.iloc[row]),
            )
            for row, lead in enumerate(hazard.leads(rows.index))
        ],
    )


def drivers(
    forecaster: Forecaster, archive: Archive, answer: RiskAnswer, sites: Sequence[str], *, cut: float
) -> dict[tuple[str, int], list[DriverView]]:
    """What drives an issued answer at several sites, by site and lead, the strongest driver first.

    Args:
        forecaster: who issued it.
        archive: what was known; it is read once, at the version of the issue.
        answer: the issued answer.
        sites: codes of some of its sites.
        cut: which of the cuts, in the target's unit.

    Raises:
        UnexplainedError: if a published rule answers.
    """
    hazard = forecaster.hazard
    leads = sorted({period.lead for forecast in answer.forecasts for period in forecast.periods})
    rows = _asked(hazard, archive, answer, sites, leads)
    told = explain(forecaster, rows, cut=cut)
    pairs = zip(rows.index.get_level_values("site"), hazard.leads(rows.index), strict=True)
    return {(str(site), int(lead)): _views(hazard, told.iloc[row]) for row, (site, lead) in enumerate(pairs)}


def _asked(
    hazard: Hazard, archive: Archive, answer: RiskAnswer, sites: Sequence[str], leads: Sequence[int]
) -> pd.DataFrame:
    """The rows of an answer at some sites and leads, as they were known."""
    rows = hazard.ask(archive.at_version(answer.archive_version), pd.Timestamp(answer.issue_time))
    return rows[np.isin(rows.index.get_level_values("site"), sites) & np.isin(hazard.leads(rows.index), leads)]


def _views(hazard: Hazard, told: pd.Series) -> list[DriverView]:
    return [
        DriverView(
            name=one.driver.name,
            title_vi=one.driver.title_vi,
            title_en=one.driver.title_en,
            log_odds=round(one.log_odds, 4),
            told_vi=one.vi,
            told_en=one.en,
        )
        for one in in_words(hazard, told)
    ]
