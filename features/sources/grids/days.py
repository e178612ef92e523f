"""Gridded days: from the time steps of fields at the sites to one value for each local day, and what became of each.

A value at every site, local day and variable that the files touch is one record. A day of which a step is missing, or
unknown at a site, has no value there.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, reduce
from typing import Literal

import numpy as np
import pandas as pd

from features.entries import ENTRIES, Batch
from features.local_days import Days, day_starts, days_after
from features.sources.grids.site_reader import SiteReader
from features.sources.grids.time_steps import (
    WITHIN_DAY,
    Flags,
    Floats,
    Series,
    Step,
    Steps,
    days_of,
    series_of,
    steps_in,
)
from features.variables import variable_named

Rule = Literal["mean", "max", "min", "sum"]
_SITE_DAYS = 20_000
_MOST_DAYS = 370
_LISTED = 12


def _alone(values: Floats) -> Floats:
    return values


@dataclass(frozen=True, eq=False)
class Quantity:
    """What is made of fields.

    Attributes:
        variable: the declared variable.
        rule: how the steps of a local day become one value.
        delay: how long after its stretch a value is known.
        fields: for each field that it is made of, the files that hold it.
        together: makes one value of those of all fields, step by step.
    """

    variable: str
    rule: Rule
    delay: pd.Timedelta
    fields: tuple[tuple[Steps, ...], ...]
    together: Callable[..., Floats] = _alone

    @property
    def step(self) -> Step:
        """How long a step of its fields is."""
        return self.fields[0][0].step

    @cached_property
    def days(self) -> Days:
        """The local days that all its fields touch, in order."""
        touched = (np.unique(np.concatenate([steps.days for steps in field])) for field in self.fields)
        return reduce(np.intersect1d, touched)

    def asked(self, start: pd.Timestamp, end: pd.Timestamp, zone: str) -> Days:
        """Those of its days that begin in [start, end)."""
        starts = day_starts(self.days, zone)
        return self.days[np.asarray((starts >= start) & (starts < end))]


def day_batches(
    quantities: Sequence[Quantity],
    reader: SiteReader,
    *,
    source: str,
    zone: str,
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> Iterator[Batch]:
    """Yields the days that begin in [start, end), in order, about a year for 54 sites at a time, fewer for more sites.

    Raises:
        HaidangError: if a file is broken, files contradict each other, or amounts are not since when they should be.
    """
    asked = [quantity.asked(start, end, zone) for quantity in quantities]
    for block in blocks_of(reduce(np.union1d, asked), len(reader.sites)):
        series = _each_read_once(block, reader, zone)
        taken = [
            (quantity, _site_days(quantity, days, series, reader.sites.codes, zone))
            for quantity, of_quantity in zip(quantities, asked, strict=True)
            if len(days := np.intersect1d(of_quantity, block))
        ]
        passed_over: Counter[str] = Counter()
        for _, site_days in taken:
            passed_over.update(site_days.passed_over)
        yield Batch(
            pd.concat([days.entries(quantity, source, zone) for quantity, days in taken], ignore_index=True),
            read=sum(days.values.size for _, days in taken),
            passed_over=dict(+passed_over),
            remarks=tuple(told for quantity, days in taken for told in days.remarks(quantity.variable)),
            delivered_until=day_starts([block[-1] + 1], zone)[0],
        )


def outside(
    quantities: Sequence[Quantity], reader: SiteReader, *, zone: str, start: pd.Timestamp, end: pd.Timestamp
) -> Batch:
    """Counts what the files hold of days that do not begin in [start, end)."""
    days = sum(len(quantity.days) - len(quantity.asked(start, end, zone)) for quantity in quantities)
    counts = {"lie outside the asked stretch": days * len(reader.sites)} if days else {}
    return Batch(no_entries(), read=sum(counts.values()), passed_over=counts)


def blocks_of(days: Days, n_sites: int) -> Iterator[Days]:
    """Rising numbers of days, in stretches of about a year, and of less for more than 54 sites."""
    at_once = max(min(_SITE_DAYS // n_sites, _MOST_DAYS), 1)
    for block in np.split(days, np.flatnonzero(np.diff((days - days[:1]) // at_once)) + 1):
        if len(block):
            yield block


def no_entries() -> pd.DataFrame:
    """An empty table of entries."""
    return ENTRIES.empty_table().to_pandas()


@dataclass(frozen=True, eq=False)
class _SiteDays:
    """Values of a quantity on local days.

    Attributes:
        days: their numbers.
        sites: codes.
        values: shape (day, site), NaN where there is none.
        whole: shape (day,), whether all steps are there.
        covered: shape (day, site), whether the grid covers the site.
    """

    days: Days
    sites: Sequence[str]
    values: Floats
    whole: Flags
    covered: Flags

    @property
    def passed_over(self) -> dict[str, int]:
        """Why there is no value -> how often."""
        missing, whole = np.isnan(self.values), self.whole[:, None]
        return {
            "are of sites that the grid does not cover": int((missing & ~self.covered).sum()),
            "are of days with missing steps": int((missing & self.covered & ~whole).sum()),
            "hold no known value": int((missing & self.covered & whole).sum()),
        }

    def remarks(self, variable: str) -> list[str]:
        """Sites that get nothing on any of the days, and why."""
        never, covered = np.asarray(np.isnan(self.values).all(axis=0)), np.asarray(self.covered.any(axis=0))
        reasons = (
            ("the grid does not cover", never & ~covered),
            ("nothing is known on enough of the area, or near enough, of", never & covered & self.whole.any()),
        )
        told = ((why, [code for code, is_so in zip(self.sites, which, strict=True) if is_so]) for why, which in reasons)
        return [f"{variable}: {why} {listed(sites)}" for why, sites in told if sites]

    def entries(self, quantity: Quantity, source: str, zone: str) -> pd.DataFrame:
        """One entry per value, in the order of days and sites."""
        row, column = np.nonzero(~np.isnan(self.values))
        known_time = _ends(self.days, quantity, zone) + quantity.delay
        return pd.DataFrame(
            {
                "site": np.array(self.sites, dtype=object)[column],
                "variable": quantity.variable,
                "valid_time": day_starts(self.days, zone)[row],
                "known_time": known_time[row],
                "value": self.values[row, column],
                "source": source,
            }
        )


def listed(sites: Sequence[str]) -> str:
    """Codes of sites, as an operator reads them."""
    more = ", ..." if len(sites) > _LISTED else ""
    return f"{len(sites)} site{'s' * (len(sites) > 1)}: {', '.join(sites[:_LISTED])}{more}"


def _each_read_once(days: Days, reader: SiteReader, zone: str) -> Callable[[tuple[Steps, ...]], Series]:
    """Reads fields on some days; one that several quantities are made of is read once."""
    return cache(lambda field: series_of(field, days, reader, zone))


def _site_days(
    quantity: Quantity, days: Days, series: Callable[[tuple[Steps, ...]], Series], sites: Sequence[str], zone: str
) -> _SiteDays:
    read = [series(field) for field in quantity.fields]
    slots = reduce(pd.DatetimeIndex.intersection, (one.slots for one in read))
    aligned = [one.at(slots) for one in read]
    by_day = pd.DataFrame(quantity.together(*(one.values for one in aligned))).groupby(
        days_of(slots, quantity.step, zone)
    )
    covered = np.logical_and.reduce([one.covered for one in aligned])
    reach = pd.DataFrame(covered).groupby(days_of(slots, quantity.step, zone)).any().reindex(days, fill_value=True)
    wanted = steps_in(days, quantity.step, zone)
    present = by_day.size().reindex(days, fill_value=0).to_numpy()
    known = by_day.count().reindex(days, fill_value=0).to_numpy()
    values = by_day.agg(quantity.rule).reindex(days).to_numpy(dtype=float)
    values = np.where(known == wanted[:, None], values, np.nan)
    return _SiteDays(days, sites, values, present == wanted, reach.to_numpy(dtype=bool))


def _ends(days: Days, quantity: Quantity, zone: str) -> pd.DatetimeIndex:
    """When the stretches that values speak of are over: local days and months, or UTC ones where these end later."""
    after = days_after(days, variable_named(quantity.variable).span_days)
    ends = day_starts(after, zone)
    return ends if quantity.step in WITHIN_DAY else pd.DatetimeIndex(np.maximum(ends, day_starts(after, "UTC")))
