"""The astronomical tide: angles and speeds as published, heights by hand, and the tide of the simulated province."""

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, at

from features.archive import Archive
from features.errors import HaidangError, UnknownNameError
from features.ingest import ingest
from features.settings import BUILT_IN_SITES, Settings
from features.sites import Site, Sites, read_sites
from features.sources.catalogue import source_named
from features.sources.simulated import sea
from features.sources.tide import CONSTITUENTS, Tide, angles, heights, nodal
from features.variables import variable_named

# Radians at 0:00 UTC on 1 January 1992, Egbert and Erofeeva 2002, doi:10.1175/1520-0426(2002)019<0183:EIMOBO>2.0.CO;2.
AT_1992 = {
    "M2": 1.731557546, "S2": 0.0, "K1": 0.173003674, "O1": 1.558553872, "N2": 6.050721243, "P1": 6.110181633,
    "K2": 3.487600001, "Q1": 5.877717569,
}  # fmt: skip
SHORE = Site("S", "S", "S", 20.7, 107.0, {"coastal": 1.0})
INLAND = Site("I", "I", "I", 21.3, 107.0, {"coastal": 0.0})


def moments(*times: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([pd.Timestamp(time, tz="UTC") for time in times])


@pytest.mark.parametrize("name", AT_1992)
def test_angles_are_those_of_the_tide_models(name: str) -> None:
    found = angles([name], moments("1992-01-01"))[0, 0]
    assert np.sin(np.radians(found) - AT_1992[name]) == pytest.approx(0, abs=0.001)
    assert np.cos(np.radians(found) - AT_1992[name]) == pytest.approx(1, abs=0.001)


def test_every_constituent_goes_round_at_its_published_speed() -> None:
    names = list(CONSTITUENTS.index)
    first, after = angles(names, moments("2020-05-01T00:00", "2020-05-01T01:00"))
    assert (after - first) % 360 == pytest.approx(CONSTITUENTS["degrees_per_hour"].to_numpy(), abs=1e-6)


def test_the_sun_s_half_daily_tide_is_high_at_its_lag_and_low_six_hours_later() -> None:
    # S2 turns by 30 degrees an hour from midnight UTC on: a lag of 90 degrees is three hours.
    found = heights({"S2": (0.4, 90.0)}, moments("2024-03-01T03:00", "2024-03-01T06:00", "2024-03-01T09:00"))
    assert found == pytest.approx([0.4, 0.0, -0.4], abs=1e-12)


def test_the_moon_s_node_swells_and_shrinks_the_daily_tides_in_nineteen_years() -> None:
    # The node was at 0 degrees in June 2006 and at 180 degrees in October 2015: 1.009 +- 0.187, 1.006 +- 0.115.
    factor, shift = nodal(["O1", "K1", "P1"], moments("2006-06-19", "2015-10-09"))
    assert factor == pytest.approx(np.array([[1.196, 1.121, 1.0], [0.822, 0.891, 1.0]]), abs=0.001)
    assert shift == pytest.approx(np.zeros((2, 3)), abs=0.1)


def test_the_highest_tide_is_that_of_the_local_day() -> None:
    # O1 and K1 together swing by a beat of 13.66 days: the highest day of a fortnight has nearly the sum of both.
    constants = {"O1": (0.8, 0.0), "K1": (0.7, 0.0)}
    tide = Tide(constants, HANOI)
    days = np.arange(14) + 16000
    highest = tide.highest(days)
    factor = nodal(["O1", "K1"], pd.DatetimeIndex([pd.Timestamp(16000, unit="D", tz="UTC")]))[0][0]
    assert highest.max() == pytest.approx(factor @ [0.8, 0.7], rel=0.02)
    assert highest.min() < 0.4
    local = pd.date_range("2013-10-22T00:00+07:00", periods=24, freq="h")
    assert tide.highest(np.array([16000]))[0] == heights(constants, local).max()


def test_it_is_the_tide_of_the_simulated_province_once_that_is_told_by_lags() -> None:
    names = ["O1", "K1", "P1", "Q1", "M2"]
    assert CONSTITUENTS.loc[names, "degrees_per_hour"].to_list() == sea._DEGREES_PER_HOUR.tolist()
    dates = np.arange(np.datetime64("2024-08-01"), np.datetime64("2024-08-31"))
    middle = pd.DatetimeIndex([at("2024-08-16")])
    hours = (middle.tz_convert(HANOI).tz_localize(None) - pd.Timestamp("2000-01-01")) / pd.Timedelta(hours=1)
    factor, shift = nodal(names, middle)
    told = np.asarray(hours)[:, None] * sea._DEGREES_PER_HOUR - np.degrees(sea._PHASE)
    lags = (angles(names, middle) + shift - told)[0]
    constants = dict(zip(names, zip(sea._AMPLITUDE_M / factor[0], lags, strict=True), strict=True))
    found = Tide(constants, HANOI).highest(dates.astype(np.int64))
    assert found == pytest.approx(sea.highest_tide(dates).max(axis=1), abs=0.01)


def test_settings_make_a_source_that_tells_the_coast_its_tide_a_month_ahead(tmp_path: object) -> None:
    stated = {"kind": "tide", "constants": {"O1": [0.7, 40.0], "K1": [0.7, 95.0]}}
    source = source_named("hon_dau", Settings(sources={"hon_dau": stated}), {})
    whole = pd.concat([b.entries for b in source.fetch(Sites([SHORE, INLAND]), at("2024-12-30"), at("2025-01-02"))])
    assert whole["site"].unique().tolist() == ["S"]
    assert whole["valid_time"].to_list() == [at("2024-12-30"), at("2024-12-31"), at("2025-01-01")]
    assert whole["known_time"].iloc[0] == at("2024-11-30")
    assert set(whole["variable"]) == {"tide_level"}
    assert set(whole["source"]) == {"hon_dau"}
    assert variable_named("tide_level").forecast


def test_an_ingest_keeps_what_is_known_by_now_and_twice_changes_nothing(tmp_path: object) -> None:
    archive = Archive(tmp_path / "archive", Sites([SHORE]), HANOI)  # type: ignore[operator]
    source = Tide({"K1": (0.7, 0.0)}, HANOI)
    first = ingest(source, archive, at("2025-01-01"), at("2026-01-01"), now=at("2025-03-01"))
    assert first.accepted == 59 + 31  # the days until the last of March: told 30 days ahead
    again = ingest(source, archive, at("2025-01-01"), at("2026-01-01"), now=at("2025-03-01"))
    assert (again.accepted, again.duplicates) == (0, 90)


@pytest.mark.parametrize(
    ("constants", "ahead_days", "message"),
    [({}, 30, "constants is empty"), ({"K1": (-0.1, 0.0)}, 30, "never negative"), ({"K1": (0.1, 0.0)}, 0, "one day")],
)
def test_constants_that_cannot_be_are_refused(
    constants: dict[str, tuple[float, float]], ahead_days: int, message: str
) -> None:
    with pytest.raises(HaidangError, match=message):
        Tide(constants, HANOI, ahead_days=ahead_days)


def test_a_constituent_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownNameError, match="K1"):
        Tide({"K9": (0.1, 0.0)}, HANOI)


def test_the_communes_of_the_coast_get_a_tide() -> None:
    sites = read_sites(BUILT_IN_SITES)
    (batch,) = Tide({"K1": (0.7, 0.0)}, HANOI).fetch(sites, at("2025-01-01"), at("2025-01-02"))
    assert len(batch.entries) == sites.having("coastal").sum() == 30
