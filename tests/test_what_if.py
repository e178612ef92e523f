"""What if: values changed at the source, on the days that are meant, within what is plausible, and no others."""

from collections.abc import Callable

import numpy as np
import pytest
from conftest import at, entry

from features.ahead import TotalAhead
from features.archive import Archive
from features.displaced import Displacement
from features.past import Latest, TotalOver
from features.periods import Periods
from features.snapshot import Snapshot
from features.spatial import NeighbourMean
from features.what_if import Change, reached, what_if

ISSUE = "2024-06-10 07:00"
TWO_DAYS = Periods(days=1, count=2)


@pytest.fixture
def known(archive: Callable[..., Archive]) -> Snapshot:
    """At S1 3, 5 and 7 mm on three days before, 11 on the issue day, 20 and 30 ahead; at S2 12 and 1990 ahead."""
    past = [entry("S1", "rain", f"2024-06-0{day}", f"2024-06-0{day + 1} 06:00", mm) for day, mm in ((7, 3), (8, 5))]
    rows = [
        *past,
        entry("S1", "rain", "2024-06-09", "2024-06-10 06:00", 7),
        *(entry("S1", "rain", f"2024-06-{day}", "2024-06-10 00:00", mm) for day, mm in ((10, 11), (11, 20), (12, 30))),
        *(entry("S2", "rain", f"2024-06-{day}", "2024-06-10 00:00", mm) for day, mm in ((11, 12), (12, 1990))),
        entry("S1", "pond_salinity", "2024-06-09", "2024-06-10 06:00", 5.0),
    ]
    return archive(*rows).as_of(at(ISSUE))


def of(feature: object, snapshot: Snapshot, site: int = 0) -> list[float]:
    values = feature(snapshot, TWO_DAYS).to_numpy()  # type: ignore[operator]
    return np.atleast_1d(values[0, site]).tolist()


def test_half_as_much_rain_again_ahead_leaves_the_days_before_alone(known: Snapshot) -> None:
    changed = what_if(known, [Change(("rain",), factor=1.5)])
    assert of(TotalAhead("rain"), changed) == [30, 45]
    assert of(TotalOver("rain", days=3), changed) == [15]
    assert of(TotalAhead("rain"), known) == [20, 30], "what was known stays as it was"


def test_a_change_of_the_past_is_of_so_many_days_before_the_issue_day(known: Snapshot) -> None:
    changed = what_if(known, [Change(("rain",), factor=2.0, days_before=2)])
    assert of(TotalOver("rain", days=3), changed) == [3 + 10 + 14]
    assert of(TotalAhead("rain"), changed) == [20, 30]


def test_features_of_neighbours_follow(known: Snapshot) -> None:
    feature = NeighbourMean(TotalAhead("rain"), scale_km=20.0)
    changed = what_if(known, [Change(("rain",), offset=4.0)])
    told = [feature(one, TWO_DAYS).sel(site="S1").to_numpy()[0] for one in (known, changed)]
    np.testing.assert_allclose(told, [[12, 1990], [16, 1994]], err_msg="S2 is the only neighbour that knows anything")


def test_values_are_held_within_what_is_plausible_and_counted(known: Snapshot) -> None:
    fresher = Change(("pond_salinity",), offset=-8.0, days_before=14)
    assert of(Latest("pond_salinity", days=5), what_if(known, [fresher])) == [0.0]
    assert reached(known, fresher, [0, 1]) == (1, 1)
    wetter = Change(("rain",), factor=1.5)
    assert of(TotalAhead("rain"), what_if(known, [wetter]), site=1) == [18.0, 2000.0]
    assert reached(known, wetter, [0]) == (3, 0), "the issue day is not over, so it is ahead"
    assert reached(known, wetter, [0, 1]) == (5, 1)


def test_changes_come_one_after_the_other(known: Snapshot) -> None:
    changed = what_if(known, [Change(("rain",), offset=10.0), Change(("rain",), factor=2.0)])
    assert of(TotalAhead("rain"), changed) == [60, 80]


def test_what_changes_nothing_gives_every_value_bit_for_bit(known: Snapshot) -> None:
    changed = what_if(known, [Change(("rain",)), Change(("rain",), days_before=366)], Displacement(0, 0))
    for feature in (TotalAhead("rain"), TotalOver("rain", days=3), NeighbourMean(TotalAhead("rain"), scale_km=20.0)):
        np.testing.assert_array_equal(feature(changed, TWO_DAYS), feature(known, TWO_DAYS))


def test_an_earlier_look_at_the_same_days_sees_the_change_too(known: Snapshot) -> None:
    changed = what_if(known, [Change(("rain",), factor=2.0, days_before=3)]).earlier(1)
    assert of(TotalOver("rain", days=2, coverage=1.0), changed) == [6 + 10]
