"""Reporting desks: from arrays of the province to entries with both clocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.entries import SIMULATED
from features.local_days import day_starts
from features.sources.simulated.laws import Array, Integers

_SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Reports:
    """Values of one variable as a desk told them, all arrays of shape (n,).

    Attributes:
        variable: what was told.
        hour: local hour of the day at which the desk tells.
        site: positions of the sites.
        valid_day: positions of the days that the values speak of.
        known_day: positions of the days on which they were told.
        value: the values.
    """

    variable: str
    hour: int
    site: Integers
    valid_day: Integers
    known_day: Integers
    value: Array

    def among(self, kept: Integers) -> "Reports":
        """The reports at some positions."""
        days = self.valid_day[kept], self.known_day[kept]
        return Reports(self.variable, self.hour, self.site[kept], *days, self.value[kept])


@dataclass(frozen=True)
class Desk:
    """Where values of one variable become known.

    Attributes:
        variable: what it reports.
        hour: local hour of the day at which it reports.
    """

    variable: str
    hour: int

    def report(self, site: Integers, valid_day: Integers, known_day: Integers, value: Array) -> Reports:
        """Reports of values, all of shape (n,); NaN is not reported."""
        told = np.isfinite(value)
        return Reports(self.variable, self.hour, site[told], valid_day[told], known_day[told], value[told])

    def report_daily(self, days: Integers, values: Array, *, delay: int) -> Reports:
        """Reports of values of shape (day, site), each some days after its day, or before it for forecasts."""
        n_sites = values.shape[1]
        valid = np.repeat(days, n_sites)
        return self.report(np.tile(np.arange(n_sites), len(days)), valid, valid + delay, values.ravel())


def entries_of(
    reports: Iterable[Reports], codes: Sequence[str], variables: Sequence[str], first_day: int, zone: str
) -> pd.DataFrame:
    """Entries of many reports.

    Args:
        reports: what the desks told.
        codes: codes of the sites by position.
        variables: all variables that may be told.
        first_day: local day number of the first position.
        zone: IANA zone of the local day.
    """
    told = list(reports)
    lengths = [len(one.value) for one in told]
    site, valid, known, value = (
        np.concatenate([getattr(one, part) for one in told]) for part in ("site", "valid_day", "known_day", "value")
    )
    variable = np.repeat([variables.index(one.variable) for one in told], lengths)
    hour = np.repeat([one.hour for one in told], lengths)
    return pd.DataFrame(
        {
            "site": pd.Categorical.from_codes(site.astype(np.int64), pd.Index(codes)),
            "variable": pd.Categorical.from_codes(variable.astype(np.int64), pd.Index(variables)),
            "valid_time": _moments(first_day + valid, np.zeros_like(hour), zone),
            "known_time": _moments(first_day + known, hour, zone),
            "value": value,
            "source": pd.Categorical.from_codes(np.zeros(len(value), np.int64), pd.Index([SIMULATED])),
        }
    )


@dataclass(frozen=True)
class CountReports:
    """How often a day's count was reported, and what it was; all of shape (n,).

    Attributes:
        day: position of the day counted.
        site: position of the site.
        delay: days from that day to the report, at least 1.
        count: what was known by then.
    """

    day: Integers
    site: Integers
    delay: Integers
    count: Integers


def cumulative_reports(
    day: Integers, site: Integers, delay: Integers, change: Integers, shape: tuple[int, int]
) -> CountReports:
    """A report for every site on the day after each day, zero or not, and one more whenever the count changes.

    Args:
        day: position of the day to which a change of the count belongs, shape (n,).
        site: position of the site, shape (n,).
        delay: days after which it became known, at least 1, shape (n,).
        change: of the count, for instance 1 for a confirmed case and -1 for one that is withdrawn, shape (n,).
        shape: numbers of days and sites.
    """
    n_sites = shape[1]
    cells = np.arange(shape[0] * n_sites)
    cell, after = np.concatenate([cells, day * n_sites + site]), np.concatenate([np.ones_like(cells), delay])
    changes = pd.Series(np.concatenate([np.zeros_like(cells), change])).groupby([cell, after]).sum()
    first = changes.index.get_level_values(1) == 1
    count = changes.groupby(level=0).cumsum()[first | (changes != 0)]
    of_day, of_site = np.divmod(count.index.get_level_values(0).to_numpy(np.int64), n_sites)
    return CountReports(of_day, of_site, count.index.get_level_values(1).to_numpy(np.int64), count.to_numpy(np.int64))


def _moments(days: Integers, hours: npt.NDArray[np.integer], zone: str) -> pd.DatetimeIndex:
    if not len(days):
        return day_starts(days, zone)
    first = days.min()
    starts = day_starts(np.arange(first, days.max() + 1), zone).asi8
    moments = starts[days - first] + hours * np.int64(_SECONDS_AN_HOUR * 1_000_000)
    return pd.DatetimeIndex(moments.view("datetime64[us]")).tz_localize("UTC")
