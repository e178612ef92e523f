"""Normal forecasts, on synthetic temperatures whose true law is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from models.exceedance import Floats
from models.normal import Normal

CUTS = (-20.0, -18.0, -16.0)  # severities of at most 20, 18 and 16 degC


def days(n: int, *, seed: int) -> pd.DataFrame:
    """Water now and air ahead, degC, and how far the air is from being known."""
    index = pd.MultiIndex.from_product(
        [pd.date_range("2000-01-01", periods=n, freq="D", tz="UTC"), ["a"], [1, 2]],
        names=["issue_time", "site", "period"],
    )
    random = np.random.default_rng(seed)
    columns = {
        "water": 19 + 3 * random.standard_normal(len(index)),
        "air": 17 + 4 * random.standard_normal(len(index)),
        "unsure": random.standard_normal(len(index)),
    }
    return pd.DataFrame(columns, index)


def mean(X: pd.DataFrame) -> Floats:
    return np.asarray(0.8 * X["water"] + 0.2 * X["air"])


def deviation(X: pd.DataFrame) -> Floats:
    return np.asarray(0.5 * np.exp(0.3 * X["unsure"].clip(-2, 2)))


def coldness(X: pd.DataFrame, *, seed: int) -> Floats:
    return np.asarray(-mean(X) + deviation(X) * np.random.default_rng(seed).standard_normal(len(X)))


def truth(X: pd.DataFrame, cuts: tuple[float, ...]) -> Floats:
    return np.asarray(ndtr((-mean(X)[:, None] - np.array(cuts)) / deviation(X)[:, None]))


@pytest.mark.parametrize("unit", [0.01, 1.0, 1000.0])
def test_it_finds_mean_and_spread_in_any_unit(unit: float) -> None:
    past, new = days(3000, seed=1), days(300, seed=2)
    cuts = tuple(unit * cut for cut in CUTS)
    law = Normal(cuts, location=("water", "air"), scale=("unsure",), ridge=0.1)
    given = law.fit(past, unit * coldness(past, seed=3)).predict_exceedance(new)
    assert np.abs(given - truth(new, CUTS)).mean() < 0.01


def test_it_goes_on_to_colder_water_than_the_record_holds() -> None:
    past = days(2000, seed=1)
    past = past[past["water"] > 18]
    came = coldness(past, seed=3)
    cuts = (*CUTS[:2], -12.0)
    assert came.max() < -12
    colder = days(50, seed=2).assign(water=12.0, air=12.0, unsure=0.0)
    given = Normal(cuts, location=("water", "air"), scale=("unsure",), ridge=1.0).fit(past, came)
    assert given.predict_exceedance(colder)[:, 2] == pytest.approx(0.5, abs=0.25)
