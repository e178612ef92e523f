"""Stored forecasts and answers as records: one for each hazard, issue, site and period."""

from collections.abc import Sequence

import pandas as pd

from models.hazard import Hazard
from serving.answering.answers import Answers
from serving.issued.record_ids import ids_of
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.forecast_models import PeriodForecast, SiteForecast
from serving.schemas.record_models import ForecastRecord
from serving.views.rendering import render

_OF_PERIOD = tuple(PeriodForecast.model_fields)


def records_of(answer: RiskAnswer, hazard: Hazard) -> list[ForecastRecord]:
    """The records of an answer, by site and period."""
    return [_record(answer, hazard, forecast, period) for forecast in answer.forecasts for period in forecast.periods]


def listed(answers: Answers, stored: pd.DataFrame) -> list[ForecastRecord]:
    """Stored records in their order, without levels of the law.

    Those of hazards and sites that are no longer there are left out.

    Args:
        answers: whose deployment counts.
        stored: the columns of `models.issued.ISSUED`, of any issues.
    """
    deployment = answers.deployment
    found: dict[str, ForecastRecord] = {}
    for (name, _, _), group in stored.groupby(["hazard", "issue_time", "forecaster"], sort=False):
        if name not in deployment.hazards:
            continue
        hazard = deployment.hazards[name]
        told = render(deployment, hazard, group, answers.card(hazard), "issued", track=answers.track(hazard))
        found |= {str(record.id): record for record in records_of(told, hazard)}
    return [found[told] for told in ids_of(stored) if told in found]


def with_law(answers: Answers, issue: pd.DataFrame, told: str) -> ForecastRecord | None:
    """One record of an issue with the level of the law; None where its hazard or site is no longer there."""
    name = str(issue["hazard"].iloc[0])
    if name not in answers.deployment.hazards:
        return None
    hazard = answers.deployment.hazards[name]
    answer = answers.rendered(hazard, issue)
    return next((record for record in records_of(answer, hazard) if record.id == told), None)


def _record(answer: RiskAnswer, hazard: Hazard, forecast: SiteForecast, period: PeriodForecast) -> ForecastRecord:
    return ForecastRecord.model_construct(
        **{name: getattr(period, name) for name in _OF_PERIOD},
        hazard=answer.hazard,
        title_vi=answer.title_vi,
        title_en=answer.title_en,
        unit=answer.unit,
        sense=hazard.target.sense,
        simulated=answer.simulated,
        issue_time=answer.issue_time,
        issued_at=answer.issued_at,
        model_version=answer.model_version,
        archive_version=answer.archive_version,
        site=forecast.site,
        name_vi=forecast.name_vi,
        name_en=forecast.name_en,
        latitude=forecast.latitude,
        longitude=forecast.longitude,
    )


def by_hazard(answers: Answers, told: Sequence[RiskAnswer]) -> list[ForecastRecord]:
    """The records of several answers."""
    return [record for answer in told for record in records_of(answer, answers.deployment.hazards[answer.hazard])]
