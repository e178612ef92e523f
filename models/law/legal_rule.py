"""How a hazard is read by the law: by which matrix, by whose forecast, and what a site is in that matrix."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import xarray as xr

from features.periods import Periods
from features.sites import Site
from models.climate.monthly_targets import TotalOfMonths
from models.law.decision_18 import DECISION_18
from models.law.forecast import course_levels, one_day_levels, with_issue_day
from models.law.matrix import Table, Text
from models.targets import Spell, Target, Total

_SEED = 18
_SEVERER_NOT_TOLD = Text(
    "Dự báo không nói tới các mức nặng nhất của bảng; cấp ở đây là cấp ít nhất.",
    "The forecast does not tell the severest classes of the matrix; the level here is a lowest one.",
)
_RUNNING_MONTH = Text(
    "Phần còn lại của tháng đang diễn ra được lấy như trong các năm trước, mỗi năm như nhau.",
    "What is left of the running month is taken as in earlier years, each as likely as the other.",
)
_TERRAIN_OF_SITES = Text(
    "Miền núi hay đồng bằng, ven biển là theo cột mountainous của tệp địa điểm, không phải theo luật.",
    "Mountains or plains and coast follow the column mountainous of the sites file, not the law.",
)


class _Read(Protocol):
    """A hazard, as far as it is read."""

    @property
    def name(self) -> str: ...
    @property
    def target(self) -> Target: ...
    @property
    def periods(self) -> Periods: ...


@dataclass(frozen=True)
class LegalRule:
    """By which matrix of Decision 18/2021 a hazard has a level.

    Attributes:
        table: name of the matrix.
        told_by: the hazard whose forecast tells the values of the matrix; the hazard itself for None. So the level of
            landslides is told by the forecast of rain.
        probability: the highest level at least this probable is proposed; a choice of this service, not of the law.
        correlation: of neighbouring days in a spell while the backtest has not found it; a choice of this service,
            half way between independent days and days that stand or fall together.
    """

    table: str
    told_by: str | None = None
    probability: float = 0.3
    correlation: float = 0.5

    def read(self, teller: _Read) -> Table:
        """The matrix in the unit and as far as the cuts of the hazard that tells it.

        Raises:
            UnknownNameError: if there is no such matrix.
            ValueError: if the hazard forecasts another quantity than the matrix asks for, or not by its days or months.
        """
        printed, table = DECISION_18.table(self.table), DECISION_18.measured_table(self.table)
        target, periods = teller.target, teller.periods
        if target.unit != table.unit or target.sense != table.sense or isinstance(target, Spell):
            raise ValueError(f"{teller.name} does not forecast {table.value.en} in {table.unit}, {table.sense} a cut")
        if table.step == "month" and not (isinstance(target, TotalOfMonths) and target.over_months == 1):
            raise ValueError(f"{teller.name} must be forecast month by month to be read by Article {table.article}")
        daily = table.step == "day" and (_by_course(table) or isinstance(target, Total))
        if daily and (periods.days, periods.step) != (1, 1):
            raise ValueError(f"{teller.name} must be forecast day by day to be read by Article {table.article}")
        told = table.as_far_as(target.cuts)
        remarks = [*table.remarks]
        if table.step == "month":
            remarks.append(_RUNNING_MONTH)
        if len(told.bounds) < len(printed.bounds):
            remarks.append(_SEVERER_NOT_TOLD)
        if self.table in _TERRAIN:
            remarks.append(_TERRAIN_OF_SITES)
        return replace(told, remarks=tuple(remarks))


@dataclass(frozen=True)
class Unread:
    """An article of Decision 18/2021 on a hazard that no level is told by, as it asks for what is not known here.

    Attributes:
        article: of the Decision.
        reason: what it asks for, and why that is not told.
    """

    article: str
    reason: Text


def steps_of_past(table: Table) -> int:
    """How many known days or months before that of the issue its spells may reach; 0 where one day decides."""
    return table.durations[-1] + 1 if _by_course(table) else 0


def place_of(table: str, site: Site) -> str | None:
    """What a site is in a matrix, by its attributes; None where they do not tell.

    `mountainous` tells mountains and midlands from plains and coast, `landslide_susceptibility` is 1 low to 4 very
    high, `island` and `coastal` tell the waters of Article 50. Articles 46 and 45 are read for zone 3 and zone 1, those
    of Quảng Ninh, and the wind of a storm is read on the coast and on land.
    """
    if table in _TERRAIN:
        high = site.attributes.get("mountainous", np.nan)
        return None if np.isnan(high) else _TERRAIN[table][int(high > 0)]
    if table == "flash_flood":
        grade = site.attributes.get("landslide_susceptibility", np.nan)
        return tuple(DECISION_18.table(table).places)[int(grade) - 1] if grade in (1, 2, 3, 4) else None
    if table == "sea_wind":
        waters = {"island": "offshore_island", "coastal": "coastal"}
        return next((name for fact, name in waters.items() if site.attributes.get(fact, np.nan) > 0), None)
    return next(iter(DECISION_18.table(table).places))


def forecast_levels(
    table: Table,
    exceedance: xr.DataArray,
    past: xr.DataArray,
    *,
    places: Sequence[str],
    correlation: float,
    running: xr.DataArray | None = None,
) -> xr.Dataset:
    """Probabilities of the levels and cells of a matrix, by `course_levels` where durations count, else exactly.

    Args:
        table: as `LegalRule.read` gives it.
        exceedance: as in `course_levels`, dims ("site", "lead", "cut"), leads from 1 on.
        past: as in `course_levels`, dims ("site", table's step), up to step -1; not read where one day decides.
        places: what each site is in the matrix.
        correlation: of neighbouring days or months.
        running: as `exceedance`, of the day or month of the issue, lead 0; as likely as the first lead for None.
    """
    place = xr.DataArray(list(places), {"site": exceedance["site"]}, "site")
    if not _by_course(table):
        return one_day_levels(table, exceedance, place=place)
    whole = with_issue_day(exceedance) if running is None else xr.concat([running, exceedance], "lead")
    return course_levels(table, past, whole, place=place, correlation=correlation, seed=_SEED).isel(lead=slice(1, None))


def proposed(table: Table, levels: xr.Dataset, *, probability: float) -> xr.Dataset:
    """The highest level that is at least so probable, and the cell that most probably gives just this level.

    Returns:
        `level`, NaN where a probability is not known; `cell`, -1 at level 0 and where the level is not known.
    """
    at_least, in_force = levels["at_least"], levels["in_force"]
    level = (at_least >= probability).sum("level") - 1
    of_level = xr.DataArray(table.levels.ravel(), {"cell": in_force["cell"]}, "cell") == level
    known = at_least.notnull().all("level")
    cell = in_force.where(of_level, -1.0).argmax("cell")
    return xr.Dataset({"level": level.where(known), "cell": cell.where(known & (level > 0), -1).astype(int)})


def _by_course(table: Table) -> bool:
    return table.durations != (1,)


_TERRAIN = {"rain": ("plain_coast", "mountain_midland"), "cold": ("plain", "mountain_midland")}
