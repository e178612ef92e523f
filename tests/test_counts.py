"""The law of counts, on synthetic weeks of dengue whose true law is known."""

import numpy as np
import pandas as pd
from scipy.stats import nbinom

from models.counts import Counts
from models.exceedance import Floats, log_odds

SIZE = 2.0
CUTS = (1.0, 2.0, 4.0)


def weeks(n: int, *, seed: int) -> pd.DataFrame:
    """The bound, cases of the last weeks, and the season, of two places and one period."""
    times = pd.date_range("2010-01-04", periods=n, freq="7D", tz="UTC")
    index = pd.MultiIndex.from_product([times, ["a", "b"], [1]], names=["issue_time", "site", "period"])
    random = np.random.default_rng(seed)
    angle = 2 * np.pi * index.get_level_values("issue_time").dayofyear.to_numpy() / 365.25
    columns = {
        "usual_ahead(dengue)": random.choice([2.0, 5.0], len(index)),
        "latest(dengue)": np.rint(random.gamma(1.0, 8.0, len(index))),
        "warmth": random.standard_normal(len(index)),
        "season_harmonic(sine)": np.sin(angle),
        "season_harmonic(cosine)": np.cos(angle),
    }
    return pd.DataFrame(columns, index)


def mean_of(X: pd.DataFrame) -> Floats:
    return np.asarray(np.exp(0.2 + 0.7 * np.log1p(X["latest(dengue)"]) + 0.3 * X["warmth"]))


def came(X: pd.DataFrame, *, seed: int) -> Floats:
    cases = np.random.default_rng(seed).negative_binomial(SIZE, SIZE / (SIZE + mean_of(X)))
    return np.asarray(cases / X["usual_ahead(dengue)"])


def a_law(**stated: object) -> Counts:
    return Counts(CUTS, counted=("latest",), columns=("warmth",)).set_params(**stated)


def test_it_finds_the_law_that_cases_were_drawn_from() -> None:
    past, new = weeks(3000, seed=1), weeks(200, seed=2)
    given = a_law().fit(past, came(past, seed=3)).predict_exceedance(new)
    least = np.ceil(new["usual_ahead(dengue)"].to_numpy()[:, None] * np.array(CUTS))
    true = nbinom.sf(least - 1, SIZE, (SIZE / (SIZE + mean_of(new)))[:, None])
    assert np.abs(given - true).mean() < 0.01
    assert np.abs(given - true).max() < 0.06


def test_a_cut_that_no_week_ever_reached_follows_from_the_same_law() -> None:
    past, new = weeks(400, seed=1), weeks(50, seed=2)
    given = a_law(cuts=(*CUTS, 1000.0)).fit(past, came(past, seed=3)).predict_exceedance(new)
    assert (given[:, -1] <= given[:, -2]).all()
    assert given[:, -1].max() < 1e-3


def test_contributions_add_up_to_the_change_of_the_log_odds() -> None:
    past, new = (weeks(n, seed=n).assign(**{"usual_ahead(dengue)": 3.0}) for n in (400, 50))
    law = a_law().fit(past, came(past, seed=3))
    usual = new.copy()
    for name in ("warmth", "season_harmonic(sine)", "season_harmonic(cosine)"):
        usual[name] = past[name].mean()
    usual["latest(dengue)"] = np.expm1(np.log1p(past["latest(dengue)"]).mean())
    change = log_odds(law.predict_exceedance(new)) - log_odds(law.predict_exceedance(usual))
    told = law.contributions(new)
    np.testing.assert_allclose(told.sum(axis=2), change, atol=1e-6)
    more = np.sign(new["latest(dengue)"] - usual["latest(dengue)"]).to_numpy()
    assert (np.sign(told[:, 0, list(new).index("latest(dengue)")]) == more).all()


def test_where_the_bound_is_not_known_the_answer_is_the_base_rate() -> None:
    past, new = weeks(400, seed=1), weeks(5, seed=2)
    outcome = came(past, seed=3)
    new["usual_ahead(dengue)"] = np.nan
    law = a_law().fit(past, outcome)
    expected = [(outcome >= cut).mean() for cut in CUTS]
    np.testing.assert_allclose(law.predict_exceedance(new), np.tile(expected, (len(new), 1)), atol=0.001)
    assert (law.contributions(new) == 0).all()
