import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from models.climate_law import ClimateLaw
from models.normal_scores import NormalScores
from models.storm_part import reached_with_storm, storm_part

CUTS = np.array([10.0, 30.0, 60.0])


def days(count: int) -> pd.DataFrame:
    """Questions of one site, one a day, without any season."""
    times = pd.date_range("2001-01-01", periods=count, freq="D", tz="UTC")
    index = pd.MultiIndex.from_product([times, ["a"], [1]], names=["issue_time", "site", "period"])
    return pd.DataFrame({"season_harmonic(sine)": 0.0, "season_harmonic(cosine)": 1.0}, index)


X = days(4000)
REST = np.random.default_rng(1).exponential(10.0, len(X))
CLIMATE = ClimateLaw().fit(X, REST)


def test_a_storm_that_brings_next_to_nothing_leaves_the_law_of_the_rest() -> None:
    known = np.array([-0.5, 0.8])
    told = reached_with_storm(np.array([-30.0, 0.0]), CLIMATE, X[:2], np.array([5.0, 50.0]), known, 1.2, CUTS)
    np.testing.assert_allclose(told, ndtr(known[:, None] - 1.2 * CLIMATE.scores(X[:2], CUTS)), atol=1e-9)


def test_a_storm_that_surely_brings_more_than_a_cut_reaches_it_and_no_more() -> None:
    told = reached_with_storm(np.array([0.0, -9.0]), CLIMATE, X[:1], np.array([40.0]), np.array([-3.0]), 1.0, CUTS)[0]
    assert told[:2].tolist() == [1.0, 1.0]
    # the rest has to bring 20 mm more
    assert told[2] == pytest.approx(ndtr(-3.0 - CLIMATE.scores(X[:1], [20.0])[0, 0]), rel=1e-2)


def test_shift_and_spread_of_what_storms_brought_are_learned() -> None:
    random = np.random.default_rng(2)
    foreseen = random.uniform(5, 120, len(X))
    outcome = REST + foreseen * np.exp(-0.6 + 0.4 * random.standard_normal(len(X)))
    classes = np.searchsorted(CUTS, outcome, side="right")
    shift, log_spread = storm_part(CLIMATE, X, foreseen, np.zeros(len(X)), 1.0, CUTS, classes, ridge=1.0)
    assert shift == pytest.approx(-0.6, abs=0.1)
    assert np.exp(log_spread) == pytest.approx(0.4, abs=0.1)


def test_without_storms_on_record_the_expected_part_answers() -> None:
    none = np.empty(0)
    part = storm_part(CLIMATE, X[:0], none, none, 1.0, CUTS, np.empty(0, dtype=np.int64), ridge=1.0)
    assert part[0] < 0 < np.exp(part[1]) < 1


def test_a_stronger_storm_than_any_on_record_raises_the_probability_and_no_storm_known_is_no_storm() -> None:
    random = np.random.default_rng(3)
    storm = np.where(random.random(len(X)) < 0.1, random.uniform(5, 60, len(X)), np.nan)
    brought = np.fmax(storm, 0.0)
    rows = X.assign(forecast=REST * np.exp(0.5 * random.standard_normal(len(X))) + brought, storm=storm)
    scores = NormalScores(tuple(CUTS), scored=("forecast",), storm="storm").fit(rows, REST + brought)
    asked = rows[:1].iloc[[0, 0, 0, 0]].assign(forecast=[10.0, 10.0, 60.0, 110.0], storm=[np.nan, 0.0, 50.0, 100.0])
    told = scores.predict_exceedance(asked)[:, 2]
    assert told[0] == told[1] < told[2] < told[3]
    assert told[3] > 0.95
