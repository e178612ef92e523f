"""Quantiles never contradict the probabilities of the cuts."""

import numpy as np
import pandas as pd

from models.partial_pooling import borrowed_at
from models.rule import Rule
from models.spread import coherent
from training.spread_scores import weighted_interval_scores


def test_a_quantile_is_drawn_to_above_a_cut_that_is_reached_more_often_and_below_one_that_is_reached_less() -> None:
    told = np.array([[10.0, 40.0], [10.0, 40.0], [60.0, 150.0]])
    # P(>= 50) and P(>= 100); the median and the 95 % quantile
    reached = np.array([[0.2, 0.02], [0.01, 0.001], [0.02, 0.01]])
    drawn = coherent(told, (0.5, 0.95), (50.0, 100.0), reached)
    np.testing.assert_array_equal(drawn, [[10.0, 50.0], [10.0, 40.0], [50.0, 50.0]])


def test_the_weighted_interval_score_is_as_by_hand() -> None:
    levels = pd.DataFrame([[0.0, 2.0, 4.0, 6.0, 10.0]], columns=[0.05, 0.25, 0.5, 0.75, 0.95])
    # |7 - 4| / 2 + 0.05 * 10 + 0.25 * (4 + 4 * 1), over 2.5: (1.5 + 0.5 + 2) / 2.5
    np.testing.assert_allclose(weighted_interval_scores(np.array([7.0]), levels), [1.6])


def test_only_a_climatology_with_offsets_of_sites_borrows() -> None:
    assert borrowed_at(Rule(clauses=(), reference="none"), pd.DataFrame(), ()) == ()
