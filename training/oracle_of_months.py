"""The oracle of months: true probabilities of what calendar months bring, given all that has happened by an issue time.

`MonthIndex` says what is asked: total rain, mean temperature, days of 50 mm, hot or cold days, dengue cases of a month.
Period 1 is the first calendar month that begins after the local day of the issue time; its truth is that month's, or
that of the stretch of months that ends with it.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from threadpoolctl import threadpool_limits

from features.errors import HaidangError
from features.local_days import day_numbers, moments
from features.sources.simulated import SimulatedProvince
from features.sources.simulated.futures import Futures
from features.sources.simulated.months import MonthIndex, first_month, month_futures
from features.sources.simulated.stretches import halves
from models.targets import Sense
from training.achievable import Truth
from training.oracle import SAMPLES

_EQUAL = 1e-6


def oracle_of_months(
    index: MonthIndex,
    province: SimulatedProvince,
    issue_times: pd.DatetimeIndex,
    *,
    cuts: Sequence[float] | xr.DataArray,
    count: int = 6,
    sense: Sense = "at_least",
    samples: int = SAMPLES,
    seed: int = 1,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Truth:
    """True probabilities of the months after issue times, in the two half-samples of the Monte Carlo.

    Args:
        index: what is asked of a month.
        province: the simulated province.
        issue_times: moments with a time zone, from the second day of the province on.
        cuts: in the index's unit, the same everywhere; or of each calendar month and site, such as terciles: dims
            (month 1 .. 12, site, cut), the labels of the cuts becoming the columns.
        count: how many months ahead.
        sense: whether an event is an index of at least, or of at most, a cut.
        samples: futures drawn at each issue time, even.
        seed: of the futures.
        progress: is told how many issue times are done, of how many.

    Returns:
        Index (issue_time, site, period), a column for each cut; NaN where the cut is.

    Raises:
        HaidangError: if an issue time is too near the beginning or the end of the province for its months.
    """
    times = moments(issue_times)
    world = province.world
    days = day_numbers(times, province.zone) - int(world.dates[0].astype(np.int64))
    _check(index, province, times, days, count)
    futures = Futures(world.climate, seed, samples)
    of_month = _cuts(cuts, province.sites.codes)
    found = []
    with threadpool_limits(limits=1, user_api="blas"):
        for done, day in enumerate(days, start=1):
            came = month_futures(world, futures, index, int(day), count)
            months = (first_month(world.dates[day]).astype(np.int64) + np.arange(count)) % 12
            asked = of_month.to_numpy()[months]
            gap = came[..., None] - asked if sense == "at_least" else asked - came[..., None]
            reached = np.where(np.isnan(gap), np.nan, gap >= -_EQUAL)
            found.append(halves(reached[None]))
            progress(done, len(days))
    labels = pd.MultiIndex.from_product(
        [times, province.sites.codes, range(1, count + 1)], names=["issue_time", "site", "period"]
    )
    by_site = np.concatenate(found, axis=1).swapaxes(2, 3).reshape(2, len(labels), -1)
    return Truth(*(pd.DataFrame(half, labels, of_month["cut"].to_numpy().tolist()) for half in by_site))


def _check(
    index: MonthIndex, province: SimulatedProvince, times: pd.DatetimeIndex, days: np.ndarray, count: int
) -> None:
    dates = province.world.dates
    for time, day in zip(times, days, strict=True):
        inside = 1 <= day < len(dates)
        asked = first_month(dates[day]) if inside else dates[0].astype("datetime64[M]")
        begins, ends = ((asked + step).astype("datetime64[D]") for step in (1 - index.months, count))
        if not inside or begins < dates[0] or ends > dates[-1]:
            raise HaidangError(
                f"{time} cannot be asked about {count} months: the simulated province knows the truth from {dates[0]} "
                f"to {dates[-1]}"
            )


def _cuts(cuts: Sequence[float] | xr.DataArray, codes: Sequence[str]) -> xr.DataArray:
    """Cuts of each calendar month and site, dims (month, site, cut)."""
    if isinstance(cuts, xr.DataArray):
        return cuts.transpose("month", "site", "cut").sel(month=np.arange(1, 13), site=list(codes))
    same = np.broadcast_to(np.asarray(cuts, dtype=float), (12, len(codes), len(cuts)))
    return xr.DataArray(
        same, {"month": np.arange(1, 13), "site": list(codes), "cut": list(cuts)}, ("month", "site", "cut")
    )
