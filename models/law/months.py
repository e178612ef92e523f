"""What is known of the months that a matrix counts: those that are over, and the running one.

The running month is known to the day before the issue day. What is left of it is taken to come as it came in each of
the earlier years of the climate, one year as likely as the other, as in extended streamflow prediction (Day 1985,
"Extended streamflow forecasting using NWSRFS", Journal of Water Resources Planning and Management 111). No forecast of
these days is read.
"""

import numpy as np
import numpy.typing as npt
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view

from features.departures import AT_LEAST_YEARS
from features.local_days import day_numbers
from features.monthly import months_before
from features.months import MONTHS_PER_YEAR, month_numbers, month_starts
from features.snapshot import Snapshot
from models.climate.monthly_targets import TotalOfMonths

Floats = npt.NDArray[np.float64]


def months_known(snapshot: Snapshot, target: TotalOfMonths, months: int) -> xr.DataArray:
    """The outcomes of the months before the one of the issue day, as known at one issue time.

    Args:
        snapshot: what was known at one issue time.
        target: what is told of a month.
        months: how many of them.

    Returns:
        Dims (site, month), months -months to -1, in the target's unit; NaN where too little was known.
    """
    totals = months_before(snapshot, target.variable, target.statistic, target.months - 1 + months)[0]
    outcomes = target.of_period(sliding_window_view(totals, target.months, axis=-1))
    labels = {"site": list(snapshot.sites.codes), "month": np.arange(-months, 0)}
    return xr.DataArray(outcomes, labels, tuple(labels))


def running_month(snapshot: Snapshot, target: TotalOfMonths) -> xr.DataArray:
    """How probable it is that the month of the issue day reaches each cut: the share of earlier years that make it so.

    Args:
        snapshot: what was known at one issue time.
        target: what is told of a single month.

    Returns:
        Dims (site, lead, cut), lead 0; NaN where fewer than ten years are known.
    """
    climate = months_before(snapshot, target.variable, target.statistic, MONTHS_PER_YEAR * target.years)[0]
    climate = np.ascontiguousarray(climate[..., ::MONTHS_PER_YEAR])
    totals = _totals(snapshot, target.variable, target.years)
    outcomes = target.of_total(totals, np.repeat(climate[:, None], totals.shape[1], axis=1))
    known = np.isfinite(outcomes)
    reached = (target.reached(outcomes) & known[..., None]).sum(axis=1).astype(float)
    count = known.sum(axis=1)[:, None]
    share = np.divide(reached, count, out=np.full(reached.shape, np.nan), where=count >= AT_LEAST_YEARS)
    labels = {"site": list(snapshot.sites.codes), "lead": [0], "cut": list(target.cuts)}
    return xr.DataArray(share[:, None], labels, tuple(labels))


def _totals(snapshot: Snapshot, variable: str, years: int) -> Floats:
    """Totals of the running month if its unknown days came as in each earlier year, shape (site, year)."""
    today = int(day_numbers(snapshot.issue_times, snapshot.zone)[0])
    month = int(month_numbers(np.array([today]))[0])
    start, end = (int(day) for day in month_starts([month, month + 1]))
    starts = month_starts(month - MONTHS_PER_YEAR * np.arange(1, years + 1))
    past = snapshot.past(variable, today - int(starts[-1])).to_numpy()[0, :, ::-1]
    earlier = past[:, (starts - starts[-1])[:, None] + np.arange(end - start)]
    now = np.full((len(past), end - start), np.nan)
    now[:, : today - start] = past[:, start - starts[-1] :]
    whole: Floats = np.where(np.isfinite(now)[:, None], now[:, None], earlier).sum(axis=-1)
    return whole
