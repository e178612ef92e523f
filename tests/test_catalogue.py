"""Sources made from settings."""

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from features.errors import HaidangError, UnknownNameError
from features.settings import Settings
from features.sources.catalogue import KINDS, source_class, source_named
from features.sources.tables.source import TableSource
from features.variables import VARIABLES

RAIN = """\
name = "gauges"
site = "Hạ Long"
valid_time = {column = "day"}
delay_days = 0
[columns]
rain = {variable = "rain", unit = "mm"}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "gauges.toml").write_text(RAIN, encoding="utf-8")
    (tmp_path / "haidang.toml").write_text(
        '[sources.gauges]\nkind = "tables"\nfile = "data/rain.csv"\nmapping = "maps/gauges.toml"\n'
        '[sources.clams]\nkind = "tables"\nfile = "clams.csv"\nmapping = "domoic_acid_samples"\n',
        encoding="utf-8",
    )
    return Settings(home=tmp_path)


def test_a_source_of_the_settings_has_its_paths_beside_the_settings_file(settings: Settings, tmp_path: Path) -> None:
    made = source_named("gauges", settings, {})
    assert isinstance(made, TableSource)
    assert (made.file, made.name, made.zone) == (tmp_path / "data" / "rain.csv", "gauges", "Asia/Ho_Chi_Minh")


def test_a_mapping_may_be_one_that_comes_with_the_project(settings: Settings) -> None:
    made = source_named("clams", settings, {})
    assert made.variables == ("domoic_acid", "domoic_acid_detection_limit")
    with pytest.raises(HaidangError, match="unknown mapping 'domoic_acid': there is domoic_acid_samples"):
        source_named("clams", settings, {"mapping": "domoic_acid"})


def test_what_is_stated_for_this_time_wins(settings: Settings, tmp_path: Path) -> None:
    made = source_named("gauges", settings, {"file": tmp_path / "other.csv"})
    assert isinstance(made, TableSource) and made.file == tmp_path / "other.csv"


def test_an_unknown_source_and_kind_are_told_with_those_that_there_are(settings: Settings) -> None:
    with pytest.raises(UnknownNameError, match="unknown source 'gauge': there is gauges, "):
        source_named("gauge", settings, {})
    with pytest.raises(UnknownNameError, match="unknown kind of source 'table': there is tables"):
        source_named("gauges", settings, {"kind": "table"})


def test_a_wrong_and_a_missing_setting_are_named(settings: Settings) -> None:
    with pytest.raises(HaidangError, match="source gauges: there is no setting 'fil'; there are file, "):
        source_named("gauges", settings, {"fil": "x"})
    with pytest.raises(HaidangError, match="source tables: file: Field required; mapping: Field required"):
        source_named("tables", settings, {})


def test_a_key_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "haidang.toml").write_text('[sources.run]\nkind = "tables"\n', encoding="utf-8")
    monkeypatch.setenv("HAIDANG_SOURCES__RUN__KEY", "secret")
    settings = Settings(home=tmp_path)
    assert settings.sources["run"] == {"kind": "tables", "key": "secret"}
    assert "secret" not in settings.environment().values()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_frozen_dataclass_that_says_what_it_brings(kind: str) -> None:
    made = source_class(kind)
    assert dataclasses.is_dataclass(made) and made.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert made.__doc__ and not made.__doc__.startswith(made.__name__)  # not the one that dataclass writes


def without_needs(kind: str) -> bool:
    given = ("zone", "boundaries")
    fields = [field for field in dataclasses.fields(source_class(kind)) if field.name not in given]
    return all(
        field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING for field in fields
    )


@pytest.mark.parametrize("kind", [kind for kind in KINDS if without_needs(kind)])
def test_a_kind_with_defaults_declares_variables_latency_licence_and_revisits(kind: str, tmp_path: Path) -> None:
    made = source_named(kind, Settings(home=tmp_path), {})
    assert made.name == kind
    assert set(made.variables) <= set(VARIABLES)
    assert made.latency >= pd.Timedelta(0)
    assert made.licence
    assert made.revisits is None or made.revisits >= pd.Timedelta(0)
    assert source_named(kind, Settings(home=tmp_path, sources={"mine": {"kind": kind}}), {}).name == kind
    assert source_named("mine", Settings(home=tmp_path, sources={"mine": {"kind": kind}}), {}).name == "mine"
