"""Cells: skill by site, lead and season, and what may be claimed of many."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_scores import FOUR, HALF, MODEL, random_backtest, scored

from training.cells import _p_value, block_days, cells
from training.losses import brier
from training.scores import skill_by_lead


def test_the_figures_of_a_cell_are_as_by_hand() -> None:
    tested = scored(FOUR, MODEL, HALF, periods=2)
    table = cells(tested, brier(tested, cut=10.0), ["lead"], cut=10.0)
    assert list(table.index) == [1, 4]
    # lead 1: days 1 and 3, 0.1^2 and 0.4^2; lead 4: 0.2^2 and 0.3^2
    assert table["loss_model"].tolist() == pytest.approx([0.085, 0.065])
    assert table["skill_climatology"].tolist() == pytest.approx([1 - 0.085 / 0.25, 1 - 0.065 / 0.25])
    assert table["n"].tolist() == [2, 2]
    assert table["events"].tolist() == [1, 1]
    assert table["found_climatology"].tolist() == ["too few events"] * 2


def test_cells_by_lead_agree_with_the_skill_by_lead() -> None:
    tested = random_backtest()
    table = cells(tested, brier(tested, cut=10.0), ["lead"], cut=10.0)
    for row in skill_by_lead(tested):
        if row.cut == 10.0:
            cell = table.loc[row.lead]
            assert cell["skill_climatology"] == pytest.approx(row.skill_climatology)
            assert cell["skill_persistence_low"] == pytest.approx(row.skill_persistence_low)
            assert (cell["n"], cell["events"]) == (row.n, row.events)


def test_all_questions_together_are_one_cell_and_sites_and_leads_many() -> None:
    tested = random_backtest(days=900)
    losses = brier(tested, cut=10.0)
    whole, many = cells(tested, losses, [], cut=10.0), cells(tested, losses, ["site", "lead"], cut=10.0)
    assert len(whole) == 1
    assert many.index.names == ["site", "lead"]
    assert many["n"].sum() == whole["n"].iloc[0] == len(tested.outcome)
    assert (many["found_climatology"] == "better").all()


def test_seasons_are_named_in_their_order() -> None:
    tested = random_backtest(days=80)
    quarter = pd.Series(np.where(np.arange(len(tested.outcome)) % 2, 2, 1), tested.outcome.index)
    table = cells(replace(tested, quarter=quarter), brier(tested, cut=10.0), ["season"], cut=10.0)
    assert list(table.index) == ["MAM", "JJA"]
    with pytest.raises(ValueError, match="not by farm"):
        cells(tested, brier(tested, cut=10.0), ["farm"], cut=10.0)


def test_without_any_difference_at_most_few_of_many_cells_are_claimed() -> None:
    tested = random_backtest(days=400, sites=20)
    random = np.random.default_rng(3)
    losses = pd.DataFrame(
        {name: 1 + 0.1 * random.standard_normal(len(tested.outcome)) for name in tested.probabilities},
        tested.outcome.index,
    )
    table = cells(tested, losses, ["site", "lead"], cut=10.0)
    assert len(table) == 40
    assert (table["found_climatology"] != "not told apart").sum() <= 4


def test_a_p_value_counts_the_draws_on_either_side() -> None:
    # of 9 draws one is not above zero: 2 * (1 + 1) / (9 + 1)
    assert _p_value(np.array([-1.0, 1, 1, 1, 1, 1, 1, 1, 1])) == pytest.approx(0.4)
    assert _p_value(np.zeros(9)) == 1.0


def test_rare_events_are_resampled_by_seasons() -> None:
    tested = random_backtest()
    assert block_days(tested, 10.0) == 30
    assert block_days(tested, 30.0) == 91
