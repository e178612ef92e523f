"""Compacting: small files are joined, every row and every earlier version stays, and again it does nothing."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from tiny_deployment import SMALL, a_copy, local, opened

from features.delta import remove_joined
from haidang.chain import issuing
from haidang.operations import scheduled
from haidang.operations.parts import do_parts
from haidang.upkeep.compacting import tables
from serving.deployment import Deployment

TIMES = [local(f"2023-06-{day} 07:00") for day in (27, 28, 29, 30)]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Issued four times, each in a file of its own."""
    of = opened(a_copy(tmp_path_factory, tmp_path_factory.mktemp("compacting") / "home"))
    for time in TIMES:
        issuing.issue_now(of, of.hazard(SMALL), time, time)
    return of


def files(folder: Path) -> set[str]:
    return set(DeltaTable(str(folder)).file_uris())


def on_disk(folder: Path) -> int:
    return len(list(folder.rglob("*.parquet"))) - len(list(folder.rglob("_delta_log/*.parquet")))


def told(deployment: Deployment) -> dict[str, str]:
    done = do_parts(lambda: scheduled.compact(deployment.settings, local("2023-07-02 01:45"), print), tries=1)
    assert done.failed == {}
    return dict(done.told)


def test_files_are_joined_and_no_record_is_lost_changed_or_told_in_another_order(deployment: Deployment) -> None:
    folder, archive = deployment.settings.issued, deployment.archive
    before = {time: deployment.issued.at(SMALL, time) for time in TIMES}
    open_before = DeltaTable(str(folder))
    small, version, rows = files(folder), deployment.issued.version, len(open_before.to_pyarrow_table())
    entries = DeltaTable(str(tables(deployment)["entries"])).to_pyarrow_table()
    again = archive.at_version(archive.version)
    assert set(told(deployment)) == set(tables(deployment))
    assert len(files(folder)) < len(small)
    assert deployment.issued.version > version
    for time, records in before.items():
        pd.testing.assert_frame_equal(deployment.issued.at(SMALL, time), records)
    assert list(deployment.issued.issue_times(SMALL)) == TIMES
    assert len(DeltaTable(str(folder)).to_pyarrow_table()) == rows
    assert len(open_before.to_pyarrow_table()) == rows  # who was reading goes on
    order = [(name, "ascending") for name in ("variable", "site", "valid_time", "known_time")]
    joined = DeltaTable(str(tables(deployment)["entries"])).to_pyarrow_table().select(entries.column_names)
    assert pa.Table.equals(joined.sort_by(order), entries.sort_by(order))
    assert again.ends() == archive.ends()


def test_done_again_it_changes_nothing(deployment: Deployment) -> None:
    told(deployment)
    version = deployment.issued.version
    assert set(told(deployment).values()) == {"0 files joined, 0 joined earlier removed"}
    assert deployment.issued.version == version


def test_joined_files_are_removed_once_nobody_can_be_reading_them(deployment: Deployment) -> None:
    told(deployment)
    folder = deployment.settings.issued
    records = deployment.issued.at(SMALL, TIMES[0])
    assert on_disk(folder) > len(files(folder))  # joined less than a week ago
    assert remove_joined(folder, kept_hours=0) > 0
    assert on_disk(folder) == len(files(folder))
    pd.testing.assert_frame_equal(deployment.issued.at(SMALL, TIMES[0]), records)


def test_the_log_of_a_table_is_kept_so_that_every_version_can_be_read(deployment: Deployment) -> None:
    told(deployment)
    for folder in tables(deployment).values():
        assert DeltaTable(str(folder)).metadata().configuration["delta.enableExpiredLogCleanup"] == "false"
        summed_up = json.loads((folder / "_delta_log" / "_last_checkpoint").read_text(encoding="utf-8"))
        assert summed_up["version"] == DeltaTable(str(folder)).version()
    assert DeltaTable(str(tables(deployment)["entries"]), version=0).version() == 0
