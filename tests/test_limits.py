"""Token buckets: a burst, then a steady rate, each name for itself, and no more of them than are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.access.limits import Buckets, neighbourhood


def test_a_burst_passes_and_then_one_request_for_each_new_token() -> None:
    buckets = Buckets(per_second=0.5, burst=3)
    assert [buckets.take("a", 100.0) for _ in range(4)] == [0, 0, 0, 2]
    assert buckets.take("a", 101.0) == 1, "half a token came: one second more"
    assert buckets.take("a", 102.0) == 0
    assert buckets.take("b", 102.0) == 0, "another name has a bucket of its own"


def test_a_bucket_never_holds_more_than_the_burst() -> None:
    buckets = Buckets(per_second=10, burst=2)
    buckets.take("a", 0.0)
    assert [buckets.take("a", 1e6) for _ in range(3)] == [0, 0, 1]


@given(st.lists(st.floats(0, 2), max_size=60))
def test_over_any_stretch_no_more_pass_than_burst_and_rate_allow(pauses: list[float]) -> None:
    buckets, now, passed = Buckets(per_second=2, burst=5), 0.0, 0
    for pause in pauses:
        now += pause
        passed += buckets.take("a", now) == 0
        assert passed <= 5 + 2 * now + 1e-6


def test_the_bucket_that_was_not_asked_of_for_longest_is_forgotten_first() -> None:
    buckets = Buckets(per_second=0.001, burst=1, most=2)
    buckets.take("a", 0.0)
    buckets.take("b", 1.0)
    assert buckets.take("a", 2.0) > 0
    buckets.take("c", 3.0)
    assert len(buckets) == 2
    assert buckets.take("a", 4.0) > 0
    assert buckets.take("b", 5.0) == 0, "b was forgotten"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_one_subscriber_counts_as_one_address(address: str, counted: str) -> None:
    assert neighbourhood(address) == counted
