"""Publishing: versions, bulk files and changes, worked by hand, and a reader who follows them holds the same table."""

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import HaidangError
from haidang.publication.parts import PartToRead, TableToRead
from haidang.publication.publishing import brought_up_to_date
from serving.catalogue.datasets import Column, Dataset
from serving.catalogue.publication import BulkFile, Published

NOW = pd.Timestamp("2026-11-27T00:00Z")
RAIN = Dataset(
    "rain", "Mưa", "Rain", "", "", "month", "DAILY", (), None,
    (
        Column("site", "text", None, True, "", ""),
        Column("day", "text", None, True, "", ""),
        Column("value", "number", "mm", False, "", ""),
    ),
)  # fmt: skip
Rows = Mapping[tuple[str, str], float | None]
"""Site and day -> value; the month of the day is the part."""


def table(rows: Rows, state: str = "") -> TableToRead:
    parts = sorted({day[:7] for _, day in rows})

    def of(part: str) -> pa.Table:
        told = [{"site": s, "day": d, "value": value} for (s, d), value in rows.items() if d.startswith(part)]
        return pa.Table.from_pylist(told, RAIN.schema)

    return TableToRead({part: PartToRead(state, lambda part=part: of(part)) for part in parts})


def held_in(folder: Path, files: tuple[BulkFile, ...] | list[BulkFile]) -> dict[tuple[str, str], float | None]:
    """Site and day -> value of all Parquet files."""
    rows = [row for file in files if file.format == "parquet" for row in pq.read_table(folder / file.name).to_pylist()]
    found = {(row["site"], row["day"]): row["value"] for row in rows}
    assert len(found) == len(rows)
    return found


def followed(folder: Path, published: Published, mine: Rows, since: int) -> dict[tuple[str, str], float | None]:
    """The table of a reader who held `mine` at a version and does what the changes since say."""
    found = dict(mine)
    for change in published.changes:
        if change.version <= since:
            continue
        for file in change.altered:
            if file.format == "parquet":
                for row in pq.read_table(folder / file.name).to_pylist():
                    assert row["_commit_version"] == change.version
                    key = row["site"], row["day"]
                    assert (key in found) == (row["_change_type"] != "insert")
                    if row["_change_type"] == "delete":
                        del found[key]
                    else:
                        found[key] = row["value"]
        new = held_in(folder, change.inserted)
        assert not set(new) & set(found)
        found |= new
    return found


FIRST: Rows = {("S1", "2026-10-01"): 1.0, ("S2", "2026-10-01"): 2.5, ("S1", "2026-11-01"): None}
SECOND: Rows = {
    ("S2", "2026-10-01"): 3.5, ("S1", "2026-11-01"): None, ("S3", "2026-11-02"): 0.0, ("S1", "2026-12-01"): 7.0,
}  # fmt: skip


def test_changes_since_a_version_are_the_rows_that_differ(tmp_path: Path) -> None:
    one = brought_up_to_date(tmp_path, RAIN, Published(), table(FIRST), NOW)
    two = brought_up_to_date(tmp_path, RAIN, one, table(SECOND), NOW + pd.Timedelta(hours=1))
    assert (one.version, two.version, two.oldest) == (1, 2, 0)
    change = two.changes[-1]
    altered = [pq.read_table(tmp_path / file.name).to_pylist() for file in change.altered if file.format == "parquet"]
    common = {"_commit_version": 2}
    assert altered == [
        [
            {"site": "S2", "day": "2026-10-01", "value": 3.5, "_change_type": "update_postimage", **common},
            {"site": "S1", "day": "2026-10-01", "value": 1.0, "_change_type": "delete", **common},
        ],
        [{"site": "S3", "day": "2026-11-02", "value": 0.0, "_change_type": "insert", **common}],
    ]
    assert held_in(tmp_path, change.inserted) == {("S1", "2026-12-01"): 7.0}
    assert held_in(tmp_path, two.files) == SECOND
    assert [file.name for file in two.files if file.format == "csv"] == [
        "2026-10.v2.csv.gz", "2026-11.v2.csv.gz", "2026-12.v2.csv.gz",
    ]  # fmt: skip
    begins, ends = (pd.Timestamp(text, tz="UTC").to_pydatetime() for text in ("2026-10-01", "2027-01-01"))
    assert (two.begins, two.ends) == (begins, ends)


