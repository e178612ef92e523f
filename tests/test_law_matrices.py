"""Every cell of every matrix of Decision 18/2021/QĐ-TTg, written here by hand from the reading of the law.

A row gives the class of values, a value inside it, and the level of each band of durations; "-" is no level. Each cell
is tried with the shortest and the longest course of its band.
"""

import numpy as np
import pytest
import xarray as xr
from _pytest.mark.structures import ParameterSet

from models.law.decision_18 import DECISION_18, Decision
from models.law.observed import (
    cold_levels,
    drought_levels,
    flash_flood_levels,
    flood_levels,
    heat_levels,
    rain_levels,
    salinity_levels,
    sea_wind_levels,
    storm_levels,
    surge_levels,
)

RAIN_DAYS = ((1, 2), (3, 4), (5, 30))
RAIN_IN_MOUNTAINS_AND_MIDLANDS = """
    100-200   150   1 2 3
    >200-400  300   2 3 4
    >400      500   3 4 4
"""
RAIN_IN_PLAINS_AND_ON_THE_COAST = """
    100-200   150   1 2 2
    >200-400  300   2 3 3
    >400      500   3 3 4
"""
HEAT_DAYS = ((3, 5), (6, 10), (11, 25), (26, 60))
HEAT_IN_BAC_BO = """
    35-37   36   1 1 1 1
    >37-39  38   1 1 1 2
    >39-41  40   1 2 2 3
    >41     42   2 2 3 4
"""
COLD_DAYS = ((3, 5), (6, 10), (11, 40))
COLD_IN_PLAINS = """
    8-13  10   - 1 2
    4-8   6    1 2 3
    0-4   2    1 2 3
    <0    -2   1 2 3
"""
COLD_IN_MOUNTAINS_AND_MIDLANDS = """
    8-13  10   - - 1
    4-8   6    - 1 2
    0-4   2    1 2 3
    <0    -2   2 3 3
"""
DROUGHT_MONTHS = ((2, 2), (3, 3), (4, 5), (6, 12))
DROUGHT_IN_BAC_BO = """
    20-50  30   - 1 1 2
    50-70  60   1 1 2 3
    >70    80   3 3 4 4
"""
ONE_DAY = ((1, 3),)
STORM_ON_COAST_AND_LAND = """
    B6   12.0   3
    B7   15.0   3
    B8   18.0   3
    B9   22.0   3
    B10  26.0   3
    B11  30.0   3
    B12  34.0   4
    B13  39.0   4
    B14  43.0   4
    B15  48.0   4
    B16  53.0   5
    B17  58.0   5
"""
STORM_OFFSHORE = """
    B6   12.0   3
    B7   15.0   3
    B8   18.0   3
    B9   22.0   3
    B10  26.0   3
    B11  30.0   3
    B12  34.0   3
    B13  39.0   3
    B14  43.0   4
    B15  48.0   4
    B16  53.0   4
    B17  58.0   4
"""
SURGE_FROM_QUANG_NINH_TO_THANH_HOA = """
    3m    2.9   -
    >3-4  3.5   2
    >4-5  4.5   3
    >5-6  5.5   4
    >6    6.5   5
"""
FLOOD_IN_ZONE_1 = """
    below-BD1      0   -
    BD1-BD2        1   1
    BD2-BD3        2   1
    BD3-<BD3+1     3   2
    >=BD3+1        4   3
"""
SALINITY_OF_1_PERMILLE = """
    25km    20   -
    25-50   30   1
    >50-90  70   2
    >90     95   3
"""
SALINITY_OF_4_PERMILLE = """
    15km    10   -
    15-25   20   2
    >25-50  30   3
    >50     60   4
"""
SEA_WIND_IN_COASTAL_WATERS = """
    B5   9.0    -
    B6   12.0   2
    B7   15.0   3
    B8   18.0   3
    B9   22.0   3
    B12  34.0   3
"""
SEA_WIND_OFFSHORE_AND_AT_ISLANDS = """
    B6   12.0   -
    B7   15.0   2
    B8   18.0   2
    B9   22.0   3
    B12  34.0   3
"""
# Article 46, zone 3: low, medium, high, very high susceptibility after so many prior rain days.
SUSCEPTIBILITY = ("low", "medium", "high", "very_high")
FLASH_FLOOD_IN_THE_LAW = (
    (150.0, 1, (0, 0, 1, 2)), (150.0, 2, (0, 0, 1, 2)),
    (300.0, 3, (0, 1, 2, 3)), (300.0, 9, (0, 1, 2, 3)),
    (500.0, 3, (1, 2, 3, 3)), (500.0, 9, (1, 2, 3, 3)),
)  # fmt: skip
FLASH_FLOOD_OF_OUR_CHOICE = (
    (50.0, 0, (0, 0, 0, 0)), (50.0, 3, (0, 0, 0, 0)),
    (150.0, 0, (0, 0, 0, 0)), (150.0, 3, (0, 0, 1, 2)),
    (300.0, 0, (0, 0, 1, 2)), (300.0, 2, (0, 0, 1, 2)),
    (500.0, 0, (0, 1, 2, 3)), (500.0, 2, (0, 1, 2, 3)),
)  # fmt: skip


