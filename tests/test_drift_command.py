"""What `haidang drift` prints for machines, and changes that are announced on the command line."""

import json
from pathlib import Path

import pandas as pd
import pytest
from conftest import at
from typer.testing import CliRunner

from features.database import open_database
from features.errors import HaidangError
from features.settings import Settings
from haidang.champions.retraining_log import RetrainingLog
from haidang.champions.watching import Alarm, Watched
from haidang.cli import app
from haidang.views.drift import as_plain, show_watched
from training.drift import Drift, FeatureDrift

FEATURE = FeatureDrift("mean_over(rain, days=7)", 0.4, 0.1, (0.5, float("nan")), float("nan"))
WATCHED = Watched(
    at("2024-03-01"),
    (),
    {"tiny": Drift(at("2024-01-01"), at("2024-03-01"), 4, (FEATURE,))},
    None,
    {},
    (Alarm("data_quality", "late: rain, station", "chậm / late"),),
)


def test_what_was_found_is_plain_json_with_null_where_nothing_can_be_told() -> None:
    told = json.loads(json.dumps(as_plain(WATCHED), allow_nan=False))
    assert told["at"] == "2024-03-01T00:00:00+07:00"
    assert told["bias"] is None
    (feature,) = told["drift"]["tiny"]["features"]
    assert (feature["chance"], feature["adjusted"]) == ([0.5, None], None)
    assert told["alarms"] == [{"kind": "data_quality", "about": "late: rain, station", "text": "chậm / late"}]


def test_people_read_each_alarm_and_what_cannot_be_told_yet(capsys: pytest.CaptureFixture[str]) -> None:
    show_watched(WATCHED, as_json=False)
    told = capsys.readouterr().out
    assert "chậm / late" in told
    assert "cannot be told yet" in told
    assert "1 inputs, 4 years" in told


def test_a_change_is_announced_by_its_local_day(tmp_path: Path) -> None:
    words = ["--home", str(tmp_path), "announce-change", "open_meteo", "cycle 50r1", "--at", "2026-11-12"]
    assert CliRunner().invoke(app, words).exit_code == 0
    (change,) = RetrainingLog(open_database(Settings(home=tmp_path).database_address)).announced()
    assert (change.source, change.told) == ("open_meteo", "cycle 50r1")
    assert change.at == pd.Timestamp("2026-11-12T00:00+07:00")
    wrong = CliRunner().invoke(app, [*words[:-1], "soon"])
    assert isinstance(wrong.exception, HaidangError)
