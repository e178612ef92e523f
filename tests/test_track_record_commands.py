"""The commands `haidang verify` and `haidang track-record`."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_deployment import SMALL, the_deployment

from haidang import cli

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("records") / "home"
    for name in ("archive", "issued", "hazards"):
        shutil.copytree(the_deployment(tmp_path_factory) / name, home / name)
    for name in ("haidang.toml", "sites.csv"):
        shutil.copy(the_deployment(tmp_path_factory) / name, home / name)
    return home


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["haidang", "--home", str(home), *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return ran


def test_a_track_record_is_verified_first_and_told_as_json_and_as_tables(run: Run) -> None:
    code, _, error = run("track-record", SMALL)
    assert code == 2
    assert "run `haidang verify`" in error
    code, out, _ = run("verify", "--json")
    assert code == 0
    assert {one["hazard"]: (one["settled"], one["error"]) for one in json.loads(out)}[SMALL] == (20, None)
    assert SMALL in run("verify")[1]

    code, out, _ = run("track-record", SMALL, "--site", "Co To", "--lead", "1", "--json")
    told = json.loads(out)
    assert code == 0
    assert {(row["site"], row["lead"]) for rows in told.values() for row in rows} == {("S4", 1)}
    (five, *_) = told["scores"]
    assert (five["cut"], five["n"], five["unknown"]) == (5.0, 1, 1)
    assert five["judged"] == "too few to judge"
    assert five["ratio_low"] is None
    assert {row["reference"] for row in told["beside"]} == {"climatology", "persistence"}
    assert [row["level"] for row in told["alarms"]] == ["watch", "warning"]

    shown = run("track-record", SMALL)[1]
    assert "too few to judge" in shown
    assert "climatology" in shown
    assert "any" in shown


def test_a_lead_or_a_hazard_that_is_not_there_is_refused(run: Run) -> None:
    run("verify")
    code, _, error = run("track-record", SMALL, "--lead", "9")
    assert (code, "leads are [1, 2]" in error) == (2, True)
    assert run("track-record", "meteor")[0] == 2
    assert run("track-record", SMALL, "--site", "Atlantis")[0] == 2
