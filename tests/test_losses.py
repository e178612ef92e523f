"""Losses of questions: worked by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_scores import FOUR, HALF, MODEL, PERFECT, scored

from models.levels import AtLeast
from training.losses import brier, continuous, levels, log_score, losses_of, ranked_probability, weighted_interval


def test_brier_log_and_ranked_probability_are_as_by_hand() -> None:
    tested = scored(FOUR, MODEL, HALF)
    assert brier(tested, cut=10.0)["model"].tolist() == pytest.approx([0.01, 0.04, 0.16, 0.09])
    assert log_score(tested, cut=10.0)["model"].tolist() == pytest.approx(-np.log([0.9, 0.8, 0.6, 0.7]))
    # the third day is in the highest class: 0.4^2 + 0.5^2
    assert ranked_probability(tested)["model"].iloc[2] == pytest.approx(0.41)


def test_a_certain_forecast_that_errs_has_a_large_but_finite_log_score() -> None:
    tested = scored([0.0], [(1.0, 0.0)], [(0.5, 0.1)])
    assert 10 < log_score(tested, cut=10.0)["model"].iloc[0] < 50


def test_a_missed_level_costs_one_less_its_trigger_and_a_false_one_the_trigger() -> None:
    tested = scored(FOUR, MODEL, HALF)
    rules = {"watch": AtLeast(0.3, cut=10.0), "warning": AtLeast(0.2, cut=30.0)}
    tested = replace(tested, hazard=replace(tested.hazard, levels=rules))
    # watch: told on days 2, 3 and, at 0.3 itself, 4: false there; warning: told on day 3, which had it
    assert levels(tested)["model"].tolist() == pytest.approx([0.0, 0.0, 0.0, 0.3])
    # climatology tells both every day: watch false on 1 and 4, warning false on 1, 2 and 4
    assert levels(tested)["climatology"].tolist() == pytest.approx([0.5, 0.2, 0.0, 0.5])
    silent = replace(tested, probabilities=dict.fromkeys(tested.probabilities, tested.probabilities["model"] * 0))
    assert levels(silent)["model"].tolist() == pytest.approx([0.0, 0.7, 0.7 + 0.8, 0.0])


def with_quantiles(outcome: list[float], quantiles: dict[float, float]) -> pd.DataFrame:
    tested = scored(outcome, PERFECT[: len(outcome)], HALF[: len(outcome)])
    told = pd.DataFrame(quantiles, tested.outcome.index).assign(low=quantiles[0.25], high=quantiles[0.75])
    return replace(tested, quantiles=dict.fromkeys(tested.probabilities, told))


def test_the_crps_is_twice_the_quantile_score_over_the_levels() -> None:
    tested = with_quantiles([20.0], {0.25: 10.0, 0.5: 20.0, 0.75: 40.0})
    # quantile scores 0.25 * 10, 0, 0.25 * 20; by trapezoids 0.25 * ((2.5 + 0) / 2 + (0 + 5) / 2)
    assert continuous(tested)["model"].iloc[0] == pytest.approx(2 * 0.25 * 3.75)


def test_beyond_a_threshold_only_what_exceeds_it_counts() -> None:
    tested = with_quantiles([20.0], {0.25: 10.0, 0.5: 20.0, 0.75: 40.0})
    # with all below 30 raised to 30, only the highest quantile errs, by 10: 0.25 * 10
    assert continuous(tested, above=30.0)["model"].iloc[0] == pytest.approx(2 * 0.25 * 1.25)
    assert continuous(tested, above=50.0)["model"].iloc[0] == 0


def test_where_the_event_is_low_what_lies_below_the_threshold_counts() -> None:
    tested = with_quantiles([20.0], {0.25: 10.0, 0.5: 20.0, 0.75: 40.0})
    target = replace(tested.hazard.target, cuts=(30.0, 10.0), sense="at_most")
    tested = replace(tested, hazard=replace(tested.hazard, target=target, levels={}))
    # lowered to 15: quantiles 10, 15, 15, outcome 15
    assert continuous(tested, above=15.0)["model"].iloc[0] == pytest.approx(2 * 0.25 * 0.25 * 5 / 2)


def test_an_outcome_without_quantiles_has_no_crps() -> None:
    with pytest.raises(ValueError, match="tiny told no quantiles"):
        continuous(scored(FOUR, MODEL, HALF))


def test_every_loss_of_a_hazard_has_a_value_for_each_question_and_forecaster() -> None:
    told = {0.05: 0.0, 0.25: 5.0, 0.5: 10.0, 0.75: 20.0, 0.95: 30.0}
    tested = with_quantiles(FOUR, told)
    losses = losses_of(tested)
    assert list(losses) == [
        "Brier 10",
        "log 10",
        "Brier 30",
        "log 30",
        "RPS",
        "FIRM",
        "CRPS",
        "WIS",
        "twCRPS 10",
        "twCRPS 30",
    ]
    for loss in losses.values():
        of = loss(tested)
        assert of.shape == (4, 3)
        assert np.isfinite(of.to_numpy()).all()
    assert weighted_interval(tested).shape == (4, 3)
    assert "WIS" not in losses_of(scored(FOUR, MODEL, HALF))
