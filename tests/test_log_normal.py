"""Log-normal forecasts, on synthetic winds whose true law is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from models.exceedance import Floats, log_odds
from models.log_normal import LogNormal

CUTS = (10.8, 17.2, 24.5, 32.7)


def days(n: int, *, seed: int) -> pd.DataFrame:
    """The logarithm of the wind that is forecast, and how unsure it is, standard normal."""
    index = pd.MultiIndex.from_product(
        [pd.date_range("2000-01-01", periods=n, freq="D", tz="UTC"), ["a"], [1, 2]],
        names=["issue_time", "site", "period"],
    )
    random = np.random.default_rng(seed)
    columns = {"wind": 2.5 + 0.5 * random.standard_normal(len(index)), "unsure": random.standard_normal(len(index))}
    return pd.DataFrame(columns, index)


def deviation(X: pd.DataFrame) -> Floats:
    return np.asarray(0.2 * np.exp(0.4 * X["unsure"].clip(-2, 2)))


def came(X: pd.DataFrame, *, seed: int) -> Floats:
    noise = np.random.default_rng(seed).standard_normal(len(X))
    return np.asarray(np.expm1(X["wind"] + deviation(X) * noise))


def truth(X: pd.DataFrame, cuts: tuple[float, ...]) -> Floats:
    return np.asarray(ndtr((X["wind"].to_numpy()[:, None] - np.log1p(cuts)) / deviation(X)[:, None]))


def a_law(cuts: tuple[float, ...] = CUTS) -> LogNormal:
    return LogNormal(cuts, location=("wind",), scale=("unsure",), ridge=1.0)


def test_it_finds_mean_and_spread() -> None:
    past, new = days(3000, seed=1), days(300, seed=2)
    given = a_law().fit(past, came(past, seed=3)).predict_exceedance(new)
    assert np.abs(given - truth(new, CUTS)).mean() < 0.01


def test_it_goes_on_to_a_cut_beyond_the_record() -> None:
    past = days(2000, seed=1)
    past = past[past["wind"] < 3.0]
    outcome = came(past, seed=3)
    cuts = (*CUTS[:3], 60.0)
    assert outcome.max() < 60
    stronger = days(50, seed=2).assign(wind=4.0)
    given = a_law(cuts).fit(past, outcome).predict_exceedance(stronger)
    assert given[:, 3] == pytest.approx(truth(stronger, cuts)[:, 3], abs=0.15)
    assert given[:, 3].min() > 0.05


def test_more_wind_ahead_never_lowers_the_risk() -> None:
    past = days(1000, seed=1)
    law = a_law().fit(past, came(past, seed=3))
    rising = days(50, seed=2).assign(wind=np.linspace(1, 5, 100), unsure=0.0).xs(1, level="period", drop_level=False)
    assert (np.diff(law.predict_exceedance(rising), axis=0) >= 0).all()


def test_contributions_of_the_mean_add_up_to_the_change_of_the_log_odds() -> None:
    past, new = days(1000, seed=1), days(50, seed=2)
    law = a_law().fit(past, came(past, seed=3))
    usual = new.copy()
    for number in (1, 2):
        of_period = past.index.get_level_values("period") == number
        usual.loc[usual.index.get_level_values("period") == number, "wind"] = past.loc[of_period, "wind"].mean()
    change = log_odds(law.predict_exceedance(new)) - log_odds(law.predict_exceedance(usual))
    np.testing.assert_allclose(law.contributions(new).sum(axis=2), change, atol=1e-6)
