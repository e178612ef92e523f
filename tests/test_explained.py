"""Explanations: contributions that can be worked out by hand, gathered by driver, against the climatology."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from conftest import a_tiny_hazard, at
from scipy.special import ndtr
from test_exceedance import ALL, CUTS, came, fitted, period, questions, signal

from features.archive import Archive
from models.baselines import Climatology, Persistence
from models.blend import Blend
from models.boosted import Boosted
from models.exceedance import Exceedance, UnexplainedError, log_odds
from models.explained import Told, drivers, explain, in_words
from models.forecaster import Forecaster
from models.ladder import Ladder
from models.logistic import Logistic, Taming
from models.normal_scores import NormalScores
from models.rule import Rule
from models.terms import from_score, gathered

Floats = npt.NDArray[np.float64]
NAN = float("nan")


def left_over(estimator: Exceedance, X: pd.DataFrame) -> Floats:
    """The log-odds less all contributions, shape (row, cut)."""
    return log_odds(estimator.predict_exceedance(X)) - estimator.contributions(X).sum(axis=-1)


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_what_no_column_tells_is_the_same_in_all_rows_of_a_period(make: object) -> None:
    X = questions(200)
    X.iloc[::5, 1] = NAN
    estimator = fitted(make(), X, came(signal(X)))  # type: ignore[operator]
    for number in (1, 2):
        assert np.ptp(left_over(estimator, X)[period(X) == number], axis=0) == pytest.approx(0, abs=1e-5)


def test_a_linear_term_is_its_weight_times_the_distance_from_the_mean() -> None:
    X = questions(100)
    estimator = fitted(Logistic(columns=("noise", "signal")), X, came(signal(X)))
    tamed = Taming().fit(X.to_numpy()).transform(X.to_numpy())
    weights = estimator.regressions_[0].coef_[0]  # type: ignore[attr-defined]
    np.testing.assert_allclose(estimator.contributions(X)[:, 0], (tamed - tamed.mean(axis=0)) * weights, atol=1e-12)


def test_a_gap_counts_for_the_column_that_has_it() -> None:
    X = questions(200)
    y = came(signal(X) + np.where(np.arange(len(X)) % 4 == 0, 3.0, 0.0))
    X.iloc[::4, 1] = NAN  # the noise is not known where the odds are high
    told = fitted(Logistic(), X, y).contributions(X)[:, 0, 1]
    assert told[::4].min() > 1
    assert told[1::4].max() < 0.5


def test_parts_are_summed_by_the_column_they_were_made_of() -> None:
    parts = np.array([[1.0, 2.0, 4.0, 8.0]])
    assert gathered(parts, [2, 0, 1, 2], 4).tolist() == [[2, 4, 9, 0]]


def test_terms_of_a_normal_score_share_the_change_of_the_log_odds_in_proportion() -> None:
    shared = from_score(np.array([[0.5, -0.2], [0.3, -0.3]]), np.array([[-1.0], [0.0]]), ndtr)[:, 0]
    change = log_odds(ndtr(-1.0 + 0.3)) - log_odds(ndtr(-1.0))
    np.testing.assert_allclose(shared[0], [change * 0.5 / 0.3, -change * 0.2 / 0.3])
    # where they cancel, by the steepness at 0: density 1 / sqrt(2 pi) over 1/4
    np.testing.assert_allclose(shared[1], np.array([0.3, -0.3]) * 4 / np.sqrt(2 * np.pi))


def test_one_tree_tells_how_far_its_leaf_lies_from_its_mean() -> None:
    X = questions(500)
    estimator = fitted(Boosted(rounds=1, max_depth=1, subsample=1.0), X, came(signal(X)), (0.0,))
    told, odds = estimator.contributions(X)[:, 0], log_odds(estimator.predict_exceedance(X)[:, 0])
    leaves = np.unique(odds.round(6))
    assert len(leaves) == 2
    assert not told[:, 1].any()
    assert np.ptp(odds - told[:, 0]) < 1e-6
    assert np.unique(np.sign(told[:, 0])).tolist() == [-1, 1]


def test_a_pool_tells_what_its_members_tell_by_their_weights() -> None:
    X = questions(300)
    blend = Blend(members=(Logistic(), Logistic(C=0.01)), trees=Boosted(rounds=10), folds=2)
    estimator = fitted(blend, X, came(signal(X)))
    first, second = (member.contributions(X) for member in blend.members_)
    corrected = second + blend.trees_.corrections(X)  # type: ignore[union-attr]
    weights = blend.weights_[period(X) - 1, :, None, None]
    expected = weights[:, 0] * first + weights[:, 1] * second + weights[:, 2] * corrected
    np.testing.assert_allclose(estimator.contributions(X), expected, atol=1e-12)


def test_persistence_tells_of_the_present_value_alone() -> None:
    X = questions(200)
    estimator = fitted(Persistence(column="signal"), X, came(signal(X)))
    told = estimator.contributions(X)
    assert not told[..., 1].any()
    for number in (1, 2):
        assert np.ptp(left_over(estimator, X)[period(X) == number], axis=0) == pytest.approx(0, abs=1e-9)


def seasonal(X: pd.DataFrame) -> pd.DataFrame:
    angle = np.linspace(0, 12 * np.pi, len(X))
    return X.assign(**{"season_harmonic(sine)": np.sin(angle), "season_harmonic(cosine)": np.cos(angle)})


@pytest.mark.parametrize("storm", ["", "noise"])
def test_normal_scores_add_up_to_the_odds_of_their_own_climate(storm: str) -> None:
    X = seasonal(questions(400))
    y = came(signal(X))
    estimator = NormalScores(CUTS, scored=("signal",), columns=("noise",), storm=storm).fit(X, y)
    typical = [
        ndtr(weights[0] - np.exp(weights[1]) * estimator.climate_.scores(X, np.array(CUTS)))
        for weights in estimator.weights_
    ]
    expected = log_odds(np.where((period(X) == 1)[:, None], *typical))
    np.testing.assert_allclose(left_over(estimator, X), expected, atol=1e-9)


def test_a_cut_that_was_not_learned_has_the_contributions_of_the_next_lower_one() -> None:
    X = questions(100)
    told = fitted(Logistic(), X, came(signal(X)), (0.0, 50.0)).contributions(X)
    np.testing.assert_array_equal(told[:, 1], told[:, 0])
    assert told.any()


def test_a_lower_step_tells_nothing_of_the_source_that_is_silent() -> None:
    X = seasonal(questions(300))
    ladder = Ladder((0.0,), full=Climatology(), forecasts=("signal",), archived=("signal", "noise"))
    ladder.fit(X, came(X["noise"].to_numpy()))
    silent, blind = X.assign(signal=NAN), X.assign(signal=NAN, noise=NAN)
    assert not ladder.contributions(silent)[..., 0].any()
    climate = log_odds(ladder.climatology_.predict_exceedance(silent))
    assert np.ptp(left_over(ladder, silent) - climate) < 1e-5
    assert not ladder.contributions(blind).any()


# Of a forecaster, by driver.


@pytest.fixture(scope="module")
def rows(tiny_forecaster: Forecaster, tiny_archive: Archive) -> pd.DataFrame:
    return tiny_forecaster.hazard.ask(tiny_archive, pd.date_range(at("2023-03-05 07:00"), periods=40, freq="D"))


def test_the_drivers_add_up_to_the_odds_above_those_of_the_climatology(
    tiny_forecaster: Forecaster, rows: pd.DataFrame
) -> None:
    climate = tiny_forecaster.estimator.member_.climatology_.predict_exceedance(rows)  # type: ignore[attr-defined]
    answer = tiny_forecaster.answer(rows)
    for k, cut in enumerate((10.0, 30.0)):
        told = explain(tiny_forecaster, rows, cut=cut)
        assert list(told) == ["rain_ahead", "rain_before", "season_and_place", "usual_inputs"]
        assert told.index.equals(rows.index)
        above = log_odds(answer[cut].to_numpy()) - log_odds(climate[:, k])
        np.testing.assert_allclose(told.sum(axis=1), above, atol=1e-9)


def test_much_rain_ahead_raises_and_none_lowers(tiny_forecaster: Forecaster, rows: pd.DataFrame) -> None:
    much, none = (
        explain(tiny_forecaster, rows.assign(**{"total_ahead(rain)": value}), cut=10.0) for value in (80.0, 0.0)
    )
    assert (much["rain_ahead"] > 1).all()
    assert (none["rain_ahead"] < 0).all()
    pd.testing.assert_series_equal(much["rain_before"], none["rain_before"])


def test_with_nothing_known_no_driver_moves_the_climatology(tiny_forecaster: Forecaster, rows: pd.DataFrame) -> None:
    read = [feature.name for feature in tiny_forecaster.hazard.features if feature.variables]
    told = explain(tiny_forecaster, rows.assign(**dict.fromkeys(read, NAN)), cut=10.0)
    assert np.abs(told.to_numpy()).max() < 1e-9


def test_what_no_input_moves_is_the_same_at_a_site_on_neighbouring_days(
    tiny_forecaster: Forecaster, rows: pd.DataFrame
) -> None:
    told = explain(tiny_forecaster, rows, cut=10.0)["usual_inputs"].xs("S1", level="site").xs(1, level="period")
    assert told.diff().abs().max() < 0.1


def test_a_cut_that_the_hazard_lacks_is_refused(tiny_forecaster: Forecaster, rows: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        explain(tiny_forecaster, rows, cut=11.0)


def test_a_published_rule_explains_itself(tiny_forecaster: Forecaster, rows: pd.DataFrame) -> None:
    rule = Rule((10.0, 30.0), clauses=(), reference="somewhere").fit(rows)
    with pytest.raises(UnexplainedError, match="published rule, which explains itself: https://doi"):
        explain(replace(tiny_forecaster, estimator=rule), rows, cut=10.0)


def test_words_tell_direction_and_strength_the_strongest_first() -> None:
    hazard = a_tiny_hazard()
    named = drivers(hazard)
    moved = {"rain_before": -0.2, "season_and_place": 0.09, "rain_ahead": 2.0, "usual_inputs": -3.0}
    told = in_words(hazard, pd.Series(moved))
    assert told == [
        Told(
            named["rain_ahead"],
            2.0,
            "tăng mạnh do mưa dự báo (tỷ số chênh × 7,4)",
            "raised strongly by rain ahead (odds × 7.4)",
        ),
        Told(
            named["rain_before"],
            -0.2,
            "giảm nhẹ do mưa những ngày qua (tỷ số chênh × 0,82)",
            "lowered slightly by rain of the days before (odds × 0.82)",
        ),
    ]
