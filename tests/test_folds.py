"""Rolling origins, by the calendar."""

import pandas as pd
import pytest
from conftest import at

from features.errors import HaidangError
from training.folds import Fold, rolling_origins


def test_origins_follow_one_another_a_refit_apart() -> None:
    folds = rolling_origins(at("2024-01-01"), at("2024-03-01"), refit_every_days=30, embargo_days=10)
    assert folds == (
        Fold(at("2024-01-01"), at("2023-12-22"), at("2024-01-31")),
        Fold(at("2024-01-31"), at("2024-01-21"), at("2024-03-01")),
    )


def test_the_last_test_ends_with_the_backtest() -> None:
    folds = rolling_origins(at("2024-01-01"), at("2024-02-03"), refit_every_days=30, embargo_days=0)
    assert folds[-1] == Fold(at("2024-01-31"), at("2024-01-31"), at("2024-02-03"))


def test_the_tests_cover_every_moment_once() -> None:
    folds = rolling_origins(at("2024-01-01"), at("2025-07-01"), refit_every_days=45, embargo_days=20)
    assert folds[0].origin == at("2024-01-01")
    assert folds[-1].test_until == at("2025-07-01")
    assert all(one.test_until == other.origin for one, other in zip(folds, folds[1:], strict=False))
    assert all(fold.origin - fold.learn_until == pd.Timedelta(days=20) for fold in folds)


@pytest.mark.parametrize("end", ["2024-01-01", "2023-12-31"])
def test_a_backtest_that_ends_before_it_starts_is_refused(end: str) -> None:
    with pytest.raises(HaidangError, match="tests nothing: the start comes before the end"):
        rolling_origins(at("2024-01-01"), at(end), refit_every_days=30, embargo_days=0)
