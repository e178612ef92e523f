"""Odds of climate classes moved by drivers: found where they are, left alone where they are not."""

import numpy as np
import pandas as pd
from scipy.special import expit

from models.climate.by_drivers import ByDrivers
from models.climate.class_chance import ClassChance
from models.climate.normal_chance import NormalChance
from models.climate.past_shares import PastShares
from models.exceedance import Floats, log_odds

TERCILES = (100 / 3, 200 / 3)


def months(years: int, *, seed: int) -> pd.DataFrame:
    """One driver, standard normal, for four places; one month ahead."""
    times = pd.date_range("1960-01-12", periods=12 * years, freq="MS", tz="UTC")
    index = pd.MultiIndex.from_product([times, list("abcd"), [1]], names=["issue_time", "site", "period"])
    random = np.random.default_rng(seed)
    driver = np.repeat(random.standard_normal(len(times)), 4)
    angle = 2 * np.pi * index.get_level_values("issue_time").month.to_numpy() / 12
    columns = {"driver": driver, "season_harmonic(sine)": np.sin(angle), "season_harmonic(cosine)": np.cos(angle)}
    return pd.DataFrame(columns, index)


def came(X: pd.DataFrame, strength: float, *, seed: int) -> Floats:
    """Percentiles whose log odds of any class the driver moves by its strength."""
    chance = np.random.default_rng(seed).random(len(X))
    moved = np.log(chance / (1 - chance)) + strength * X["driver"].to_numpy()
    return np.asarray(100 * expit(moved))


def odds_moved() -> ByDrivers:
    return ByDrivers(TERCILES, base=ClassChance(), drivers=("driver",))


def test_the_chance_of_a_class_is_what_its_bounds_say() -> None:
    rows = months(1, seed=1)
    given = ClassChance(TERCILES).fit(rows, came(rows, 0.0, seed=2)).predict_exceedance(rows)
    np.testing.assert_allclose(given, np.tile([2 / 3, 1 / 3], (len(rows), 1)))


def test_a_driver_that_acts_is_found() -> None:
    past, new = months(60, seed=1), months(5, seed=3)
    given = odds_moved().fit(past, came(past, 0.8, seed=2)).predict_exceedance(new)
    true = expit(0.8 * new["driver"].to_numpy()[:, None] + log_odds(np.array([2 / 3, 1 / 3])))
    assert np.abs(given - true).mean() < 0.03


def test_a_driver_that_does_nothing_moves_next_to_nothing() -> None:
    past, new = months(60, seed=1), months(5, seed=3)
    given = odds_moved().fit(past, came(past, 0.0, seed=2)).predict_exceedance(new)
    assert np.abs(given - [2 / 3, 1 / 3]).max() < 0.08


def test_a_driver_that_is_not_known_moves_nothing() -> None:
    past = months(60, seed=1)
    new = past.iloc[:8].copy()
    new["driver"] = [np.nan, past["driver"].mean()] * 4
    given = odds_moved().fit(past, came(past, 0.8, seed=2)).predict_exceedance(new)
    np.testing.assert_allclose(given[::2], given[1::2])


def test_contributions_are_what_the_driver_adds_to_the_odds() -> None:
    past, new = months(60, seed=1), months(2, seed=3)
    moved = odds_moved().fit(past, came(past, 0.8, seed=2))
    told = moved.contributions(new)
    usual = new.assign(driver=past["driver"].mean())
    change = log_odds(moved.predict_exceedance(new)) - log_odds(moved.predict_exceedance(usual))
    np.testing.assert_allclose(told[:, :, 0], change, atol=1e-9)


def test_a_change_of_all_years_is_learned_whatever_the_drivers_are_worth() -> None:
    past, new = months(60, seed=1), months(5, seed=3)
    chance = np.random.default_rng(2).random(len(past))
    warmed = np.asarray(100 * expit(np.log(chance / (1 - chance)) + 0.6))
    given = odds_moved().fit(past, warmed).predict_exceedance(new)
    true = expit(0.6 + log_odds(np.array([2 / 3, 1 / 3])))
    assert np.abs(given.mean(axis=0) - true).max() < 0.04


def test_shares_of_past_years_are_read_from_the_rows_and_a_gap_is_what_the_bounds_say() -> None:
    rows = months(1, seed=1).assign(low=0.9, high=0.2)
    rows.iloc[0, -1] = np.nan
    columns = ((TERCILES[0], "low"), (TERCILES[1], "high"))
    given = PastShares(TERCILES, columns=columns).fit(rows, came(rows, 0.0, seed=2)).predict_exceedance(rows)
    np.testing.assert_allclose(given[:2], [[0.9, 1 / 3], [0.9, 0.2]])


def test_the_chance_of_a_standard_score_is_that_of_the_normal_law() -> None:
    rows = months(1, seed=1)
    severity = np.linspace(-3.0, 3.0, len(rows))  # of dryness: the index with its sign turned
    given = NormalChance((1.0, 1.5, 2.0)).fit(rows, severity).predict_exceedance(rows)
    np.testing.assert_allclose(given[0], [0.1587, 0.0668, 0.0228], atol=1e-4)
