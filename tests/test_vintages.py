"""Vintages: of several values for one day the last one known, by bisection."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from features.vintages import Vintages, lay_out

NEVER = np.iinfo(np.int64).min
Held = tuple[int, int, int, float, int]


def vintages(*rows: Held, n_sites: int = 2) -> Vintages:
    """Rows of site, day, known, value, rank of the source."""
    columns = [np.array(column) for column in zip(*rows, strict=True)] or [np.empty(0, np.int64)] * 5
    site, days, known, values, source = columns
    return lay_out(site, days, known, values.astype(float), source, n_sites=n_sites)


def last(held: Vintages, issue_times: list[int], days: list[list[int]]) -> npt.NDArray[np.float64]:
    return held.last_known(np.array(issue_times), np.array(days))


FIVE = (
    (0, 100, 10, 1.0, 1),
    (0, 100, 30, 3.0, 1),
    (0, 100, 20, 2.0, 1),
    (0, 103, 15, 9.0, 1),
    (1, 100, 25, 7.0, 1),
)


def test_the_last_value_known_holds_whatever_the_order_of_the_rows() -> None:
    found = last(vintages(*FIVE), [9, 10, 20, 29, 30, 99], [[100]] * 6)
    np.testing.assert_array_equal(found[:, 0, 0], [np.nan, 1.0, 2.0, 2.0, 3.0, 3.0])
    np.testing.assert_array_equal(found[:, 1, 0], [np.nan, np.nan, np.nan, 7.0, 7.0, 7.0])


def test_days_between_before_and_after_those_held_are_unknown() -> None:
    found = last(vintages(*FIVE), [99], [[98, 99, 100, 101, 102, 103, 104, 10_000, -10_000]])
    np.testing.assert_array_equal(found[0, 0], [np.nan, np.nan, 3.0, np.nan, np.nan, 9.0] + [np.nan] * 3)


def test_each_issue_time_asks_about_its_own_days() -> None:
    found = last(vintages(*FIVE), [12, 22], [[100, 103], [103, 100]])
    np.testing.assert_array_equal(found[:, 0], [[1.0, np.nan], [9.0, 2.0]])


def test_of_equal_known_times_the_highest_rank_of_source_holds() -> None:
    rows = ((0, 100, 10, 1.0, 2), (0, 100, 10, 5.0, 1), (0, 100, 10, 3.0, 3))
    assert last(vintages(*rows), [10], [[100]])[0, 0, 0] == 3.0
    assert last(vintages(*rows[::-1]), [10], [[100]])[0, 0, 0] == 3.0


def test_a_later_value_beats_a_higher_rank_of_source() -> None:
    assert last(vintages((0, 100, 10, 1.0, 9), (0, 100, 11, 2.0, 1)), [11], [[100]])[0, 0, 0] == 2.0


def test_nothing_held_is_nothing_known() -> None:
    empty = vintages(n_sites=3)
    assert np.isnan(last(empty, [5], [[0, 100]])).all()
    assert last(empty, [5], [[0, 100]]).shape == (1, 3, 2)
    assert [part.tolist() for part in empty.newest(99)] == [[NEVER] * 3, [NEVER] * 3]


def test_the_newest_day_is_told_with_the_time_at_which_it_was_last_known() -> None:
    held = vintages(*FIVE, (0, 103, 40, 9.5, 1), n_sites=3)
    assert [part.tolist() for part in held.newest(20)] == [[103, NEVER, NEVER], [15, NEVER, NEVER]]
    assert [part.tolist() for part in held.newest(50)] == [[103, 100, NEVER], [40, 25, NEVER]]
    assert [part.tolist() for part in held.newest(14)] == [[100, NEVER, NEVER], [10, NEVER, NEVER]]


ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 3), st.integers(0, 5), st.integers(0, 9), st.integers(1, 2)),
    max_size=25,
    unique_by=lambda row: (row[0], row[1], row[2], row[4]),
)


@given(rows=ROWS, issue_time=st.integers(-1, 6))
def test_bisection_finds_what_a_search_of_all_rows_finds(rows: list[Held], issue_time: int) -> None:
    found = last(vintages(*rows), [issue_time], [[0, 1, 2, 3]])[0]
    for site in range(2):
        for day in range(4):
            known = [(row[2], row[4], row[3]) for row in rows if row[:2] == (site, day) and row[2] <= issue_time]
            np.testing.assert_equal(found[site, day], float(max(known)[2]) if known else np.nan)
