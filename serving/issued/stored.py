"""Reading stored forecasts: by id, and page by page with a cursor that stays right while new ones arrive."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from features.delta import is_table
from features.errors import HaidangError
from models.issued import ISSUED
from serving.issued.record_ids import NoSuchForecastError, ids_of, issue_of

_KEY = ["issue_time", "hazard", "site", "period", "forecaster"]
_FIRST_STRETCH = pd.Timedelta(days=4)
_LOG_ROUNDS = pd.Timedelta(milliseconds=1)  # Delta's log tells moments to the millisecond


class CursorError(HaidangError):
    """A cursor that was not given by this service, or for other filters."""


@dataclass(frozen=True)
class Wanted:
    """Which records are wanted; None wants all.

    Attributes:
        hazard: name.
        site: code.
        issued: first issue time, and the moment before which the last lies, UTC.
        valid: the period ends after the first moment and begins before the second, UTC.
        level: highest declared level reached; `any` for any.
    """

    hazard: str | None = None
    site: str | None = None
    issued: tuple[pd.Timestamp | None, pd.Timestamp | None] = (None, None)
    valid: tuple[pd.Timestamp | None, pd.Timestamp | None] = (None, None)
    level: str | None = None

    @property
    def expression(self) -> ds.Expression:
        """The filter that needs no order."""
        site, level = _text("site"), _text("level")
        parts = [
            None if self.hazard is None else ds.field("hazard") == self.hazard,
            None if self.site is None else site == self.site,
            None if self.valid[0] is None else ds.field("valid_to") > self.valid[0],
            None if self.valid[1] is None else ds.field("valid_from") < self.valid[1],
            None if self.level is None else level.is_valid() if self.level == "any" else level == self.level,
        ]
        whole = ds.scalar(True)
        for part in parts:
            whole = whole if part is None else whole & part
        return whole

    @property
    def text(self) -> str:
        """The same as text, to see whether a cursor belongs to it."""
        return repr((self.hazard, self.site, *map(str, (*self.issued, *self.valid)), self.level))


@dataclass(frozen=True)
class Page:
    """A page of records.

    Attributes:
        records: the columns of `ISSUED`, the newest issue first.
        cursor: where the next page begins; None at the end.
    """

    records: pd.DataFrame
    cursor: str | None


class StoredForecasts:
    """The table of issued forecasts of some sites, to be read in pages; of others it says nothing, not even an id."""

    def __init__(self, folder: Path, codes: Sequence[str]) -> None:
        self._folder = folder
        self._here = _text("site").isin(list(codes))

    def page(self, wanted: Wanted, limit: int, cursor: str | None) -> Page:
        """The records after a cursor, by falling issue time and then by hazard, site, period and forecaster.

        The first page fixes the version of the table, and the cursor carries it with the last key given: what is issued
        meanwhile, for whatever issue time, neither moves nor doubles a record.

        Args:
            wanted: which records.
            limit: most records of the page.
            cursor: of the page before; None for the first.

        Raises:
            CursorError: if the cursor cannot be used.
        """
        if not is_table(self._folder):
            return Page(ISSUED.empty_table().to_pandas(), None)
        version, last = _read_cursor(cursor, wanted) if cursor is not None else (None, None)
        table = self._opened(version)
        found: list[pd.DataFrame] = []
        for stretch in self._stretches(table, wanted, last):
            records = _ordered(_read(table, self._here & stretch))
            found.append(records if last is None else records[_after(records, last)])
            if sum(map(len, found)) > limit:
                break
        records = pd.concat(found, ignore_index=True) if found else ISSUED.empty_table().to_pandas()
        if len(records) <= limit:
            return Page(records, None)
        records = records.iloc[:limit]
        return Page(records, _write_cursor(wanted, table.version(), records.iloc[-1]))

    def one(self, told: str) -> pd.Series:
        """The record with an id: the columns of `ISSUED`.

        Raises:
            NoSuchForecastError: if there is none.
        """
        issue = self.issue(told)
        ids = ids_of(issue)
        if told not in ids:
            raise NoSuchForecastError(f"there is no forecast {told}: see /v1/forecasts")
        return issue.iloc[ids.index(told)]

    def issue(self, told: str) -> pd.DataFrame:
        """All records of the hazard that were issued in the second of an id, at the sites that may be seen."""
        hazard, second = issue_of(told)
        if not is_table(self._folder):
            return ISSUED.empty_table().to_pandas()
        within = (ds.field("issue_time") >= second) & (ds.field("issue_time") < second + pd.Timedelta(seconds=1))
        return _ordered(_read(self._opened(None), self._here & (ds.field("hazard") == hazard) & within))

    def _opened(self, version: int | None) -> DeltaTable:
        try:
            return DeltaTable(str(self._folder), version=version)
        except DeltaError as error:
            raise CursorError("the cursor speaks of a version that is not kept: begin with the first page") from error

    @staticmethod
    def _stretches(table: DeltaTable, wanted: Wanted, last: dict[str, Any] | None) -> Iterator[ds.Expression]:
        """Filters for stretches of issue times, back from the newest wanted, each twice as long as the one before."""
        bounds = _issue_times(table)
        if bounds is None:
            return
        first, end = bounds[0], bounds[1] + _LOG_ROUNDS
        first = max(first, wanted.issued[0]) if wanted.issued[0] is not None else first
        end = min(end, wanted.issued[1]) if wanted.issued[1] is not None else end
        if last is not None:
            end = min(end, last["issue_time"] + pd.Timedelta(microseconds=1))
        length = _FIRST_STRETCH
        while end > first:
            begin = max(end - length, first)
            yield wanted.expression & (ds.field("issue_time") >= begin) & (ds.field("issue_time") < end)
            end, length = begin, 2 * length


def _issue_times(table: DeltaTable) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """The oldest and the newest issue time, as the log of the table tells them."""
    told = pa.table(table.get_add_actions(flatten=True)).to_pandas()
    if told.empty:
        return None
    return _utc(told["min.issue_time"].min()), _utc(told["max.issue_time"].max())


def _text(name: str) -> ds.Expression:
    """A column of texts, which is read as a view."""
    return ds.field(name).cast(pa.string())


def _read(table: DeltaTable, wanted: ds.Expression) -> pd.DataFrame:
    held = table.to_pyarrow_dataset()
    there = [name for name in ISSUED.names if name in held.schema.names]
    return held.to_table(there, filter=wanted).to_pandas().reindex(columns=ISSUED.names)


def _ordered(records: pd.DataFrame) -> pd.DataFrame:
    return records.sort_values(_KEY, ascending=[False, True, True, True, True], ignore_index=True)


def _after(records: pd.DataFrame, last: dict[str, Any]) -> pd.Series:
    """Which records come after a key, in the order of the pages."""
    after = records["issue_time"] < last["issue_time"]
    same = records["issue_time"] == last["issue_time"]
    for name in _KEY[1:]:
        after |= same & (records[name] > last[name])
        same &= records[name] == last[name]
    return after


def _write_cursor(wanted: Wanted, version: int, last: pd.Series) -> str:
    key = [
        str(last["issue_time"]),
        *(last[name] for name in ("hazard", "site")),
        int(last["period"]),
        last["forecaster"],
    ]
    told = json.dumps([version, wanted.text, *key], ensure_ascii=False)
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, wanted: Wanted) -> tuple[int, dict[str, Any]]:
    try:
        told = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        version, filters, *key = told
        last = dict(zip(_KEY, key, strict=True))
        last = {**last, "issue_time": _utc(pd.Timestamp(last["issue_time"])), "period": int(last["period"])}
        texts = all(isinstance(last[name], str) for name in ("hazard", "site", "forecaster"))
    except (binascii.Error, UnicodeError, ValueError, TypeError) as error:
        raise CursorError("it is no cursor of this service: take `next` of a page") from error
    if not texts or not isinstance(version, int) or version < 0 or pd.isna(last["issue_time"]):
        raise CursorError("it is no cursor of this service: take `next` of a page")
    if filters != wanted.text:
        raise CursorError("it was given for other filters: ask with the same ones, or begin with the first page")
    return version, last


def _utc(moment: pd.Timestamp) -> pd.Timestamp:
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
