"""Reporting desks: from arrays of the province to entries with both clocks."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.local_days import day_starts
from features.sources.simulated.disease import Confirmations, Counts
from features.sources.simulated.laws import Array

Codes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Desk:
    """Where values of one variable become known.

    Attributes:
        variable: what it reports.
        hour: local hour of the day at which it reports.
        zone: IANA zone of the local day.
        source: written into each entry.
    """

    variable: str
    hour: int
    zone: str
    source: str

    def report(self, codes: Codes, valid_days: Counts, known_days: Counts, values: Array) -> pd.DataFrame:
        """Entries; all four arguments have shape (n,), days are local day numbers. NaN is not reported."""
        told = np.isfinite(values)
        entries = {
            "site": pd.Series(codes[told], dtype="str"),
            "variable": self.variable,
            "valid_time": _by_day(valid_days[told], 0, self.zone),
            "known_time": _by_day(known_days[told], self.hour, self.zone),
            "value": values[told],
            "source": self.source,
        }
        return pd.DataFrame(entries)

    def report_daily(self, codes: Codes, days: Counts, values: Array, *, delay: int) -> pd.DataFrame:
        """Entries of values of shape (day, site), each known some days after its day, or before it for forecasts."""
        valid = np.repeat(days, len(codes))
        return self.report(np.tile(codes, len(days)), valid, valid + delay, values.ravel())


@dataclass(frozen=True)
class CountReports:
    """How often a day's count was reported, and what it was; all of shape (n,).

    Attributes:
        day: position of the day counted.
        site: position of the site.
        delay: days from that day to the report, at least 1.
        count: what was known by then, never falling with the delay.
    """

    day: Counts
    site: Counts
    delay: Counts
    count: Counts


def cumulative_reports(confirmations: Confirmations, n_days: int, n_sites: int) -> CountReports:
    """A report for every site on the day after each day, zero or not, and one more whenever the count changes."""
    cells = np.arange(n_days * n_sites)
    cell = np.concatenate([cells, confirmations.day * n_sites + confirmations.site])
    delay = np.concatenate([np.ones_like(cells), confirmations.delay])
    new = np.concatenate([np.zeros_like(cells), np.ones_like(confirmations.delay)])
    arrivals = pd.Series(new).groupby([cell, delay]).sum()
    count = arrivals.groupby(level=0).cumsum().to_numpy(np.int64)
    reported, after = (arrivals.index.get_level_values(level).to_numpy(np.int64) for level in (0, 1))
    day, site = np.divmod(reported, n_sites)
    return CountReports(day, site, after, count)


def _by_day(days: Counts, hour: int, zone: str) -> pd.DatetimeIndex:
    if not len(days):
        return day_starts(days, zone)
    span = np.arange(days.min(), days.max() + 1)
    clock = pd.DatetimeIndex(span.astype("datetime64[D]")).as_unit("us") + pd.Timedelta(hours=hour)
    moments = clock.tz_localize(zone, nonexistent="shift_forward", ambiguous=True).tz_convert("UTC").as_unit("us")
    return moments.take(days - days.min())