def test_a_value_that_becomes_unknown_or_known_is_a_change(tmp_path: Path) -> None:
    key = ("S1", "2026-10-01")
    one = brought_up_to_date(tmp_path, RAIN, Published(), table({key: 0.0}), NOW)
    two = brought_up_to_date(tmp_path, RAIN, one, table({key: None}), NOW)
    three = brought_up_to_date(tmp_path, RAIN, two, table({key: 0.0}), NOW)
    assert [one.version, two.version, three.version] == [1, 2, 3]
    assert held_in(tmp_path, two.files) == {key: None}


def test_published_twice_nothing_changes_and_what_did_not_change_at_rest_is_not_read(tmp_path: Path) -> None:
    one = brought_up_to_date(tmp_path, RAIN, Published(), table(FIRST, "as read"), NOW)
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}

    def unread() -> pa.Table:
        raise AssertionError("read again")

    parts = {part: PartToRead("as read", unread) for part in ("2026-10", "2026-11")}
    assert brought_up_to_date(tmp_path, RAIN, one, TableToRead(parts), NOW) == one
    same = brought_up_to_date(tmp_path, RAIN, one, table(FIRST, "compacted"), NOW)
    assert (same.version, same.changes, same.files) == (one.version, one.changes, one.files)
    assert {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before


def test_checksums_are_of_the_bytes_and_csv_tells_the_same(tmp_path: Path) -> None:
    one = brought_up_to_date(tmp_path, RAIN, Published(), table(FIRST), NOW)
    for file in one.every_file():
        content = (tmp_path / file.name).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.bytes)
    assert gzip.decompress((tmp_path / "2026-10.v1.csv.gz").read_bytes()).decode() == (
        '"site","day","value"\n"S1","2026-10-01",1\n"S2","2026-10-01",2.5\n'
    )
    options = pacsv.ConvertOptions(column_types=RAIN.schema, strings_can_be_null=True)
    for file in one.files:
        if file.format == "csv":
            read = pacsv.read_csv(tmp_path / file.name, convert_options=options)
            assert read.to_pylist() == pq.read_table(tmp_path / f"{file.part}.v1.parquet").to_pylist()


def test_what_a_killed_publication_left_is_passed_over(tmp_path: Path) -> None:
    one = brought_up_to_date(tmp_path, RAIN, Published(), table(FIRST), NOW)
    brought_up_to_date(tmp_path, RAIN, one, table(SECOND), NOW)  # its manifest was never written
    third: Rows = {**FIRST, ("S9", "2026-10-09"): 9.0}
    two = brought_up_to_date(tmp_path, RAIN, one, table(third), NOW)
    assert two.version == 2
    assert followed(tmp_path, two, {}, 0) == held_in(tmp_path, two.files) == third


def test_two_rows_with_one_key_are_refused(tmp_path: Path) -> None:
    twice = pa.Table.from_pylist([{"site": "S1", "day": "2026-10-01", "value": v} for v in (1.0, 2.0)], RAIN.schema)
    with pytest.raises(HaidangError, match="rain: two rows have the key .*S1"):
        brought_up_to_date(tmp_path, RAIN, Published(), TableToRead({"2026-10": PartToRead("", lambda: twice)}), NOW)


_KEYS = st.tuples(
    st.sampled_from(["S1", "S2", "S3"]), st.sampled_from(["2026-10-01", "2026-10-02", "2026-11-01", "2026-12-31"])
)
_STATES = st.lists(
    st.dictionaries(_KEYS, st.one_of(st.none(), st.sampled_from([0.0, 0.1, 7.5])), max_size=6), min_size=1, max_size=4
)


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(states=_STATES)
def test_who_follows_the_changes_from_any_version_holds_the_bulk_files(
    tmp_path_factory: pytest.TempPathFactory, states: list[Rows]
) -> None:
    folder, published = tmp_path_factory.mktemp("rain"), Published()
    at_version: dict[int, Rows] = {0: {}}
    for rows in states:
        before = published.version
        published = brought_up_to_date(folder, RAIN, published, table(rows), NOW)
        assert (published.version == before) == (rows == at_version[before])
        at_version[published.version] = rows
        assert held_in(folder, published.files) == rows
    for version, mine in at_version.items():
        assert followed(folder, published, mine, version) == states[-1]
