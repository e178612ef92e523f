"""The command line: every command, its JSON, and what it says to someone who asks wrongly."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pytest
from tiny_deployment import COAST, SMALL, a_copy, opened, the_deployment, write_hazard, write_settings

from haidang import cli
from haidang.chain import fitting
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.hazard_models import HazardView, SiteView

MAPPING = """
name = "station"
site_column = "commune"
valid_time = {column = "day", format = "%d/%m/%Y"}
delay_days = 0.25

[columns]
rain_mm = {variable = "rain", unit = "mm"}
"""


@dataclass(frozen=True)
class Told:
    """What a command left behind."""

    code: int
    out: str
    err: str


Haidang = Callable[..., Told]


@pytest.fixture
def haidang(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Haidang:
    """Runs the command as `haidang` does, in this process."""

    def ran(*words: str | Path) -> Told:
        monkeypatch.setattr(sys, "argv", ["haidang", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Told(int(ended.value.code or 0), captured.out, captured.err)

    return ran


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared deployment; only to be read."""
    return the_deployment(tmp_path_factory)


@pytest.fixture
def mine(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return a_copy(tmp_path_factory, tmp_path / "home")


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A deployment in which nothing was done yet."""
    write_settings(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    def written(*rows: str, header: str = "commune,day,rain_mm", mapping: str = MAPPING) -> tuple[Path, Path]:
        files = tmp_path / "rain.csv", tmp_path / "rain.toml"
        files[0].write_text("\n".join([header, *rows]), encoding="utf-8")
        files[1].write_text(mapping, encoding="utf-8")
        return files

    return written


def good(told: Told) -> str:
    assert told.code == 0, told.err
    return told.out


def refused(told: Told) -> str:
    """The one line that says what is wrong."""
    assert told.code == 2
    (line,) = told.err.strip().splitlines()
    assert line.startswith("error: ")
    return line


def test_hazards_are_listed(haidang: Haidang, home: Path) -> None:
    assert "Rain for tests: small_rain" in good(haidang("--home", home, "hazards"))
    listed = json.loads(good(haidang("--home", home, "hazards", "--json")))
    assert {HazardView.model_validate(one).name for one in listed} >= {SMALL, COAST, "heavy_rain"}


def test_sites_are_listed(haidang: Haidang, home: Path) -> None:
    assert "Vân Đồn" in good(haidang("--home", home, "sites"))
    listed = json.loads(good(haidang("--home", home, "sites", "--json")))
    assert [SiteView.model_validate(one).code for one in listed] == ["S1", "S2", "S3", "S4", "S5"]


def test_the_status_says_what_is_at_rest(haidang: Haidang, home: Path) -> None:
    assert "known_until" in good(haidang("--home", home, "status"))
    told = json.loads(good(haidang("--home", home, "status", "--json")))
    assert told["known_until"] == "2023-06-30T06:00:00+07:00"
    assert told["quarantined"] == 0
    of = {row["hazard"]: row for row in told["hazards"]}
    assert (of[SMALL]["trained"], of[SMALL]["issues"]) == (1, 2)
    assert of[SMALL]["latest_issue"] == "2023-06-30T07:00:00+07:00"
    assert (of["heavy_rain"]["champion"], of["heavy_rain"]["on_shelf"], of["heavy_rain"]["issues"]) == (None, None, 0)


def test_an_empty_deployment_says_that_nothing_is_there(haidang: Haidang, empty: Path) -> None:
    told = json.loads(good(haidang("--home", empty, "status", "--json")))
    assert "archive_version" not in told
    assert {row["champion"] for row in told["hazards"]} == {None}
    good(haidang("--home", empty, "hazards"))
    assert "run `haidang ingest` first" in refused(haidang("--home", empty, "backtest", SMALL))
    assert "run `haidang train` and `haidang promote` first" in refused(haidang("--home", empty, "issue"))
    assert "run `haidang train small_rain`" in refused(haidang("--home", empty, "promote", SMALL))
    assert "run `haidang train small_rain`" in refused(haidang("--home", empty, "risk", SMALL))


def test_a_risk_is_told_as_a_table_and_as_json(haidang: Haidang, home: Path) -> None:
    shown = good(haidang("--home", home, "risk", SMALL, "--site", "Co To", "--threshold", "10"))
    assert "Cô Tô" in shown
    assert ">= 10" in shown
    told = good(
        haidang("--home", home, "risk", SMALL, "--site", "Co To", "--site", "S1", "--threshold", "10", "--json")
    )
    answer = RiskAnswer.model_validate_json(told)
    assert [forecast.site for forecast in answer.forecasts] == ["S4", "S1"]
    assert answer.forecasts[0].periods[0].thresholds[0].at_least == 10


def test_a_past_moment_without_an_offset_is_local(haidang: Haidang, home: Path) -> None:
    told = good(haidang("--home", home, "risk", SMALL, "--at", "2022-08-01T07:00", "--json"))
    assert RiskAnswer.model_validate_json(told).issue_time.isoformat() == "2022-08-01T07:00:00+07:00"


def test_a_backtest_is_told_as_json(haidang: Haidang, home: Path) -> None:
    told = json.loads(good(haidang("--home", home, "backtest", SMALL, "--from", "2023-04-01", "--json")))
    assert [(row["lead"], row["cut"]) for row in told] == [(lead, cut) for lead in (1, 2) for cut in (5.0, 20.0, 40.0)]
    assert {"brier", "brier_climatology", "brier_persistence", "skill_climatology_low"} <= set(told[0])


def test_several_hazards_are_trained_at_once_and_one_that_fails_does_not_keep_the_others(
    haidang: Haidang, mine: Path
) -> None:
    words = ("train", SMALL, "cold", "--test-from", "2023-04-01", "--processes", "2")
    told = haidang("--home", mine, *words)
    assert told.code == 2
    assert "small_rain" in told.out
    assert "registered as version 2" in told.out
    assert "cold: " in told.err


def test_training_wants_names_or_all(haidang: Haidang, home: Path) -> None:
    assert "or say --all" in refused(haidang("--home", home, "train"))
    assert "or say --all" in refused(haidang("--home", home, "train", SMALL, "--all"))
    trainable = fitting.trainable(opened(home))
    assert {SMALL, COAST, "heavy_rain", "landslide"} <= set(trainable)  # landslides by their rule
    assert "cold" not in trainable


def test_tuning_tells_what_it_found_tracks_it_and_changes_no_file(haidang: Haidang, mine: Path) -> None:
    file = mine / "hazards" / f"{SMALL}.py"
    before = file.read_bytes()
    words = ("--home", mine, "tune", SMALL, "--until", "2023-04-01", "--trials", "2")
    told = json.loads(good(haidang(*words, "--json")))
    assert told["declared"] == {"model.members[1].member.C": 1.0}
    assert len(told["trials"]) == 2 and told["verdict"] in ("keep", "change")
    assert told["low"] <= told["gain"] <= told["high"]
    assert (told["lines"] == []) == (told["verdict"] == "keep")
    run = mlflow.get_run(told["run"])
    assert run.data.tags["kind"] == "tuning" and run.data.params["declared.model.members.1.member.C"] == "1.0"
    assert f"{SMALL}: 2 trials" in " ".join(good(haidang(*words)).split())
    assert file.read_bytes() == before


def test_training_promotes_nothing_and_the_gate_keeps_a_champion_that_is_not_beaten(
    haidang: Haidang, mine: Path
) -> None:
    before = opened(mine).shelf.tag(SMALL)
    assert "registered as version 2" in good(haidang("--home", mine, "train", SMALL, "--test-from", "2023-01-01"))
    assert opened(mine).shelf.tag(SMALL) == before
    told = haidang("--home", mine, "promote", SMALL)
    assert told.code == 1
    assert "it is the champion already" in told.out
    assert opened(mine).shelf.tag(SMALL) == before
    assert "small_rain has no version 9: there is 2, 1" in refused(
        haidang("--home", mine, "promote", SMALL, "--version", "9")
    )


def test_a_person_promotes_against_the_gate_and_rolls_back_and_the_audit_tells(haidang: Haidang, mine: Path) -> None:
    words = ("--home", mine, "promote", SMALL)
    assert "takes a reason and a name" in refused(haidang(*words, "--force", "a flood is coming"))
    assert "small_rain: version 1 (" in good(haidang(*words, "--force", "a flood is coming", "--by", "Lan"))
    assert opened(mine).shelf.tag(SMALL).endswith("-2")
    assert "has no earlier champion to go back to" in refused(haidang(*words, "--rollback"))
    assert "is the champion again" in good(
        haidang(*words, "--rollback", "--to", "1", "--by", "Lan", "--reason", "rest")
    )
    assert "--to names an earlier champion for --rollback" in refused(haidang(*words, "--to", "1"))
    assert "--rollback goes with" in refused(haidang(*words, "--rollback", "--version", "1"))
    listed = json.loads(good(haidang("--home", mine, "audit", "list", "--json")))
    assert [(one["who"], one["what"]) for one in listed] == [("Lan", "promote by force"), ("Lan", "roll back")]
    assert listed[0]["details"]["reason"] == "a flood is coming"
    told = good(haidang("--home", mine, "audit", "list", "--what", "promote by force"))
    assert "Lan" in told and "roll back" not in told
    assert "the chain is whole: 2 entries" in good(haidang("--home", mine, "audit", "verify"))
    with sqlite3.connect(mine / "haidang.db") as store:
        store.execute("UPDATE audit_entries SET who = 'nobody' WHERE number = 1")
    store.close()
    broken = haidang("--home", mine, "audit", "verify")
    assert broken.code == 1 and "entry 1 is not what was written" in broken.out


def test_a_challenger_is_put_into_the_shadow_and_taken_out(haidang: Haidang, mine: Path) -> None:
    assert "version 1 forecasts in the shadow" in good(haidang("--home", mine, "shadow", SMALL))
    told = good(haidang("--home", mine, "issue", SMALL, "--at", "2023-06-29T07:00"))
    assert "10 forecasts of its challenger in the shadow" in told
    assert "small_rain has no version 5" in refused(haidang("--home", mine, "shadow", SMALL, "--version", "5"))
    assert "nobody forecasts in the shadow" in good(haidang("--home", mine, "shadow", SMALL, "--stop"))


def test_issuing_twice_says_that_nothing_was_changed(haidang: Haidang, mine: Path) -> None:
    words = ("--home", mine, "issue", "--at", "2023-06-29T07:00")
    first, second = good(haidang(*words)), good(haidang(*words))
    assert "small_rain at 2023-06-29T07:00:00+07:00: 10 forecasts issued" in first
    assert "coast_rain at 2023-06-29T07:00:00+07:00: 8 forecasts issued" in first
    assert second.count("issued before; nothing was changed") == 2
    latest = good(haidang("--home", mine, "issue", SMALL, "--at", "latest"))
    assert latest.startswith("small_rain at 2023-06-30T06:00:00+07:00: 10 forecasts issued")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("risk", "small_rian"), "unknown hazard 'small_rian': there is small_rain, "),
        (("train", "coast"), "unknown hazard 'coast': there is coast_rain, "),
        (("issue", "small"), "unknown hazard 'small': there is small_rain, "),
        (("risk", SMALL, "--site", "Ha Lonk"), "unknown site 'Ha Lonk': there is S1 Hạ Long, "),
        (("risk", SMALL, "--threshold", "1000"), "1000 lies outside 5 to 40 mm"),
        (("risk", SMALL, "--threshold", "nan"), "thresholds"),
        (("risk", SMALL, "--at", "last week"), "'last week' is not a time: write 2025-09-01"),
        (("risk", SMALL, "--at", "2100-01-01"), "lies in the future"),
        (("issue", SMALL, "--at", "2100-01-01"), "lies in the future"),
        (("issue", SMALL, "--at", "2020-06-01"), "the archive begins at 2021-01-01T06:00:00+07:00"),
        (("risk", SMALL, "--at", "2020-06-01"), "the archive begins at 2021-01-01T06:00:00+07:00"),
        (("backtest", SMALL, "--from", "2030-01-01"), "outcomes are not complete or the record is frozen"),
        (("backtest", SMALL, "--from", "2020-01-01"), "start later"),
        (("ingest", "nothing"), "unknown source 'nothing': there is "),
        (("ingest", "tables"), "source tables: file: Field required; mapping: Field required"),
        (("ingest", "simulated"), "`haidang simulate` makes them"),
        (("demo", "--case", "quangninh"), "unknown case 'quangninh': there is quang-ninh"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_the_asker_can_mend_is_told_in_one_line(
    haidang: Haidang, home: Path, words: tuple[str, ...], told: str
) -> None:
    assert told in refused(haidang("--home", home, *words))


def test_a_table_with_local_dates_is_taken_once(
    haidang: Haidang, empty: Path, table: Callable[..., tuple[Path, Path]]
) -> None:
    file, mapping = table("Hạ Long,31/08/2025,12.5", "co to,01/09/2025,0")
    words = ("--home", empty, "ingest", "tables", "--file", file, "--mapping", mapping)
    told = good(haidang(*words))
    assert "records   read 2   used 2   unread 0\n" in told
    assert "entries   accepted 2   held already 0   quarantined 0\n" in told
    assert "entries   accepted 0   held already 2   quarantined 0\n" in good(haidang(*words))
    told = json.loads(good(haidang("--home", empty, "status", "--json")))
    assert told["known_from"] == "2025-09-01T06:00:00+07:00"  # a quarter of a day after the local day was over


def test_a_table_without_a_stated_column_is_refused_with_those_it_has(
    haidang: Haidang, empty: Path, table: Callable[..., tuple[Path, Path]]
) -> None:
    file, mapping = table("S1,31/08/2025,12.5", header="commune,day,rain")
    told = refused(haidang("--home", empty, "ingest", "tables", "--file", file, "--mapping", mapping))
    assert "'rain_mm': there is rain, " in told
    assert "archive_version" not in json.loads(good(haidang("--home", empty, "status", "--json")))


def test_a_table_with_garbage_is_taken_without_the_garbage(
    haidang: Haidang, empty: Path, table: Callable[..., tuple[Path, Path]]
) -> None:
    rows = [f"S{1 + day % 5},{1 + day % 28:02}/{1 + day // 28:02}/2024,{day / 10}" for day in range(95)]
    rubbish = ["S1,31/02/2024,1", "S9,01/12/2024,1", "S1,02/12/2024,wet", "S1,03/12/2024,-4", "S1,04/12/2024,1,2"]
    file, mapping = table(*rows, *rubbish)
    told = good(haidang("--home", empty, "ingest", "tables", "--file", file, "--mapping", mapping))
    assert "records   read 100   used 96   unread 4\n" in told  # the one of -4 mm is read, and refused at the door
    assert "entries   accepted 95   held already 0   quarantined 5\n" in told
    for reason in (
        "not a time as %d/%m/%Y",
        "'S9'",
        "'wet'",
        "below its lowest plausible value 0",
        "has 4 fields",
    ):
        assert reason in told
    assert json.loads(good(haidang("--home", empty, "status", "--json")))["quarantined"] == 5


def test_a_unit_that_does_not_convert_is_refused(
    haidang: Haidang, empty: Path, table: Callable[..., tuple[Path, Path]]
) -> None:
    file, mapping = table("S1,31/08/2025,12.5", mapping=MAPPING.replace('"mm"', '"degC"'))
    told = refused(haidang("--home", empty, "ingest", "tables", "--file", file, "--mapping", mapping))
    assert "column 'rain_mm': degC does not convert to mm, the unit of rain" in told


def test_a_missing_file_and_a_missing_mapping_are_named(
    haidang: Haidang, empty: Path, table: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    file, mapping = table("S1,31/08/2025,12.5")
    gone = tmp_path / "gone.csv"
    assert str(gone) in refused(haidang("--home", empty, "ingest", "tables", "--file", gone, "--mapping", mapping))
    assert str(gone) in refused(haidang("--home", empty, "ingest", "tables", "--file", file, "--mapping", gone))


def test_a_sites_file_and_hazards_of_ones_own_are_taken_from_the_environment(
    haidang: Haidang, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(tmp_path / "elsewhere")
    monkeypatch.setenv("HAIDANG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HAIDANG_SITES", str(tmp_path / "elsewhere" / "sites.csv"))
    monkeypatch.setenv("HAIDANG_HAZARDS", str(tmp_path / "elsewhere" / "hazards"))
    assert len(json.loads(good(haidang("sites", "--json")))) == 5
    assert SMALL in {one["name"] for one in json.loads(good(haidang("hazards", "--json")))}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("HAZARD = 7", "defines no HAZARD"),
        ("from models import nothing", "cannot be read"),
        ("this is no Python", "cannot be read"),
    ],
)
def test_a_hazard_file_that_cannot_be_used_is_named(haidang: Haidang, empty: Path, text: str, told: str) -> None:
    (empty / "hazards" / "mine.py").write_text(text, encoding="utf-8")
    message = refused(haidang("--home", empty, "hazards"))
    assert told in message
    assert "mine.py" in message


def test_a_hazard_file_with_a_wrong_level_is_named(haidang: Haidang, empty: Path) -> None:
    write_hazard(empty, "mine", cuts=(5.0, 10.0))
    assert "levels watch, warning speak of a cut that the target lacks" in refused(haidang("--home", empty, "hazards"))


def test_a_sites_file_that_cannot_be_read_is_named(haidang: Haidang, empty: Path) -> None:
    (empty / "sites.csv").write_text("code,name\nS1,Hạ Long\n", encoding="utf-8")
    assert "lacks the columns name_vi, name_en, latitude, longitude" in refused(haidang("--home", empty, "sites"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('local_zone = "Asia/Hanoi"', "is not an IANA time zone"),
        ("refresh = 3", "refresh"),
        ('hazards = "nowhere"', "there is no folder"),
    ],
)
def test_settings_that_cannot_be_used_are_named(haidang: Haidang, empty: Path, text: str, told: str) -> None:
    (empty / "haidang.toml").write_text(text, encoding="utf-8")
    assert told in refused(haidang("--home", empty, "hazards"))


def test_serve_becomes_bentoml_on_the_address_of_the_settings(
    haidang: Haidang, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[tuple[str, list[str], dict[str, str]]] = []

    def instead(*became_what: object) -> None:
        became.append(became_what)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "execvpe", instead)
    monkeypatch.setenv("HAIDANG_PORT", "3456")
    good(haidang("--home", home, "serve"))
    ((program, command, environment),) = became
    assert program == sys.executable
    assert command[1:5] == ["-m", "bentoml", "serve", "serving.service:RiskService"]
    assert command[5:] == ["--host", "127.0.0.1", "--port", "3456"]
    assert environment["HAIDANG_HOME"] == str(home)
    assert environment["BENTOML_DO_NOT_TRACK"] == "True"


def test_the_command_prints_nothing_but_json_in_a_process_of_its_own(home: Path) -> None:
    words = [sys.executable, "-m", "haidang.cli", "--home", str(home), "risk", SMALL, "--json"]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    assert RiskAnswer.model_validate_json(ended.stdout).hazard == SMALL
    assert not ended.stderr


def test_one_dead_source_does_not_stop_the_others_and_the_status_says_which(
    haidang: Haidang, empty: Path, table: Callable[..., tuple[Path, Path]]
) -> None:
    file, mapping = table("Hạ Long,31/08/2025,12.5", "Hạ Long,01/09/2025,-4", "Atlantis,01/09/2025,1")
    with (empty / "haidang.toml").open("a", encoding="utf-8") as settings:
        settings.write(
            '\n[sources.runs]\nkind = "nasa_power"\naddress = "http://127.0.0.1:9"\nattempts = 1\n'
            f'[sources.gauges]\nkind = "tables"\nfile = "{file}"\nmapping = "{mapping}"\n'
        )
    told = haidang("--home", empty, "ingest", "--from", "2025-08-01", "--to", "2025-09-10")
    assert told.code == 2
    assert "NASA POWER" in told.err and "the connection failed" in told.err
    assert "entries   accepted 1   held already 0   quarantined 2" in told.out
    status = json.loads(good(haidang("--home", empty, "status", "--json")))
    (feed,) = status["feeds"]
    assert (feed["variable"], feed["newest day"], feed["late"]) == ("rain", "2025-08-31", "LATE")
    assert {row["rows"] for row in status["quarantine"]} == {1}
    assert any(
        "on 2025-09-01 is -4.0 mm, below its lowest" in row["reason, for instance"] for row in status["quarantine"]
    )
    outcomes = {row["source"]: row["outcome"] for row in status["ingests"]}
    assert outcomes == {"station": "finished", "runs": "failed"}
    assert "the connection failed" in next(row["last error"] for row in status["ingests"] if row["source"] == "runs")


def test_sources_are_listed_and_each_says_what_it_brings(haidang: Haidang, empty: Path) -> None:
    listed = json.loads(good(haidang("--home", empty, "sources", "--json")))
    assert {"open_meteo_forecast", "era5", "line_list", "tables"} <= {row["source"] for row in listed}
    assert all(row["brings"] and row["licence"] for row in listed)
    told = good(haidang("--home", empty, "sources", "open_meteo_forecast"))
    assert "latency: 0.5 d" in told and "Gió giật mạnh nhất ngày" in told
    assert "depends on the needed settings" in good(haidang("--home", empty, "sources", "jma_best_track"))


def test_a_forecast_is_explained_in_both_languages(haidang: Haidang, home: Path) -> None:
    told = good(haidang("--home", home, "explain", SMALL, "--site", "Ha Long", "--lead", "1"))
    assert "S1 Hạ Long" in told and "khí hậu / climatology" in told
    assert "không có dự báo thời tiết / without forecast weather" in told
    told = json.loads(good(haidang("--home", home, "explain", SMALL, "--site", "S1", "--cut", "5", "--json")))
    assert [period["lead"] for period in told["periods"]] == [1, 2]
    assert "6 is not one of the cuts" in refused(
        haidang("--home", home, "explain", SMALL, "--site", "S1", "--cut", "6")
    )


def test_a_risk_says_what_answered_where_a_source_was_silent(haidang: Haidang, home: Path) -> None:
    assert "không có dự báo thời tiết / without forecast weather: 10 / 10" in good(
        haidang("--home", home, "risk", SMALL)
    )
