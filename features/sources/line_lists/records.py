"""Records: the rows of somebody's list of events, read by a declared mapping."""

import hashlib
import json
import unicodedata
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd

from features.places import NEW_UNITS_SINCE
from features.sources.line_lists.mapping import DATES, LineListMapping
from features.sources.line_lists.personal_data import WITHHELD, without_personal
from features.sources.line_lists.places import Finder
from features.sources.tables.cells import cell_texts, read_numbers, read_times
from features.sources.tables.files import Table
from features.sources.tables.readings import local_starts
from features.sources.units import conversion

OTHER_KINDS, OTHER_REGIONS, AGAIN = "are of other kinds", "are of other regions", "stand there already"
_VERSION = ["event", "known_time"]


@dataclass(frozen=True)
class Reader:
    """Reads the rows of a table as events.

    Attributes:
        finder: knows the mapping, and finds the sites of rows.
        zone: IANA zone of the local day.
        now: the present moment; no date of a record lies after it.
    """

    finder: Finder
    zone: str
    now: pd.Timestamp

    @property
    def mapping(self) -> LineListMapping:
        """What the columns mean."""
        return self.finder.mapping

    def read(self, table: Table) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Reads each row of a table.

        Returns:
            One row per row of the table. Column `reason` says why it cannot be read ("" if it can), `aside` why a good
            one brings nothing here (""), `shares` where it counts (None if not known), `valid_time` the start of the
            day that it counts on (NaT if not known); the others are those of the kept table `events`.
            And the cells that were read, without what looks personal.
        """
        mapping = self.mapping
        raw = table.cells[list(mapping.read_columns)].copy()
        for column in mapping.fill_down:
            raw[column] = raw[column].mask(cell_texts(raw[column]) == "").ffill().fillna("")
        missing = [word.casefold() for word in mapping.missing]
        for column in mapping.kept_columns:
            raw[column] = raw[column].mask(cell_texts(raw[column]).str.casefold().isin(missing), "")
        cells, withheld_in = without_personal(raw, mapping.number_columns, mapping.kept_columns)
        fields, width = pd.Series(table.width, index=raw.index), len(table.cells.columns)
        cells[fields != width] = WITHHELD  # in a shifted row a name may stand in any column
        rows = pd.DataFrame({"reason": "", "aside": ""}, index=raw.index, dtype=object).join(self._dates(cells))
        _judge(rows, fields != width, "has " + fields.astype(str) + f" fields, the header {width}")
        self._choose(rows, cells)
        stood = rows["reported"].where(rows["reported"].notna(), rows["valid_time"])
        found = self.finder.find(cells, stood >= pd.Timestamp(NEW_UNITS_SINCE, tz=self.zone))
        rows = rows.join(found.drop(columns="aside"))
        rows["aside"] = rows["aside"].mask(rows["aside"] == "", found["aside"])
        what = "holds what looks like a telephone number, the number of an identity card or an e-mail address"
        _judge(rows, withheld_in != "", withheld_in + f" {what}: take it out, or name the column in `personal`")
        _judge(rows, rows["fault"] != "", rows.pop("fault"))
        self._judge_dates(rows, cells)
        self._numbers(rows, cells)
        self._texts(rows, cells, raw)
        self._each_once(rows)
        return rows, cells

    def _choose(self, rows: pd.DataFrame, cells: pd.DataFrame) -> None:
        """Writes the variable that each row counts; passes over rows of other regions and kinds."""
        mapping = self.mapping
        for column, words in mapping.only.items():
            rows["aside"] = rows["aside"].where(_folded(cells[column]).isin(map(_fold, words)), OTHER_REGIONS)
        rows["variable"] = mapping.variable
        if mapping.kind_column is not None:
            kinds = {_fold(word): variable for word, variable in mapping.kinds.items()}
            rows["variable"] = _folded(cells[mapping.kind_column]).map(kinds).astype(object)
            unknown = rows["variable"].isna()
            if mapping.other_kinds == "skip":
                rows["aside"] = rows["aside"].mask(unknown & (rows["aside"] == ""), OTHER_KINDS)
            advice = f"and `kinds` names {', '.join(mapping.kinds)}: add it, or skip `other_kinds`"
            _judge(rows, unknown, _is(cells, mapping.kind_column) + f", {advice}")

    def _dates(self, cells: pd.DataFrame) -> pd.DataFrame:
        """The dates; and from them the day that a row counts on, when it could be read and when it was known."""
        mapping = self.mapping
        never = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us, UTC]")
        begins: dict[str, pd.Series] = dict.fromkeys(DATES, never)
        ends: dict[str, pd.Series] = {}
        for name, when in mapping.dates.items():
            read = read_times(cells, when, self.zone)
            begins[name] = read["moment"]
            ends[name] = read["moment"].where(~read["dated"], local_starts(read["moment"], self.zone, days_later=1))
        counted_on = reduce(lambda first, other: first.fillna(other), (begins[name] for name in mapping.counts_on))
        readable = reduce(lambda first, other: first.fillna(other), (ends[name] for name in mapping.known_on))
        delayed = readable + pd.Timedelta(days=mapping.delay_days)
        over = local_starts(counted_on, self.zone, days_later=1)
        known = reduce(lambda latest, end: latest.mask(end > latest, end), (*ends.values(), over), delayed)
        days = {"valid_time": local_starts(counted_on, self.zone), "readable": readable, "known_time": known}
        return pd.DataFrame({**begins, **days})

    def _judge_dates(self, rows: pd.DataFrame, cells: pd.DataFrame) -> None:
        """Refuses dates that cannot be read, or cannot be true."""
        mapping = self.mapping
        missing = [word.casefold() for word in mapping.missing]
        for name, when in mapping.dates.items():
            written = [cell_texts(cells[column]) for column in when.columns]
            blank = np.logical_and.reduce([texts.str.casefold().isin(missing) for texts in written])
            told = f", not a time as {when.format} tells" if when.column else ", not a time"
            _judge(rows, rows[name].isna() & ~blank, _is(cells, *when.columns) + told)
            _judge(rows, rows[name] > self.now, f"was {name} on " + self._day(rows[name]) + ", a day that has not come")
        counted, known = " or ".join(mapping.counts_on), " or ".join(mapping.known_on)
        _judge(rows, rows["valid_time"].isna(), f"does not say when it was {counted}")
        _judge(rows, rows["readable"].isna(), f"does not say when it was {known}")
        early = rows["readable"] <= rows["valid_time"]
        _judge(rows, early, f"was {known} before it was {counted} on " + self._day(rows["valid_time"]))

    def _numbers(self, rows: pd.DataFrame, cells: pd.DataFrame) -> None:
        mapping = self.mapping
        counts, waits = pd.Series(True, index=rows.index), pd.Series(False, index=rows.index)
        if mapping.status_column is not None:
            status = _folded(cells[mapping.status_column])
            counts, waits = (status.isin(map(_fold, words)) for words in (mapping.counting, mapping.not_counting))
            said = _is(cells, mapping.status_column) + ", neither `counting` nor `not_counting`: say which"
            _judge(rows, ~(counts | waits), said)
        rows["count"], rows["area_ha"] = 1.0, np.nan
        if mapping.count_column is not None:
            rows["count"] = self._number(rows, cells, mapping.count_column)
            blank = f"{mapping.count_column} is blank: say how many it stands for"
            _judge(rows, rows["count"].isna() & counts, blank)
        rows["count"] = rows["count"].mask(waits, 0.0)
        if mapping.area_column is not None:
            convert = conversion(mapping.area_column, mapping.area_unit, "hectare", "areas of events")
            rows["area_ha"] = convert(self._number(rows, cells, mapping.area_column).to_numpy())

    def _number(self, rows: pd.DataFrame, cells: pd.DataFrame, column: str) -> pd.Series:
        numbers, unread = read_numbers(cell_texts(cells[column]), self.mapping)
        unfit = pd.Series(unread | (numbers < 0), index=rows.index)
        _judge(rows, unfit, _is(cells, column) + ", not a number of at least 0")
        return pd.Series(numbers, index=rows.index)

    def _texts(self, rows: pd.DataFrame, cells: pd.DataFrame, raw: pd.DataFrame) -> None:
        mapping = self.mapping
        rows["host"] = None if mapping.host_column is None else cell_texts(cells[mapping.host_column]).replace("", None)
        identity = [cell_texts(raw[column]) for column in mapping.identity]
        rows["event"] = identity[0] if len(identity) == 1 else [_digest(texts) for texts in zip(*identity, strict=True)]
        blank = pd.Series(np.logical_and.reduce([texts == "" for texts in identity]), index=rows.index)
        _judge(rows, blank, f"{', '.join(mapping.identity)} is blank: nothing tells the event from others")
        kept = {column: cell_texts(cells[column]) for column in mapping.keep}
        kept |= {column: self._number(rows, cells, column) for column in mapping.keep_numbers}
        rows["details"] = pd.Series(None, index=rows.index, dtype=object)
        if kept:
            rows["details"] = [_as_json(row) for row in pd.DataFrame(kept).to_dict("records")]

    def _each_once(self, rows: pd.DataFrame) -> None:
        """Passes over records that repeat another, and refuses those of one event that contradict each other."""
        good = rows[(rows["reason"] == "") & (rows["aside"] == "")]
        said = good.assign(shares=good["shares"].map(lambda shares: tuple(shares.items())))
        again = said.duplicated()
        versions = said[_VERSION][~again]
        torn = pd.MultiIndex.from_frame(versions[versions.duplicated(keep=False)])
        contradict = rows.index.isin(said.index[pd.MultiIndex.from_frame(said[_VERSION]).isin(torn)])
        rows["aside"] = rows["aside"].mask(rows.index.isin(said.index[again]) & ~contradict, AGAIN)
        advice = "keep one, or add to `identity`"
        text = f"another record of this event, known at the same time, says something else: {advice}"
        _judge(rows, pd.Series(contradict, index=rows.index), text)

    def _day(self, moments: pd.Series) -> pd.Series:
        return moments.dt.tz_convert(self.zone).dt.strftime("%Y-%m-%d")


def _judge(rows: pd.DataFrame, failed: pd.Series, reason: pd.Series | str) -> None:
    """Writes the reason into failed rows that are neither refused nor passed over yet."""
    rows["reason"] = rows["reason"].mask(failed & (rows["reason"] == "") & (rows["aside"] == ""), reason)


def _is(cells: pd.DataFrame, *columns: str) -> pd.Series:
    """What stands in columns, for a reason."""
    texts = [cell_texts(cells[column]).map(repr) for column in columns]
    listed = [", ".join(row) for row in zip(*texts, strict=True)]
    return f"{', '.join(columns)} is " + pd.Series(listed, index=cells.index, dtype=object)


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _folded(cells: pd.Series) -> pd.Series:
    return cell_texts(cells).map(_fold)


def _digest(texts: tuple[str, ...]) -> str:
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:20]


def _as_json(row: Mapping[Hashable, object]) -> str:
    stated = {name: value for name, value in row.items() if value != "" and value == value}
    return json.dumps(stated, ensure_ascii=False, sort_keys=True)
