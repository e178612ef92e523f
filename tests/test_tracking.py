"""Tracking: every fit is a run that can be found, compared and loaded, without a pickle anywhere."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow.entities import Run
from tiny_deployment import COAST, SMALL, opened, the_deployment

from features.errors import HaidangError
from models.forecaster import read_card
from serving.deployment import Deployment
from training.tracking import Tracking, open_tracking


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return opened(the_deployment(tmp_path_factory))


@pytest.fixture
def tracking(deployment: Deployment) -> Tracking:
    return open_tracking(deployment.settings)


@pytest.fixture
def run(tracking: Tracking) -> Run:
    """The run of the small hazard's champion."""
    champion = tracking.champion(SMALL)
    assert champion is not None
    return mlflow.get_run(champion.run_id)


@pytest.fixture
def artifacts(run: Run) -> Path:
    return Path(mlflow.artifacts.download_artifacts(run_id=run.info.run_id))


def test_each_fit_is_one_run_in_the_experiment_of_its_hazard(tracking: Tracking) -> None:
    for hazard in (SMALL, COAST):
        assert len(mlflow.search_runs(experiment_names=[hazard], output_format="list")) == 1
        assert [str(version.version) for version in tracking.versions(hazard)] == ["1"]


def test_a_run_says_what_was_fitted(run: Run, deployment: Deployment) -> None:
    hazard = deployment.hazard(SMALL)
    assert run.data.params["n_features"] == str(len(hazard.features))
    assert run.data.params["features"].split("; ") == [feature.name for feature in hazard.features]
    assert run.data.params["embargo_days"] == "4"
    assert "PerPeriod(member=Logistic())" in run.data.params["model"]


def test_a_run_says_which_data_and_which_code_it_was_fitted_with(run: Run, deployment: Deployment) -> None:
    card = deployment.shelf.champion(deployment.hazard(SMALL)).card
    assert run.data.tags["archive_version"] == str(card.archive_version)
    assert run.data.tags["mlflow.source.git.commit"] == card.code_version
    assert run.data.tags["fingerprint"] == deployment.hazard(SMALL).fingerprint
    assert run.data.tags["forecaster"] == card.version
    assert run.data.tags["baselines_beaten"].startswith(
        "leads at which both climatology and persistence are beaten: >= 5: "
    )


def test_a_run_has_its_scores_by_lead(run: Run, deployment: Deployment) -> None:
    skill = deployment.shelf.champion(deployment.hazard(SMALL)).card.skill
    client = mlflow.MlflowClient()
    for name in ("brier", "brier_climatology", "brier_persistence", "skill_climatology", "skill_persistence_low"):
        history = {one.step: one.value for one in client.get_metric_history(run.info.run_id, f"{name}_20")}
        assert history == {row.lead: pytest.approx(getattr(row, name)) for row in skill if row.cut == 20}
    assert {one.step for one in client.get_metric_history(run.info.run_id, "rps_model")} == {1, 2}


def test_a_run_holds_the_card_and_the_figures(artifacts: Path) -> None:
    card = json.loads((artifacts / "card.json").read_text(encoding="utf-8"))
    assert card["hazard"] == SMALL
    for figure in ("skill_by_lead.png", "reliability_5.png", "reliability_20.png", "reliability_40.png"):
        assert (artifacts / figure).read_bytes().startswith(b"\x89PNG")


def test_the_promoted_version_bears_the_alias_champion(tracking: Tracking, deployment: Deployment) -> None:
    champion = tracking.champion(SMALL)
    assert champion is not None
    assert champion.tags["forecaster"] == deployment.shelf.champion(deployment.hazard(SMALL)).version


def test_a_hazard_that_was_never_promoted_has_no_champion(tracking: Tracking) -> None:
    assert tracking.champion("heavy_rain") is None


def test_the_alias_moves_to_another_version(tmp_path: Path, tracking: Tracking) -> None:
    mine = Tracking(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "artifacts")
    client = mlflow.MlflowClient()
    client.create_registered_model(SMALL)
    for _ in range(2):
        client.create_model_version(SMALL, str(tmp_path))
    for version in ("2", "1"):
        mine.crown(SMALL, version)
        champion = mine.champion(SMALL)
        assert champion is not None
        assert str(champion.version) == version


def test_no_pickle_is_written(deployment: Deployment) -> None:
    files = [path.name for path in (deployment.settings.home / "artifacts").rglob("*") if path.is_file()]
    assert "estimator.skops" in files
    assert not [name for name in files if name.endswith((".pkl", ".pickle", ".joblib", ".cloudpickle"))]


def test_a_tracked_forecaster_loads_through_mlflow_and_gives_the_same_answers(
    deployment: Deployment, tracking: Tracking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAIDANG_HOME", str(deployment.settings.home))
    loaded = mlflow.pyfunc.load_model(f"models:/{SMALL}@champion")
    champion = deployment.shelf.champion(deployment.hazard(SMALL))
    rows = champion.exam.rows
    np.testing.assert_array_equal(loaded.predict(rows), champion.answer(rows))
    assert loaded.metadata.signature.inputs.input_names() == list(rows)
    assert loaded.metadata.signature.outputs.input_names() == ["5.0", "20.0", "40.0"]


def test_a_download_brings_the_forecaster_whole(tracking: Tracking, tmp_path: Path) -> None:
    folder, version = tracking.download(SMALL, None, tmp_path)
    assert version == "1"
    assert read_card(folder).hazard == SMALL


def test_an_unknown_version_is_refused_with_those_there_are(tracking: Tracking, tmp_path: Path) -> None:
    with pytest.raises(HaidangError, match="small_rain has no version 7: there is 1"):
        tracking.download(SMALL, "7", tmp_path)


def test_a_hazard_that_was_never_trained_is_refused_with_what_to_run(tracking: Tracking, tmp_path: Path) -> None:
    with pytest.raises(HaidangError, match="no forecaster of heavy_rain was trained: run `haidang train heavy_rain`"):
        tracking.download("heavy_rain", None, tmp_path)
