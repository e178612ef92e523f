"""The snapshot: it reads no further back than anybody looks, and what it says does not hang on what it read before."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, at, entry, table

from features.archive import Archive
from features.local_days import day_numbers
from features.sites import Sites
from features.snapshot import Snapshot
from features.vintages import Vintages

ISSUE = at("2024-03-10 07:00")
LONG_AGO = "2001-05-01"


@pytest.fixture
def held(tmp_path: Path, sites: Sites) -> Archive:
    archive = Archive(tmp_path, sites, HANOI)
    archive.append(
        table(
            entry("S1", "rain", LONG_AGO, "2001-05-02 06:00", 7.0),
            entry("S2", "rain", LONG_AGO, "2001-05-02 06:00", 8.0),
            entry("S1", "rain", "2024-03-09", "2024-03-10 06:00", 1.0),
            entry("S1", "rain", "2024-03-12", "2024-03-10 06:00", 2.0, "model"),
        )
    )
    return archive


def watched(archive: Archive) -> tuple[Snapshot, list[int | None]]:
    """A snapshot that notes from which day on it reads."""
    read_from: list[int | None] = []

    def read(variable: str, first_day: int | None) -> Vintages:
        read_from.append(first_day)
        return archive.vintages(ISSUE, variable, first_day)

    return Snapshot(pd.DatetimeIndex([ISSUE]).tz_convert("UTC"), archive.sites, HANOI, read), read_from


def test_a_short_look_back_reads_about_a_year_and_once(held: Archive) -> None:
    snapshot, read_from = watched(held)
    assert snapshot.past("rain", 3).sel(site="S1", back=1).item() == 1.0
    assert snapshot.past("rain", 300).notnull().sum() == 1
    today = int(day_numbers(pd.DatetimeIndex([ISSUE]), HANOI)[0])
    assert read_from == [today - 400]


def test_a_longer_look_back_reads_on_and_finds_what_lies_there(held: Archive) -> None:
    snapshot, read_from = watched(held)
    snapshot.past("rain", 3)
    days = int((ISSUE.normalize() - at(LONG_AGO)).days)
    long = snapshot.past("rain", days)
    assert long.sel(back=days).to_numpy()[0].tolist()[:2] == [7.0, 8.0]
    assert len(read_from) == 2
    np.testing.assert_array_equal(long.sel(back=[1, 2, 3]), snapshot.past("rain", 3))


def test_the_newest_value_of_a_site_that_fell_silent_is_found_however_old(held: Archive) -> None:
    snapshot, read_from = watched(held)
    newest = snapshot.newest("rain")
    assert newest.loc["S1", "valid_time"] == at("2024-03-12")
    assert newest.loc["S2", "valid_time"] == at(LONG_AGO)
    assert newest["valid_time"].isna().sum() == len(held.sites) - 2
    assert read_from[-1] is None


def test_one_block_of_issue_times_reads_for_all(held: Archive) -> None:
    times = pd.DatetimeIndex([at("2024-03-08 07:00"), at("2024-03-09 07:00"), ISSUE]).tz_convert("UTC")
    read_from: list[int | None] = []

    def read(variable: str, first_day: int | None) -> Vintages:
        read_from.append(first_day)
        return held.vintages(ISSUE, variable, first_day)

    for block in Snapshot(times, held.sites, HANOI, read).blocks(1):
        block.past("rain", 2)
    assert len(read_from) == 1
