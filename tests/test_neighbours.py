"""How much neighbouring days of a forecast hang together, by closed forms and by courses drawn with it."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from conftest import a_tiny_hazard
from scipy.special import ndtr

from features.periods import Periods
from models.law.legal_rule import LegalRule
from models.targets import Total
from training.backtest import Backtest
from training.neighbours import neighbour_correlation, of_backtest

NAN = np.nan


def test_a_third_of_even_pairs_both_hot_is_a_correlation_of_a_half() -> None:
    # 1/4 + asin(0.5) / 2 pi = 1/3.
    came = np.array([[1, 1], [1, 1], [1, 0], [0, 1], [0, 0], [0, 0]], dtype=float)
    assert neighbour_correlation(np.full((6, 2), 0.5), came) == pytest.approx(0.5, abs=1e-5)


def test_the_correlation_of_drawn_courses_is_found_again() -> None:
    random, true = np.random.default_rng(11), 0.7
    distance = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    scores = random.multivariate_normal(np.zeros(6), true**distance, size=4000)
    thresholds = random.normal(-0.8, 0.5, size=(4000, 6))
    found = neighbour_correlation(ndtr(thresholds), (scores < thresholds).astype(float))
    assert found == pytest.approx(true, abs=0.03)


def test_days_that_nobody_observed_do_not_count() -> None:
    came = np.array([[1, 1], [1, 1], [1, 0], [0, 1], [0, 0], [0, 0], [NAN, 1]], dtype=float)
    assert neighbour_correlation(np.full((7, 2), 0.5), came) == pytest.approx(0.5, abs=1e-5)
    with pytest.raises(ValueError, match="no two neighbouring days"):
        neighbour_correlation([[0.5, 0.5]], [[NAN, 1]])
    with pytest.raises(ValueError, match="do not fit"):
        neighbour_correlation([[0.5, 0.5]], [[1]])


def test_days_that_always_come_together_have_the_strongest_correlation() -> None:
    assert neighbour_correlation(np.full((4, 2), 0.5), [[1, 1], [1, 1], [0, 0], [0, 0]]) > 0.99
    assert neighbour_correlation(np.full((2, 2), 0.5), [[1, 0], [0, 1]]) < -0.99


def a_backtest(came: list[list[float]], law: LegalRule | None) -> Backtest:
    """A backtest of rain on two days, both at 100 mm with 0.5, at as many issue times as there are courses."""
    target = Total("rain", (100.0, 200.0, 400.0), 1)
    hazard = dataclasses.replace(a_tiny_hazard(), target=target, periods=Periods(days=1, count=2), levels={}, law=law)
    times = pd.date_range("2024-01-01", periods=len(came), freq="D", tz="UTC")
    index = pd.MultiIndex.from_product([times, ["A"], [1, 2]], names=["issue_time", "site", "period"])
    outcome = pd.Series(150 * np.array(came).ravel(), index)
    probabilities = {"model": pd.DataFrame([[0.5, 0.1, 0.0]] * len(index), index, list(target.cuts))}
    return Backtest(hazard, outcome, probabilities, pd.DataFrame(index=index))


COURSES = [[1, 1], [1, 1], [1, 0], [0, 1], [0, 0], [0, 0], [1, NAN]] * 5


def test_a_backtest_tells_how_the_days_of_its_hazard_hang_together() -> None:
    assert of_backtest(a_backtest(COURSES, LegalRule("rain"))) == pytest.approx(0.5, abs=1e-5)


def test_days_that_alternate_are_taken_as_independent() -> None:
    assert of_backtest(a_backtest([[1, 0], [0, 1]] * 20, LegalRule("rain"))) == 0


def test_too_few_events_or_no_matrix_tell_nothing() -> None:
    assert of_backtest(a_backtest(COURSES[:7], LegalRule("rain"))) is None
    assert of_backtest(a_backtest(COURSES, None)) is None
    assert of_backtest(a_backtest(COURSES, LegalRule("flash_flood", told_by="heavy_rain"))) is None
