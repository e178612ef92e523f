"""The shelf: what was promoted last and passes its exam is the champion, and nothing else is ever read."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_deployment import SMALL, opened, the_deployment

from features.errors import HaidangError
from models.exam import ExamError
from models.forecaster import ArtifactError, Forecaster
from models.hazard import Hazard
from serving.deployment import Deployment
from serving.shelf import Shelf


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return opened(the_deployment(tmp_path_factory))


@pytest.fixture(scope="module")
def hazard(deployment: Deployment) -> Hazard:
    return deployment.hazard(SMALL)


@pytest.fixture(scope="module")
def forecaster(deployment: Deployment, hazard: Hazard) -> Forecaster:
    return deployment.shelf.champion(hazard)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def saved(forecaster: Forecaster, to: Path) -> Path:
    forecaster.save(to)
    return to


def as_version(forecaster: Forecaster, version: str) -> Forecaster:
    """The same answers under another name."""
    return replace(forecaster, card=forecaster.card.model_copy(update={"version": version}))


def test_before_the_first_promotion_there_is_no_champion(shelf: Shelf, hazard: Hazard) -> None:
    assert shelf.tag(SMALL) is None
    with pytest.raises(HaidangError, match="no forecaster of small_rain was promoted: run `haidang train small_rain`"):
        shelf.champion(hazard)


def test_the_champion_answers_as_the_forecaster_that_was_promoted(
    shelf: Shelf, hazard: Hazard, forecaster: Forecaster, tmp_path: Path
) -> None:
    tag = shelf.put(saved(forecaster, tmp_path / "one"), forecaster)
    champion = shelf.champion(hazard)
    assert tag == shelf.tag(SMALL) == f"{SMALL}:{forecaster.version}-1"
    given = champion.answer(forecaster.exam.rows)
    np.testing.assert_array_equal(given, forecaster.answer(forecaster.exam.rows))


def test_a_forecaster_that_answers_otherwise_than_at_fit_time_is_not_served(
    shelf: Shelf, hazard: Hazard, forecaster: Forecaster, tmp_path: Path
) -> None:
    other = replace(forecaster, exam=replace(forecaster.exam, answers=forecaster.exam.answers + 0.01))
    shelf.put(saved(other, tmp_path / "other"), other)
    with pytest.raises(ExamError, match="differs from the one given at fit time by 0.01"):
        shelf.champion(hazard)


def test_a_forecaster_of_a_hazard_file_that_was_changed_since_is_not_served(
    shelf: Shelf, hazard: Hazard, forecaster: Forecaster, tmp_path: Path
) -> None:
    shelf.put(saved(forecaster, tmp_path / "one"), forecaster)
    with pytest.raises(ArtifactError, match="run `haidang train small_rain` and promote the result"):
        shelf.champion(replace(hazard, features=hazard.features[1:]))


def test_the_last_promoted_is_champion_also_if_it_is_an_older_version(
    shelf: Shelf, forecaster: Forecaster, tmp_path: Path
) -> None:
    older, newer = as_version(forecaster, "aaa"), as_version(forecaster, "bbb")
    folders = {one.version: saved(one, tmp_path / one.version) for one in (older, newer)}
    tags = []
    for one in (older, newer, older, newer, older):
        shelf.put(folders[one.version], one)
        tags.append(shelf.tag(SMALL))
    assert tags == [f"{SMALL}:{tag}" for tag in ("aaa-1", "bbb-1", "aaa-2", "bbb-2", "aaa-3")]


def test_a_promotion_changes_no_earlier_one(shelf: Shelf, forecaster: Forecaster, tmp_path: Path) -> None:
    folder = saved(forecaster, tmp_path / "one")
    shelf.put(folder, forecaster)
    first = {path: path.read_bytes() for path in (tmp_path / "shelf").rglob("*-1/*") if path.is_file()}
    shelf.put(folder, forecaster)
    assert first
    assert {path: path.read_bytes() for path in first} == first


@pytest.mark.parametrize("left", [["model.yaml"], ["digests.json"], ["estimator.skops", "card.json"], []])
def test_a_promotion_that_was_killed_half_way_is_never_read_and_can_be_made_again(
    shelf: Shelf, hazard: Hazard, forecaster: Forecaster, tmp_path: Path, left: list[str]
) -> None:
    folder = saved(forecaster, tmp_path / "one")
    shelf.put(folder, forecaster)
    half = tmp_path / "shelf" / SMALL / "ccc-1"
    half.mkdir()
    whole = next((tmp_path / "shelf" / SMALL).glob(f"{forecaster.version}-1"))
    for name in left:
        shutil.copy(whole / name, half / name)
    again = Shelf(tmp_path / "shelf")
    assert again.tag(SMALL) == f"{SMALL}:{forecaster.version}-1"
    assert again.champion(hazard).version == forecaster.version
    other = as_version(forecaster, "ccc")
    assert again.put(folder, other) == f"{SMALL}:ccc-2"
    assert again.champion(hazard).version == forecaster.version  # the card inside is that of the folder


def test_a_reader_that_is_open_sees_the_next_promotion(shelf: Shelf, forecaster: Forecaster, tmp_path: Path) -> None:
    reader = Shelf(tmp_path / "shelf")
    assert reader.tag(SMALL) is None
    shelf.put(saved(forecaster, tmp_path / "one"), forecaster)
    assert reader.tag(SMALL) == f"{SMALL}:{forecaster.version}-1"


def test_the_card_on_the_shelf_says_where_the_forecaster_comes_from(deployment: Deployment) -> None:
    (card,) = (deployment.settings.shelf / SMALL).rglob("card.json")
    told = json.loads(card.read_text(encoding="utf-8"))
    assert told["archive_version"] == deployment.archive.at_version(told["archive_version"]).version
    assert told["unit"] == "mm"
    assert {"rows", "events", "learned_until", "code_version", "libraries", "baselines_beaten"} <= set(told)


def test_an_earlier_promotion_is_put_back_and_the_next_is_champion_again(
    shelf: Shelf, forecaster: Forecaster, tmp_path: Path
) -> None:
    folder = saved(forecaster, tmp_path / "one")
    tags = [shelf.put(folder, as_version(forecaster, version)) for version in ("aaa", "bbb", "ccc")]
    assert [one.tag for one in shelf.promotions(SMALL)] == tags
    shelf.put_back(SMALL, tags[0])
    assert shelf.tag(SMALL) == Shelf(tmp_path / "shelf").tag(SMALL) == tags[0]
    assert [one.tag for one in shelf.promotions(SMALL)] == tags
    assert shelf.put(folder, as_version(forecaster, "ddd")) == shelf.tag(SMALL) == f"{SMALL}:ddd-1"


def test_what_is_not_whole_on_the_shelf_cannot_be_put_back(
    shelf: Shelf, forecaster: Forecaster, tmp_path: Path
) -> None:
    tag = shelf.put(saved(forecaster, tmp_path / "one"), forecaster)
    (tmp_path / "shelf" / SMALL / "ccc-1").mkdir()
    assert [one.tag for one in shelf.promotions(SMALL)] == [tag]
    with pytest.raises(HaidangError, match="small_rain:ccc-1 is not on the shelf"):
        shelf.put_back(SMALL, f"{SMALL}:ccc-1")


def test_a_champion_that_is_held_back_answers_nobody_until_another_is_pointed_at(
    shelf: Shelf, hazard: Hazard, forecaster: Forecaster, tmp_path: Path
) -> None:
    folder = saved(forecaster, tmp_path / "one")
    with pytest.raises(HaidangError, match="has no champion to hold back"):
        shelf.hold_back(SMALL, "too many alarms")
    first = shelf.put(folder, forecaster)
    shelf.hold_back(SMALL, "too many alarms")
    assert shelf.held_back(SMALL) == "too many alarms"
    with pytest.raises(HaidangError, match="the champion of small_rain is held back: too many alarms"):
        shelf.champion(hazard)
    assert shelf.loaded(hazard).version == forecaster.version
    assert shelf.put(folder, forecaster) == f"{SMALL}:{forecaster.version}-2"
    assert shelf.held_back(SMALL) is None
    assert shelf.champion(hazard).version == forecaster.version
    shelf.put_back(SMALL, first)
    assert shelf.held_back(SMALL) == "too many alarms"
