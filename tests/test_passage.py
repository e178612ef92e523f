"""Wind of storms whose track is not sure, on made-up storms whose law is known."""

import numpy as np
import pandas as pd
from sklearn.base import clone

from models.exceedance import Floats, log_odds
from models.passage import Passage

CUTS = (10.8, 17.2, 24.5, 32.7, 41.5)
GULF = Passage(CUTS, run="run", wind="wind", distance="distance", strength="strength", place=("coastal",))


def storms(n: int, *, seed: int, low: float, high: float) -> pd.DataFrame:
    """Storms of some strengths that are forecast to pass at up to 400 km, one and two days ahead."""
    index = pd.MultiIndex.from_product(
        [pd.date_range("1990-01-01", periods=n, freq="D", tz="UTC"), ["a", "b"], [1, 2]],
        names=["issue_time", "site", "period"],
    )
    random = np.random.default_rng(seed)
    strength, distance = random.uniform(low, high, len(index)), random.uniform(0, 400, len(index))
    wind = strength * felt(distance)
    columns = {"run": wind, "wind": wind, "distance": distance, "strength": strength}
    coastal = (index.get_level_values("site") == "b").astype(float)
    return np.log1p(pd.DataFrame(columns, index)).assign(coastal=coastal, season=random.random(len(index)))


def felt(distance: Floats) -> Floats:
    """Part of the strength that is felt at a distance: half a power, constant within 35 km."""
    return np.asarray((1 + (distance / 35) ** 2) ** -0.25)


def drawn(X: pd.DataFrame, *, seed: int) -> Floats:
    """The wind that comes, m/s: errors of 55 and 97 km along and across, of 5 and 7 m/s; a fifth more at the coast."""
    random = np.random.default_rng(seed)
    distance, strength = (np.expm1(X[name].to_numpy()) for name in ("distance", "strength"))
    second = X.index.get_level_values("period") == 2
    across, along = random.standard_normal((2, len(X))) * np.where(second, 97.0, 55.0)
    stronger = np.maximum(strength + np.where(second, 7.0, 5.0) * random.standard_normal(len(X)), 5.0)
    gusts = np.exp(0.15 * random.standard_normal(len(X)) + 0.18 * X["coastal"].to_numpy())
    other = random.lognormal(1.6, 0.3, len(X))
    return np.maximum(other, stronger * felt(np.hypot(distance + across, along)) * gusts)


def truth(X: pd.DataFrame) -> Floats:
    """P(wind >= cut) by 2,000 draws, shape (row, cut)."""
    return np.mean([drawn(X, seed=seed)[:, None] >= CUTS for seed in range(2000)], axis=0)


def test_a_storm_stronger_than_any_that_was_learned_is_answered_as_its_law_says() -> None:
    past, new = storms(800, seed=1, low=15, high=30), storms(60, seed=2, low=40, high=60)
    given = clone(GULF).fit(past, drawn(past, seed=3)).predict_exceedance(new)
    assert np.abs(given - truth(new)).mean(axis=0).max() < 0.05
    seen = storms(60, seed=4, low=15, high=30)
    weaker = clone(GULF).fit(past, drawn(past, seed=3)).predict_exceedance(seen)
    assert np.abs(weaker - truth(seen)).mean(axis=0).max() < 0.03


def test_the_coast_has_more_wind_where_the_record_says_so() -> None:
    past = storms(800, seed=1, low=15, high=40)
    fitted = clone(GULF).fit(past, drawn(past, seed=3))
    inland = past[past["coastal"] == 0]
    assert (fitted.predict_exceedance(inland.assign(coastal=1.0)) >= fitted.predict_exceedance(inland)).all()
    assert fitted.parameters_[-1] > 0.08


def test_few_storms_leave_what_is_expected_of_official_forecasts() -> None:
    past = storms(3, seed=1, low=15, high=30)
    new = storms(60, seed=2, low=40, high=60)
    given = clone(GULF).fit(past, drawn(past, seed=3)).predict_exceedance(new)
    assert np.abs(given - truth(new)).mean() < 0.08


def test_more_wind_in_the_run_never_lowers_the_chance() -> None:
    past = storms(400, seed=1, low=15, high=40)
    fitted = clone(GULF).fit(past, drawn(past, seed=3))
    rows = past.iloc[:50]
    rising = [fitted.predict_exceedance(rows.assign(run=np.log1p(wind))) for wind in np.linspace(0, 60, 40)]
    assert (np.diff(rising, axis=0) >= -1e-12).all()


def test_what_is_not_told_counts_as_usual() -> None:
    past = storms(400, seed=1, low=15, high=40)
    fitted = clone(GULF).fit(past, drawn(past, seed=3))
    rows = past.iloc[:50]
    usual = rows.assign(distance=past["distance"].median())
    np.testing.assert_allclose(
        fitted.predict_exceedance(rows.assign(distance=np.nan)), fitted.predict_exceedance(usual)
    )


def test_contributions_add_up_to_the_distance_from_usual_inputs() -> None:
    past = storms(400, seed=1, low=15, high=40)
    fitted = clone(GULF).fit(past, drawn(past, seed=3))
    rows, names = past.iloc[:50], ["run", "wind", "distance", "strength", "coastal"]
    usual = rows.assign(**past[names].median().to_dict())
    told = fitted.contributions(rows)
    difference = log_odds(fitted.predict_exceedance(rows)) - log_odds(fitted.predict_exceedance(usual))
    np.testing.assert_allclose(told.sum(axis=2), difference, atol=1e-3)
    assert (told[:, :, 5] == 0).all()
    nearer = np.expm1(rows["distance"].to_numpy()) < 50
    assert told[nearer, 1, 2].mean() > told[~nearer, 1, 2].mean()
