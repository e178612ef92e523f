"""Killed at the worst moment: nothing half-written is read, and the same command run again completes."""

import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import forkserver
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest
from deltalake import DeltaTable
from deltalake.table import TableMerger
from mlflow import MlflowClient
from tiny_deployment import (
    BEGINS,
    ENDS,
    ISSUED,
    SMALL,
    SmallProvince,
    a_copy,
    answering,
    fill,
    local,
    opened,
    the_deployment,
    train,
    write_settings,
)

from features.archive import Archive
from features.database import open_database
from haidang.chain import issuing
from haidang.champions import crowning, promoting
from serving.access.audit import Audit
from serving.deployment import Deployment
from serving.shelf import Shelf
from training.tracking import Tracking, open_tracking

# The server imports everything once; each job is killed in a fork of it, which has not touched an archive yet.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["test_interrupted"])


def killed(job: Callable[..., None], *arguments: object) -> None:
    """Runs a job in a process of its own, which must end by SIGKILL."""
    process = PROCESSES.Process(target=job, args=arguments)
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL


def die(*arguments: object, **stated: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise RuntimeError("it lives")


def die_at_merge(number: int) -> None:
    """Dies in place of the given commit to a Delta table."""
    execute, merges = TableMerger.execute, []

    def counted(merger: TableMerger) -> dict[str, object]:
        merges.append(merger)
        return die() if len(merges) == number else execute(merger)

    TableMerger.execute = counted


def die_once_written(folder: Path, files: int) -> None:
    """Dies as soon as a folder holds so many data files, whether or not they were committed."""

    def watch() -> None:
        while sum(1 for _ in folder.rglob("*.parquet")) < files:
            time.sleep(0.0005)
        die()

    threading.Thread(target=watch, daemon=True).start()


def ingest_killed_at_a_commit(home: Path) -> None:
    die_at_merge(3)
    fill(opened(home))


def ingest_killed_while_writing(home: Path) -> None:
    die_once_written(home / "archive", 3)
    fill(opened(home))


def training_killed_while_saving(home: Path) -> None:
    os.replace = die
    train(opened(home), SMALL)


def training_killed_before_it_is_registered(home: Path) -> None:
    MlflowClient.create_model_version = die
    train(opened(home), SMALL)


def challenge_killed_before_it_is_written_down(home: Path) -> None:
    Tracking.record_decision = die
    force(opened(home))


def challenge_killed_before_the_audit(home: Path) -> None:
    Audit.write = die
    force(opened(home))


def challenge_killed_before_the_shelf(home: Path) -> None:
    Shelf.put = die
    force(opened(home))


def force(deployment: Deployment) -> None:
    hazard = deployment.hazard(SMALL)
    promoting.promote_by_force(deployment, hazard, "1", ENDS, reason="a test", by="Lan")


def rollback_killed_before_the_shelf(home: Path) -> None:
    Shelf.put_back = die
    deployment = opened(home)
    promoting.roll_back(deployment, deployment.hazard(SMALL), ENDS, to="1")


def promotion_killed_half_way(home: Path) -> None:
    copytree = shutil.copytree

    def half(*arguments: Any, **stated: Any) -> NoReturn:
        copytree(*arguments, **stated)
        die()

    shutil.copytree = half
    deployment = opened(home)
    crowning.promote(deployment, deployment.hazard(SMALL))


def issue_killed_at_the_commit(home: Path, issue_time: pd.Timestamp) -> None:
    die_at_merge(1)
    deployment = opened(home)
    issuing.issue_now(deployment, deployment.hazard(SMALL), issue_time, ENDS)


def issue_killed_while_writing(home: Path, issue_time: pd.Timestamp) -> None:
    die_once_written(home / "issued", 5)
    deployment = opened(home)
    issuing.issue_now(deployment, deployment.hazard(SMALL), issue_time, ENDS)
    time.sleep(5)


def held(archive: Archive) -> pd.DataFrame:
    """All entries, in an order of their own."""
    entries = DeltaTable(str(archive._entries)).to_pandas()
    return entries.sort_values(list(entries), ignore_index=True)


def batch_sizes(archive: Archive) -> list[int]:
    return [len(batch.entries) for batch in SmallProvince().fetch(archive.sites, BEGINS, ENDS)]


@pytest.fixture(scope="module", autouse=True)
def _server() -> None:
    """Starts the server where it finds this file; Python 3.11 does not hand it the search path."""
    search = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(search))
        forkserver.ensure_running()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deployment in which nothing was interrupted."""
    return the_deployment(tmp_path_factory)


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return a_copy(tmp_path_factory, tmp_path / "home")


@pytest.mark.parametrize("job", [ingest_killed_at_a_commit, ingest_killed_while_writing])
def test_an_ingest_that_was_killed_leaves_whole_batches_and_completes_when_run_again(
    whole: Path, tmp_path: Path, job: Callable[..., None]
) -> None:
    home = tmp_path / "home"
    write_settings(home)
    killed(job, home)
    archive = opened(home).archive
    sizes = batch_sizes(archive)
    rows = len(held(archive))
    assert len(sizes) == 5
    assert rows in np.cumsum(sizes[:-1])
    assert not archive.as_of(pd.Timestamp(archive.begins())).newest("rain").empty

    fill(opened(home))
    pd.testing.assert_frame_equal(held(opened(home).archive), held(opened(whole).archive))


@pytest.mark.parametrize("job", [training_killed_while_saving, training_killed_before_it_is_registered])
def test_a_training_that_was_killed_leaves_the_champion_and_completes_when_run_again(
    home: Path, job: Callable[..., None]
) -> None:
    champion = opened(home).shelf.tag(SMALL)
    killed(job, home)
    deployment = opened(home)
    tracking = open_tracking(deployment.settings)
    assert [str(version.version) for version in tracking.versions(SMALL)] == ["1"]
    assert deployment.shelf.tag(SMALL) == champion
    promoted, registered = crowning.promote(deployment, deployment.hazard(SMALL))
    assert (registered, f"{SMALL}:{promoted.version}-1") == ("1", champion)

    trained = train(deployment, SMALL)
    assert trained.tracked.registered_version == "2"
    assert trained.forecaster.version == promoted.version
    again, registered = crowning.promote(deployment, deployment.hazard(SMALL))
    assert registered == "2"
    np.testing.assert_array_equal(again.answer(promoted.exam.rows), promoted.answer(promoted.exam.rows))


def test_a_promotion_that_was_killed_leaves_the_champion_and_completes_when_run_again(home: Path) -> None:
    before = opened(home).shelf.tag(SMALL)
    killed(promotion_killed_half_way, home)
    deployment = opened(home)
    assert deployment.shelf.tag(SMALL) == before
    assert deployment.shelf.champion(deployment.hazard(SMALL)).version
    assert answering(home).ready

    crowning.promote(deployment, deployment.hazard(SMALL))
    assert deployment.shelf.tag(SMALL) != before
    assert deployment.shelf.champion(deployment.hazard(SMALL)).version in str(deployment.shelf.tag(SMALL))


@pytest.mark.parametrize(
    "job",
    [
        challenge_killed_before_it_is_written_down,
        challenge_killed_before_the_audit,
        challenge_killed_before_the_shelf,
        rollback_killed_before_the_shelf,
    ],
)
def test_a_promotion_through_the_gate_that_was_killed_leaves_the_champion_and_completes_when_run_again(
    home: Path, job: Callable[..., None]
) -> None:
    before = opened(home).shelf.tag(SMALL)
    killed(job, home)
    deployment = opened(home)
    assert deployment.shelf.tag(SMALL) == before
    assert answering(home).ready
    force(deployment)
    assert deployment.shelf.tag(SMALL) != before
    audit = Audit(open_database(deployment.settings.database_address))
    assert audit.verify().faults == ()
    assert audit.entries()[-1].what == "promote by force"


@pytest.mark.parametrize("job", [issue_killed_at_the_commit, issue_killed_while_writing])
def test_an_issue_that_was_killed_is_there_whole_or_not_at_all_and_completes_when_run_again(
    home: Path, job: Callable[..., None]
) -> None:
    moment = local("2023-06-28 07:00")
    killed(job, home, moment)
    deployment = opened(home)
    found = len(deployment.issued.at(SMALL, moment))
    assert found in (0, 10)
    assert len(answering(home).deployment.issued.latest(SMALL)) == 10

    assert issuing.issue_now(deployment, deployment.hazard(SMALL), moment, ENDS) == 10 - found
    assert len(deployment.issued.at(SMALL, moment)) == 10
    assert list(deployment.issued.issue_times(SMALL)) == [ISSUED[0], moment, ISSUED[1]]
