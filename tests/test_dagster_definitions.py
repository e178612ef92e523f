"""Dagster over the same commands: the definitions load, and their assets are materialised day by day."""

import importlib
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from test_scheduled import MAPPING
from tiny_deployment import SETTINGS, SMALL, a_copy, local, opened

from haidang.operations.schedule import JOBS

NOW = local("2023-07-03")
dg = pytest.importorskip("dagster", reason="dagster is an optional extra: pip install 'haidang[dagster]'")
SOURCE = """
[sources.station]
kind = "tables"
file = "rain.csv"
mapping = "rain.toml"
"""


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    copied = a_copy(tmp_path_factory, tmp_path / "home")
    (copied / "haidang.toml").write_text(SETTINGS + SOURCE, encoding="utf-8")
    (copied / "rain.toml").write_text(MAPPING, encoding="utf-8")
    (copied / "rain.csv").write_text("commune,day,rain_mm\nHạ Long,01/07/2023,12.5\n", encoding="utf-8")
    return copied


@pytest.fixture
def definitions(home: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("HAIDANG_HOME", str(home))
    return importlib.reload(importlib.import_module("haidang.operations.dagster_definitions"))


def test_the_definitions_load_with_an_asset_for_each_job_and_a_partition_for_each_day(definitions: ModuleType) -> None:
    dg.Definitions.validate_loadable(definitions.definitions)
    graph = definitions.definitions.resolve_asset_graph()
    names = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert names == {"entries_of_day", "forecasts_of_day", *(job.name for job in JOBS)}
    days = graph.get(dg.AssetKey("forecasts_of_day")).partitions_def.get_partition_keys()
    assert days[:2] == ["2000-01-01", "2000-01-02"]
    schedules = {schedule.name: schedule.cron_schedule for schedule in definitions.definitions.schedules}
    assert schedules == {job.name: job.cron for job in JOBS}


def test_a_past_day_is_filled_back_by_the_commands(definitions: ModuleType, home: Path) -> None:
    day, assets = "2023-07-01", [definitions.entries_of_day, definitions.forecasts_of_day]
    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize(assets, partition_key=day, instance=instance).success
        for asset in assets:
            assert instance.get_materialized_partitions(asset.key) == {day}
    deployment = opened(home)
    held = deployment.archive.observed("rain", by=NOW, start=local("2023-07-01"), end=local("2023-07-01"))
    assert held.sel(site="S1").values == pytest.approx([12.5])
    assert deployment.issued.issue_times(SMALL)[-1] == local("2023-07-01 07:00")


def test_a_command_that_fails_fails_its_asset(definitions: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    (backup,) = [asset for asset in definitions.definitions.assets if asset.key == dg.AssetKey("backup")]
    with dg.DagsterInstance.ephemeral() as instance:
        assert not dg.materialize([backup], instance=instance, raise_on_error=False).success
