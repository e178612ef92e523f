"""Decisions: counts by hand, and curves against the library that defines them."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from conftest import HANOI
from scores.probability import murphy_score, relative_economic_value
from test_scores import FOUR, HALF, MODEL, random_backtest, scored

from features.periods import Periods
from training.backtest import Backtest
from training.decisions import RATIOS, decisions, discrimination, economic_value, murphy_diagram
from training.stability import flip_flops


def test_hits_and_false_alarms_are_counted_for_each_issue_time() -> None:
    told = decisions(scored(FOUR, MODEL, HALF), 10.0, thresholds=np.array([0.1, 0.3, 0.8]))
    # events on days 2 and 3, with 0.8 and 0.6; 0.1 and 0.3 on the others; an alarm at the threshold counts
    assert told.hits.tolist() == [[0, 0, 0], [1, 1, 1], [1, 1, 0], [0, 0, 0]]
    assert told.false_alarms.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0], [1, 1, 0]]
    assert told.events.tolist() == [0, 1, 1, 0]
    assert told.quiet.tolist() == [1, 0, 0, 1]


def flat(tested: Backtest, name: str) -> tuple[xr.DataArray, xr.DataArray]:
    answer = tested.probabilities[name][10.0].to_numpy()
    return xr.DataArray(answer, dims="q"), xr.DataArray((tested.outcome.to_numpy() >= 10).astype(float), dims="q")


@pytest.mark.parametrize("name", ["model", "persistence"])
def test_the_economic_value_is_that_of_scores(name: str) -> None:
    tested = random_backtest(days=120)
    expected = relative_economic_value(
        *flat(tested, name), cost_loss_ratios=list(RATIOS), probability_thresholds=list(RATIOS)
    )
    diagonal = [float(expected.sel(probability_threshold=r, cost_loss_ratio=r)) for r in RATIOS]
    table = economic_value(tested, 10.0, forecaster=name)
    np.testing.assert_allclose(table["value"], diagonal, atol=1e-12)
    assert (table["low"] <= table["high"]).all()


def test_the_murphy_diagram_is_that_of_scores() -> None:
    tested = random_backtest(days=120)
    for name in tested.probabilities:
        expected = murphy_score(*flat(tested, name), RATIOS - 1e-9, functional="expectile", alpha=0.5)["total"]
        np.testing.assert_allclose(murphy_diagram(tested, 10.0)[name], expected, atol=1e-6)


def test_a_perfect_order_has_a_whole_area() -> None:
    told = discrimination(scored(FOUR, MODEL, HALF), 10.0)
    assert (told.roc_area, told.precision) == (1.0, 1.0)
    assert told.curve.loc[0.3].tolist() == [1.0, 0.5, pytest.approx(2 / 3)]
    assert np.isnan(discrimination(scored([0.0] * 4, MODEL, HALF), 10.0).roc_area)


def test_a_forecast_that_swings_flips_and_one_that_rises_does_not() -> None:
    # three issues of three periods of three days, issued daily, share no period; of one day they do

    tested = scored(
        [0.0] * 9, [(p, 0.0) for p in (0.1, 0.2, 0.9, 0.1, 0.1, 0.1, 0.3, 0.1, 0.1)], HALF[:1] * 9, periods=3
    )
    tested = replace(tested, hazard=replace(tested.hazard, periods=Periods(days=1, count=3)))
    # the day asked about three times: 0.9 at three days, 0.1 at two, 0.3 at one: |0.8| + |0.2| - 0.8 over one
    told = flip_flops(tested, 10.0, HANOI)
    assert told["model"] == pytest.approx(0.2)
    assert told["climatology"] == 0
    assert flip_flops(scored(FOUR, MODEL, HALF), 10.0, HANOI).empty
