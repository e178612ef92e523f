"""Contestants: the champion is asked what it had not seen, by its own fit or by the answers of its backtest."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_deployment import ENDS, SMALL, local, opened, the_deployment

from haidang.champions.contestants import Champion, answers_to, asked_lately, inputs_known
from models.forecaster import Forecaster
from serving.deployment import Deployment
from training.fit import fit
from training.kept_answers import KeptAnswers

CUTS = [5.0, 20.0, 40.0]
TIMES = pd.DatetimeIndex([local(f"2023-0{month}-15 07:00") for month in (2, 3, 4, 5)]).tz_convert("UTC")
INDEX = pd.MultiIndex.from_product([TIMES, ["S1", "S5"], [1, 2]], names=["issue_time", "site", "period"])


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return opened(the_deployment(tmp_path_factory))


@pytest.fixture(scope="module")
def forecaster(deployment: Deployment) -> Forecaster:
    """It learned until the middle of March; the embargo of four days ends after its last question."""
    return fit(deployment.hazard(SMALL), deployment.archive, moment=local("2023-03-20"))


def kept(cuts: list[float]) -> KeptAnswers:
    """Answers to the questions of February and March alone."""
    index = INDEX[INDEX.get_level_values("issue_time") < TIMES[2]]
    told = pd.DataFrame(0.25, index, cuts)
    probabilities = dict.fromkeys(("model", "climatology", "persistence"), told)
    return KeptAnswers(pd.Series(0.0, index), probabilities, pd.DataFrame(index=index), pd.Series(TIMES[0], index))


def champion(of: Forecaster, **stated: object) -> Champion:
    whole = Champion(of.card, Path(), of, kept(CUTS))
    return replace(whole, **stated)  # type: ignore[arg-type]


def test_what_came_after_it_learned_is_answered_by_its_own_fit_and_the_rest_as_kept(
    deployment: Deployment, forecaster: Forecaster
) -> None:
    answers, quantiles = answers_to(deployment, deployment.hazard(SMALL), champion(forecaster), INDEX)
    assert list(answers.index) == list(INDEX)
    assert quantiles.empty
    early = answers.index.get_level_values("issue_time") < TIMES[2]
    assert (answers[early] == 0.25).all(axis=None)
    own = forecaster.forecast(deployment.archive, TIMES[2:]).loc[answers.index[~early]]
    np.testing.assert_array_equal(answers[~early], own)


def test_what_it_had_seen_is_not_asked_where_nothing_was_kept(deployment: Deployment, forecaster: Forecaster) -> None:
    hazard = deployment.hazard(SMALL)
    for left in ({"kept": None}, {"kept": kept([5.0, 20.0])}):  # or was kept of other cuts
        answers, _ = answers_to(deployment, hazard, champion(forecaster, **left), INDEX)
        assert list(answers.index.unique("issue_time")) == list(TIMES[2:])
    nobody, _ = answers_to(deployment, hazard, champion(forecaster, kept=None, forecaster=None), INDEX)
    assert nobody.empty and list(nobody) == CUTS


def test_one_that_cannot_be_asked_is_judged_by_what_was_kept(deployment: Deployment, forecaster: Forecaster) -> None:
    answers, _ = answers_to(deployment, deployment.hazard(SMALL), champion(forecaster, forecaster=None), INDEX)
    assert list(answers.index.unique("issue_time")) == list(TIMES[:2])


def test_an_input_that_was_always_known_and_is_gone_now_is_named(
    deployment: Deployment, forecaster: Forecaster
) -> None:
    lately = asked_lately(deployment, deployment.hazard(SMALL), ENDS)
    assert len(lately.index.unique("issue_time")) == 4  # the days of the embargo
    assert [one.found for one in inputs_known(forecaster, lately)] == ["holds"]
    (gone,) = inputs_known(forecaster, lately.assign(**{"total_ahead(rain)": np.nan}))
    assert gone.found == "broken"
    assert "inputs that are known nowhere now: total_ahead(rain)" in gone.en
