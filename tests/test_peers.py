"""Peers: the recipe of LHASA on our rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.hazards.landslide import HAZARD
from training.peers import LhasaLike, lhasa_like

RAIN = "total_ahead(rain)"
OTHERS = (
    "total_over(rain, days=3, coverage=0.8)",
    "latest(soil_wetness, days=15)",
    "attribute(attribute=landslide_susceptibility)",
)


def rows(days: int) -> pd.DataFrame:
    """A dry site and one with ten times its rain; the rest of the inputs says nothing."""
    times = pd.date_range("2020-01-01", periods=days, freq="D", tz="UTC")
    index = pd.MultiIndex.from_product([times, ["dry", "wet"], [1]], names=["issue_time", "site", "period"])
    rain = np.repeat(np.arange(days, dtype=float), 2) * np.tile([1.0, 10.0], days)
    return pd.DataFrame({RAIN: rain, **dict.fromkeys(OTHERS, 1.0)}, index)


def test_rain_counts_relative_to_its_local_99th_percentile() -> None:
    X = rows(101)
    slides = (np.repeat(np.arange(101), 2) > 60).astype(float)
    fitted = LhasaLike((1.0,)).fit(X, slides)
    assert fitted.extreme_ == pytest.approx({"dry": 99.0, "wet": 990.0})
    given = fitted.predict_exceedance(X)[:, 0].reshape(101, 2)
    np.testing.assert_array_equal(given[:, 0], given[:, 1])
    assert given[80, 0] > 0.5 > given[30, 0]


def test_the_peer_of_landslides_has_one_model_for_each_period_and_needs_its_inputs() -> None:
    peer = lhasa_like(HAZARD)
    assert peer.cuts == (1.0,)
    without = tuple(feature for feature in HAZARD.features if feature.name not in OTHERS)
    with pytest.raises(ValueError, match=r"add total_over\(rain, days=3"):
        lhasa_like(replace(HAZARD, features=without, rule=None, persistence=HAZARD.persistence))
