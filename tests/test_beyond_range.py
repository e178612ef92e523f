"""Storms beyond the record: what is hidden, what is asked, and how far the answers lie from the truth."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.base import clone

from features.archive import Archive
from features.errors import HaidangError
from features.ingest import ingest
from features.sources.simulated import SimulatedProvince
from models.exceedance import Exceedance
from models.hazards.storm_wind import HAZARD
from training.beyond_range import ASKED_BETWEEN, HIDDEN_ABOVE, beyond_range, strong_storms, without_strong_storms
from training.examples import Examples, known_examples

READ = tuple(sorted({*HAZARD.variables, HAZARD.target.variable}))
STRENGTH = "logarithm(highest_ahead(storm_strength, margin_days=0))"
LEARNED = SimulatedProvince(years=2, seed=13, first_year=2019, variables=READ)
STORMY = tuple(SimulatedProvince(years=2, seed=seed, first_year=2019) for seed in (1, 2))
CALM = SimulatedProvince(years=2, seed=3, first_year=2019)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    """Two years of a province with sixteen storms."""
    archive = Archive(tmp_path_factory.mktemp("learned"), LEARNED.sites, LEARNED.zone)
    ingest(LEARNED, archive, pd.Timestamp("2019-01-01", tz="UTC"), pd.Timestamp("2021-01-01", tz="UTC"))
    return known_examples(HAZARD, archive, archive.ends())


class Never(Exceedance):
    """Says that nothing ever happens."""

    def predict_exceedance(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        return np.zeros((len(X), len(HAZARD.target.cuts)))

    def _fit(self, X: pd.DataFrame, outcome: npt.NDArray[np.float64]) -> None: ...

    def _predict(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        return self.predict_exceedance(X)


def strongest(rows: pd.DataFrame) -> float:
    return float(np.expm1(rows[STRENGTH].max()))


def test_no_storm_above_the_bound_is_left_in_what_is_learned(known: Examples) -> None:
    kept = without_strong_storms(known, LEARNED, HAZARD)
    assert strongest(known.rows) > HIDDEN_ABOVE >= strongest(kept.rows) > 15
    pd.testing.assert_index_equal(kept.rows.index, kept.outcome.index)
    times = kept.rows.index.unique("issue_time")
    assert 0.5 < len(times) / len(known.rows.index.unique("issue_time")) < 1
    whole = without_strong_storms(known, LEARNED, HAZARD, above=1000.0)
    pd.testing.assert_frame_equal(whole.rows, known.rows)


def test_the_storms_that_are_asked_about_are_those_that_the_forecasts_tell(known: Examples) -> None:
    asked = strong_storms(replace(LEARNED), HAZARD, (1, 2), between=(20.0, 60.0))
    told = pd.MultiIndex.from_frame(asked[["issue_time", "site", "period"]]).intersection(known.rows.index)
    assert len(told) > 100
    rows = np.expm1(known.rows.loc[told])
    assert rows[STRENGTH].between(19.9, 60.1).all()
    assert (rows["logarithm(lowest_ahead(storm_distance, margin_days=0))"] <= 300.1).all()
    here = np.expm1(known.rows[known.rows.index.get_level_values("period") <= 2])
    near = here[STRENGTH].between(20.1, 59.9) & (here["logarithm(lowest_ahead(storm_distance, margin_days=0))"] < 299.9)
    assert set(here.index[near]) <= set(told)


def test_who_says_never_is_wrong_by_the_whole_truth() -> None:
    found = beyond_range(HAZARD, Never(), STORMY[:1])
    assert [(one.lead, one.cut) for one in found] == [(lead, cut) for lead in (1, 2) for cut in HAZARD.target.cuts]
    assert [one.n for one in found[::5]] == [28, 22]
    for one in found:
        assert one.error == one.oracle_mean == pytest.approx(one.low) == pytest.approx(one.high)
    means = [one.oracle_mean for one in found[:5]]
    assert means == sorted(means, reverse=True) and means[0] > 0.3


def test_a_province_without_strong_storms_is_refused() -> None:
    with pytest.raises(HaidangError, match="none of the provinces has a storm as strong"):
        beyond_range(HAZARD, Never(), [CALM])


def test_storm_wind_that_learned_from_weaker_storms_is_near_the_truth(known: Examples) -> None:
    kept = without_strong_storms(known, LEARNED, HAZARD)
    model = clone(HAZARD.model).set_params(cuts=HAZARD.target.cuts).fit(kept.rows, kept.outcome)
    assert ASKED_BETWEEN[0] > strongest(kept.rows)
    of_storms = [one for one in beyond_range(HAZARD, model, STORMY) if one.cut == 24.5]
    assert [one.storms for one in of_storms] == [2, 1]
    assert max(one.error for one in of_storms) <= 0.10