def cells(matrix: str, bands: tuple[tuple[int, int], ...]) -> list[ParameterSet]:
    cases = []
    for line in matrix.strip().splitlines():
        name, value, *levels = line.split()
        for (shortest, longest), printed in zip(bands, levels, strict=True):
            level = 0 if printed == "-" else int(printed)
            lengths = sorted({shortest, longest})
            cases += [pytest.param(float(value), n, level, id=f"{name} for {n}: {printed}") for n in lengths]
    return cases


def course(value: float, length: int, step: str = "day", *, around: float) -> xr.DataArray:
    """A spell of equal steps between two steps outside it."""
    return xr.DataArray([around, *[value] * length, around], dims=step)


def expected(level: int, length: int) -> list[int]:
    return [0, *[level] * length, 0]


@pytest.mark.parametrize(("value", "days", "level"), cells(RAIN_IN_MOUNTAINS_AND_MIDLANDS, RAIN_DAYS))
def test_article_44_rain_in_mountains_and_midlands(value: float, days: int, level: int) -> None:
    found = rain_levels(course(value, days, around=0), "mountain_midland")
    assert found["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("value", "days", "level"), cells(RAIN_IN_PLAINS_AND_ON_THE_COAST, RAIN_DAYS))
def test_article_44_rain_in_plains_and_on_the_coast(value: float, days: int, level: int) -> None:
    found = rain_levels(course(value, days, around=0), "plain_coast")
    assert found["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("value", "days", "level"), cells(HEAT_IN_BAC_BO, HEAT_DAYS))
def test_article_47_heat_in_bac_bo(value: float, days: int, level: int) -> None:
    found = heat_levels(course(value, days, around=30))
    assert found["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("value", "days", "level"), cells(COLD_IN_PLAINS, COLD_DAYS))
def test_article_53_cold_in_plains(value: float, days: int, level: int) -> None:
    found = cold_levels(course(value, days, around=20), "plain")
    assert found["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("value", "days", "level"), cells(COLD_IN_MOUNTAINS_AND_MIDLANDS, COLD_DAYS))
def test_article_53_cold_in_mountains_and_midlands(value: float, days: int, level: int) -> None:
    found = cold_levels(course(value, days, around=20), "mountain_midland")
    assert found["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("value", "months", "level"), cells(DROUGHT_IN_BAC_BO, DROUGHT_MONTHS))
def test_article_48_drought_in_bac_bo(value: float, months: int, level: int) -> None:
    found = drought_levels(course(value, months, "month", around=-10))
    assert found["level"].to_numpy().tolist() == expected(level, months)


@pytest.mark.parametrize(("wind", "days", "level"), cells(STORM_ON_COAST_AND_LAND, ONE_DAY))
def test_article_42_storm_on_the_coast_and_land_of_quang_ninh(wind: float, days: int, level: int) -> None:
    found = storm_levels(course(wind, days, around=5), "coast_and_land")
    assert found["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("wind", "days", "level"), cells(STORM_OFFSHORE, ONE_DAY))
def test_article_42_storm_offshore(wind: float, days: int, level: int) -> None:
    found = storm_levels(course(wind, days, around=5), "offshore")
    assert found["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("water", "days", "level"), cells(SURGE_FROM_QUANG_NINH_TO_THANH_HOA, ONE_DAY))
def test_article_43_surge_from_quang_ninh_to_thanh_hoa(water: float, days: int, level: int) -> None:
    assert surge_levels(course(water, days, around=1))["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("alarm", "days", "level"), cells(FLOOD_IN_ZONE_1, ONE_DAY))
def test_article_45_flood_in_zone_1(alarm: float, days: int, level: int) -> None:
    assert flood_levels(course(alarm, days, around=0))["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("distance", "days", "level"), cells(SALINITY_OF_1_PERMILLE, ONE_DAY))
def test_article_49_salinity_of_1_permille(distance: float, days: int, level: int) -> None:
    assert salinity_levels(course(distance, days, around=1), 1)["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("distance", "days", "level"), cells(SALINITY_OF_4_PERMILLE, ONE_DAY))
def test_article_49_salinity_of_4_permille(distance: float, days: int, level: int) -> None:
    assert salinity_levels(course(distance, days, around=1), 4)["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("wind", "days", "level"), cells(SEA_WIND_IN_COASTAL_WATERS, ONE_DAY))
def test_article_50_strong_wind_in_coastal_waters(wind: float, days: int, level: int) -> None:
    found = sea_wind_levels(course(wind, days, around=5), "coastal")
    assert found["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("wind", "days", "level"), cells(SEA_WIND_OFFSHORE_AND_AT_ISLANDS, ONE_DAY))
def test_article_50_strong_wind_offshore_and_at_islands(wind: float, days: int, level: int) -> None:
    found = sea_wind_levels(course(wind, days, around=5), "offshore_island")
    assert found["level"].to_numpy().tolist() == expected(level, days)


@pytest.mark.parametrize(("rain", "prior", "levels"), FLASH_FLOOD_IN_THE_LAW + FLASH_FLOOD_OF_OUR_CHOICE)
def test_article_46_flash_flood_and_landslide_in_zone_3(rain: float, prior: int, levels: tuple[int, ...]) -> None:
    susceptibility = xr.DataArray(list(SUSCEPTIBILITY), dims="site")
    days = xr.DataArray([[0.0, *[20.0] * prior, rain]] * 4, dims=("site", "day"))
    found = flash_flood_levels(days, susceptibility)
    assert found["level"].isel(day=-1).to_numpy().tolist() == list(levels)
    assert not found["level"].isel(day=slice(-1)).any()


def marks_of(rain: float, prior: int) -> list[str]:
    susceptibility = xr.DataArray(list(SUSCEPTIBILITY), dims="site")
    days = xr.DataArray([[0.0, *[20.0] * prior, rain]] * 4, dims=("site", "day"))
    of_last_day = flash_flood_levels(days, susceptibility)["cell"].isel(day=-1).to_numpy()
    return [DECISION_18.table("flash_flood").cells[cell].mark for cell in of_last_day]


@pytest.mark.parametrize(
    ("rain", "prior", "marks"),
    [
        (150.0, 1, ["V", "V", "V", "S1"]),
        (300.0, 3, ["V", "V", "S2", "S2"]),
        (500.0, 3, ["V", "S2", "X", "S2"]),
        *[(rain, prior, ["D"] * 4) for rain, prior, _ in FLASH_FLOOD_OF_OUR_CHOICE],
    ],
)
def test_what_article_46_does_not_say_is_marked_as_our_choice(rain: float, prior: int, marks: list[str]) -> None:
    assert marks_of(rain, prior) == marks


# Boundaries: "từ 100 đến 200" holds both ends, "trên 200" does not hold 200.
@pytest.mark.parametrize(
    ("rain", "level"),
    [(99.9, 0), (100.0, 1), (200.0, 1), (200.1, 2), (400.0, 2), (400.1, 3)],
)
def test_article_44_a_value_on_the_bound_is_in_the_milder_class(rain: float, level: int) -> None:
    assert rain_levels(xr.DataArray([rain], dims="day"), "plain_coast")["level"].item() == level


@pytest.mark.parametrize(
    ("temperature", "level"),
    # Eleven days in plains: 8 to 13 is level 2, below 8 level 3.
    [(13.1, 0), (13.0, 2), (8.0, 2), (7.9, 3), (0.0, 3), (-0.1, 3)],
)
def test_article_53_exactly_13_counts_and_exactly_8_is_the_milder_class(temperature: float, level: int) -> None:
    found = cold_levels(xr.DataArray([temperature] * 11, dims="day"), "plain")
    assert found["level"].to_numpy().tolist() == [level] * 11


@pytest.mark.parametrize(("temperature", "level"), [(4.0, 0), (3.9, 1), (0.0, 1), (-0.1, 2)])
def test_article_53_exactly_4_and_exactly_0_are_the_milder_class(temperature: float, level: int) -> None:
    # Three days in mountains: 4 to 8 none, 0 to 4 level 1, below 0 level 2.
    found = cold_levels(xr.DataArray([temperature] * 3, dims="day"), "mountain_midland")
    assert found["level"].to_numpy().tolist() == [level] * 3


@pytest.mark.parametrize(
    ("temperature", "level"), [(34.9, 0), (35.0, 1), (37.0, 1), (37.1, 2), (39.0, 2), (39.1, 3), (41.0, 3), (41.1, 4)]
)
def test_article_47_bounds_of_26_days_of_heat(temperature: float, level: int) -> None:
    found = heat_levels(xr.DataArray([temperature] * 26, dims="day"))
    assert found["level"].to_numpy().tolist() == [level] * 26


@pytest.mark.parametrize(
    ("wind", "level"),
    # Beaufort 11 ends at 32.6 m/s, 12 begins at 32.7; 6 begins at 10.8 and 16 at 51.0.
    [(10.7, 0), (10.8, 3), (32.6, 3), (32.7, 4), (50.9, 4), (51.0, 5)],
)
def test_article_42_bounds_between_beaufort_numbers(wind: float, level: int) -> None:
    assert storm_levels(xr.DataArray([wind], dims="day"), "coast_and_land")["level"].item() == level


@pytest.mark.parametrize(("water", "level"), [(3.0, 0), (3.01, 2), (4.0, 2), (5.0, 3), (6.0, 4), (6.01, 5)])
def test_article_43_exactly_3_m_is_no_level(water: float, level: int) -> None:
    assert surge_levels(xr.DataArray([water], dims="day"))["level"].item() == level


def monotone(levels: np.ndarray, axis: int) -> bool:
    return bool((np.diff(levels.astype(int), axis=axis) >= 0).all())


def highest_of(decision: Decision) -> dict[str, int]:
    return {hazard: int(table.levels.max()) for hazard, table in decision.tables.items()}


@pytest.mark.parametrize("hazard", sorted(DECISION_18.tables))
def test_a_severer_or_longer_event_never_has_a_lower_level(hazard: str) -> None:
    levels = DECISION_18.table(hazard).levels
    assert monotone(levels, axis=1)
    assert monotone(levels, axis=2)


def test_a_higher_susceptibility_never_has_a_lower_level() -> None:
    assert tuple(DECISION_18.table("flash_flood").places) == SUSCEPTIBILITY
    assert monotone(DECISION_18.table("flash_flood").levels, axis=0)


def test_the_highest_level_of_each_hazard_is_that_of_the_decision() -> None:
    assert highest_of(DECISION_18) == {
        "storm": 5, "surge": 5, "rain": 4, "flood": 3, "flash_flood": 3, "heat": 4, "drought": 4,
        "salinity_1_permille": 3, "salinity_4_permille": 4, "sea_wind": 3, "cold": 3,
    }  # fmt: skip


def test_each_hazard_has_its_article() -> None:
    assert {hazard: table.article for hazard, table in DECISION_18.tables.items()} == {
        "storm": "42", "surge": "43", "rain": "44", "flood": "45", "flash_flood": "46", "heat": "47", "drought": "48",
        "salinity_1_permille": "49", "salinity_4_permille": "49", "sea_wind": "50", "cold": "53",
    }  # fmt: skip


def test_article_4_names_and_colours_the_levels() -> None:
    assert [(level.number, level.name.vi, level.colour.vi) for level in DECISION_18.levels[1:]] == [
        (1, "thấp", "xanh dương nhạt"),
        (2, "trung bình", "vàng nhạt"),
        (3, "lớn", "da cam"),
        (4, "rất lớn", "đỏ"),
        (5, "thảm họa", "tím"),
    ]
    assert [level.name.en for level in DECISION_18.levels[1:]] == [
        "low", "moderate", "high", "very high", "catastrophic"
    ]  # fmt: skip
    # CAP 1.2, section 3.2.2: Extreme, Severe, Moderate, Minor or Unknown; which of them is our proposal.
    assert [level.cap_severity for level in DECISION_18.levels] == [
        None, "Minor", "Moderate", "Severe", "Extreme", "Extreme"
    ]  # fmt: skip


def test_the_sources_conflict_where_the_reading_of_the_law_says_so() -> None:
    disputed = [cell for table in DECISION_18.tables.values() for cell in table.cells if cell.mark == "X"]
    assert [(cell.article, cell.place, cell.level, cell.other_level) for cell in disputed] == [
        ("46", "high", 3, 2),
        ("53", "mountain_midland", 2, 1),
    ]
    assert all(cell.note.vi and cell.note.en for cell in disputed)


def test_the_two_bulletins_on_yagi_have_the_levels_that_were_issued() -> None:
    # 6 September 2024: Beaufort 13 to 14 into the north of the gulf, level 4.
    # 4 September 2024 for the days after: 13 in the north-east of the East Sea and in the gulf, level 3; 14, level 4.
    b13, b14 = 39.0, 43.0
    wind = xr.DataArray([b13, b14], dims="day")
    assert storm_levels(wind, "coast_and_land")["level"].to_numpy().tolist() == [4, 4]
    assert storm_levels(wind, "offshore")["level"].to_numpy().tolist() == [3, 4]


def test_the_first_level_4_of_rain_is_within_reach_of_article_44() -> None:
    # 14 October 2023, Huế and Đà Nẵng: 300 to 500 mm and in places more than 800 mm, in days of rain from the 13th on.
    # More than 400 mm in 24 h that lasts more than two days in mountains is level 4, and two days are level 3.
    three, two = xr.DataArray([450.0] * 3, dims="day"), xr.DataArray([450.0] * 2, dims="day")
    assert rain_levels(three, "mountain_midland")["level"].to_numpy().tolist() == [4, 4, 4]
    assert rain_levels(two, "mountain_midland")["level"].to_numpy().tolist() == [3, 3]
