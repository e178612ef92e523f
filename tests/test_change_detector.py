"""Change detection by the sum of bets that begin on each day."""

import numpy as np
import pytest

from training.change_detector import detect


def test_each_day_may_be_the_first_of_the_change() -> None:
    found = detect({"rain": np.array([0.5, 0.5])})
    up = [1.0, 2.0]  # a bet of exp(1 * 0.5 - 0.5) = 1 each day, on what was held and on one more
    down = [np.exp(-1), (np.exp(-1) + 1) * np.exp(-1)]
    assert found.evidence == pytest.approx((np.array(up) + down) / 2)


def test_one_day_bets_no_more_than_two_standard_deviations_allow() -> None:
    assert detect({"rain": np.array([9.0])}).evidence[0] == pytest.approx((np.exp(1.5) + np.exp(-2.5)) / 2)


def test_a_day_that_tells_nothing_leaves_what_was_held() -> None:
    held = detect({"rain": np.array([2.0])}).evidence[0]
    assert detect({"rain": np.array([2.0, np.nan])}).evidence[1] == pytest.approx(held + 1)


def test_the_stream_the_side_and_the_day_of_a_change_are_told() -> None:
    still, fallen = np.zeros(40), np.concatenate([np.zeros(30), np.full(10, -1.5)])
    found = detect({"rain": still, "wind": fallen})
    assert (found.stream, found.shift, found.since) == ("wind", -1.0, 30)
    assert found.evidence[-1] > 1000


def test_without_a_change_a_level_is_reached_later_than_its_number_of_days_in_the_mean() -> None:
    random = np.random.default_rng(1)
    reached = [int(np.argmax(detect({"a": random.standard_normal(2000)}).evidence >= 50)) for _ in range(60)]
    assert min(reached) > 0
    assert np.mean(reached) > 50
