"""Faults for a rehearsal: what goes wrong with values on their way into the archive, and jobs that die."""

import inspect
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import HaidangError, UnknownNameError
from features.local_days import day_numbers, day_starts, days_after
from features.variables import variable_named

Flags = npt.NDArray[np.bool_]


class EntryFault(Protocol):
    """Something that goes wrong with entries; `of` names the variable, or the source, that it is about."""

    @property
    def of(self) -> str: ...

    def bend(self, entries: pd.DataFrame, zone: str) -> pd.DataFrame:
        """The entries as they come in with the fault: the columns of `ENTRIES`, of one variable."""
        ...


@dataclass(frozen=True)
class Late:
    """What would become known in [start, end) comes some days later; a forecast that would come too late never does.

    Too late is when its day is over, or when newer forecasts come in time again.
    """

    of: str
    start: pd.Timestamp
    end: pd.Timestamp
    days: float

    def bend(self, entries: pd.DataFrame, zone: str) -> pd.DataFrame:
        late = _told_of(self.of, entries) & _within(entries["known_time"], self.start, self.end)
        over = _over(entries, zone)
        forecast = late & (entries["known_time"] < over).to_numpy()
        known = entries["known_time"].mask(late, entries["known_time"] + pd.Timedelta(days=self.days))
        useless = forecast & ((known >= over) | (known >= self.end)).to_numpy()
        return entries.assign(known_time=known)[~useless]


@dataclass(frozen=True)
class Down:
    """In [start, end) nothing comes; observations come when it is over, forecasts that were missed never do."""

    of: str
    start: pd.Timestamp
    end: pd.Timestamp

    def bend(self, entries: pd.DataFrame, zone: str) -> pd.DataFrame:
        missed = _told_of(self.of, entries) & _within(entries["known_time"], self.start, self.end)
        forecast = missed & (entries["known_time"] < _over(entries, zone)).to_numpy()
        standing = entries.assign(known_time=entries["known_time"].mask(missed, self.end))[~forecast]
        last = entries["known_time"][standing.index].argsort(kind="stable").to_numpy()
        return standing.iloc[last].drop_duplicates(["site", "valid_time", "known_time", "source"], keep="last")


@dataclass(frozen=True)
class Stuck:
    """A sensor says of all days in [start, end) what it said of the first of them."""

    of: str
    site: str
    start: pd.Timestamp
    end: pd.Timestamp

    def bend(self, entries: pd.DataFrame, zone: str) -> pd.DataFrame:
        observed = (entries["known_time"] >= _over(entries, zone)).to_numpy()
        of_sensor = _told_of(self.of, entries) & (entries["site"] == self.site).to_numpy() & observed
        stuck = of_sensor & _within(entries["valid_time"], self.start, self.end)
        if not stuck.any():
            return entries
        first = entries[stuck].sort_values(["valid_time", "known_time"])["value"].iloc[0]
        return entries.assign(value=entries["value"].mask(stuck, first))


@dataclass(frozen=True)
class Biased:
    """Forecasts that become known from a day on are multiplied by a factor, as far as values are plausible."""

    of: str
    start: pd.Timestamp
    factor: float

    def bend(self, entries: pd.DataFrame, zone: str) -> pd.DataFrame:
        forecast = (entries["known_time"] < _over(entries, zone)).to_numpy()
        biased = _told_of(self.of, entries) & forecast & (entries["known_time"] >= self.start).to_numpy()
        variable = variable_named(str(entries["variable"].iloc[0]))
        value = entries["value"].mask(biased, (entries["value"] * self.factor).clip(variable.low, variable.high))
        return entries.assign(value=value)


@dataclass(frozen=True)
class Killed:
    """A job dies on a local day before it has stored anything; what was not done is due on the next."""

    job: str
    start: pd.Timestamp


Fault = Late | Down | Stuck | Biased | Killed
KINDS: dict[str, Callable[..., Fault]] = {
    "late": Late,
    "down": Down,
    "stuck": Stuck,
    "biased": Biased,
    "killed": Killed,
}
_WORDS = {"from": "start", "to": "end", "on": "start"}


def fault_of(text: str, zone: str) -> Fault:
    """Reads a fault as it is told on the command line.

    Args:
        text: `late WHAT from=DAY to=DAY days=N`, `down WHAT from=DAY to=DAY`, `stuck VARIABLE site=CODE from=DAY
            to=DAY`, `biased VARIABLE from=DAY factor=1.2` or `killed JOB on=DAY`; WHAT is a variable or a source.
        zone: IANA zone of the local day.

    Raises:
        HaidangError: if it is none of these; the error says how it is written.
    """
    kind, *rest = shlex.split(text) or [""]
    if kind not in KINDS:
        raise UnknownNameError("fault", kind, KINDS)
    fields = list(inspect.signature(KINDS[kind]).parameters)
    stated = [
        (name, value) if sign else (fields[0], name) for name, sign, value in (word.partition("=") for word in rest)
    ]
    told = {_WORDS.get(name, name): value for name, value in stated}
    if sorted(told) != sorted(fields):
        words = {"start": "on=DAY" if kind == "killed" else "from=DAY", "end": "to=DAY"}
        wanted = " ".join(words.get(name, f"{name}=") for name in fields[1:])
        raise HaidangError(f"fault {text!r} is not whole: write {kind} {fields[0].upper()} {wanted}")
    if kind in ("stuck", "biased"):
        variable_named(told["of"])
    try:
        return KINDS[kind](**{name: _read(name, value, zone) for name, value in told.items()})
    except ValueError as error:
        raise HaidangError(f"fault {text!r} cannot be read: {error}") from error


def _read(name: str, value: str, zone: str) -> object:
    if name in ("start", "end"):
        return pd.Timestamp(value, tz=zone)
    return float(value) if name in ("days", "factor") else value


def _told_of(what: str, entries: pd.DataFrame) -> Flags:
    return ((entries["variable"] == what) | (entries["source"] == what)).to_numpy()


def _within(times: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> Flags:
    return times.between(start, end, inclusive="left").to_numpy()


def _over(entries: pd.DataFrame, zone: str) -> pd.Series:
    """When the stretch that each entry speaks of is over; entries are of one variable."""
    span_days = variable_named(str(entries["variable"].iloc[0])).span_days
    codes, distinct = pd.factorize(entries["valid_time"])
    over = day_starts(days_after(day_numbers(pd.DatetimeIndex(distinct), zone), span_days), zone)
    return pd.Series(over[codes], entries.index)
