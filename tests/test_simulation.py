"""Simulated deployments from the command line: their archive, their champion against the truth, and their mark."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import a_tiny_hazard
from tiny_deployment import SMALL, hazard_file

from features.errors import HaidangError
from features.settings import FILE_NAME, Settings
from features.sites import read_sites
from features.sources.simulated import SimulatedProvince
from haidang import cli
from haidang.chain import simulation
from models.hazard import Hazard
from serving.deployment import Deployment, open_deployment
from serving.issued.issue import issue
from training.fit import fit

Run = Callable[..., str]


@pytest.fixture
def haidang(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process and gives what it said."""

    def ran(*words: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", ["haidang", *map(str, words)])
        with pytest.raises(SystemExit):
            cli.main()
        captured = capsys.readouterr()
        return captured.out + captured.err

    return ran


def no_progress(done: int, of: int) -> None:
    """Tells nobody."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two simulated years, and a champion for heavy rain tomorrow and the day after; only to be read."""
    home = tmp_path_factory.mktemp("simulated")
    (home / "hazards").mkdir()
    (home / "hazards" / "small_rain.py").write_text(hazard_file(SMALL), encoding="utf-8")
    (home / FILE_NAME).write_text('hazards = "hazards"\n', encoding="utf-8")
    province = SimulatedProvince(years=2, first_year=2022, variables=("rain",))
    simulation.prepare(home, province)
    deployment = open_deployment(Settings(home=home))
    simulation.simulate(deployment, province, progress=no_progress)
    hazard = deployment.hazard(SMALL)
    forecaster = fit(hazard, deployment.archive, moment=deployment.archive.ends())
    forecaster.save(home / "fitted")
    deployment.shelf.put(home / "fitted", forecaster)
    return home


@pytest.fixture(scope="module")
def deployment(home: Path) -> Deployment:
    return open_deployment(Settings(home=home))


def test_the_province_of_an_archive_is_remembered(home: Path) -> None:
    assert simulation.province_of(Settings(home=home)) == SimulatedProvince(
        years=2, first_year=2022, variables=("rain",)
    )


def test_simulated_twice_nothing_changes(deployment: Deployment) -> None:
    province = simulation.province_of(deployment.settings)
    told: list[tuple[int, int]] = []
    receipt = simulation.simulate(deployment, province, progress=lambda done, of: told.append((done, of)))
    assert receipt.accepted == 0
    assert receipt.duplicates == 54 * (730 * 11 - 55)  # ten leads and the station, without runs before the first day
    assert told == [(1, 2), (2, 2)]


def test_another_province_needs_another_home(home: Path, haidang: Run) -> None:
    assert "another simulated province" in haidang("--home", home, "simulate", "--years", "3")


def test_simulate_writes_an_archive_with_a_mark_and_all_variables(haidang: Run, tmp_path: Path) -> None:
    words = ("--home", tmp_path, "simulate", "--years", "1", "--run-every", "3", "--seed", "3", "--faults", "2")
    assert "accepted" in haidang(*words)
    deployment = open_deployment(Settings(home=tmp_path))
    held = simulation.province_of(deployment.settings)
    assert (held.first_year, held.years, held.seed, held.faults_per_year) == (2025, 1, 3, 2.0)
    assert all(deployment.archive.simulated(variable) for variable in held.variables)
    reasons = deployment.archive.quarantined()["reason"].str.cat()
    assert "below its lowest plausible value" in reasons


def test_more_sites_come_with_a_sites_file(haidang: Run, tmp_path: Path) -> None:
    assert "accepted" in haidang("--home", tmp_path, "simulate", "--years", "1", "--run-every", "120", "--sites", "60")
    sites = read_sites(tmp_path / "sites.csv")
    assert len(sites) == 60
    hamlet, commune = sites["06652-01"], sites["06652"]
    assert sites.distances_km[sites.codes.index("06652"), sites.codes.index("06652-01")] < 4
    assert hamlet.attributes["landslide_susceptibility"] == commune.attributes["landslide_susceptibility"]
    assert hamlet.attributes["river_gauge"] == 0
    with pytest.raises(HaidangError, match="54 communes"):
        _ = SimulatedProvince(n_sites=12).sites


def test_the_champion_is_judged_on_fresh_years(deployment: Deployment, home: Path) -> None:
    hazard = deployment.hazard(SMALL)
    judged = simulation.judge_champion(deployment, hazard, years=1, seed=1, progress=no_progress)
    assert (judged.first_year, judged.years, judged.ceiling_years) == (2024, 1, 0)
    assert [(row.lead, row.cut) for row in judged.achieved] == [
        (lead, cut) for lead in (1, 2) for cut in (5.0, 20.0, 40.0)
    ]
    tomorrow = judged.achieved[0]
    assert 0.5 < tomorrow.share < 1
    assert tomorrow.share > (tomorrow.share_persistence or 1)
    assert abs(tomorrow.base_rate - tomorrow.oracle_mean) < 4 * tomorrow.base_rate_error
    assert not any(row.alarm for row in judged.achieved)
    assert 0 < tomorrow.calibration_error < 0.2


def test_the_ceiling_stands_above_a_champion_that_learned_from_little(deployment: Deployment) -> None:
    hazard = deployment.hazard(SMALL)
    judged = simulation.judge_champion(deployment, hazard, years=1, seed=1, ceiling_years=6, progress=no_progress)
    assert judged.ceiling_years == 6
    for row in judged.achieved[:2]:
        assert row.share_ceiling is not None and row.share < row.share_ceiling + 0.1 < 1.1
    assert not any(row.ceiling_alarm for row in judged.achieved)


def test_the_oracle_command_prints_the_share_as_table_and_as_json(haidang: Run, home: Path) -> None:
    told = haidang("--home", home, "oracle", SMALL, "--years", "1")
    assert "1 fresh SIMULATED years from 2024 on" in told
    assert "share of achievable" in told and "no leak alarm" in told
    rows = json.loads(haidang("--home", home, "oracle", SMALL, "--years", "1", "--json"))
    assert {row["lead"] for row in rows} == {1, 2}
    assert all(0 < row["share"] <= 1 for row in rows if row["cut"] == 5.0)


def test_without_a_simulated_province_nobody_knows_the_truth(tmp_path: Path, haidang: Run) -> None:
    assert "nobody knows the truth" in haidang("--home", tmp_path, "oracle", "heavy_rain")


def test_a_description_that_was_changed_is_refused(tmp_path: Path) -> None:
    Settings(home=tmp_path).simulated.write_text('{"years": "many"}')
    with pytest.raises(HaidangError, match="does not describe a simulated province"):
        simulation.province_of(Settings(home=tmp_path))


def test_what_is_simulated_says_so_on_the_card_and_in_each_issue(deployment: Deployment) -> None:
    champion = deployment.shelf.champion(deployment.hazard(SMALL))
    assert champion.card.simulated
    moment = pd.Timestamp("2023-08-01T07:00+07:00")
    records = issue(champion, deployment.archive, moment, issued_at=moment)
    assert json.loads(records["inputs"].iloc[0])["rain"]["simulated"] is True


def test_what_was_observed_is_not_called_simulated(tiny_hazard: Hazard, tiny_archive: object) -> None:
    forecaster = fit(tiny_hazard, tiny_archive, moment=pd.Timestamp("2022-12-01", tz="UTC"))  # type: ignore[arg-type]
    assert not forecaster.card.simulated


def test_a_hazard_that_reads_nothing_simulated_is_refused(deployment: Deployment) -> None:
    stranger = a_tiny_hazard(name=SMALL)
    with pytest.raises(HaidangError):
        simulation.judge_champion(deployment, stranger, years=1, seed=1, progress=no_progress)


def test_a_probability_never_rises_with_the_cut_in_the_ceiling_either(deployment: Deployment) -> None:
    hazard = deployment.hazard(SMALL)
    rows = hazard.ask(deployment.archive, pd.Timestamp("2023-08-01T07:00+07:00"))
    province = simulation.province_of(deployment.settings)
    ceiling = simulation.ceiling(hazard, province, deployment.sites, rows, 2)
    assert (np.diff(ceiling.to_numpy(), axis=1) <= 0).all()
