"""Feeds: how far each source reaches for each variable, how old that is beside its promise, and its gaps."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from features.archive import Archive
from features.ingest_log import IngestLog
from features.variables import variable_named

WINDOW_DAYS = 30
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Feed:
    """One variable of one source, as it stands at a moment.

    Attributes:
        source: its name.
        variable: the variable.
        sites: sites with a value in the last 30 days before the newest one.
        newest_day: start of the newest day, or stretch, that a value speaks of.
        known_at: when the newest value became known.
        age_days: what an operator waits for: from the end of the newest stretch until now, or, of a forecast, from
            when the newest one was known.
        promised_days: how old it should be at most; None where the source was never asked through the log.
        gap_days: days of sites without a value among the last 30 before the newest, of daily observations.
    """

    source: str
    variable: str
    sites: int
    newest_day: pd.Timestamp
    known_at: pd.Timestamp
    age_days: float
    promised_days: float | None
    gap_days: int | None

    @property
    def late(self) -> bool:
        """Whether it is older than the source promises."""
        return self.promised_days is not None and self.age_days > self.promised_days


def feeds(archive: Archive, log: IngestLog, now: pd.Timestamp) -> Iterator[Feed]:
    """Every variable of every source that the archive holds a value of."""
    for variable in archive.variables():
        yield from feeds_of(variable, archive.newest_rows(variable, WINDOW_DAYS), log, now)


def feeds_of(variable: str, rows: pd.DataFrame, log: IngestLog, now: pd.Timestamp) -> Iterator[Feed]:
    """Every source of a variable, from rows as `Archive.newest_rows` gives them for 30 days or more."""
    for source, told in rows.groupby("source", observed=True):
        newest = told["valid_time"] > told["valid_time"].max() - WINDOW_DAYS * _DAY
        yield _feed(str(source), variable, told[newest], log, now)


def _feed(source: str, variable: str, rows: pd.DataFrame, log: IngestLog, now: pd.Timestamp) -> Feed:
    span = pd.Timedelta(days=variable_named(variable).span_days)
    over = rows["valid_time"] + span
    forecast = (rows["known_time"] < over).any()
    newest = rows["valid_time"].max()
    runs = log.last(source)
    age = now - rows["known_time"].max() if forecast else now - (newest + span)
    gaps = None
    if not forecast and span == _DAY:
        days = rows.groupby("site", observed=True)["valid_time"].nunique()
        first = max(rows["valid_time"].min(), newest - (WINDOW_DAYS - 1) * _DAY)
        gaps = int((((newest - first) / _DAY) + 1 - days).clip(lower=0).sum())
    return Feed(
        source,
        variable,
        rows["site"].nunique(),
        newest,
        rows["known_time"].max(),
        age / _DAY,
        runs[0].promised + max(span / _DAY, 1.0) if runs else None,
        gaps,
    )
