"""Cells that are not said cannot be found from those that are: by hand, and for any table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.access.suppression import hidden

TABLES = st.integers(1, 6).flatmap(
    lambda groups: st.tuples(
        st.lists(st.integers(1, 12), min_size=groups, max_size=groups),
        st.lists(st.lists(st.integers(0, 15), min_size=2, max_size=2), min_size=groups, max_size=groups),
    )
)


def no_counts(groups: int) -> np.ndarray:
    return np.zeros((groups, 0), dtype=np.int64)


@pytest.mark.parametrize(
    ("sites", "groups", "total"),
    [
        ([8, 9, 7], [False, False, False], False),
        # one of 2 alone would be the total less the others: the smallest of these goes with it
        ([2, 9, 7], [True, False, True], False),
        # two of 2 together are 4, still too few: a third goes with them
        ([2, 2, 9, 7], [True, True, False, True], False),
        ([2, 3, 9], [True, True, False], False),
        # a single group is its own total
        ([2], [True], True),
        ([1, 3], [True, True], True),
        ([6], [False], False),
    ],
)
def test_groups_of_few_sites_are_hidden_and_others_with_them(sites: list[int], groups: list[bool], total: bool) -> None:
    kept = hidden(np.array(sites), no_counts(len(sites)), 5)
    assert (kept.groups.tolist(), kept.total) == (groups, total)


def test_a_small_count_hides_its_group_and_zero_does_not() -> None:
    sites = np.array([9, 8, 7])
    kept = hidden(sites, np.array([[20, 0], [3, 0], [30, 0]]), 5)
    # 3 events are small; the smallest other group goes with it, so that 33 are found by subtraction
    assert (kept.groups.tolist(), kept.total) == ([False, True, True], False)
    small = hidden(sites, np.array([[2], [1], [0]]), 5)
    assert small.total  # 3 events in all


@given(TABLES)
def test_what_is_left_after_subtraction_is_neither_of_few_sites_nor_a_small_count(
    table: tuple[list[int], list[list[int]]],
) -> None:
    sites, counts = np.array(table[0]), np.array(table[1])
    kept = hidden(sites, counts, 5)
    said = ~kept.groups
    assert (sites[said] >= 5).all()
    assert not ((counts[said] > 0) & (counts[said] < 5)).any()
    if not kept.total:
        assert sites.sum() >= 5
        left = counts[kept.groups].sum(axis=0)
        if kept.groups.any():
            assert kept.groups.sum() >= 2
            assert sites[kept.groups].sum() >= 5
            assert not ((left > 0) & (left < 5)).any()
