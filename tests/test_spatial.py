"""Features over neighbours: S1 to S4 lie 11.12 km apart in a row, S5 111 km beyond S4."""

from pathlib import Path

import numpy as np
import pytest
from conftest import HANOI, at, entry, table

from features.archive import Archive
from features.feature import Feature
from features.past import Latest
from features.periods import Periods
from features.sites import Sites
from features.snapshot import Snapshot
from features.spatial import NeighbourMax, NeighbourMean

STEP_KM = 11.119508  # 6371.0088 km * pi / 1800
ONE = Periods(days=1, count=1)
NAN = np.nan
LATEST = Latest("rain", days=1)


@pytest.fixture
def snapshot(tmp_path: Path, sites: Sites) -> Snapshot:
    """Rain yesterday: 8 at S1, not known at S2, 4 at S3, 0 at S4, 100 at S5."""
    values = {"S1": 8.0, "S3": 4.0, "S4": 0.0, "S5": 100.0}
    rows = [entry(site, "rain", "2024-03-09", "2024-03-10 06:00", value) for site, value in values.items()]
    held = Archive(tmp_path, sites, HANOI)
    held.append(table(*rows))
    return held.as_of([at("2024-03-10 07:00"), at("2024-03-11 07:00")])


def by_site(feature: Feature, snapshot: Snapshot) -> np.ndarray:
    return feature(snapshot, ONE).transpose("issue_time", "site").to_numpy()


def test_a_neighbour_counts_by_its_distance_and_the_site_itself_does_not(snapshot: Snapshot) -> None:
    e = np.exp([0.0, -1.0, -2.0, -3.0])  # weights at 0, 1, 2, 3 steps
    expected = [
        (e[2] * 4 + e[3] * 0) / (e[2] + e[3]),
        (e[1] * 8 + e[1] * 4 + e[2] * 0) / (2 * e[1] + e[2]),
        (e[2] * 8 + e[1] * 0) / (e[2] + e[1]),
        (e[3] * 8 + e[1] * 4) / (e[3] + e[1]),
        NAN,
    ]
    found = by_site(NeighbourMean(LATEST, scale_km=STEP_KM), snapshot)
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)


def test_a_neighbour_beyond_five_scales_does_not_count(snapshot: Snapshot) -> None:
    # S4 and S5 are ten steps apart: within five times 2.1 steps, beyond five times 1.9 steps.
    near, far = (by_site(NeighbourMean(LATEST, scale_km=steps * STEP_KM), snapshot)[0] for steps in (2.1, 1.9))
    assert near[4] == pytest.approx(0.0)
    assert np.isnan(far[4])


def test_the_highest_neighbour_is_within_the_distance_and_not_the_site_itself(snapshot: Snapshot) -> None:
    one_step, two_steps, all_of_them = (
        by_site(NeighbourMax(LATEST, within_km=km), snapshot)[0] for km in (STEP_KM + 0.01, 2 * STEP_KM + 0.01, 200.0)
    )
    np.testing.assert_array_equal(one_step, [NAN, 8, 0, 4, NAN])
    np.testing.assert_array_equal(two_steps, [4, 8, 8, 4, NAN])
    np.testing.assert_array_equal(all_of_them, [100, 100, 100, 100, 8])


def test_where_no_neighbour_is_known_nothing_is(snapshot: Snapshot) -> None:
    # The day before 11 March is not known anywhere.
    for feature in (NeighbourMean(LATEST, scale_km=100.0), NeighbourMax(LATEST, within_km=300.0)):
        assert np.isnan(by_site(feature, snapshot)[1]).all()


def test_the_name_holds_the_feature_of_the_neighbours() -> None:
    feature = NeighbourMean(LATEST, scale_km=20.0)
    assert feature.name == "neighbour_mean(latest(rain, days=1), scale_km=20.0)"
    assert feature.variables == ("rain",)


def test_neighbours_of_a_feature_ahead_keep_its_periods(snapshot: Snapshot) -> None:
    from features.ahead import HighestAhead

    values = NeighbourMax(HighestAhead("rain"), within_km=20.0)(snapshot, Periods(days=2, count=3))
    assert dict(values.sizes) == {"issue_time": 2, "period": 3, "site": 5}
