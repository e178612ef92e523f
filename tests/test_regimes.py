"""Regimes: who answers where."""

import numpy as np
import pandas as pd
from test_exceedance import CUTS, came, questions

from models.baselines import Climatology
from models.logistic import Logistic
from models.regimes import Regimes


def a_pair() -> Regimes:
    return Regimes(CUTS, column="signal", threshold=0.5, within=Logistic(), without=Logistic(C=0.01), min_events=0)


def test_each_regime_is_learned_and_answered_by_its_own_estimator() -> None:
    past, new = questions(200), questions(20, seed=5)
    outcome = came(past["signal"].to_numpy())
    near = past["signal"].to_numpy() >= 0.5
    given = a_pair().fit(past, outcome).predict_exceedance(new)
    within = Logistic(CUTS).fit(past[near], outcome[near]).predict_exceedance(new)
    without = Logistic(CUTS, C=0.01).fit(past[~near], outcome[~near]).predict_exceedance(new)
    np.testing.assert_allclose(given, np.where(new["signal"].to_numpy()[:, None] >= 0.5, within, without))


def test_where_the_column_is_not_known_the_threshold_is_not_reached() -> None:
    past, new = questions(200), questions(20, seed=5)
    outcome = came(past["signal"].to_numpy())
    near = past["signal"].to_numpy() >= 0.5
    new["signal"] = np.nan
    given = a_pair().fit(past, outcome).predict_exceedance(new)
    without = Logistic(CUTS, C=0.01).fit(past[~near], outcome[~near])
    np.testing.assert_allclose(given, without.predict_exceedance(new))


def test_one_estimator_answers_all_where_no_row_that_was_learned_reached_the_threshold() -> None:
    past, new = questions(200), questions(20, seed=5)
    outcome = came(past["signal"].to_numpy())
    pair = a_pair().set_params(threshold=1e6, without=Climatology())
    for rows in (past.assign(season_harmonic=1.0), new.assign(season_harmonic=1.0)):
        pair = pair.fit(past.assign(season_harmonic=1.0), outcome)
        alone = Climatology(CUTS, min_events=0).fit(past.assign(season_harmonic=1.0), outcome)
        np.testing.assert_allclose(pair.predict_exceedance(rows), alone.predict_exceedance(rows))


def test_contributions_are_those_of_whoever_answers() -> None:
    past, new = questions(200), questions(20, seed=5)
    outcome = came(past["signal"].to_numpy())
    near = past["signal"].to_numpy() >= 0.5
    told = a_pair().fit(past, outcome).contributions(new)
    within = Logistic(CUTS).fit(past[near], outcome[near]).contributions(new)
    here = new["signal"].to_numpy() >= 0.5
    np.testing.assert_allclose(told[here], within[here])
    assert isinstance(new, pd.DataFrame)
    assert not np.allclose(told[~here], within[~here])
