"""A scenario in the shape of an answer: beside what was issued, with the guard's verdict, in words."""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.explained import drivers
from models.hazard import Hazard
from serving.deployment import Deployment
from serving.scenarios.changes import OfHazard
from serving.scenarios.scenario_models import (
    Amounts,
    Beyond,
    ChangeView,
    CutChances,
    DriverBothWays,
    HazardScenario,
    ScenarioPeriod,
    ScenarioSite,
    Told,
    Verdict,
)
from serving.scenarios.scenario_words import MARK, VERDICTS, change_in_words
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.forecast_models import PeriodForecast
from serving.views.rendering import beyond, interval


@dataclass(frozen=True)
class Both:
    """What was asked and told both ways, at the sites and leads that are answered.

    Attributes:
        before: rows of `ask`.
        after: the same rows of the changed snapshot.
        told: the columns of `models.issued.ISSUED` that `told_of` gives, of the changed rows.
        caution: of the rows before.
        promise: none, kept or held, shape (row,).
        guarded: whether the estimator knows the range of its training.
    """

    before: pd.DataFrame
    after: pd.DataFrame
    told: pd.DataFrame
    caution: pd.DataFrame
    promise: np.ndarray
    guarded: bool


def view(
    deployment: Deployment,
    hazard: Hazard,
    issued: RiskAnswer,
    both: Both,
    changes: Sequence[OfHazard],
    reach: Sequence[tuple[int, int]],
) -> HazardScenario:
    """The scenario of a hazard.

    Args:
        deployment: what is not said is left out.
        hazard: the hazard.
        issued: the answer beside which it stands.
        both: what was asked and told.
        changes: what each change is for the hazard.
        reach: of each change, how many values it is of, and how many of them were held.
    """
    told = {(record["site"], int(record["lead"])): record for record in both.told.to_dict("records")}
    rows = list(zip(both.after.index.get_level_values("site"), hazard.leads(both.after.index), strict=True))
    place = {(str(site), int(lead)): row for row, (site, lead) in enumerate(rows)}
    forecasts = [
        ScenarioSite(
            site=forecast.site,
            name_vi=forecast.name_vi,
            name_en=forecast.name_en,
            periods=[
                _period(
                    deployment,
                    hazard,
                    period,
                    told[forecast.site, period.lead],
                    both,
                    place[forecast.site, period.lead],
                )
                for period in forecast.periods
                if (forecast.site, period.lead) in told
            ],
        )
        for forecast in issued.forecasts
    ]
    same = (
        "hazard", "title_vi", "title_en", "unit", "origin", "simulated", "issue_time", "model_version",
        "archive_version", "warning_levels",
    )  # fmt: skip
    return HazardScenario(
        **{name: getattr(issued, name) for name in same},
        sense=hazard.target.sense,
        scenario=True,
        told_vi=MARK[0] + hazard.title_vi,
        told_en=MARK[1] + hazard.title_en,
        changes=[_change(number, one, *reach[number]) for number, one in enumerate(changes)],
        verdict=_verdict([period for one in forecasts for period in one.periods], guarded=both.guarded),
        forecasts=forecasts,
    )


def with_drivers(told: HazardScenario, hazard: Hazard, before: pd.DataFrame, after: pd.DataFrame) -> HazardScenario:
    """Adds what moves each forecast both ways, from what `models.explained.explain` tells of the rows."""
    known = drivers(hazard)
    pairs = zip(before.index.get_level_values("site"), hazard.leads(before.index), strict=True)
    found = {}
    for row, (site, lead) in enumerate(pairs):
        moved = [
            DriverBothWays(
                name=name,
                title_vi=known[name].title_vi,
                title_en=known[name].title_en,
                **_both(float(before[name].iloc[row]), float(after[name].iloc[row]), 4),
            )
            for name in map(str, before)
        ]
        found[str(site), int(lead)] = sorted(moved, key=lambda one: -abs(one.difference))
    forecasts = [
        site.model_copy(
            update={"periods": [one.model_copy(update={"drivers": found[site.site, one.lead]}) for one in site.periods]}
        )
        for site in told.forecasts
    ]
    return told.model_copy(update={"forecasts": forecasts})


def _both(issued: float, scenario: float, digits: int) -> dict[str, float]:
    issued, scenario = round(issued, digits), round(scenario, digits)
    return {"issued": issued, "scenario": scenario, "difference": round(scenario - issued, digits)}


def _period(
    deployment: Deployment,
    hazard: Hazard,
    issued: PeriodForecast,
    record: Mapping[Hashable, Any],
    both: Both,
    row: int,
) -> ScenarioPeriod:
    chances = zip(issued.probabilities, record["probabilities"], strict=True)
    expected = None
    if issued.expected is not None and not np.isnan(record["expected"]):
        expected = Amounts(**_both(issued.expected, record["expected"], 4))
    old, new = both.before.iloc[row].to_numpy(float), both.after.iloc[row].to_numpy(float)
    same = (old == new) | (np.isnan(old) & np.isnan(new))
    return ScenarioPeriod(
        lead=issued.lead,
        valid_from=issued.valid_from,
        valid_to=issued.valid_to,
        probabilities=[CutChances(cut=one.threshold, **_both(one.probability, float(new), 6)) for one, new in chances],
        expected=expected,
        interval_issued=issued.interval,
        interval_scenario=interval(record["low"], record["high"]),
        level_issued=issued.level,
        level_scenario=record["level"] if isinstance(record["level"], str) else None,
        moved=[str(name) for name in both.after.columns[~same]],
        beyond_training=_beyond(deployment, hazard, record["outside"], both.caution["outside"].iloc[row]),
        raised=bool(record["raised"]),
        promise=str(both.promise[row]),
        step=record["step"] if isinstance(record["step"], str) else None,
    )


def _beyond(deployment: Deployment, hazard: Hazard, outside: str, before: Sequence[Any]) -> list[Beyond]:
    already = {one.column for one in before}
    distances = [max(one["low"] - one["value"], one["value"] - one["high"]) for one in json.loads(outside)]
    return [
        Beyond(
            **one.model_dump(),
            by=None if one.value is None else round(distance, 6),
            as_issued=one.feature in already,
        )
        for one, distance in zip(deployment.hides.values(hazard, beyond(outside)), distances, strict=True)
    ]


def _verdict(periods: Sequence[ScenarioPeriod], *, guarded: bool) -> Verdict:
    farthest: dict[str, Beyond] = {}
    for one in (one for period in periods for one in period.beyond_training):
        if one.feature not in farthest or (one.by or 0) > (farthest[one.feature].by or 0):
            farthest[one.feature] = one
    outside = [period for period in periods if period.beyond_training]
    held = sum(period.raised for period in periods)
    told: Told = "held at the edge" if held else "outside" if outside else "inside" if guarded else "no range"
    vi, en = VERDICTS[told]
    return Verdict(
        told=told,
        periods=len(periods),
        outside=len(outside),
        newly_outside=sum(not any(one.as_issued for one in period.beyond_training) for period in outside),
        held=held,
        features=list(farthest.values()),
        told_vi=vi,
        told_en=en,
    )


def _change(number: int, one: OfHazard, values: int, held: int) -> ChangeView:
    vi, en = change_in_words(one, values)
    return ChangeView(
        number=number,
        kind=one.asked.kind,
        read=bool(one.variables),
        variables=list(one.variables),
        left=list(one.left),
        values=values,
        held=held,
        told_vi=vi,
        told_en=en,
    )
