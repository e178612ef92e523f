"""`haidang climate`, on projections that are made up and warm by what is stated."""

import json
from pathlib import Path

import pandas as pd
import pytest
from climate_samples import SITES, observe, take_in, weather, write_run
from typer.testing import CliRunner

from features.settings import Settings
from haidang.cli import app
from serving.deployment import open_deployment


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment with twenty observed years, and a model that is 4 K too cold and warms by 2 K."""
    folder = tmp_path_factory.mktemp("climate")
    table = [
        {"code": s.code, "name_vi": s.name_vi, "name_en": s.name_en, "latitude": s.latitude, "longitude": s.longitude}
        for s in SITES.values()
    ]
    settings = Settings(home=folder, sites=folder / "sites.csv")
    pd.DataFrame(table).to_csv(folder / "sites.csv", index=False)
    archive = open_deployment(settings).archive
    observe(archive, {"air_temperature": weather(20, seed=1)["air_temperature"]}, 1995, 2014)
    past = {"air_temperature": weather(20, seed=3)["air_temperature"] - 4}
    write_run(folder / "files", past, 1995, 2014, model="X", scenario="historical")
    ahead = {"air_temperature": past["air_temperature"] + 2}
    write_run(folder / "files", ahead, 2041, 2060, model="X", scenario="ssp585")
    take_in(archive, folder / "files")
    return folder


def told(home: Path, *words: str) -> str:
    environment = {"HAIDANG_SITES": str(home / "sites.csv")}
    done = CliRunner().invoke(app, ["--home", str(home), "climate", *words], env=environment)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_change_is_told_with_the_spread_of_the_models_and_what_to_mind(home: Path) -> None:
    (answer,) = json.loads(told(home, "mean_temperature", "--site", "A", "--year", "2050", "--json"))
    (index,) = answer["indices"]
    (change,) = index["changes"]
    assert (index["site"], change["scenario"], change["year"], change["adjusted"]["models"]) == ("A", "ssp585", 2050, 1)
    assert change["adjusted"]["median"] == pytest.approx(2.0, abs=1e-3)
    shown = " ".join(told(home, "mean_temperature", "--year", "2050").split())
    assert "2041-2060" in shown and "+2.00 [+2.00 +2.00] min-max" in shown
    assert "a scenario is a condition, not a forecast" in shown
    assert "spread of 1 model: too few to tell how unsure this is" in shown


def test_an_index_that_is_not_known_is_named_with_those_that_are(home: Path) -> None:
    done = CliRunner().invoke(
        app, ["--home", str(home), "climate", "snow"], env={"HAIDANG_SITES": str(home / "sites.csv")}
    )
    assert done.exit_code != 0
    assert "climate index" in str(done.exception) and "mean_temperature" in str(done.exception)
