"""Peers: the recipe of LHASA on our rows, and forecasts of others as probabilities of our events."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, a_row_of_sites, a_tiny_hazard, at

from features.archive import Archive
from models.hazards.landslide import HAZARD
from models.targets import Lowest
from training.peers import LhasaLike, kept_peers, lhasa_like

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


def said(*forecasts: tuple[str, float, float], **changes: object) -> pd.DataFrame:
    """Kind, level or threshold, and value of what a peer said of one day's rain at a site."""
    day = {"issue_time": at("2024-05-01"), "valid_from": at("2024-05-02"), "valid_to": at("2024-05-03")}
    row: dict[str, object] = {
        "peer": "GloFAS", "target": "rain", "location": "there", "site": "S1", "label": "", "unit": "mm",
        "outcome": np.nan, "outcome_time": pd.NaT, "source": "hub", **day,
    }  # fmt: skip
    return pd.DataFrame([row | {"kind": kind, "at": at_, "value": value} | changes for kind, at_, value in forecasts])


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive", a_row_of_sites(), HANOI)


def chances(archive: Archive, **changes: object) -> dict[float, float]:
    told = kept_peers(a_tiny_hazard(**changes), archive)
    return dict(zip(told["cut"], told["probability"], strict=True))


def test_the_quantiles_of_a_peer_become_probabilities_of_our_cuts(archive: Archive) -> None:
    archive.kept("peers").add(said(("quantile", 0.1, 0.0), ("quantile", 0.5, 8.0), ("quantile", 0.9, 16.0)))
    # 10 mm lies a quarter of the way from the median to the 90 % quantile; 30 mm beyond that
    assert chances(archive) == pytest.approx({10.0: 1 - 0.6, 30.0: 1 - 0.9})


def test_of_a_cold_the_lower_quantiles_are_the_event(archive: Archive) -> None:
    archive.kept("peers").add(said(("quantile", 0.1, 0.0), ("quantile", 0.5, 8.0), ("quantile", 0.9, 16.0)))
    assert chances(archive, target=Lowest("rain", cuts=(10.0, 4.0), settle_days=1, sense="at_most"), levels={}) == (
        pytest.approx({10.0: 0.6, 4.0: 0.3})
    )


def test_samples_thresholds_and_a_median_are_read_and_classes_are_not(archive: Archive) -> None:
    peers = archive.kept("peers")
    peers.add(said(("probability", 10.0, 0.7), ("probability", 12.0, 0.6), peer="a"))
    peers.add(said(*(("sample", float(k), 5.0 * k) for k in range(1, 9)), peer="b"))
    peers.add(said(("median", 0.0, 12.0), peer="c"))
    peers.add(said(("class", 0.0, 0.4), peer="d", label="high"))
    told = kept_peers(a_tiny_hazard(), archive)
    assert {(row["peer"], row["cut"]): row["probability"] for row in told.to_dict("records")} == {
        ("a", 10.0): 0.7, ("b", 10.0): 7 / 8, ("b", 30.0): 3 / 8, ("c", 10.0): 1.0, ("c", 30.0): 0.0,
    }  # fmt: skip


def test_a_peer_of_another_target_unit_or_place_is_not_ours(archive: Archive) -> None:
    peers = archive.kept("peers")
    peers.add(said(("median", 0.0, 12.0), target="wind"))
    peers.add(said(("median", 0.0, 12.0), unit="inch"))
    peers.add(said(("median", 0.0, 12.0), site=None, location="elsewhere"))
    assert kept_peers(a_tiny_hazard(), archive).empty
    peers.add(said(("median", 0.0, 12.0), target="tiny", unit=None, peer="named like the hazard"))
    assert set(kept_peers(a_tiny_hazard(), archive)["peer"]) == {"named like the hazard"}
