"""The view of a hazard: what it needs and how fresh that is, its baselines, its skill and how far that reaches."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import HANOI
from tiny_deployment import BEGINS, SMALL, a_copy, answering, local, opened, the_deployment, train, write_hazard

from haidang.views.console import console
from haidang.views.hazards import show_hazards
from models.forecaster import Card, Skill
from models.hazard import Hazard
from serving.answering.hazard_view import baselines, needs
from serving.schemas.hazard_models import HazardView
from serving.views.cards import newest_card, skill, skill_horizon


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HazardView]:
    return {view.name: view for view in answering(the_deployment(tmp_path_factory)).hazard_views()}


def row(lead: int, low: float, *, cut: float = 20.0, events: int = 50) -> Skill:
    """Skill whose intervals against both baselines begin at `low`."""
    beaten = {"skill_climatology": 0.5, "skill_climatology_low": low, "skill_climatology_high": 0.6}
    beaten |= {"skill_persistence": 0.4, "skill_persistence_low": low, "skill_persistence_high": 0.6}
    briers = {"brier": 0.05, "brier_climatology": 0.1, "brier_persistence": 0.09}
    return Skill(lead=lead, cut=cut, n=900, events=events, **briers, **beaten)


def with_skill(card: Card, *rows: Skill) -> Card:
    return card.model_copy(update={"skill": rows})


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Hazard, Card]:
    deployment = opened(the_deployment(tmp_path_factory))
    hazard = deployment.hazard(SMALL)
    card = newest_card(deployment, hazard)
    assert card is not None
    return hazard, card


def test_the_skill_is_told_at_the_cut_of_the_lowest_level_and_reaches_to_the_last_lead_that_beats_both(
    small: tuple[Hazard, Card],
) -> None:
    hazard, card = small
    rows = (row(1, 0.1), row(1, 0.3, cut=5.0), row(2, 0.2), row(3, -0.1), row(4, 0.3, events=29))
    shown = skill(hazard, with_skill(card, *rows))
    assert [(one.lead, one.cut, one.judged) for one in shown] == [
        (1, 20.0, "yes"), (2, 20.0, "yes"), (3, 20.0, "no"), (4, 20.0, "too few events"),
    ]  # fmt: skip
    assert skill_horizon(shown) == 2
    assert skill_horizon(skill(hazard, with_skill(card, row(1, -0.1)))) is None
    assert skill(hazard, None) == []


def test_a_listed_hazard_tells_its_data_its_baselines_and_the_skill_of_its_fit(
    listed: dict[str, HazardView], small: tuple[Hazard, Card]
) -> None:
    view, card = listed[SMALL], small[1]
    (rain,) = view.needs
    assert (rain.variable, rain.unit, rain.outcome, rain.read, rain.held) == ("rain", "mm", True, True, True)
    assert rain.known_at == local("2023-06-30 06:00")  # the station's report of the last day but one comes last
    assert [one.name for one in view.baselines] == ["climatology", "persistence"]
    assert view.baselines[1].feature == "total_over(rain, days=1, coverage=1.0)"
    at_lowest = [one for one in card.skill if one.cut == 20.0]
    assert [(one.lead, one.n, one.skill_climatology) for one in view.skill] == [
        (one.lead, one.n, one.skill_climatology) for one in at_lowest
    ]
    assert view.basis == "model"
    assert view.tested_until is not None


def test_a_hazard_without_data_says_what_is_missing(listed: dict[str, HazardView]) -> None:
    view = listed["heat"]
    (outcome,) = (need for need in view.needs if need.outcome)
    assert (outcome.variable, outcome.held, outcome.known_at) == ("highest_air_temperature", False, None)
    assert (view.skill, view.skill_horizon, view.basis) == ([], None, None)


def test_the_needs_of_an_empty_archive_are_all_missing(small: tuple[Hazard, Card]) -> None:
    assert [need.held for need in needs(small[0], {}, HANOI)] == [False]
    assert needs(small[0], {"rain": BEGINS}, HANOI)[0].known_at == BEGINS
    assert "season" in baselines(small[0])[0].told_en


def test_the_newest_fit_is_told_before_it_is_promoted_and_the_champion_where_no_fit_is_at_hand(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    deployment = opened(a_copy(tmp_path_factory, tmp_path / "home"))
    champion = deployment.shelf.card(SMALL)
    assert champion is not None
    write_hazard(tmp_path / "home", SMALL, cuts=(5.0, 20.0, 40.0, 60.0))
    changed = opened(tmp_path / "home")
    assert newest_card(changed, changed.hazard(SMALL)) is None  # all that there is was fitted for another hazard
    fitted = train(changed, SMALL).forecaster
    told = newest_card(changed, changed.hazard(SMALL))
    assert told is not None
    assert told.version == fitted.version != champion.version
    shutil.rmtree(deployment.settings.forecasters)
    assert newest_card(deployment, deployment.hazard(SMALL)) == champion


def test_the_table_is_told_in_both_languages(listed: dict[str, HazardView], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "_width", 400)
        show_hazards([listed[SMALL], listed["heat"]], as_json=False)
    told = capsys.readouterr().out
    for words in ("dữ liệu / data", "mô hình / model", "không / none", "khí hậu / climatology", "oldest 2023-06-30"):
        assert words in told
    assert "thiếu / missing: highest_air_temperature (kết quả / outcome)" in told
    show_hazards([listed[SMALL]], as_json=True)
    (one,) = json.loads(capsys.readouterr().out)
    assert HazardView.model_validate(one) == listed[SMALL]
