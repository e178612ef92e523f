"""Displaced tracks: distances against a storm computed on the displaced track, wind and rain by their profiles."""

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, at

from features.ahead import HighestAhead, LowestAhead, TotalAhead
from features.archive import Archive
from features.displaced import MOVED, Displacement, TrackError, plane
from features.periods import Periods
from features.sites import EARTH_RADIUS_KM, Sites
from features.sites import Site as Place
from features.snapshot import Snapshot
from features.sources.storms.at_sites import StormDays, all_together, storm_days, storm_entries
from features.sources.storms.paths import hourly
from features.variables import variable_named
from features.what_if import what_if

KM_OF_A_DEGREE = np.pi / 180 * EARTH_RADIUS_KM
KNOWN = pd.Timestamp("2024-09-05 00:00", tz="UTC")


def a_province() -> Sites:
    """Sixteen places, a quarter of a degree apart."""
    grid = [(20.5 + 0.25 * north, 106.75 + 0.25 * east) for north in range(4) for east in range(4)]
    return Sites([Place(f"P{number:02d}", "", "", *place, {}) for number, place in enumerate(grid)])


def track(north_km: float = 0.0, east_km: float = 0.0, *, speed: float = 0.5) -> pd.DataFrame:
    """Six-hourly fixes of a storm of 40 m/s that comes from the south-east, displaced or not."""
    time = pd.date_range(KNOWN, periods=17, freq="6h")
    step = np.arange(len(time))
    north, east = north_km / KM_OF_A_DEGREE, east_km / (KM_OF_A_DEGREE * np.cos(np.radians(21)))
    return pd.DataFrame(
        {
            "storm": "A", "time": time, "latitude": 17.0 + 0.1 * step + north, "longitude": 113.0 - speed * step + east,
            "wind": 40.0, "pressure": np.nan, "radius_30kt": np.nan, "radius_50kt": np.nan,
        }
    )  # fmt: skip


def at_sites(fixes: pd.DataFrame, sites: Sites) -> StormDays:
    return storm_days(hourly(fixes), sites, HANOI)


def snapshot_of(storms: StormDays, sites: Sites, folder: object) -> Snapshot:
    days = np.unique(storms.day)
    values = all_together(storms, days, len(sites))
    known = pd.DatetimeIndex([KNOWN]).repeat(len(days))
    archive = Archive(folder, sites, HANOI)  # type: ignore[arg-type]
    archive.append(storm_entries(values, days, known, sites=sites, zone=HANOI, source="agency"))
    return archive.as_of(at("2024-09-05 07:00"))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    sites = a_province()
    return snapshot_of(at_sites(track(), sites), sites, tmp_path_factory.mktemp("storms"))


@pytest.mark.parametrize(("east", "north"), [(50.0, 0.0), (0.0, 50.0), (-50.0, 30.0)])
def test_distances_and_winds_are_those_of_the_storm_on_the_displaced_track(
    known: Snapshot, east: float, north: float
) -> None:
    moved, sites = Displacement(east, north).of(known), known.sites
    true = at_sites(track(north, east), sites)
    days = len(true.day)
    change = np.abs(moved["storm_distance"][:, :days] - Displacement(0, 0).of(known)["storm_distance"][:, :days])
    assert change.mean() > 15
    error = np.abs(moved["storm_distance"][:, :days].T - true.values["storm_distance"])
    assert error.mean() < 1.0
    assert error.max() < 10.0
    np.testing.assert_allclose(moved["storm_wind"][:, :days].T, true.values["storm_wind"], atol=0.6)


def test_a_track_moved_towards_a_place_brings_it_nearer_by_as_much(known: Snapshot) -> None:
    """On the first day the storm is far in the south-east and ends nearest: to the west is nearer for all places."""
    before, after = (Displacement(east, 0).of(known) for east in (0.0, -50.0))
    nearer = before["storm_distance"][:, 0] - after["storm_distance"][:, 0]
    assert ((nearer > 30) & (nearer <= 50.5)).all()
    assert (after["storm_wind"][:, 0] > before["storm_wind"][:, 0]).all()
    assert (after["storm_rain"] >= 0).all()


def test_no_displacement_changes_nothing(known: Snapshot) -> None:
    told = Displacement(0, 0).of(known)
    assert set(told) == set(MOVED)
    for name in MOVED:
        assert np.isfinite(told[name]).any()
        np.testing.assert_array_equal(
            told[name][:, 1], known.vintages(name, None).last_known(known.issue_times.asi8, _day(known, 1))[0, :, 0]
        )


def _day(known: Snapshot, after: int) -> np.ndarray:
    (day,) = pd.DatetimeIndex(known.issue_times).tz_convert(HANOI).tz_localize(None).normalize()
    return np.array([[(day - pd.Timestamp("1970-01-01")).days + after]])


def test_days_without_a_storm_stay_as_they_were(tmp_path_factory: pytest.TempPathFactory) -> None:
    sites = a_province()
    far = track().assign(latitude=-40.0)
    known = snapshot_of(at_sites(far, sites), sites, tmp_path_factory.mktemp("far"))
    told = Displacement(80, 80).of(known)
    assert np.nanmin(told["storm_distance"]) == variable_named("storm_distance").high
    assert np.nanmax(told["storm_wind"]) == 0


def test_too_few_sites_cannot_tell_where_a_track_lies(tmp_path_factory: pytest.TempPathFactory) -> None:
    sites = Sites(list(a_province().values())[:5])
    known = snapshot_of(at_sites(track(), sites), sites, tmp_path_factory.mktemp("few"))
    with pytest.raises(TrackError, match="at 5 sites of this day: to displace it takes six"):
        Displacement(50, 0).of(known)


def test_distances_that_are_of_no_plain_track_are_refused(known: Snapshot) -> None:
    here = np.random.default_rng(1).uniform(50, 400, 16)

    with pytest.raises(TrackError, match="do not tell of one storm on a plain track"):
        Displacement(50, 0)._passed(here, here < 3000, plane(known.sites))


def test_what_hazards_read_of_the_storm_follows_the_track(known: Snapshot) -> None:
    displacement = Displacement(-50, 0)
    changed, moved = what_if(known, [], displacement), displacement.of(known)
    three = Periods(days=1, count=3)
    for feature, name in (
        (LowestAhead("storm_distance"), "storm_distance"),
        (HighestAhead("storm_wind"), "storm_wind"),
        (TotalAhead("storm_rain"), "storm_rain"),
    ):
        told, before = feature(changed, three).to_numpy()[0], feature(known, three).to_numpy()[0]
        np.testing.assert_array_equal(told, moved[name][:, 1:4])
        assert (told != before).any(axis=0).all()
    strength = HighestAhead("storm_strength")
    np.testing.assert_array_equal(strength(changed, three), strength(known, three))
