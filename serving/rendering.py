"""Rendering: records of issued forecasts as answers for people and machines, in local time."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from features.variables import variable_named
from models.exceedance import log_odds
from models.forecaster import Card
from models.hazard import Hazard
from models.law.decision_18 import DECISION_18
from models.quantiles import COVERED
from models.targets import Sense
from serving.deployment import Deployment
from serving.questions import (
    BeyondTraining,
    Exceedance,
    InputAge,
    Interval,
    PeriodForecast,
    Quantile,
    RiskAnswer,
    SiteForecast,
    Undercut,
    UnreadArticle,
)


def render(
    deployment: Deployment, hazard: Hazard, records: pd.DataFrame, card: Card, origin: Literal["issued", "hindcast"]
) -> RiskAnswer:
    """Puts the records of one issue into the shape of an answer.

    Args:
        deployment: whose sites and local zone count; records of sites that are no longer listed are left out.
        hazard: the hazard.
        records: the columns of `models.issued.ISSUED`, one issue.
        card: of the champion; said of it is only what holds for the forecaster that issued.
        origin: whether the records were stored when they were made, or computed now.
    """
    zone = deployment.settings.local_zone
    first = records.iloc[0]
    same_forecaster = card.version == first["forecaster"]
    ages = json.loads(first["inputs"])
    return RiskAnswer(
        hazard=hazard.name,
        title_vi=hazard.title_vi,
        title_en=hazard.title_en,
        unit=hazard.target.unit,
        origin=origin,
        simulated=any(_is_simulated(age) for age in ages.values()),
        issue_time=_local(first["issue_time"], zone),
        issued_at=_local(first["issued_at"], zone),
        basis=card.basis if same_forecaster else None,
        model_version=first["forecaster"],
        learned_until=_local(card.learned_until, zone) if same_forecaster and card.learned_until else None,
        baselines_beaten=card.baselines_beaten if same_forecaster else "see its own card",
        archive_version=int(first["archive_version"]),
        inputs=[_input_age(name, age, zone) for name, age in ages.items()],
        missing_inputs=[name for name, age in ages.items() if age["data_until"] is None],
        unread=_unread(hazard),
        forecasts=[
            _site_forecast(deployment, hazard, str(code), of_site)
            for code, of_site in records.groupby("site", sort=True)
            if code in deployment.sites
        ],
    )


def _unread(hazard: Hazard) -> UnreadArticle | None:
    if hazard.unread is None:
        return None
    reason = hazard.unread.reason
    return UnreadArticle(
        decision=DECISION_18.number, article=hazard.unread.article, reason_vi=reason.vi, reason_en=reason.en
    )


def with_thresholds(forecast: SiteForecast, thresholds: Sequence[float]) -> SiteForecast:
    """Adds the caller's thresholds: log-odds interpolated between cuts, on the signed square root of the outcome."""
    periods = []
    for period in forecast.periods:
        of_cuts = sorted(period.probabilities, key=lambda one: one.threshold)
        odds = log_odds(np.array([one.probability for one in of_cuts]))
        between = expit(np.interp(_root(thresholds), _root([one.threshold for one in of_cuts]), odds))
        sense: Sense = "at_least" if isinstance(of_cuts[0], Exceedance) else "at_most"
        periods.append(period.model_copy(update={"thresholds": _told(sense, thresholds, between)}))
    return forecast.model_copy(update={"periods": periods})


def _root(values: Sequence[float]) -> np.ndarray:
    return np.sign(values) * np.sqrt(np.abs(values))


def _site_forecast(deployment: Deployment, hazard: Hazard, code: str, records: pd.DataFrame) -> SiteForecast:
    site, zone, sense = deployment.sites[code], deployment.settings.local_zone, hazard.target.sense
    periods = [
        PeriodForecast(
            lead=record["lead"],
            valid_from=_local(record["valid_from"], zone),
            valid_to=_local(record["valid_to"], zone),
            probabilities=_told(sense, record["cuts"], record["probabilities"]),
            expected=None if np.isnan(record["expected"]) else round(record["expected"], 4),
            quantiles=_quantiles(record["levels"], record["quantiles"]),
            interval=_interval(record["low"], record["high"]),
            level=record["level"] if isinstance(record["level"], str) else None,
            missing=list(record["missing"]),
            step=record["step"] if isinstance(record["step"], str) else None,
            beyond_training=deployment.hides.values(hazard, _beyond(record["outside"])),
            raised=record["raised"] is True,
        )
        for record in records.to_dict("records")
    ]
    return SiteForecast(
        site=site.code,
        name_vi=site.name_vi,
        name_en=site.name_en,
        latitude=site.latitude,
        longitude=site.longitude,
        periods=periods,
    )


def _quantiles(levels: object, values: object) -> list[Quantile]:
    """Hazards of events, and issues made before this was recorded, tell none."""
    if not isinstance(levels, (list, np.ndarray)) or not isinstance(values, (list, np.ndarray)):
        return []
    return [Quantile(level=level, value=round(value, 4)) for level, value in zip(levels, values, strict=True)]


def _interval(low: float | None, high: float | None) -> Interval | None:
    if low is None or high is None or np.isnan(low):
        return None
    return Interval(probability=COVERED, low=round(low, 4), high=round(high, 4))


def _beyond(told: object) -> list[BeyondTraining]:
    """Issues made before this was recorded do not say."""
    found = json.loads(told) if isinstance(told, str) else []
    return [BeyondTraining(feature=one.pop("column"), **one) for one in found]


def _input_age(variable: str, age: dict[str, str | int | None], zone: str) -> InputAge:
    until, known = age["data_until"], age["known_at"]
    return InputAge(
        variable=variable,
        unit=variable_named(variable).unit,
        data_until=None if until is None else _local(pd.Timestamp(until), zone),
        known_at=None if known is None else _local(pd.Timestamp(known), zone),
        sites_without=int(age["sites_without"] or 0),
        simulated=_is_simulated(age),
    )


def _is_simulated(age: dict[str, str | int | None]) -> bool:
    """Issues made before this was recorded do not say."""
    return bool(age.get("simulated", False))


def _told(sense: Sense, thresholds: Sequence[float], probabilities: Sequence[float]) -> list[Exceedance | Undercut]:
    rounded = [(cut, round(float(p), 6)) for cut, p in zip(thresholds, probabilities, strict=True)]
    if sense == "at_least":
        return [Exceedance(at_least=cut, probability=probability) for cut, probability in rounded]
    return [Undercut(at_most=cut, probability=probability) for cut, probability in rounded]


def _local(moment: datetime, zone: str) -> datetime:
    return pd.Timestamp(moment).tz_convert(zone).to_pydatetime()
