"""Time steps: what the times of a field mean, and its values at the sites, one row for each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import HaidangError
from features.local_days import Days, day_numbers, day_starts
from features.sources.grids.files import Part
from features.sources.grids.site_reader import SiteReader, in_unit

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Step = Literal["half hour", "hour", "day", "month"]
Accumulates = Literal["", "step", "day"]
HOURS: Mapping[Step, float] = MappingProxyType({"half hour": 0.5, "hour": 1.0, "day": 24.0, "month": 24.0})
"""Length of a step; the mean rate of a month is a daily one."""
WITHIN_DAY = ("half hour", "hour")
_NOON = pd.Timedelta(hours=12)
_TINY = 0.05  # mm or MJ/m^2 of an hour, above what packing makes of nothing


@dataclass(frozen=True, eq=False)
class Steps:
    """A variable of one file, step by step.

    Attributes:
        part: the field.
        step: how long a step is.
        unit_of: the declared variable to whose unit values are brought.
        slots: when each step begins, UTC, naive; of days and months their date.
        days: number of the local day of each step; days and months keep their date.
        lowest: values of cells below it, in the file's unit, mean that nothing is known.
        accumulates: "step" for amounts of each step, "day" for amounts since 00 UTC, "" for anything else.
    """

    part: Part
    step: Step
    unit_of: str
    slots: pd.DatetimeIndex
    days: Days
    lowest: float
    accumulates: Accumulates


@dataclass(frozen=True, eq=False)
class Series:
    """Values at the sites, step by step.

    Attributes:
        slots: when each step begins, UTC, naive; rising, each once.
        values: shape (step, site), NaN where nothing is known.
        covered: shape (step, site), whether the grid covers the site.
    """

    slots: pd.DatetimeIndex
    values: Floats
    covered: Flags

    def at(self, slots: pd.DatetimeIndex) -> "Series":
        """Those of some of the steps."""
        places = self.slots.get_indexer(slots)
        return Series(slots, self.values[places], self.covered[places])


def in_steps(
    part: Part,
    step: Step,
    unit_of: str,
    zone: str,
    *,
    stamped: Literal["begin", "end"] = "begin",
    lowest: float = -np.inf,
    accumulates: Accumulates = "",
) -> Steps:
    """Says how the times of a field are meant.

    Args:
        part: the field.
        step: how long a step is; a day is told by its beginning or its middle.
        unit_of: the declared variable to whose unit values are brought.
        zone: IANA zone of the local day.
        stamped: whether times tell the beginnings or the ends of steps.
        lowest: see `Steps`.
        accumulates: see `Steps`.

    Raises:
        HaidangError: if a time is of a day that no real calendar has, or does not tell which day it is of.
    """
    times = pd.DatetimeIndex(part.moments)
    if times.hasnans:
        raise HaidangError(f"{part.name} of {part.file} has days that no real calendar has: give it a real calendar")
    if stamped == "end":
        times = times - pd.Timedelta(hours=HOURS[step])
    if step == "month":
        times = pd.DatetimeIndex(times.to_numpy().astype("datetime64[M]").astype("datetime64[us]"))
    elif step == "day":
        if (late := times - times.floor("D") > _NOON).any():
            raise HaidangError(
                f"{part.name} of {part.file} has a daily value at {times[late][0]} UTC, which is neither the beginning "
                f"nor the middle of its day: give it times that tell the date"
            )
        times = times.floor("D")
    return Steps(part, step, unit_of, times, days_of(times, step, zone), lowest, accumulates)


def days_of(slots: pd.DatetimeIndex, step: Step, zone: str) -> Days:
    """Number of the local day that each step belongs to; days and months keep their date."""
    return day_numbers(slots.tz_localize("UTC"), zone if step in WITHIN_DAY else "UTC")


def steps_in(days: Days, step: Step, zone: str) -> npt.NDArray[np.int64]:
    """How many steps each local day has."""
    if step not in WITHIN_DAY:
        return np.ones(len(days), dtype=np.int64)
    length = day_starts(days + 1, zone) - day_starts(days, zone)
    return (length / pd.Timedelta(hours=HOURS[step])).to_numpy().round().astype(np.int64)


def series_of(field: Sequence[Steps], days: Days, reader: SiteReader, zone: str) -> Series:
    """Values of a field at the sites on some local days, out of all files that hold it.

    Args:
        field: the same variable in one or more files.
        days: numbers of local days, rising.
        reader: knows the sites.
        zone: IANA zone of the local day.

    Raises:
        HaidangError: if a file is broken, files contradict each other, or amounts are not since when they should be.
    """
    slots, values, covered, precision = [], [], [], 0.0
    before = day_starts(days, zone).tz_localize(None).ceil("h") - pd.Timedelta(hours=1)
    for steps in field:
        wanted = np.isin(steps.days, days)
        if steps.accumulates == "day":
            wanted |= steps.slots.isin(before)
        if wanted.any():
            told, reach, fineness = in_unit(
                steps.part,
                np.flatnonzero(wanted),
                reader,
                steps.unit_of,
                step_hours=HOURS[steps.step],
                lowest=steps.lowest,
            )
            slots.append(steps.slots[wanted].to_numpy())
            values.append(told)
            covered.append(np.broadcast_to(reach, told.shape))
            precision = max(precision, fineness)
    found = _each_once(np.concatenate(slots), np.concatenate(values), np.concatenate(covered), field, precision)
    if field[0].accumulates == "day":
        return _of_each_hour(found, field[0].part, precision)
    if field[0].accumulates == "step":
        _refuse_running_totals(found, field[0].part)
    return found


def _each_once(
    slots: npt.NDArray[np.datetime64], values: Floats, covered: Flags, field: Sequence[Steps], precision: float
) -> Series:
    """Each step once, in order; where files share a step, they must agree but for their packing."""
    times, first, number = np.unique(slots, return_index=True, return_inverse=True)
    if len(times) == len(slots):
        return Series(pd.DatetimeIndex(times), values[first], covered[first])
    by_slot = pd.DataFrame(values).groupby(number)
    lowest, highest = by_slot.min().to_numpy(), by_slot.max().to_numpy()
    torn = (highest - lowest > 2 * precision + 1e-5 * np.abs(highest)).any(axis=1)
    if torn.any():
        slot = pd.Timestamp(times[torn][0])
        files = sorted({str(steps.part.file) for steps in field if slot in steps.slots})
        raise HaidangError(
            f"{field[0].part.name} of {slot} stands with different values in {' and '.join(files)}: keep one of them"
        )
    reach = pd.DataFrame(covered).groupby(number).any().to_numpy(dtype=bool)
    return Series(pd.DatetimeIndex(times), by_slot.first().to_numpy(), reach)


def _of_each_hour(totals: Series, part: Part, precision: float) -> Series:
    """Amounts of each hour from totals since 00 UTC; the first hour of a UTC day is its own total.

    An hour whose predecessor is not there is left out.
    """
    first = np.asarray(totals.slots.hour == 0)
    before = np.vstack([np.full_like(totals.values[:1], np.nan), totals.values[:-1]])
    amounts = totals.values - np.where(first[:, None], 0.0, before)
    follows = first | np.append(False, np.diff(totals.slots.to_numpy()) == np.timedelta64(1, "h"))
    tolerance = max(_TINY, 2 * precision, 0.01 * float(np.nanmax(totals.values, initial=0.0)))
    falls = follows & (amounts < -tolerance).any(axis=1)
    if falls.any():
        raise HaidangError(
            f"{part.name} of {part.file} falls in the hour from {totals.slots[falls][0]} UTC, so that it is no total "
            f"since 00 UTC, as ERA5-Land has it: state its `dataset`"
        )
    return Series(totals.slots[follows], amounts[follows].clip(min=0.0), totals.covered[follows])


def _refuse_running_totals(amounts: Series, part: Part) -> None:
    """Refuses amounts of each hour that only ever grow from 00 to 24 UTC: they are totals since 00 UTC."""
    dates = amounts.slots.floor("D")
    by_date = pd.DataFrame(amounts.values).groupby(dates)
    told = (by_date.size() == 24) & (by_date.max() > _TINY).any(axis=1)
    falls = (by_date.diff() < 0).any(axis=1).groupby(dates).any()
    if told.sum() >= 3 and not falls[told].any():
        raise HaidangError(
            f"{part.name} of {part.file} never falls from 00 to 24 UTC on {told.sum()} days, so that it is a total "
            f"since 00 UTC, as ERA5-Land has it: state its `dataset`"
        )
