"""Return periods that move with warming."""

import numpy as np
import pytest
from scipy.stats import genextreme

from models.climate.extremes import (
    LONGEST,
    RAIN,
    TEMPERATURE,
    MovingLaw,
    ShapePrior,
    fit_moving_law,
    resampled_laws,
    trend_p_value,
)  # fmt: skip

WARMING = np.linspace(0.0, 4.0, 100)


def drawn(parameters: tuple[float, ...], random: np.random.Generator) -> np.ndarray:
    mu0, mu1, s0, s1, xi = parameters
    location, scale = mu0 + mu1 * WARMING, np.exp(s0 + s1 * WARMING)
    return genextreme.rvs(-xi, loc=location, scale=scale, random_state=random)


def law(mu0: float, mu1: float, s0: float, s1: float, xi: float) -> MovingLaw:
    return MovingLaw(np.array([mu0, mu1, s0, s1, xi]))


@pytest.mark.parametrize(
    ("parameters", "prior"),
    [((100.0, 12.0, 3.3, 0.08, 0.1), RAIN), ((36.0, 1.1, -0.1, 0.05, -0.25), TEMPERATURE)],
)
def test_known_parameters_are_recovered(parameters: tuple[float, ...], prior: ShapePrior) -> None:
    random = np.random.default_rng(3)
    fits = np.array([fit_moving_law(drawn(parameters, random), WARMING, prior).parameters for _ in range(60)])
    error = fits.mean(axis=0) - parameters
    assert (np.abs(error) < 4 * fits.std(axis=0) / np.sqrt(60) + [0, 0, 0.03, 0.01, 0.02]).all()


def test_maxima_that_do_not_move_rarely_show_a_trend_and_those_that_do_nearly_always() -> None:
    random = np.random.default_rng(4)
    still = [trend_p_value(drawn((100, 0, 3.3, 0, 0.1), random), WARMING, RAIN) for _ in range(150)]
    moving = [trend_p_value(drawn((100, 15, 3.3, 0.1, 0.1), random), WARMING, RAIN) for _ in range(30)]
    # Of 150 tests at 5 % some 7.5 err; more than 15 would come in 1 of 200 suites.
    assert sum(p < 0.05 for p in still) <= 15
    assert np.mean(still) == pytest.approx(0.5, abs=0.1)
    assert sum(p < 0.05 for p in moving) >= 28


def test_a_level_comes_as_often_as_it_says() -> None:
    moving = law(100, 10, 3.0, 0.1, 0.1)
    for warming in (0.0, 2.0):
        assert moving.return_period(moving.level(50, warming), warming) == pytest.approx(50)
    # Gumbel's law of location 0 and scale 1: once in N years is -log(-log(1 - 1/N)); moved by log 2 in its location,
    # y = exp(-z) doubles, and 1 in 50 comes once in 1 / (1 - (1 - 1/50)^2) = 25.25 years.
    gumbel = law(0, np.log(2), 0, 0, 0)
    assert gumbel.level(50, 0) == pytest.approx(-np.log(-np.log(0.98)), abs=1e-3)
    assert gumbel.return_period(gumbel.level(50, 0), 1.0) == pytest.approx(1 / (1 - 0.98**2), rel=1e-3)


def test_beyond_the_bound_of_a_law_nothing_comes_and_below_its_foot_every_year() -> None:
    bounded, heavy = law(36, 0, 0, 0, -0.25), law(100, 0, 3, 0, 0.2)
    assert bounded.return_period(36 + 1 / 0.25 + 0.01, 0) == LONGEST
    assert heavy.return_period(100 - np.exp(3) / 0.2 - 1, 0) == 1


def test_nine_of_ten_bootstrap_intervals_hold_the_true_return_period() -> None:
    random = np.random.default_rng(5)
    hits = 0
    for seed in range(24):
        # The shape is drawn from its prior, as the prior says that it might be.
        true = law(100, 8, 3.2, 0.05, random.normal(RAIN.mean, RAIN.deviation))
        fitted = fit_moving_law(drawn(tuple(true.parameters), random), WARMING, RAIN)
        laws = resampled_laws(fitted, WARMING, RAIN, times=40, seed=seed)
        becomes = [one.return_period(one.level(50, 0), 2.0) for one in laws]
        low, high = np.quantile(becomes, (0.05, 0.95))
        hits += low <= true.return_period(true.level(50, 0), 2.0) <= high
    assert hits >= 18  # of 24 at 90 %: fewer would come in 1 of 100 suites


def test_missing_maxima_are_left_out_and_too_few_are_refused() -> None:
    maxima = drawn((100, 12, 3.3, 0.08, 0.1), np.random.default_rng(6))
    gaps = maxima.copy()
    gaps[::5] = np.nan
    known = np.isfinite(gaps)
    whole = fit_moving_law(gaps, WARMING, RAIN).parameters
    np.testing.assert_array_equal(whole, fit_moving_law(maxima[known], WARMING[known], RAIN).parameters)
    with pytest.raises(ValueError, match="19 annual maxima are known"):
        fit_moving_law(maxima[:19], WARMING[:19], RAIN)
    with pytest.raises(ValueError, match="all are equal"):
        trend_p_value(np.full(100, 7.0), WARMING, RAIN)


def test_the_same_seed_gives_the_same_bootstrap() -> None:
    fitted = law(100, 12, 3.3, 0.08, 0.1)
    first, again = (resampled_laws(fitted, WARMING, RAIN, times=3, seed=1) for _ in range(2))
    assert [list(one.parameters) for one in first] == [list(one.parameters) for one in again]
