"""How hazards are read by the law: matrix, places, durations by hand, and the level that is proposed."""

import dataclasses
from functools import partial

import numpy as np
import pytest
import xarray as xr
from conftest import a_tiny_hazard

from features.errors import UnknownNameError
from features.periods import Periods
from features.settings import BUILT_IN_SITES
from features.sites import Site, read_sites
from models.catalogue import read_hazards
from models.hazard import Hazard
from models.law.decision_18 import DECISION_18
from models.law.legal_rule import LegalRule, forecast_levels, place_of, proposed, steps_of_past
from models.law.matrix import Table
from models.targets import Highest, Lowest, Spell, Target, Total

NAN = np.nan
HAZARDS = read_hazards()
HEAT, RAIN, FLASH_FLOOD = (DECISION_18.table(name) for name in ("heat", "rain", "flash_flood"))
sampled = partial(pytest.approx, abs=0.004)


def forecast(target: Target, periods: Periods) -> Hazard:
    """A hazard of which only target and periods matter."""
    return dataclasses.replace(a_tiny_hazard(), target=target, periods=periods, levels={})


DAILY = Periods(days=1, count=5)


# Which matrix


@pytest.mark.parametrize("name", [name for name, hazard in HAZARDS.items() if hazard.law is not None])
def test_every_rule_of_a_hazard_finds_the_cuts_that_its_matrix_asks_for(name: str) -> None:
    rule = HAZARDS[name].law
    assert rule is not None
    read = rule.read(HAZARDS[rule.told_by or name])
    whole = DECISION_18.measured_table(rule.table)
    assert read.bounds == whole.bounds[: len(read.bounds)]
    lowest = any(remark.en.endswith("the level here is a lowest one.") for remark in read.remarks)
    assert lowest == (len(read.bounds) < len(DECISION_18.table(rule.table).bounds))


def test_rain_is_article_44_and_landslides_are_article_46_told_by_rain() -> None:
    rain, landslide = HAZARDS["heavy_rain"].law, HAZARDS["landslide"].law
    assert rain == LegalRule("rain")
    assert landslide == LegalRule("flash_flood", told_by="heavy_rain")
    assert (RAIN.article, FLASH_FLOOD.article) == ("44", "46")


@pytest.mark.parametrize(
    ("table", "target", "article"),
    # One line is all that a hazard needs: law=LegalRule(table).
    [
        ("heat", Highest("highest_air_temperature", (35.0, 37.0, 39.0, 41.0), 1), "47"),
        ("cold", Lowest("air_temperature", (13.0, 8.0, 4.0, 0.0), 1, sense="at_most"), "53"),
        ("storm", Highest("storm_wind", (10.8, 17.2, 24.5, 32.7, 41.5, 51.0), 1), "42"),
        ("sea_wind", Highest("wind_speed", (10.8, 13.9, 20.8), 1), "50"),
        ("surge", Highest("water_level", (3.0, 4.0, 5.0, 6.0), 1), "43"),
    ],
)
def test_a_hazard_that_forecasts_what_a_matrix_asks_for_is_read_by_it(table: str, target: Target, article: str) -> None:
    read = LegalRule(table).read(forecast(target, DAILY))
    assert (read.article, read.bounds) == (article, target.cuts)


def test_where_one_day_decides_the_period_may_be_a_week_and_where_days_count_it_may_not() -> None:
    weekly = Periods(days=7, count=2)
    LegalRule("surge").read(forecast(Highest("water_level", (3.0, 4.0, 5.0, 6.0), 1), weekly))
    with pytest.raises(ValueError, match="day by day to be read by Article 47"):
        LegalRule("heat").read(forecast(Highest("highest_air_temperature", (35.0, 37.0), 1), weekly))


