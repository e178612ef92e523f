"""Vintages: every value of one variable, laid out so that the last one known at a moment is found by bisection."""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NEVER = np.iinfo(np.int64).min


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
            Two arrays of shape (site,): day numbers, and microseconds since 1970 UTC; `NEVER` where nothing was known.
        """
        n_sites = (len(self.start) - 1) // self.n_days
        newest_day, known = np.full(n_sites, NEVER), np.full(n_sites, NEVER)
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
    start, known, values = _placed(site, days - first, known, values, source, n_sites, n_days)
    return Vintages(first, n_days, start, known, values)


@numba.njit(cache=True)
def _placed(
    site: Integers, day: Integers, known: Integers, values: Floats, source: Integers, n_sites: int, n_days: int
) -> tuple[Integers, Integers, Floats]:
    """A counting sort by cell; within the few entries of a cell by known time, then by source, as they come."""
    start = np.zeros(n_sites * n_days + 1, np.int64)
    for i in range(len(known)):
        start[site[i] * n_days + day[i] + 1] += 1
    start = np.cumsum(start)
    end = start[:-1].copy()
    ordered = np.empty(len(known), known.dtype)
    ranked = np.empty(len(known), source.dtype)
    laid = np.empty(len(known), values.dtype)
    for i in range(len(known)):
        cell = site[i] * n_days + day[i]
        place = end[cell]
        while place > start[cell] and (ordered[place - 1], ranked[place - 1]) > (known[i], source[i]):
            ordered[place], ranked[place], laid[place] = ordered[place - 1], ranked[place - 1], laid[place - 1]
            place -= 1
        ordered[place], ranked[place], laid[place] = known[i], source[i], values[i]
        end[cell] += 1
    return start, ordered, laid


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
