"""Rendering: records of issued forecasts as answers for people and machines, in local time."""

import json
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

import numpy as np
import pandas as pd

from features.variables import variable_named
from models.forecaster import Card
from models.hazard import Hazard
from models.quantiles import COVERED
from serving.deployment import Deployment
from serving.issued.record_ids import KEY, record_id
from serving.schemas.answer_models import InputAge, RiskAnswer
from serving.schemas.forecast_models import (
    BeyondTraining,
    Interval,
    PeriodForecast,
    Quantile,
    SiteForecast,
)
from serving.schemas.likelihood import SCALE, in_percent, in_words
from serving.views.cards import skill, skill_horizon
from serving.views.hazard_law import unread
from serving.views.own_thresholds import at_thresholds
from serving.views.track_view import ByPlace
from serving.views.warning_levels import chances, level_views, lowest_cut

Origin = Literal["issued", "hindcast"]
_BOUNDS = {"at_least": ("từ {} trở lên", "{} or more"), "at_most": ("từ {} trở xuống", "{} or less")}


def render(
    deployment: Deployment,
    hazard: Hazard,
    records: pd.DataFrame,
    card: Card | None,
    origin: Origin,
    *,
    track: ByPlace,
) -> RiskAnswer:
    """Puts the records of one issue into the shape of an answer.

    Args:
        deployment: whose sites and local zone count; records of sites that are no longer listed are left out.
        hazard: the hazard.
        records: the columns of `models.issued.ISSUED`, one issue.
        card: of the champion, None where there is none; said of it is only what holds for the forecaster that issued.
        origin: whether the records were stored when they were made, or computed now.
        track: how warnings did before, by site and lead.
    """
    zone = deployment.settings.local_zone
    first = records.iloc[0]
    same = card if card is not None and card.version == first["forecaster"] else None
    ages = json.loads(first["inputs"])
    shown = skill(hazard, same)
    tested, horizon = bool(shown), skill_horizon(shown)
    return RiskAnswer(
        hazard=hazard.name,
        title_vi=hazard.title_vi,
        title_en=hazard.title_en,
        unit=hazard.target.unit,
        origin=origin,
        simulated=any(_is_simulated(age) for age in ages.values()),
        issue_time=_local(first["issue_time"], zone),
        issued_at=_local(first["issued_at"], zone),
        basis=same.basis if same else None,
        model_version=first["forecaster"],
        learned_until=_local(same.learned_until, zone) if same and same.learned_until else None,
        baselines_beaten=same.baselines_beaten if same else "see its own card",
        archive_version=int(first["archive_version"]),
        inputs=input_ages(first["inputs"], zone),
        missing_inputs=[name for name, age in ages.items() if age["data_until"] is None],
        skill_horizon=horizon,
        warning_levels=level_views(hazard.levels),
        likelihood_scale=list(SCALE),
        unread=unread(hazard),
        forecasts=[
            _site_forecast(deployment, hazard, code, list(of_site), origin, track, tested=tested, horizon=horizon)
            for code, of_site in groupby(records.sort_values("site", kind="stable").to_dict("records"), _site)
            if code in deployment.sites
        ],
    )


def _site_forecast(
    deployment: Deployment,
    hazard: Hazard,
    code: str,
    records: Sequence[Mapping[Hashable, Any]],
    origin: Origin,
    track: ByPlace,
    *,
    tested: bool,
    horizon: int | None,
) -> SiteForecast:
    site, zone, sense = deployment.sites[code], deployment.settings.local_zone, hazard.target.sense
    periods = [
        PeriodForecast(
            id=_id(record) if origin == "issued" else None,
            lead=record["lead"],
            valid_from=_local(record["valid_from"], zone),
            valid_to=_local(record["valid_to"], zone),
            probabilities=at_thresholds(sense, record["cuts"], record["probabilities"]),
            expected=None if np.isnan(record["expected"]) else round(record["expected"], 4),
            quantiles=_quantiles(record["levels"], record["quantiles"]),
            interval=interval(record["low"], record["high"]),
            level=record["level"] if isinstance(record["level"], str) else None,
            levels=chances(hazard.levels, record["cuts"], record["probabilities"]),
            **_in_words(hazard, record["cuts"], record["probabilities"]),
            track_record=track.get((site.code, int(record["lead"]))),
            beyond_skill=horizon is None or record["lead"] > horizon if tested else None,
            missing=list(record["missing"]),
            step=record["step"] if isinstance(record["step"], str) else None,
            beyond_training=deployment.hides.values(hazard, beyond(record["outside"])),
            raised=record["raised"] is True,
        )
        for record in records
    ]
    return SiteForecast(
        site=site.code,
        name_vi=site.name_vi,
        name_en=site.name_en,
        latitude=site.latitude,
        longitude=site.longitude,
        periods=periods,
    )


def _site(record: Mapping[Hashable, Any]) -> str:
    return str(record["site"])


def _id(record: Mapping[Hashable, Any]) -> str:
    return record_id(*(record[name] for name in KEY))


def _in_words(hazard: Hazard, cuts: Sequence[float], probabilities: Sequence[float]) -> dict[str, str]:
    """The event of the lowest level as a sentence; of the mildest cut in records from before the level was declared."""
    told, lowest = dict(zip(cuts, probabilities, strict=True)), lowest_cut(hazard)
    cut = lowest if lowest in told else cuts[0]
    probability = round(float(told[cut]), 6)
    amount, term = f"{cut:g} {hazard.target.unit}", in_words(probability)
    percent = in_percent(probability)
    bounds_vi, bounds_en = _BOUNDS[hazard.target.sense]
    return {
        "told_vi": f"{term.vi} ({percent}): {hazard.title_vi} {bounds_vi.format(amount)}",
        "told_en": f"{term.en} ({percent}): {hazard.title_en}, {bounds_en.format(amount)}",
    }


def _quantiles(levels: object, values: object) -> list[Quantile]:
    """Hazards of events, and issues made before this was recorded, tell none."""
    if not isinstance(levels, (list, np.ndarray)) or not isinstance(values, (list, np.ndarray)):
        return []
    return [Quantile(level=level, value=round(value, 4)) for level, value in zip(levels, values, strict=True)]


def interval(low: float | None, high: float | None) -> Interval | None:
    """The interval of an amount; None where none is told."""
    if low is None or high is None or np.isnan(low):
        return None
    return Interval(probability=COVERED, low=round(low, 4), high=round(high, 4))


def beyond(told: object) -> list[BeyondTraining]:
    """Inputs beyond training, from the column `outside`; issues made before this was recorded do not say."""
    found = json.loads(told) if isinstance(told, str) else []
    return [BeyondTraining(feature=one.pop("column"), **one) for one in found]


def input_ages(told: str, zone: str) -> list[InputAge]:
    """How far the inputs of a record reached, from its column `inputs`."""
    return [_input_age(name, age, zone) for name, age in json.loads(told).items()]


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


def _local(moment: datetime, zone: str) -> datetime:
    return pd.Timestamp(moment).tz_convert(zone).to_pydatetime()