@pytest.mark.parametrize(
    ("table", "target", "message"),
    [
        ("rain", Highest("highest_air_temperature", (100.0,), 1), "does not forecast rain in 24 h in mm"),
        ("cold", Highest("air_temperature", (0.0, 4.0, 8.0, 13.0), 1), "at_most a cut"),
        ("rain", Total("rain", (16.0, 50.0), 1), "rain needs the cut"),
        ("flash_flood", Total("rain", (100.0, 200.0), 1), r"flash_flood needs the cut 16\.0"),
        ("heat", Spell("highest_air_temperature", (3.0, 6.0), 1, threshold=35.0), "does not forecast"),
        ("drought", Highest("relative_humidity", (20.0, 50.0, 70.0), 1), "month by month to be read by Article 48"),
    ],
)
def test_a_hazard_that_forecasts_something_else_is_refused(table: str, target: Target, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LegalRule(table).read(forecast(target, DAILY))


def test_a_hazard_file_with_a_rule_that_does_not_fit_is_refused() -> None:
    target = Total("rain", (16.0, 50.0), 1)
    with pytest.raises(ValueError, match="rain needs the cut"):
        dataclasses.replace(a_tiny_hazard(), target=target, periods=DAILY, levels={}, law=LegalRule("rain"))
    with pytest.raises(UnknownNameError, match="hail"):
        dataclasses.replace(a_tiny_hazard(), target=target, periods=DAILY, levels={}, law=LegalRule("hail"))


def test_a_matrix_of_which_the_severest_class_is_not_forecast_says_that_its_level_is_a_lowest_one() -> None:
    read = LegalRule("surge").read(forecast(Highest("water_level", (3.0, 4.0), 1), DAILY))
    assert read.bounds == (3.0, 4.0)
    assert read.remarks[-1].en.endswith("the level here is a lowest one.")


def test_a_flood_is_read_from_alarm_level_one_on_and_its_level_is_a_lowest_one() -> None:
    # Article 45, zone 1: BĐ1 to BĐ3 is level 1; where BĐ3 lies above BĐ1 is not in the data.
    read = LegalRule("flood").read(forecast(Highest("river_stage", (-1.0, 0.0, 1.0), 1), DAILY))
    assert (read.article, read.bounds, read.levels.ravel().tolist()) == ("45", (0.0,), [1])
    assert read.remarks[-1].en.endswith("the level here is a lowest one.")
    with pytest.raises(ValueError, match=r"flood needs the cut 0\.0"):
        LegalRule("flood").read(forecast(Highest("river_stage", (0.5, 1.0), 1), DAILY))


def test_the_law_of_a_hazard_does_not_alter_its_forecast() -> None:
    heavy_rain = HAZARDS["heavy_rain"]
    assert dataclasses.replace(heavy_rain, law=None).fingerprint == heavy_rain.fingerprint


# Places


@pytest.mark.parametrize(
    ("table", "facts", "place"),
    [
        ("rain", {"mountainous": 1.0}, "mountain_midland"),
        ("rain", {"mountainous": 0.0}, "plain_coast"),
        ("rain", {"mountainous": NAN}, None),
        ("rain", {}, None),
        ("cold", {"mountainous": 0.0}, "plain"),
        ("flash_flood", {"landslide_susceptibility": 1.0}, "low"),
        ("flash_flood", {"landslide_susceptibility": 4.0}, "very_high"),
        ("flash_flood", {"landslide_susceptibility": 2.5}, None),
        ("flash_flood", {}, None),
        ("sea_wind", {"island": 1.0, "coastal": 1.0}, "offshore_island"),
        ("sea_wind", {"island": 0.0, "coastal": 1.0}, "coastal"),
        ("sea_wind", {"coastal": 0.0}, None),
        ("storm", {}, "coast_and_land"),
        ("heat", {}, "bac_bo"),
        ("flood", {}, "zone_1"),
    ],
)
def test_a_site_is_placed_by_its_attributes_or_not_at_all(
    table: str, facts: dict[str, float], place: str | None
) -> None:
    assert place_of(table, Site("A", "A", "A", 21.0, 107.0, facts)) == place


def test_all_communes_of_the_province_have_a_place_in_articles_44_46_and_53() -> None:
    for site in read_sites(BUILT_IN_SITES).values():
        assert all(place_of(table, site) for table in ("rain", "flash_flood", "cold"))


# Durations, by hand


def ask(
    table: Table,
    *leads: tuple[float, ...],
    known: tuple[float, ...],
    place: str,
    correlation: float,
) -> xr.Dataset:
    labels = {"site": ["A"], "lead": np.arange(1, len(leads) + 1), "cut": list(table.bounds)}
    past = xr.DataArray([list(known)], {"site": ["A"], "day": np.arange(-len(known), 0)}, ("site", "day"))
    days = xr.DataArray([[list(lead) for lead in leads]], labels, tuple(labels))
    return forecast_levels(table, days, past, places=[place], correlation=correlation)


def at_least(level: int, found: xr.Dataset) -> list[float]:
    return found["at_least"].sel(site="A", level=level).to_numpy().tolist()


def test_three_days_of_heat_lie_between_independent_days_and_days_that_are_one() -> None:
    # Yesterday was cool. The issue day, taken to be as likely as the first lead, and two leads at 35 degC or more with
    # 0.5 each: independent 0.5^3, as one 0.5. Article 47: three days are level 1.
    even = (0.5, 0.0, 0.0, 0.0)
    heat = partial(ask, HEAT, even, even, known=(30.0,), place="bac_bo")
    independent, between, as_one = (heat(correlation=r) for r in (0.0, 0.5, 0.9999))
    assert at_least(1, independent) == sampled([0.125, 0.125])
    assert at_least(1, as_one) == pytest.approx([0.5, 0.5], abs=0.02)
    assert 0.125 < at_least(1, between)[0] < 0.5


def test_rain_of_one_or_two_days_has_the_level_of_its_class() -> None:
    # Article 44, plains: 100 mm level 1, > 200 mm level 2, > 400 mm level 3, on one or two days.
    found = ask(RAIN, (0.5, 0.2, 0.1), known=(0.0,) * 6, place="plain_coast", correlation=0.5)
    assert [at_least(level, found)[0] for level in range(5)] == sampled([1.0, 0.5, 0.2, 0.1, 0.0])


def test_a_third_day_of_rain_after_two_known_ones_is_level_2() -> None:
    # With 150 mm on each of the last two days the issue day is the third (0.4), the first lead the fourth: independent.
    found = ask(RAIN, (0.4, 0.0, 0.0), known=(0.0, 150.0, 150.0), place="plain_coast", correlation=0.0)
    # The first lead is level 1 with 0.4, and level 2 where the issue day joins it to the known days: 0.4 * 0.4.
    assert at_least(1, found) == sampled([0.4])
    assert at_least(2, found) == sampled([0.16])


def test_great_rain_on_a_dry_slope_and_after_a_rain_day_differ_under_article_46() -> None:
    # High susceptibility: 100-200 mm after a rain day (16 mm, ours) level 1, without one none. The issue day is a rain
    # day with 0.8, independent of the lead with 100 mm at 0.5: the issue day repeats the lead's own chances.
    leads = (0.8, 0.5, 0.0, 0.0)
    found = ask(FLASH_FLOOD, leads, known=(0.0,) * 4, place="high", correlation=0.0)
    assert at_least(1, found) == sampled([0.8 * 0.5])
    assert at_least(1, ask(FLASH_FLOOD, leads, known=(0.0,) * 4, place="low", correlation=0.0)) == [0]


def test_an_unknown_past_day_hides_only_what_it_could_change() -> None:
    found = ask(RAIN, (0.5, 0.0, 0.0), known=(0.0, NAN, NAN), place="plain_coast", correlation=0.5)
    assert at_least(1, found) == sampled([0.5])
    assert np.isnan(at_least(2, found)[0])
    told = proposed(RAIN, found, probability=0.3)
    assert np.isnan(told["level"].item())
    assert told["cell"].item() == -1


def test_what_is_known_reaches_one_step_beyond_the_longest_band() -> None:
    tables = ("rain", "flash_flood", "heat", "storm", "drought")
    assert [steps_of_past(DECISION_18.table(name)) for name in tables] == [6, 4, 27, 0, 7]


# What is proposed


@pytest.mark.parametrize(
    ("probabilities", "level", "values"),
    [((0.29, 0.1, 0.0), 0, None), ((0.31, 0.1, 0.0), 1, "100–200"), ((0.6, 0.4, 0.1), 2, "> 200–400"),
     ((0.9, 0.8, 0.7), 3, "> 400")],
)  # fmt: skip
def test_the_highest_level_that_is_probable_enough_is_proposed_with_its_cell(
    probabilities: tuple[float, ...], level: int, values: str | None
) -> None:
    found = ask(RAIN, probabilities, known=(0.0,) * 6, place="plain_coast", correlation=0.0)
    told = proposed(RAIN, found, probability=0.3)
    assert told["level"].item() == level
    cell = int(told["cell"].item())
    assert (None if cell < 0 else RAIN.cells[cell].values) == values
    assert cell < 0 or RAIN.cells[cell].level == level
