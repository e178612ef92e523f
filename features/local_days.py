"""Local days as whole numbers: days since 1970-01-01 in the deployment's time zone."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import HaidangError

Days = npt.NDArray[np.int64]
MONTH_SPAN_DAYS = 28
Moments = pd.DatetimeIndex | pd.Series


def day_numbers(times: pd.DatetimeIndex, zone: str) -> Days:
    """The local day that holds each moment.

    Args:
        times: moments with a time zone, shape (n,).
        zone: IANA zone of the local day.
    """
    wall_clock = times.tz_convert(zone).tz_localize(None)
    return wall_clock.values.astype("datetime64[D]").astype(np.int64)


def day_starts(days: npt.ArrayLike, zone: str) -> pd.DatetimeIndex:
    """The moments, in UTC, at which local days begin; the inverse of `day_numbers`."""
    midnights = pd.DatetimeIndex(np.asarray(days, dtype=np.int64).astype("datetime64[D]")).as_unit("us")
    return midnights.tz_localize(zone, nonexistent="shift_forward", ambiguous=True).tz_convert("UTC")


def days_after(days: Days, span_days: int | npt.NDArray[np.int64]) -> Days:
    """The first day after each stretch that begins on a day.

    A span of 28 days is that of a calendar month: it lasts to the end of the month in which it begins.

    Args:
        days: local day numbers, shape (n,).
        span_days: length of the stretches, one for all or shape (n,).
    """
    after = days + span_days
    month = days.astype("datetime64[D]").astype("datetime64[M]")
    next_month = (month + 1).astype("datetime64[D]").astype(np.int64)
    return np.where(np.equal(span_days, MONTH_SPAN_DAYS), np.maximum(after, next_month), after)


def moments(times: pd.Timestamp | Iterable[pd.Timestamp], role: str = "issue time") -> pd.DatetimeIndex:
    """One or many moments as a sorted index of distinct UTC times at microsecond resolution.

    Args:
        times: one moment or many, each with a time zone.
        role: what the moments are, for the error.

    Raises:
        HaidangError: if a moment has no time zone, or there is none.
    """
    index = times if isinstance(times, pd.DatetimeIndex) else None
    if index is None:
        listed = [pd.Timestamp(time) for time in ([times] if isinstance(times, pd.Timestamp) else times)]
        naive = [time for time in listed if time.tzinfo is None]
        index = pd.DatetimeIndex(naive or [time.tz_convert("UTC") for time in listed])
    if index.empty:
        raise HaidangError(f"no {role} was given: name at least one")
    if index.hasnans:
        raise HaidangError(f"a {role} is not a time: write it with an offset, such as +07:00")
    if index.tz is None:
        raise HaidangError(f"{role} {index[0]} has no time zone: write it with an offset, such as +07:00")
    return index.tz_convert("UTC").as_unit("us").unique().sort_values()
