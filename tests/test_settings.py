"""Settings: the environment, the deployment's own file, and which of them wins."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from features.settings import BUILT_IN_SITES, QUIET, Settings, keep_tools_quiet


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HAIDANG_"):
            monkeypatch.delenv(name)


def deployment(folder: Path, *lines: str) -> Path:
    (folder / "haidang.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_the_built_in_deployment_is_quang_ninh() -> None:
    settings = Settings()
    assert settings.local_zone == "Asia/Ho_Chi_Minh"
    assert settings.sites == BUILT_IN_SITES
    assert settings.archive == settings.home / "archive"


def test_the_file_in_the_deployments_folder_is_read(tmp_path: Path) -> None:
    assert Settings(home=deployment(tmp_path, 'local_zone = "Asia/Manila"', "port = 4000")).port == 4000


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIDANG_HOME", str(deployment(tmp_path, 'local_zone = "Asia/Manila"', "port = 4000")))
    monkeypatch.setenv("HAIDANG_LOCAL_ZONE", "Asia/Tokyo")
    settings = Settings()
    assert (settings.home, settings.local_zone, settings.port) == (tmp_path, "Asia/Tokyo", 4000)


def test_an_argument_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIDANG_LOCAL_ZONE", "Asia/Tokyo")
    assert Settings(home=tmp_path, local_zone="Asia/Manila").local_zone == "Asia/Manila"


def test_relative_paths_in_the_file_are_relative_to_it(tmp_path: Path) -> None:
    settings = Settings(home=deployment(tmp_path, 'sites = "lists/my_sites.csv"', 'hazards = "hazards"'))
    assert settings.sites == tmp_path / "lists" / "my_sites.csv"
    assert settings.hazards == tmp_path / "hazards"


def test_an_absolute_path_in_the_file_stays(tmp_path: Path) -> None:
    elsewhere = (tmp_path / "elsewhere.csv").absolute()
    assert Settings(home=deployment(tmp_path, f"sites = '{elsewhere}'")).sites == elsewhere


def test_an_unknown_zone_is_refused_with_an_example(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="'Asia/Halong' is not an IANA time zone, such as Asia/Ho_Chi_Minh"):
        Settings(home=tmp_path, local_zone="Asia/Halong")


def test_an_unknown_key_in_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="local_zon"):
        Settings(home=deployment(tmp_path, 'local_zon = "Asia/Manila"'))


@pytest.mark.parametrize(("name", "value"), [("port", 0), ("port", 70000), ("refresh_seconds", 0)])
def test_a_number_out_of_range_is_refused(tmp_path: Path, name: str, value: int) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({"home": tmp_path, name: value})


def test_settings_do_not_change(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings(home=tmp_path).port = 1  # type: ignore[misc]


def test_a_child_process_gets_the_same_settings_and_no_telemetry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=deployment(tmp_path, 'local_zone = "Asia/Manila"'), port=4001)
    environment = settings.environment()
    assert (environment["BENTOML_DO_NOT_TRACK"], environment["MLFLOW_DISABLE_TELEMETRY"]) == ("True", "true")
    for name, value in environment.items():
        if name.startswith("HAIDANG_"):
            monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_the_tracking_store_is_a_file_in_the_deployments_folder(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).tracking == f"sqlite:///{tmp_path}/mlflow.db"
    assert Settings(home=tmp_path, tracking_uri="http://tracking:5000").tracking == "http://tracking:5000"


def test_tools_are_kept_quiet_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in QUIET:
        monkeypatch.setenv(name, "not yet")
    keep_tools_quiet()
    assert os.environ["BENTOML_DO_NOT_TRACK"] == "True"
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
