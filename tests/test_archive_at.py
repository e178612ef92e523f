"""The archive at a moment: it answers everything as an archive that was cut there."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import HANOI, MakeArchive, at, entry, table

from features.archive import Archive
from features.archive_at import ArchiveAt
from features.errors import HaidangError
from features.sites import Sites

ROWS = (
    entry("S1", "rain", "2024-03-10", "2024-03-09 06:00", 5.0, "model"),
    entry("S1", "rain", "2024-03-10", "2024-03-11 06:00", 12.0),
    entry("S1", "rain", "2024-03-10", "2024-03-20 06:00", 15.0),
    entry("S2", "rain", "2024-03-12", "2024-03-13 06:00", 1.0),
    entry("S2", "rain", "2024-03-14", "2024-03-12 06:00", 7.0, "model"),
    entry("S3", "air_temperature", "2024-03-13", "2024-03-14 06:00", 21.0),
)
MOMENTS = ("2024-03-09 06:00", "2024-03-11 07:00", "2024-03-13 05:59", "2024-03-14 06:00", "2024-04-01")


ASKED: dict[str, Callable[[Archive], object]] = {
    "begins": lambda archive: archive.begins(),
    "ends": lambda archive: archive.ends(),
    "ends of rain": lambda archive: archive.ends("rain"),
    "newest known": lambda archive: sorted(archive.newest_known().items()),
    "variables": lambda archive: archive.variables(),
    "newest day": lambda archive: archive.newest_day("rain", "station"),
    "newest rows": lambda archive: sorted(archive.newest_rows("rain", 2).to_csv(index=False).splitlines()),
    "observed": lambda archive: archive.observed(
        "rain", by=at("2025-01-01"), start=at("2024-03-08"), end=at("2024-03-16")
    ).to_dict()["data"],
    "past": lambda archive: archive.as_of(at("2024-03-16")).past("rain", 8).to_dict()["data"],
    "newest": lambda archive: archive.as_of(at("2024-03-16")).newest("rain").to_csv(),
}


@pytest.fixture
def split(tmp_path: Path, sites: Sites) -> Path:
    """An archive in two files, as it was appended."""
    held = Archive(tmp_path / "whole", sites, HANOI)
    held.append(table(*ROWS[:3]))
    held.append(table(*ROWS[3:]))
    return tmp_path / "whole"


@pytest.mark.parametrize("moment", MOMENTS)
def test_it_answers_as_an_archive_that_was_cut_at_the_moment(
    split: Path, sites: Sites, archive: MakeArchive, moment: str
) -> None:
    cut = archive(*(row for row in ROWS if row["known_time"] <= at(moment)))
    seen = ArchiveAt(split, sites, HANOI, moment=at(moment))
    for ask in ASKED.values():
        assert str(ask(seen)) == str(ask(cut))


def test_it_says_so_where_nothing_was_known_yet(split: Path, sites: Sites) -> None:
    seen = ArchiveAt(split, sites, HANOI, moment=at("2024-03-09 05:59"))
    assert seen.variables() == []
    with pytest.raises(HaidangError, match="no entry was known at 2024-03-09T05:59:00\\+07:00"):
        seen.ends()
    with pytest.raises(HaidangError, match="no air_temperature was known"):
        ArchiveAt(split, sites, HANOI, moment=at("2024-03-11")).ends("air_temperature")


def test_an_earlier_version_is_cut_at_the_same_moment(split: Path, sites: Sites) -> None:
    seen = ArchiveAt(split, sites, HANOI, moment=at("2024-03-13 07:00"))
    assert seen.ends() == at("2024-03-13 06:00")
    assert seen.at_version(1).ends() == at("2024-03-11 06:00")
    assert seen.at_version(1).newest_day("rain", "station") == pd.Timestamp(at("2024-03-10"))
