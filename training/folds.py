"""Folds: rolling origins, each with a refit on the past and a test on what came after."""

from dataclasses import dataclass

import pandas as pd

from features.errors import HaidangError


@dataclass(frozen=True)
class Fold:
    """One origin.

    Attributes:
        origin: the moment at which the model is fitted; truth is read as known then.
        learn_until: issue times before this are learned from; later ones lie under the embargo.
        test_until: issue times from the origin to before this are forecast.
    """

    origin: pd.Timestamp
    learn_until: pd.Timestamp
    test_until: pd.Timestamp


def rolling_origins(
    start: pd.Timestamp, end: pd.Timestamp, *, refit_every_days: int, embargo_days: int
) -> tuple[Fold, ...]:
    """Origins from a start on, a refit interval apart.

    Args:
        start: first origin.
        end: the last test ends before this.
        refit_every_days: days between origins.
        embargo_days: days before an origin whose outcomes are not complete at the origin.

    Raises:
        HaidangError: if the start is not before the end.
    """
    if not start < end:
        raise HaidangError(f"a backtest from {start} to {end} tests nothing: the start comes before the end")
    step, embargo = pd.Timedelta(days=refit_every_days), pd.Timedelta(days=embargo_days)
    first, last = start.tz_convert("UTC"), end.tz_convert("UTC")
    origins = pd.date_range(first, last, freq=step, inclusive="left")
    return tuple(Fold(origin, origin - embargo, min(origin + step, last)) for origin in origins)
