"""Sequential tests: bets by hand, and how often they cry wolf and find a bias over many fixed seeds."""

import numpy as np
import pytest
from conftest import a_tiny_hazard
from scipy.special import ndtr, ndtri

from features.periods import Periods
from training.sequential import (
    lag_of,
    running_change,
    running_evidence,
    told_too_high,
    told_too_low,
    worse_by_brier,
    worse_by_log_score,
)

HALF = np.full((1, 1), 0.5)
CAME, CAME_NOT = np.ones((1, 1)), np.zeros((1, 1))


def simulated(seed: int, *, odds: float = 1.0, days: int = 365, lag: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities for twenty sites that share half their luck, and events that come `odds` times as often.

    Luck is shared by as many successive issue times as an outcome takes to be known.
    """
    random = np.random.default_rng(seed)
    told = ndtr(-0.5 + 0.6 * random.standard_normal((days, 1)) + 0.4 * random.standard_normal((days, 20)))
    drawn = random.standard_normal(days + lag)
    shared = sum(drawn[k : k + days] for k in range(lag)) / np.sqrt(lag)
    luck = np.sqrt(0.5) * shared[:, None] + np.sqrt(0.5) * random.standard_normal((days, 20))
    return told, (luck < ndtri(np.minimum(odds * told, 1))).astype(float)


def calibration(seed: int, *, lag: int = 1, odds: float = 1.0, days: int = 365) -> np.ndarray:
    told, events = simulated(seed, lag=lag, odds=odds, days=days)
    return running_evidence(told_too_low(told, events), told_too_high(told, events), lag=lag)


def test_the_wealth_after_one_bet_is_as_by_hand() -> None:
    # bets of 1/8, 1/4, 1/2 and, as at most half may be lost, seven times 1, on a gap of 1/2
    assert running_evidence(told_too_low(HALF, CAME))[0] == pytest.approx((1.0625 + 1.125 + 1.25 + 7 * 1.5) / 10)
    assert running_evidence(told_too_low(HALF, CAME_NOT))[0] == pytest.approx((0.9375 + 0.875 + 0.75 + 7 * 0.5) / 10)
    assert running_evidence(told_too_high(HALF, CAME_NOT))[0] == pytest.approx((1.0625 + 1.125 + 1.25 + 7 * 1.5) / 10)


def test_a_change_may_begin_at_any_issue() -> None:
    gaps = told_too_low(np.repeat(HALF, 2, axis=0), np.array([[1.0], [0.0]]))
    # begun at the first issue: gains, then loses; begun at the second: only loses
    both = ((1.0625 * 0.9375 + 1.125 * 0.875 + 1.25 * 0.75 + 7 * 0.75) + (0.9375 + 0.875 + 0.75 + 7 * 0.5)) / 10
    assert running_change(gaps)[1] == pytest.approx(both)


def test_a_bet_that_is_still_open_is_taken_for_lost() -> None:
    gaps = told_too_low(np.repeat(HALF, 2, axis=0), np.ones((2, 1)))
    won = (1.0625 + 1.125 + 1.25 + 7 * 1.5) / 10
    # two streams: the first has won and has the next bet open, the second has just won
    assert running_evidence(gaps, lag=2).tolist() == pytest.approx([(won + 0.5) / 2, (0.5 * won + won) / 2])


def test_the_scores_of_a_day_are_means_over_the_sites_where_somebody_looked() -> None:
    told, reference = np.array([[0.8, 0.5, 0.4]]), np.array([[0.5, 0.5, 0.5]])
    events = np.array([[1.0, np.nan, 1.0]])
    # (0.04 - 0.25) and (0.36 - 0.25); at the least -0.21 with an event, and 0.16 - 0.25 without
    brier = worse_by_brier(told, reference, events)
    assert (brier.values[0], brier.least[0]) == pytest.approx(((-0.21 + 0.11) / 2, (-0.21 - 0.09) / 2))
    by_log = worse_by_log_score(told, reference, events)
    assert by_log.values[0] == pytest.approx((np.log(0.5 / 0.8) + np.log(0.5 / 0.4)) / 2)
    assert by_log.least[0] == pytest.approx((np.log(0.5 / 0.8) + np.log(0.5 / 0.6)) / 2)


def test_a_day_on_which_nobody_looked_changes_nothing() -> None:
    told = np.full((3, 2), 0.3)
    events = np.array([[1.0, 0.0], [np.nan, np.nan], [0.0, 0.0]])
    evidence = running_evidence(told_too_low(told, events))
    assert evidence[1] == evidence[0]
    assert evidence[2] != evidence[1]
    assert running_evidence(told_too_low(told[[0, 2]], events[[0, 2]]))[1] == pytest.approx(evidence[2])


def test_forecasts_equal_to_the_reference_are_never_found_worse() -> None:
    told, events = simulated(0, days=50)
    assert running_evidence(worse_by_log_score(told, told, events)).tolist() == [1.0] * 50


def test_the_log_score_of_certainty_is_refused() -> None:
    with pytest.raises(ValueError, match="clip them"):
        worse_by_log_score(np.ones((1, 1)), HALF, CAME)


@pytest.mark.parametrize("lag", [1, 3])
def test_calibrated_forecasts_raise_an_alarm_no_oftener_than_promised(lag: int) -> None:
    alarms = sum(calibration(seed, lag=lag, days=200).max() >= 10 for seed in range(60))
    assert alarms <= 6  # one in ten


@pytest.mark.parametrize("odds", [1.2, 0.8])
def test_a_bias_of_20_percent_is_found_within_a_year(odds: float) -> None:
    assert sum(calibration(seed, odds=odds).max() >= 20 for seed in range(10)) >= 9


def test_a_forecaster_that_fell_behind_climatology_is_found_and_one_with_skill_is_not() -> None:
    told, events = simulated(3, days=200)
    climatology = np.full_like(told, told.mean())
    mixed_up = np.random.default_rng(3).permuted(told, axis=0)
    assert running_evidence(worse_by_brier(told, climatology, events)).max() < 2
    assert running_evidence(worse_by_log_score(mixed_up, climatology, events)).max() > 100


def test_a_change_after_a_long_good_time_is_found_sooner_from_any_start_than_from_the_first() -> None:
    before, after = simulated(1, days=300), simulated(2, days=300)
    told, events = (np.concatenate(pair) for pair in zip(before, after, strict=True))
    climatology = np.full_like(told, told.mean())
    told[300:] = np.random.default_rng(0).permuted(told[300:], axis=0)
    gaps = worse_by_brier(told, climatology, events)
    found = int(np.argmax(running_change(gaps) >= 1000))
    assert 300 < found < 500
    assert running_evidence(gaps)[found] < 1


def test_the_lag_is_the_number_of_issues_until_the_period_is_over() -> None:
    assert lag_of(a_tiny_hazard(periods=Periods(days=1, count=5)), 1) == 2
    assert lag_of(a_tiny_hazard(periods=Periods(days=7, count=5), issue_every_days=7), 8) == 3
