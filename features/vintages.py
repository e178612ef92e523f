"""Vintages: every value of one variable, laid out so that the last one known at a moment is found by bisection."""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Vintages:
    """Values in the order of site, local day and known time; a cell is one site on one day.

    Attributes:
        first_day: local day number of the first day held.
        n_days: days held, from the first on.
        start: where each cell begins in `known` and `values`, shape (site * n_days + 1,).
        known: known times, microseconds since 1970 UTC, rising within a cell, shape (n,).
        values: the values, shape (n,).
    """

    first_day: int
    n_days: int
    start: Integers
    known: Integers
    values: Floats

    def last_known(self, issue_times: Integers, days: Integers) -> Floats:
        """The last value known at each issue time for each site and day.

        Args:
            issue_times: microseconds since 1970 UTC, shape (issue_time,).
            days: local day numbers wanted at each issue time, shape (issue_time, day).

        Returns:
            Shape (issue_time, site, day); NaN where nothing was known.
        """
        n_sites = (len(self.start) - 1) // self.n_days
        found = np.full((len(issue_times), n_sites, days.shape[1]), np.nan)
        _last_known(self.start, self.known, self.values, self.first_day, self.n_days, issue_times, days, found)
        return found

    def newest(self, issue_time: int) -> tuple[Integers, Integers]:
        """Per site, the newest local day with a value known at the issue time, and when that day's value was known.

        Returns:
            Two arrays of shape (site,): day numbers, and microseconds since 1970 UTC; the smallest integer where
            nothing was known.
        """
        n_sites = (len(self.start) - 1) // self.n_days
        never = np.iinfo(np.int64).min
        newest_day, known = np.full(n_sites, never), np.full(n_sites, never)
        cell = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        seen = self.known <= issue_time
        site, day = np.divmod(cell[seen], self.n_days)
        np.maximum.at(newest_day, site, day + self.first_day)
        last = day + self.first_day == newest_day[site]
        np.maximum.at(known, site[last], self.known[seen][last])
        return newest_day, known


def lay_out(
    site: Integers, days: Integers, known: Integers, values: Floats, source: Integers, *, n_sites: int
) -> Vintages:
    """Lays out the entries of one variable, given as columns of one length.

    Args:
        site: positions in the list of sites.
        days: local day numbers of the valid times.
        known: known times, microseconds since 1970 UTC.
        values: the values.
        source: ranks of the sources' names; of two entries with equal known times the highest rank holds.
        n_sites: length of the list of sites.
    """
    first = int(days.min()) if len(days) else 0
    n_days = int(days.max()) - first + 1 if len(days) else 1
    cell = site.astype(np.int64) * n_days + (days - first)
    order = np.lexsort((source, known, cell))
    start = np.zeros(n_sites * n_days + 1, np.int64)
    np.cumsum(np.bincount(cell, minlength=n_sites * n_days), out=start[1:])
    return Vintages(first, n_days, start, known[order], values[order])


@numba.njit(cache=True)
def _last_known(
    start: Integers,
    known: Integers,
    values: Floats,
    first_day: int,
    n_days: int,
    issue_times: Integers,
    days: Integers,
    found: Floats,
) -> None:
    for t in range(found.shape[0]):
        for site in range(found.shape[1]):
            for d in range(found.shape[2]):
                day = days[t, d] - first_day
                if 0 <= day < n_days:
                    cell = site * n_days + day
                    low, high = start[cell], start[cell + 1]
                    while low < high:
                        middle = (low + high) // 2
                        if known[middle] <= issue_times[t]:
                            low = middle + 1
                        else:
                            high = middle
                    if low > start[cell]:
                        found[t, site, d] = values[low - 1]
