"""Levels of what was observed, read from an archive by site and day."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, a_row_of_sites, at
from tiny_deployment import a_copy
from typer.testing import CliRunner

from features.archive import Archive
from features.errors import HaidangError
from features.local_days import day_numbers
from haidang.cli import app
from haidang.commands.observed_levels import observed_levels
from models.catalogue import read_hazards

HAZARDS = read_hazards()
BY = at("2024-07-01")


def day(text: str) -> int:
    return int(day_numbers(pd.DatetimeIndex([at(text)]), HANOI)[0])


def observed(folder: Path, variable: str, first: str, *values: float) -> Archive:
    """Days in a row at S1, each told the morning after."""
    days = pd.date_range(first, periods=len(values), freq="D", tz=HANOI)
    archive = Archive(folder, a_row_of_sites(), HANOI)
    known = days + pd.Timedelta(days=1, hours=6)
    rows = {"site": "S1", "variable": variable, "valid_time": days, "known_time": known, "source": "gauge"}
    archive.append(pd.DataFrame(rows | {"value": np.array(values)}).dropna())
    return archive


def levels(archive: Archive, name: str, first: str, last: str, *, by: pd.Timestamp = BY) -> list[float | None]:
    """Levels at S1."""
    found = observed_levels(archive, HAZARDS, name, day(first), day(last), by=by)
    return [None if np.isnan(level) else level for level in found.loc[found["site"] == "S1", "level"]]


def test_each_day_bears_the_length_of_its_whole_spell_also_where_only_a_part_is_asked_about(tmp_path: Path) -> None:
    archive = observed(tmp_path, "highest_air_temperature", "2024-06-01", *[30.0] * 8, 36.0, 36.0, 36.0, *[30.0] * 8)
    # Article 47: three days at 35 to 37 degrees are level 1, on the first of them too.
    assert levels(archive, "heat", "2024-06-08", "2024-06-12") == [0, 1, 1, 1, 0]
    assert levels(archive, "heat", "2024-06-09", "2024-06-09") == [1]


def test_what_became_known_later_does_not_count_and_an_unknown_day_is_never_level_0(tmp_path: Path) -> None:
    archive = observed(
        tmp_path, "highest_air_temperature", "2024-05-01", *[30.0] * 32, 36.0, np.nan, 36.0, *[30.0] * 27
    )
    assert levels(archive, "heat", "2024-06-01", "2024-06-04") == [0, None, None, None]
    # On the morning of the third one day of heat was known, and no more days than that.
    assert levels(archive, "heat", "2024-06-01", "2024-06-05", by=at("2024-06-03 07:00")) == [0, 0]


def test_a_river_has_the_level_from_its_first_alarm_on_where_there_is_a_gauge(tmp_path: Path) -> None:
    archive = observed(tmp_path, "river_stage", "2024-06-01", -0.1, 0.0, 2.5)
    with pytest.raises(HaidangError, match="no site tells what Article 45 asks for"):
        levels(archive, "river_flood", "2024-06-01", "2024-06-03")
    anywhere = {"river_flood": dataclasses.replace(HAZARDS["river_flood"], where=None)}
    found = observed_levels(archive, anywhere, "river_flood", day("2024-06-01"), day("2024-06-03"), by=BY)
    at_gauge = found[found["site"] == "S1"]
    assert at_gauge["level"].tolist() == [0, 1, 1]
    assert at_gauge["ground_en"].iloc[1].startswith("Article 45, Decision 18/2021")


def test_months_without_rain_are_counted_by_the_month(tmp_path: Path) -> None:
    days = pd.date_range("1990-01-01", "2020-09-30", tz=HANOI)
    rain = np.where((days >= at("2020-07-01")) & (days < at("2020-09-01")), 0.2, 1.0)
    archive = observed(tmp_path, "rain", "1990-01-01", *rain)
    # Article 48: July and August lack 80 % of 31 mm, and two months over 70 % are level 3.
    assert levels(archive, "month_shortfall", "2020-06-01", "2020-09-30", by=at("2020-11-01")) == [0, 3, 3, 0]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fresh_ponds", "measurements of salinity"),
        ("storm_wind", "not told apart"),
        ("dengue_weekly", "no matrix"),
    ],
)
def test_where_no_level_can_be_told_the_reason_is(tmp_path: Path, name: str, reason: str) -> None:
    archive = observed(tmp_path, "rain", "2024-06-01", 0.0)
    with pytest.raises(HaidangError, match=reason):
        observed_levels(archive, HAZARDS, name, day("2024-06-01"), day("2024-06-01"), by=BY)


def test_the_command_tells_levels_and_what_has_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = a_copy(tmp_path_factory, tmp_path_factory.mktemp("observed") / "home")
    stated = ["--home", str(home), "observed-levels", "--from", "2023-01-01", "--to", "2023-01-03", "--json"]
    told = CliRunner().invoke(app, [*stated, "--hazard", "heat", "--hazard", "coast_rain", "--site", "S1"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.output)
    # only rain is known there
    assert [(one["site"], one["level"]) for one in found["levels"]] == [("S1", None), ("S1", None)]
    assert list(found["withheld"]) == ["coast_rain"]
