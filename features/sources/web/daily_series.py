"""Series of days: what a provider tells of sites and days becomes entries, and every value told is accounted for."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.entries import ENTRIES, NAMES, Batch, Floats, no_rejects
from features.errors import HaidangError, UnknownNameError
from features.local_days import Days, day_numbers, day_starts
from features.sites import Site, Sites
from features.sources.tables.mapping import Measured
from features.sources.units import converter

FARTHEST_KM = 50.0
Reduction = Callable[[Floats], Floats]
_ENTRIES_PER_BATCH = 200_000
_LONGEST_DAYS = 366


def present() -> pd.Timestamp:
    """The present moment, for sources whose provider must not be asked for days that have not come."""
    return pd.Timestamp.now("UTC")


def only(parts: Floats) -> Floats:
    """The one part of each day, shape (..., part)."""
    return parts[..., 0]


def mean(parts: Floats) -> Floats:
    """The mean of the parts, shape (..., part)."""
    return np.asarray(parts.mean(axis=-1))


def total(parts: Floats) -> Floats:
    """The sum of the parts, shape (..., part)."""
    return np.asarray(parts.sum(axis=-1))


def highest(parts: Floats) -> Floats:
    """The highest part, shape (..., part)."""
    return np.asarray(parts.max(axis=-1))


def lowest(parts: Floats) -> Floats:
    """The lowest part, shape (..., part)."""
    return np.asarray(parts.min(axis=-1))


def ninth_of_ten(parts: Floats) -> Floats:
    """The lowest part that at least nine tenths of the parts do not exceed: of ten the ninth, of 51 the 46th."""
    return np.asarray(np.quantile(parts, 0.9, axis=-1, method="inverted_cdf"))


def spread(parts: Floats) -> Floats:
    """The standard deviation of the parts, with n - 1 in the denominator, shape (..., part)."""
    return np.asarray(parts.std(axis=-1, ddof=1))


@dataclass(frozen=True)
class Series:
    """A series of a provider: of each day one value, or as many parts as there are hours or members.

    Attributes:
        name: the provider's name.
        told: its unit as the provider writes it; anything else is a fault.
        makes: variable -> how a day's parts become its value; the parts are first brought to the first one's unit.
        unit: what `told` means to pint, where that is not the same text.
        whole_by: another series of the same answer, which is absent on days that this one knows a part of only.
    """

    name: str
    told: str
    makes: Mapping[str, Reduction]
    unit: str | None = None
    whole_by: str | None = None

    def converted(self, parts: Floats) -> Floats:
        """Parts in the canonical unit of the first variable that they make."""
        measured = Measured(variable=next(iter(self.makes)), unit=self.unit or self.told)
        return converter(self.name, measured)(parts)


@dataclass(frozen=True)
class Told:
    """What a provider told of some sites and days.

    Attributes:
        sites: codes of the sites.
        values: series -> parts in the provider's unit, shape (site, day, part); NaN where nothing was measured.
        remarks: what an operator should know.
        rejected: what could not be taken, as in a batch.
        unread: how many of the provider's values that is.
    """

    sites: Sequence[str]
    values: Mapping[str, Floats]
    remarks: tuple[str, ...] = ()
    rejected: pd.DataFrame = field(default_factory=no_rejects)
    unread: int = 0


def check_made(variables: Sequence[str], series: Sequence[Series]) -> None:
    """Checks that series make some variables.

    Raises:
        HaidangError: if none is wanted, or no series makes one of them.
    """
    if not variables:
        raise HaidangError("`variables` of this source is empty: name one at least")
    made = [variable for one in series for variable in one.makes]
    for variable in variables:
        if variable not in made:
            raise UnknownNameError("variable of this source", variable, made)


def making(variables: Sequence[str], series: Sequence[Series]) -> tuple[Series, ...]:
    """The series that make any of some variables, each making no others."""
    kept = ({name: how for name, how in one.makes.items() if name in variables} for one in series)
    return tuple(replace(one, makes=makes) for one, makes in zip(series, kept, strict=True) if makes)


def days_between(start: pd.Timestamp, end: pd.Timestamp, zone: str) -> Days:
    """The local days that begin in [start, end)."""
    first, last = day_numbers(pd.DatetimeIndex([start.tz_convert("UTC"), end.tz_convert("UTC")]), zone)
    days = np.arange(first, last + 1)
    starts = day_starts(days, zone)
    return days[(starts >= start) & (starts < end)]


def stretches(days: Days, zone: str, longest: int = _LONGEST_DAYS) -> Iterator[tuple[Days, int]]:
    """Cuts consecutive local days into stretches of bounded length and one offset from UTC.

    A day on which the clock changes goes by the offset at its start.

    Yields:
        The days, and how many hours their midnights are ahead of UTC's.

    Raises:
        HaidangError: if the zone is not whole hours from UTC.
    """
    if not len(days):
        return
    midnights = days.astype("datetime64[D]").astype("datetime64[s]").astype(np.int64)
    starts = day_starts(days, zone).as_unit("s").asi8
    offsets = midnights - starts
    if (offsets % 3600).any():
        raise HaidangError(
            f"{zone} is not whole hours from UTC: this provider gives no days that begin at its midnight"
        )
    for same in np.split(days, np.flatnonzero(np.diff(offsets)) + 1):
        offset = int(offsets[same[0] - days[0]] // 3600)
        for first in range(0, len(same), longest):
            yield same[first : first + longest], offset


def days_at_once(n_sites: int, n_variables: int) -> int:
    """How many days make a batch of bounded size: a year for 54 sites and ten variables."""
    return max(1, min(_LONGEST_DAYS, _ENTRIES_PER_BATCH // max(n_sites * n_variables, 1)))


def apart_km(site: Site, latitude: float, longitude: float) -> float:
    """Great-circle distance of a position from a site, km."""
    there = Site(f"{site.code} as told", "", "", latitude, longitude, {})
    return float(Sites([site, there]).distances_km[0, 1])


def to_batch(
    told: Told,
    dated: Sequence[tuple[Sequence[Series], pd.DatetimeIndex]],
    valid_time: pd.DatetimeIndex,
    source: str,
    *,
    remarks: tuple[str, ...] = (),
    delivered_until: pd.Timestamp | None = None,
) -> Batch:
    """Entries of what was told; a day's value is made only where all its parts were measured.

    Args:
        told: the provider's values.
        dated: series, and when each day's values of them are known.
        valid_time: the starts of the days.
        source: name of the source.
        remarks: what an operator should know.
        delivered_until: as in a batch.
    """
    parts, passed_over, read = [], Counter[str](), told.unread
    for series, known_time in dated:
        for one in series:
            values = told.values[one.name]
            complete, fates = _completeness(one, told)
            read += complete.size
            passed_over.update(fates)
            converted = one.converted(np.where(complete[..., None], values, 0.0))
            site, day = np.nonzero(complete)
            for variable, reduced in one.makes.items():
                parts.append((variable, site, day, reduced(converted)[site, day], known_time))
    entries = pd.concat(
        [
            pd.DataFrame(
                {
                    "site": np.asarray(told.sites, dtype=object)[site],
                    "variable": variable,
                    "valid_time": valid_time[day],
                    "known_time": known_time[day],
                    "value": value,
                    "source": source,
                }
            )
            for variable, site, day, value, known_time in parts
        ]
        or [ENTRIES.empty_table().to_pandas()],
        ignore_index=True,
    )
    return Batch(
        entries.astype(dict.fromkeys(NAMES, "str")),
        told.rejected,
        read=read,
        unread=told.unread,
        passed_over={why: count for why, count in passed_over.items() if count},
        remarks=told.remarks + remarks,
        delivered_until=delivered_until,
    )


def _completeness(series: Series, told: Told) -> tuple[npt.NDArray[np.bool_], dict[str, int]]:
    """Which site-days were measured wholly, and why how many others make nothing."""
    measured = np.isfinite(told.values[series.name])
    complete, empty = np.asarray(measured.all(axis=-1)), ~measured.any(axis=-1)
    if series.whole_by is not None:
        complete &= np.isfinite(told.values[series.whole_by]).all(axis=-1)
    fates = {
        "hold no measured value": int(empty.sum()),
        "are of a day or an ensemble that is not whole": int((~complete & ~empty).sum()),
    }
    return complete, fates
