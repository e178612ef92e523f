"""Legal levels of an answer: the matrix of the law applied to what was issued and to the days that were known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
import xarray as xr

from features.errors import HaidangError
from models.climate.monthly_targets import TotalOfMonths
from models.forecaster import Card
from models.hazard import Hazard
from models.law.answer import answer
from models.law.decision_18 import DECISION_18
from models.law.legal_rule import LegalRule, forecast_levels, place_of, proposed, steps_of_past
from models.law.matrix import Table
from models.law.months import months_known, running_month
from serving.deployment import Deployment
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.law_models import LegalCell, LegalPeriod, LegalView, LevelOfLaw

_FOUND = (
    "liên hệ Gauss giữa các {1} dự báo, tương quan {0:.2f} của hai {1} kề nhau do kiểm định quá khứ tìm ra",
    "Gaussian copula over the {1}s of the forecast, correlation {0:.2f} of neighbouring {1}s, found by the backtest",
)
_ASSUMED = (
    "liên hệ Gauss giữa các {1} dự báo, tương quan {0:.2f} của hai {1} kề nhau là lựa chọn của dịch vụ",
    "Gaussian copula over the {1}s of the forecast, correlation {0:.2f} of neighbouring {1}s, a choice of this service",
)
_STEPS = {"day": ("ngày", "day"), "month": ("tháng", "month")}


@dataclass(frozen=True)
class Teller:
    """The hazard whose forecast tells the values of a matrix.

    Attributes:
        hazard: the hazard.
        records: what it issued, the columns of `models.issued.ISSUED`, one issue.
        card: of its forecaster; None where that is not known.
    """

    hazard: Hazard
    records: pd.DataFrame
    card: Card | None


def with_legal_levels(told: RiskAnswer, rule: LegalRule, deployment: Deployment, teller: Teller) -> RiskAnswer:
    """Adds the disaster-risk levels to an answer.

    Args:
        told: the answer of a hazard.
        rule: by which the hazard is read.
        deployment: whose sites and archive count.
        teller: whose forecast tells the values, issued at the answer's issue time or the last one before.
    """
    table = rule.read(teller.hazard)
    places = {code: place_of(table.hazard, site) for code, site in deployment.sites.items()}
    records = teller.records[[places.get(code) is not None for code in teller.records["site"]]]
    view = _view_of(table, rule, teller)
    if records.empty:
        reason = {"withheld": "no site tells what the law asks", "withheld_vi": "không điểm nào cho biết điều luật hỏi"}
        return told.model_copy(update={"law": view.model_copy(update=reason)})
    exceedance = _exceedance(records)
    codes = [str(code) for code in exceedance["site"].to_numpy()]
    past, running = _known(deployment, teller, table)
    levels = forecast_levels(
        table,
        exceedance,
        past.sel(site=codes),
        places=[str(places[code]) for code in codes],
        correlation=_correlation(rule, teller)[0],
        running=None if running is None else running.sel(site=codes),
    )
    found = proposed(table, levels, probability=rule.probability)
    begins = dict(zip(records["period"], records["valid_from"], strict=True))
    periods = _periods(table, levels, found, begins)
    forecasts = [
        forecast.model_copy(
            update={
                "periods": [
                    period.model_copy(update={"law": periods.get((forecast.site, period.valid_from))})
                    for period in forecast.periods
                ]
            }
        )
        for forecast in told.forecasts
    ]
    used = sorted({of.law.cell for one in forecasts for of in one.periods if of.law and of.law.cell is not None})
    proposals = {of.law.level for one in forecasts for of in one.periods if of.law and of.law.level is not None}
    update = {"levels": levels_of_law(proposals), "cells": [_cell(table, number) for number in used]}
    return told.model_copy(update={"forecasts": forecasts, "law": view.model_copy(update=update)})


def without_levels(told: RiskAnswer, rule: LegalRule, told_by: str, reason: HaidangError) -> RiskAnswer:
    """Says why an answer has no disaster-risk levels."""
    view = _view(DECISION_18.table(rule.table), rule, told_by)
    why = {"withheld": str(reason), "withheld_vi": getattr(reason, "vi", f"chưa xác định được cấp độ ({reason})")}
    return told.model_copy(update={"law": view.model_copy(update=why)})


def _view_of(table: Table, rule: LegalRule, teller: Teller) -> LegalView:
    """What the levels rest on, before any is told."""
    view = _view(table, rule, teller.hazard.name)
    if not steps_of_past(table):
        return view
    correlation, texts = _correlation(rule, teller)
    vi, en = (text.format(correlation, step) for text, step in zip(texts, _STEPS[table.step], strict=True))
    return view.model_copy(update={"days_joined_vi": vi, "days_joined_en": en})


def levels_of_law(numbers: set[int]) -> list[LevelOfLaw]:
    """Names and colours of levels."""
    return [
        LevelOfLaw(
            level=level.number,
            name_vi=level.name.vi,
            name_en=level.name.en,
            colour_vi=level.colour.vi,
            colour_en=level.colour.en,
            hex=level.hex,
            verified=level.mark == "V",
        )
        for level in DECISION_18.levels
        if level.number in numbers
    ]


def _view(table: Table, rule: LegalRule, told_by: str) -> LegalView:
    return LegalView(
        decision=DECISION_18.number,
        article=table.article,
        title_vi=table.title.vi,
        title_en=table.title.en,
        compared_with_gazette=DECISION_18.compared_with_gazette,
        encoding=DECISION_18.version,
        told_by=told_by,
        probability=rule.probability,
        days_joined_vi="",
        days_joined_en="",
        levels=[],
        cells=[],
        remarks_vi=[remark.vi for remark in table.remarks],
        remarks_en=[remark.en for remark in table.remarks],
    )


def _correlation(rule: LegalRule, teller: Teller) -> tuple[float, tuple[str, str]]:
    found = None if teller.card is None else teller.card.neighbour_correlation
    return (rule.correlation, _ASSUMED) if found is None else (found, _FOUND)


def _exceedance(records: pd.DataFrame) -> xr.DataArray:
    """What was issued, dims (site, lead, cut), leads in periods; NaN where a rule could not be told."""
    index = pd.MultiIndex.from_frame(records[["site", "period"]])
    numbers = np.sort(records["period"].unique())
    grid = pd.MultiIndex.from_product([records["site"].unique(), numbers], names=index.names)
    table = pd.DataFrame(np.stack(records["probabilities"].to_list()), index).reindex(grid)
    sites = records["site"].unique()
    coordinates = {"site": sites, "lead": numbers, "cut": list(records["cuts"].iloc[0])}
    return xr.DataArray(table.to_numpy().reshape(len(sites), len(numbers), -1), coordinates, tuple(coordinates))


def _known(deployment: Deployment, teller: Teller, table: Table) -> tuple[xr.DataArray, xr.DataArray | None]:
    """The days or months before that of the issue as they were known then, dims (site, step), and the running month."""
    steps = steps_of_past(table)
    if steps == 0:
        codes = list(deployment.sites.codes)
        return xr.DataArray(np.empty((len(codes), 0)), {"site": codes, table.step: []}, ("site", table.step)), None
    snapshot = deployment.archive.as_of(teller.records["issue_time"].iloc[0])
    target = teller.hazard.target
    if isinstance(target, TotalOfMonths):
        return months_known(snapshot, target, steps), running_month(snapshot, target)
    known = snapshot.past(target.variable, steps).isel(issue_time=0, drop=True)
    return known.assign_coords(back=-known["back"]).rename(back="day").sortby("day"), None


def _periods(
    table: Table, levels: xr.Dataset, found: xr.Dataset, begins: Mapping[int, datetime]
) -> dict[tuple[str, datetime], LegalPeriod]:
    """The levels by site and first moment of the period."""
    highest = int(table.levels.max())
    at_least = np.round(levels["at_least"].transpose("site", "lead", "level").to_numpy()[..., 1 : highest + 1], 4)
    level, cell = (found[name].transpose("site", "lead").to_numpy() for name in ("level", "cell"))
    return {
        (str(site), begins[int(lead)]): LegalPeriod(
            level=None if np.isnan(level[i, j]) else int(level[i, j]),
            at_least=[None if np.isnan(one) else float(one) for one in at_least[i, j]],
            cell=None if cell[i, j] < 0 else int(cell[i, j]),
        )
        for i, site in enumerate(found["site"].to_numpy())
        for j, lead in enumerate(found["lead"].to_numpy())
    }


def _cell(table: Table, number: int) -> LegalCell:
    told = answer(table, number)
    cell = table.cells[number]
    return LegalCell(
        number=number,
        level=cell.level,
        article=cell.article,
        mark=cell.mark,
        verified=told.verified,
        ground_vi=told.ground.vi,
        ground_en=told.ground.en,
        caution_vi=told.caution.vi,
        caution_en=told.caution.en,
    )
