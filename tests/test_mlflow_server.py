"""A deployment that outgrew one machine: PostgreSQL, an MLflow server on it, and artifacts in object storage."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import mlflow
import pytest
from postgres_server import a_postgres
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.exc import IntegrityError
from tiny_deployment import SMALL, a_copy, train

from features.database import open_database
from features.settings import QUIET, Settings
from haidang.chain import fitting
from haidang.champions import crowning
from serving.deployment import Deployment, open_deployment
from training.tracking import open_tracking

pytest.importorskip("psycopg", reason="psycopg is not installed: it comes with the extra dev")
pytest.importorskip("moto", reason="moto is not installed: it comes with the extra dev")
BUCKET = "haidang"
_READY_WITHIN_SECONDS = 60


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with a_postgres() as address:
        yield address


@pytest.fixture(scope="module")
def object_storage() -> Iterator[str]:
    """The address of a server that speaks S3, with one bucket."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    httpx.put(f"http://{host}:{port}/{BUCKET}").raise_for_status()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def mlflow_server(database: str, object_storage: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an MLflow server, which alone knows where the database and the bucket are."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", port, "--workers", "1"]
    command += ["--backend-store-uri", database, "--artifacts-destination", f"s3://{BUCKET}/mlflow"]
    stated = {"MLFLOW_S3_ENDPOINT_URL": object_storage, "AWS_DEFAULT_REGION": "us-east-1"}
    stated |= {"AWS_ACCESS_KEY_ID": "anyone", "AWS_SECRET_ACCESS_KEY": "anything"}
    stated |= {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    log = tmp_path_factory.mktemp("mlflow-server") / "log"
    before = mlflow.get_tracking_uri()
    with (
        log.open("w") as told,
        subprocess.Popen(command, env=os.environ | QUIET | stated, stdout=told, stderr=told) as process,
    ):
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)
            mlflow.set_tracking_uri(before)
            mlflow.set_registry_uri(before)


def _wait_until_ready(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _READY_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(f"{address}/health", timeout=2).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"the MLflow server did not start: {log.read_text()}")


@pytest.fixture(scope="module")
def deployment(mlflow_server: str, database: str, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A copy of the small deployment that tracks on the server from now on; nothing is trained there yet."""
    home = a_copy(tmp_path_factory, tmp_path_factory.mktemp("grown") / "home")
    return open_deployment(Settings(home=home, tracking_uri=mlflow_server, database_url=database))


def test_a_hazard_is_trained_promoted_and_read_back_through_the_server(
    deployment: Deployment, object_storage: str, tmp_path: Path
) -> None:
    hazard, tracking = deployment.hazard(SMALL), open_tracking(deployment.settings)
    assert tracking.champion(SMALL) is None
    local_artifacts = sorted((deployment.settings.home / "artifacts").rglob("*"))
    shelved = deployment.shelf.tag(SMALL)

    trained = train(deployment, SMALL)
    assert trained.tracked.registered_version == "1"
    forecaster, version = crowning.promote(deployment, hazard)
    champion = tracking.champion(SMALL)

    assert champion is not None
    assert (version, champion.version, champion.tags["forecaster"]) == ("1", "1", trained.forecaster.version)
    assert forecaster.version == trained.forecaster.version
    assert deployment.shelf.tag(SMALL) != shelved
    assert mlflow.get_run(trained.tracked.run_id).info.artifact_uri.startswith("mlflow-artifacts:")
    assert "estimator.skops" in httpx.get(f"{object_storage}/{BUCKET}?list-type=2&prefix=mlflow/").text
    assert sorted((deployment.settings.home / "artifacts").rglob("*")) == local_artifacts
    folder, _ = tracking.download(SMALL, "1", tmp_path)
    kept = deployment.settings.forecasters / f"{SMALL}-{trained.forecaster.version}"
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        file.name: file.read_bytes() for file in kept.iterdir()
    }


def test_a_further_version_is_crowned_and_the_earlier_ones_again(deployment: Deployment) -> None:
    tracking = open_tracking(deployment.settings)
    earlier = [str(version.version) for version in tracking.versions(SMALL)]
    forecaster = deployment.shelf.champion(deployment.hazard(SMALL))
    again = fitting.track(deployment, forecaster, None).tracked.registered_version
    assert [str(version.version) for version in tracking.versions(SMALL)] == [again, *earlier]
    for wanted in (again, *earlier):
        tracking.crown(SMALL, wanted)
        champion = tracking.champion(SMALL)
        assert champion is not None
        assert str(champion.version) == wanted


def test_the_database_of_a_deployment_may_be_postgresql(deployment: Deployment) -> None:
    engine = open_database(deployment.settings.database_address)
    assert engine.dialect.name == "postgresql"
    notes = Table("notes", MetaData(), Column("id", Integer, primary_key=True), Column("note", String(20), unique=True))
    notes.metadata.create_all(engine)
    notes.metadata.create_all(engine)

    def write(*texts: str) -> None:
        with engine.begin() as connection:
            for text in texts:
                connection.execute(insert(notes).values(note=text))

    write("Bão số 3")
    with pytest.raises(IntegrityError):
        write("Hạ Long", "Bão số 3")
    with engine.connect() as connection:
        assert connection.scalars(select(notes.c.note)).all() == ["Bão số 3"]
    engine.dispose()
