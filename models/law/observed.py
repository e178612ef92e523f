"""Levels of what was observed, hazard by hazard, by Decision 18/2021/QĐ-TTg.

Every function is vectorised and pure, takes a DataArray with the dim "day" ("month" for drought) and any others, and
returns a Dataset with `level` (0 to 5, NaN where not known) and `cell` (see `models.law.answer`). Spells are counted as
a whole unless `spell=spell_so_far` is given; see `models.law.spells`.
"""

from dataclasses import replace

import numpy as np
import xarray as xr

from models.law.course import levels_of_course
from models.law.decision_18 import DECISION_18
from models.law.spells import Counting, whole_spell

Places = xr.DataArray | str


def storm_levels(wind: xr.DataArray, waters: Places) -> xr.Dataset:
    """Article 42: storm and tropical depression, by the wind where it is felt.

    Args:
        wind: of a tropical cyclone, m/s; 0 on days without one, whatever blows else.
        waters: "coast_and_land" or "offshore".
    """
    return levels_of_course(DECISION_18.speed_table("storm"), wind, place=waters)


def surge_levels(water_level: xr.DataArray) -> xr.Dataset:
    """Article 43: storm surge from Quảng Ninh to Thanh Hóa, by the total water level, m."""
    return levels_of_course(DECISION_18.table("surge"), water_level)


def rain_levels(rain: xr.DataArray, terrain: Places, *, spell: Counting = whole_spell) -> xr.Dataset:
    """Article 44: heavy rain.

    Daily totals cannot tell the other way to level 1, 50 to 100 mm in 12 h; such days are 0 here.

    Args:
        rain: mm in 24 h.
        terrain: "mountain_midland" or "plain_coast".
        spell: how a spell is counted.
    """
    return levels_of_course(DECISION_18.table("rain"), rain, place=terrain, spell=spell)


def alarm_class(
    stage: xr.DataArray,
    *,
    first: xr.DataArray | float,
    second: xr.DataArray | float,
    third: xr.DataArray | float,
    historic: xr.DataArray | float = np.inf,
) -> xr.DataArray:
    """River stage as the class of Article 45: 0 below BĐ1, 1, 2, 3 from BĐ1, BĐ2, BĐ3, 4 from BĐ3 + 1 m.

    Args:
        stage: m above any datum that the alarm levels share.
        first: alarm level BĐ1, m.
        second: alarm level BĐ2, m.
        third: alarm level BĐ3, m.
        historic: highest flood on record, m; above it the class is 4 too. NaN where there is no record.

    Returns:
        0 to 4, NaN where the stage, or an alarm level of the station, is.
    """
    reached = (stage >= first).astype(float) + (stage >= second) + (stage >= third) + (stage >= third + 1)
    known = stage.notnull() & xr.DataArray(first + second + third).notnull()
    return reached.where(~(stage > historic), 4).where(known)


def flood_levels(alarm: xr.DataArray) -> xr.Dataset:
    """Article 45: river flood in zone 1, by the class of `alarm_class`."""
    return levels_of_course(DECISION_18.table("flood"), alarm)


def flash_flood_levels(rain: xr.DataArray, susceptibility: Places, *, rain_day_mm: float | None = None) -> xr.Dataset:
    """Article 46: flash flood and landslide in zone 3, by the rain of the day and the rain days right before it.

    Args:
        rain: mm in 24 h.
        susceptibility: "low", "medium", "high" or "very_high".
        rain_day_mm: least rain of a day of prior rain, for which the law has no figure; None for the table's.
    """
    table = DECISION_18.table("flash_flood")
    if rain_day_mm is not None:
        table = replace(table, bounds=(rain_day_mm, *table.bounds[1:]))
    return levels_of_course(table, rain, place=susceptibility)


def heat_levels(highest: xr.DataArray, *, spell: Counting = whole_spell) -> xr.Dataset:
    """Article 47: heat in northern Vietnam, by the daily maximum temperature, °C."""
    return levels_of_course(DECISION_18.table("heat"), highest, spell=spell)


def drought_levels(shortfall: xr.DataArray, *, spell: Counting = whole_spell) -> xr.Dataset:
    """Article 48: drought in northern Vietnam, by the shortfall of each month's rain from its normal, %."""
    return levels_of_course(DECISION_18.table("drought"), shortfall, spell=spell)


def salinity_levels(distance: xr.DataArray, permille: int) -> xr.Dataset:
    """Article 49: saline intrusion in northern Vietnam, by one of the two lines; the higher level of both counts.

    Args:
        distance: of the line inland along the river, km.
        permille: which line, 1 or 4.
    """
    return levels_of_course(DECISION_18.table(f"salinity_{permille}_permille"), distance)


def sea_wind_levels(wind: xr.DataArray, waters: Places) -> xr.Dataset:
    """Article 50: strong wind at sea.

    Args:
        wind: 2-minute mean, m/s.
        waters: "coastal" or "offshore_island".
    """
    return levels_of_course(DECISION_18.speed_table("sea_wind"), wind, place=waters)


def cold_levels(mean: xr.DataArray, terrain: Places, *, spell: Counting = whole_spell) -> xr.Dataset:
    """Article 53: damaging cold and frost.

    Args:
        mean: daily mean temperature, °C.
        terrain: "plain" or "mountain_midland".
        spell: how a spell is counted.
    """
    return levels_of_course(DECISION_18.table("cold"), mean, place=terrain, spell=spell)
