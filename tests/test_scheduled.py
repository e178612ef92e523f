"""What the scheduled jobs do: a part for each source and for each hazard with a champion."""

from pathlib import Path

import pandas as pd
import pytest
from tiny_deployment import COAST, SETTINGS, SMALL, a_copy, local, opened, write_settings

from features.settings import Settings
from haidang.operations import scheduled
from haidang.operations.job import Tell
from haidang.operations.parts import do_parts
from models.forecaster import Forecaster
from models.hazard import Hazard
from serving.shelf import Shelf

NOW = local("2023-07-01 09:30")
MAPPING = """
name = "station"
site_column = "commune"
valid_time = {column = "day", format = "%d/%m/%Y"}
delay_days = 0.25

[columns]
rain_mm = {variable = "rain", unit = "mm"}
"""
SOURCES = """
[sources.station]
kind = "tables"
file = "rain.csv"
mapping = "rain.toml"

[sources.broken]
kind = "tables"
file = "nowhere.csv"
mapping = "rain.toml"

[sources.strange]
kind = "nothing_known"
"""


def nobody(kind: str, about: str, text: str) -> None:
    raise AssertionError(f"{kind} {about} {text}")


TELL: Tell = nobody


def test_a_source_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write_settings(home)
    (home / "haidang.toml").write_text(SETTINGS + SOURCES, encoding="utf-8")
    (home / "rain.toml").write_text(MAPPING, encoding="utf-8")
    (home / "rain.csv").write_text(
        "commune,day,rain_mm\nHạ Long,29/06/2023,12.5\nCô Tô,30/06/2023,0\n", encoding="utf-8"
    )
    done = do_parts(lambda: scheduled.ingest(Settings(home=home), NOW, TELL), tries=1)
    assert done.outcome == "partly"
    assert done.told == {"station": "2 entries accepted, 0 held already, 0 quarantined"}
    assert set(done.failed) == {"broken", "strange"}
    assert "nowhere.csv" in done.failed["broken"] and "nothing_known" in done.failed["strange"]
    again = do_parts(lambda: scheduled.ingest(Settings(home=home), NOW + pd.Timedelta(hours=1), TELL), tries=1)
    assert again.told == {"station": "0 entries accepted, 2 held already, 0 quarantined"}


def test_a_hazard_that_cannot_be_issued_does_not_stop_the_others(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    home = a_copy(tmp_path_factory, tmp_path / "home")
    (card,) = (home / "shelf" / COAST).glob("*/card.json")
    card.write_text(card.read_text(encoding="utf-8").replace(COAST, SMALL), encoding="utf-8")
    done = do_parts(lambda: scheduled.issue(Settings(home=home), NOW, TELL), tries=1)
    assert done.told == {
        "together": "10 forecasts of 2023-07-01 07:00",
        SMALL: "that of 2023-07-01 07:00 is issued",
    }
    assert list(done.failed) == [COAST] and "changed" in done.failed[COAST]
    assert opened(home).issued.issue_times(SMALL)[-1] == local("2023-07-01 07:00")


def test_a_fault_of_the_program_in_one_hazard_does_not_stop_the_others(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, champion = a_copy(tmp_path_factory, tmp_path / "home"), Shelf.champion

    def at_fault(shelf: Shelf, hazard: Hazard) -> Forecaster:
        if hazard.name == COAST:
            raise KeyError("lead")
        return champion(shelf, hazard)

    monkeypatch.setattr(Shelf, "champion", at_fault)
    done = do_parts(lambda: scheduled.issue(Settings(home=home), NOW, TELL), tries=1)
    assert done.told == {SMALL: "10 forecasts of 2023-07-01 07:00 issued by themselves"}
    assert done.failed == {"together": "KeyError: 'lead'", COAST: "KeyError: 'lead'"}


def test_a_backup_lies_beside_the_deployment(tmp_path: Path) -> None:
    write_settings(tmp_path / "home")
    settings = Settings(home=tmp_path / "home")
    done = do_parts(lambda: scheduled.back_up(settings, NOW, TELL), tries=1)
    assert done.told == {"home": str(tmp_path / "home-backups" / "20230701T023000Z")}
