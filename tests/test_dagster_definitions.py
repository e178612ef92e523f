"""Dagster over the same commands: the definitions load, and their assets are materialised day by day."""

from pathlib import Path
from types import ModuleType

import pytest
from test_scheduled import MAPPING
from tiny_deployment import SETTINGS, SMALL, a_copy, local, opened

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
    import importlib

    monkeypatch.setenv("HAIDANG_HOME", str(home))
    return importlib.reload(importlib.import_module("haidang.dagster_definitions"))


def test_the_definitions_load_with_an_asset_for_each_job_and_a_partition_for_each_day(definitions: ModuleType) -> None:
    dg.Definitions.validate_loadable(definitions.definitions)
    graph = definitions.definitions.resolve_asset_graph()
    names = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert {"entries", "issued_forecasts", "backup", "silence"} <= names
    days = graph.get(dg.AssetKey("issued_forecasts")).partitions_def.get_partition_keys()
    assert days[:2] == ["2000-01-01", "2000-01-02"]
    assert {schedule.name for schedule in definitions.definitions.schedules} >= {"every_day_schedule", "backup"}


def test_a_day_is_materialised_by_the_commands(definitions: ModuleType, home: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        made = dg.materialize(
            [definitions.entries, definitions.issued_forecasts], partition_key="2023-07-02", instance=instance
        )
        assert made.success
        assert instance.get_materialized_partitions(dg.AssetKey("issued_forecasts")) == {"2023-07-02"}
    deployment = opened(home)
    assert deployment.issued.issue_times(SMALL)[-1] == local("2023-07-02 07:00")
