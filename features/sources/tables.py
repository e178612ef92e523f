"""Tables of one's own: CSV, Parquet and Excel files, read by a declared mapping of their columns."""

import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.utils.exceptions import InvalidFileException

from features.entries import ENTRIES, Batch
from features.errors import HaidangError, UnknownNameError
from features.local_days import day_numbers, day_starts
from features.sites import Sites
from features.sources.mapping import Mapping, cell_texts, converter, read_numbers, read_times
from features.variables import variable_named

Records = list[tuple[int, Sequence[object]]]
_DAY = ["site", "variable", "day"]
_BROKEN = (zipfile.BadZipFile, InvalidFileException, KeyError, pa.ArrowInvalid, gzip.BadGzipFile, EOFError, zlib.error)
_ROWS_PER_BATCH = 50_000
_RULES = {"mean": "mean", "highest": "max", "total": "sum", "last": "last"}


@dataclass(frozen=True)
class Table:
    """A file's rows as they stand.

    Attributes:
        cells: one column per column of the header; texts, and real numbers and dates where the file has them.
        line: line of the file (row of the sheet) on which each row ends.
        width: how many fields each row has.
        surplus: the fields beyond the header, by position of the row.
    """

    cells: pd.DataFrame
    line: npt.NDArray[np.int64]
    width: npt.NDArray[np.int64]
    surplus: dict[int, list[object]]

    def rows(self, places: pd.Series) -> list[str]:
        """Rows as they stood, as JSON."""
        names = list(self.cells.columns)
        picked = zip(places, self.cells.iloc[places].itertuples(index=False, name=None), strict=True)
        beyond = {place: {"beyond the header": fields} for place, fields in self.surplus.items()}
        as_stood = (dict(zip(names, row, strict=True)) | beyond.get(place, {}) for place, row in picked)
        return [json.dumps(row, ensure_ascii=False, default=str) for row in as_stood]


class TableSource:
    """A source that reads one file by a declared mapping.

    A value that is known a stated delay after its stretch is never known before its local day is over. Where a rule
    brings several rows of a day together, the value is known when its last row is known and the day is over; a total
    is not made of a day on which a row is missing or cannot be read.
    """

    def __init__(self, path: Path, mapping: Mapping, zone: str) -> None:
        """Checks variables and units; the file is read when values are fetched.

        Args:
            path: a .csv, .csv.gz, .parquet or .xlsx file.
            mapping: what its columns mean.
            zone: IANA zone of the deployment's local day, and of times without an offset.

        Raises:
            HaidangError: if a variable is not declared, or a unit is not known or does not convert.
        """
        self.path, self.mapping, self.zone = path, mapping, zone
        self.name = mapping.name
        self._converters = {name: converter(name, measured) for name, measured in mapping.measured.items()}
        self.variables: Sequence[str] = tuple(dict.fromkeys(one.variable for one in mapping.measured.values()))
        delays = [one.delay_days or 0.0 for one in mapping.measured.values()] + [mapping.delay_days or 0.0]
        self.latency = pd.Timedelta(days=mapping.latency_days if mapping.known_time else max(delays))

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields whole calendar years in order; rows whose time cannot be read come with the first batch.

        Raises:
            HaidangError: if the file cannot be read or lacks a column, or the fixed site is unknown.
        """
        table = read_table(self.path, self.mapping)
        rows = self._rows(table, sites)
        readings = self._readings(table, rows[rows["reason"] == ""])
        self._refuse_early(readings)
        if self.mapping.several == "refuse":
            self._refuse_several(readings)
            daily = readings
        else:
            self._refuse_part_of_total(readings)
            daily = self._brought_together(readings)
        entries = self._entries(daily[(daily["reason"] == "") & daily["value"].notna()], sites)
        entries = entries[(entries["valid_time"] >= start) & (entries["valid_time"] < end)]
        columns = ["place", "moment", "reason"]
        refused = pd.concat([rows.loc[rows["reason"] != "", columns], readings.loc[readings["reason"] != "", columns]])
        refused = refused[refused["moment"].isna() | (refused["moment"] >= start) & (refused["moment"] < end)]
        yield from self._by_years(table, entries, refused.sort_values("place", kind="stable"))

    def _rows(self, table: Table, sites: Sites) -> pd.DataFrame:
        """Per row of the file: place, site, moment, dated, day, known if it has a column, reason ("" if good)."""
        mapping, cells = self.mapping, table.cells
        rows = read_times(cells, mapping.valid_time, self.zone).assign(place=np.arange(len(cells)), reason="")
        rows["reason"] = rows["reason"].astype(object)
        width = len(cells.columns)
        fields = pd.Series(table.width)
        _refuse(
            rows, table.width != width, lambda bad: [f"has {n} fields, the header {width}" for n in fields[bad.index]]
        )
        self._refuse_unread(rows, cells, mapping.valid_time.columns, rows["moment"], mapping.valid_time.format)
        codes, faults = self._sites(cells, sites)
        rows["site"] = codes
        if mapping.other_sites == "reject":
            _refuse(rows, (faults != "").to_numpy(), lambda bad: list(faults[bad.index]))
        if mapping.known_time is not None:
            known = read_times(cells, mapping.known_time, self.zone)
            self._refuse_unread(rows, cells, mapping.known_time.columns, known["moment"], mapping.known_time.format)
            rows["known"] = known["moment"].where(~known["dated"], self._starts(known["moment"], days_later=1))
        rows["day"] = self._days(rows["moment"])
        return rows[(rows["reason"] != "") | (faults == "")]

    def _sites(self, cells: pd.DataFrame, sites: Sites) -> tuple[pd.Series, pd.Series]:
        """The site code of each row, and what is wrong with its site ("" if nothing)."""
        mapping = self.mapping
        if mapping.site_column is None:
            code = "" if mapping.site is None else sites.find(mapping.site).code
            return pd.Series(code, cells.index, dtype=object), pd.Series("", cells.index, dtype=object)
        texts = cell_texts(cells[mapping.site_column])
        codes, faults = {}, {}
        for text in texts.unique():
            try:
                codes[text], faults[text] = sites.find(mapping.sites.get(text, text)).code, ""
            except UnknownNameError as error:
                faults[text] = f"{mapping.site_column} is {text!r}: {error}; add it to `sites` of the mapping"
        return texts.map(codes), texts.map(faults)

    def _readings(self, table: Table, rows: pd.DataFrame) -> pd.DataFrame:
        """One row per value: the columns of `_rows`, and variable and value (NaN where not measured)."""
        mapping = self.mapping
        cells = table.cells.iloc[rows["place"]]
        if mapping.columns:
            parts = [self._part(name, rows, cell_texts(cells[name]), name) for name in mapping.columns]
        else:
            names, values = cell_texts(cells[mapping.variable_column]), cell_texts(cells[mapping.value_column])
            here = {name: (names == name).to_numpy() for name in mapping.names}
            parts = [self._part(name, rows[of], values[of], str(mapping.value_column)) for name, of in here.items()]
            others = rows[~names.isin(mapping.names).to_numpy()].assign(variable="", value=np.nan)
            if mapping.other_names == "reject":
                stated = ", ".join(mapping.names)
                fault = f"the mapping states {stated}: add it to `names`, or skip `other_names`"
                _refuse(
                    others, np.ones(len(others), dtype=bool),
                    lambda bad: [f"{mapping.variable_column} is {name!r}, {fault}" for name in names[bad.index]],
                )  # fmt: skip
                parts.append(others)
        return pd.concat(parts, ignore_index=True)

    def _part(self, name: str, rows: pd.DataFrame, texts: pd.Series, column: str) -> pd.DataFrame:
        measured = self.mapping.measured[name]
        numbers, unread = read_numbers(texts, self.mapping)
        part = rows.assign(variable=measured.variable, value=self._converters[name](numbers))
        ways = "`missing`, `text_values`, `below_detection`, `thousands` or `decimal`"
        advice = f"not a number: mend it, or state what it means in {ways}"
        _refuse(part, unread, lambda bad: [f"{column} is {text!r}, {advice}" for text in texts[bad.index]])
        if self.mapping.known_time is None:
            delay = measured.delay_days if measured.delay_days is not None else self.mapping.delay_days
            span = variable_named(measured.variable).span_days
            over = self._starts(part["moment"], days_later=max(span, 1))
            delayed = self._starts(part["moment"]) + pd.Timedelta(days=span + (delay or 0.0))
            part["known"] = delayed.where(delayed >= over, over)
        return part

    def _refuse_early(self, readings: pd.DataFrame) -> None:
        """Refuses what the archive's door cannot: it takes an early value for a forecast, or would see a whole day."""
        if self.mapping.kind == "forecast":
            return
        early = (readings["known"] < readings["moment"]).to_numpy()
        if self.mapping.several == "refuse":
            early = np.zeros(len(readings), dtype=bool)
            for name in self.variables:
                if (variable := variable_named(name)).forecast:
                    of = (readings["variable"] == name).to_numpy()
                    over = self._starts(readings["moment"], days_later=variable.span_days)
                    early |= of & (readings["known"] < over).to_numpy()
        _refuse(
            readings, early & readings["value"].notna().to_numpy(), lambda bad: [
                f"{which} is an observation known at {known.isoformat()}, before it could be: check known_time"
                for which, known in zip(_which(bad), bad["known"], strict=True)
            ],
        )  # fmt: skip

    def _refuse_several(self, readings: pd.DataFrame) -> None:
        good = readings[(readings["reason"] == "") & readings["value"].notna()]
        within = (good["moment"] != self._starts(good["moment"])).groupby([good[key] for key in _DAY]).transform("any")
        value = good[~within].groupby([*_DAY, "known"])["value"]
        lowest, highest = value.transform("min"), value.transform("max")
        advice = "state in `several` how the rows of a day become one"
        _refuse(
            readings, within.reindex(readings.index, fill_value=False).to_numpy(dtype=bool), lambda bad: [
                f"{which} is of {moment.isoformat()}, of a day with times within it: {advice}"
                for which, moment in zip(_which(bad), bad["moment"].dt.tz_convert(self.zone), strict=True)
            ],
        )  # fmt: skip
        _refuse(
            readings, (lowest != highest).reindex(readings.index, fill_value=False).to_numpy(dtype=bool), lambda bad: [
                f"{which} stands there with different values, from {low} to {high}: keep one, or {advice}"
                for which, low, high in zip(_which(bad), lowest[bad.index], highest[bad.index], strict=True)
            ],
        )  # fmt: skip

    def _refuse_part_of_total(self, readings: pd.DataFrame) -> None:
        if self.mapping.several == "total":
            lost = (readings["reason"] != "") | readings["value"].isna()
            partial = lost.groupby([readings[key] for key in self._key]).transform("any") & readings["value"].notna()
            text = "belongs to a day of which another row is missing or cannot be read: its total would be too low"
            _refuse(readings, partial.to_numpy(), lambda bad: [f"{which} {text}" for which in _which(bad)])

    def _brought_together(self, readings: pd.DataFrame) -> pd.DataFrame:
        good = readings[(readings["reason"] == "") & readings["value"].notna()].sort_values("moment", kind="stable")
        rule = _RULES[self.mapping.several]
        how = {"value": rule, "known": "max", "moment": "first", "reason": "first"}
        daily = good.groupby(self._key, sort=False, as_index=False)
        together = daily.agg({key: value for key, value in how.items() if key not in self._key})
        if self.mapping.kind == "observation":
            over = self._starts(together["moment"], days_later=1)
            together["known"] = together["known"].where(together["known"] >= over, over)
        return together

    @property
    def _key(self) -> list[str]:
        """What rows have in common that become one; each issue of a forecast stands for itself."""
        return [*_DAY, "known"] if self.mapping.kind == "forecast" else _DAY

    def _entries(self, daily: pd.DataFrame, sites: Sites) -> pd.DataFrame:
        valid_time = self._starts(daily["moment"])
        entries = daily.assign(valid_time=valid_time, known_time=daily["known"], source=self.name)
        if self.mapping.every_site:
            entries = entries.drop(columns="site").merge(pd.DataFrame({"site": list(sites.codes)}), how="cross")
        ordered: pd.DataFrame = entries.sort_values(["valid_time", "site", "variable"], kind="stable")[ENTRIES.names]
        return ordered

    def _by_years(self, table: Table, entries: pd.DataFrame, refused: pd.DataFrame) -> Iterator[Batch]:
        year, refused_year = self._years(entries["valid_time"]), self._years(refused["moment"])
        first = min([*year, *refused_year.dropna()], default=0)
        refused_year = refused_year.fillna(first)
        rows_before = year.value_counts().add(refused_year.value_counts(), fill_value=0).sort_index().cumsum()
        for _, years in rows_before.groupby((rows_before - 1) // _ROWS_PER_BATCH):
            aside = refused[refused_year.isin(years.index)]
            where = [f"{self.path.name}, line {line}: " for line in table.line[aside["place"]]]
            rejected = pd.DataFrame(
                {"source": self.name, "reason": where + aside["reason"], "row": table.rows(aside["place"])}, dtype=str
            )
            yield Batch(entries[year.isin(years.index)].reset_index(drop=True), rejected.reset_index(drop=True))

    def _years(self, moments: pd.Series) -> pd.Series:
        years: pd.Series = moments.dt.tz_convert(self.zone).dt.year
        return years

    def _refuse_unread(
        self, rows: pd.DataFrame, cells: pd.DataFrame, columns: Sequence[str], read: pd.Series, form: str
    ) -> None:
        written = f" as {form} tells" if len(columns) == 1 else ""
        _refuse(
            rows, read.isna().to_numpy(), lambda bad: [
                f"{', '.join(columns)} is {', '.join(map(repr, row))}, not a time{written}: mend it or the mapping"
                for row in cells.loc[bad.index, list(columns)].itertuples(index=False, name=None)
            ],
        )  # fmt: skip

    def _days(self, moments: pd.Series) -> npt.NDArray[np.int64]:
        return day_numbers(pd.DatetimeIndex(moments.fillna(pd.Timestamp(0, tz="UTC"))), self.zone)

    def _starts(self, moments: pd.Series, *, days_later: int = 0) -> pd.Series:
        """The start of the local day that holds each moment, or of a later one; NaT stays."""
        starts = day_starts(self._days(moments) + days_later, self.zone).as_unit("us")
        return pd.Series(starts, index=moments.index).where(moments.notna())


def read_table(path: Path, mapping: Mapping) -> Table:
    """Reads a file as it stands, and checks that it has the columns of a mapping.

    Raises:
        HaidangError: if the file is missing, broken or of another kind, or a column is missing or stands there twice.
    """
    kind = path.name.casefold().removesuffix(".gz").rpartition(".")[2]
    if kind not in _READERS:
        raise HaidangError(f"{path} is not .csv, .csv.gz, .parquet or .xlsx: save it as one of these")
    try:
        header, records = _READERS[kind](path, mapping)
    except _BROKEN as error:
        raise HaidangError(f"{path} is not a whole .{kind} file: {error}; fetch or save it again") from error
    except OSError as error:
        raise HaidangError(f"{path} cannot be read: {error.strerror}; check the path and the rights") from error
    for column in mapping.read_columns:
        if column not in header:
            raise UnknownNameError(f"column of {path}", column, header)
        if header.count(column) > 1:
            raise HaidangError(f"{path} has the column {column!r} {header.count(column)} times: name one of them anew")
    width, empty = len(header), [""] * len(header)
    surplus = {place: list(fields[width:]) for place, (_, fields) in enumerate(records) if any(fields[width:])}
    padded = [[*fields[:width], *empty[len(fields) :]] for _, fields in records]
    lengths = [
        width + len(surplus[at]) if at in surplus else min(len(row), width) for at, (_, row) in enumerate(records)
    ]
    unlike = [name if name not in header[:at] else f"{name} ({at + 1})" for at, name in enumerate(header)]
    cells = pd.DataFrame(padded, columns=unlike, dtype=object)
    return Table(cells, np.array([line for line, _ in records], dtype=np.int64), np.array(lengths), surplus)


def _read_csv(path: Path, mapping: Mapping) -> tuple[list[str], Records]:
    data = path.read_bytes()
    try:
        text = (gzip.decompress(data) if path.suffix.casefold() == ".gz" else data).decode(mapping.encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise HaidangError(f"{path} is not written in {mapping.encoding}: {error}; state its `encoding`") from error
    lines = list(io.StringIO(text.rstrip(), newline=""))
    ends = len(lines) - mapping.footer_rows
    records: Records = []
    at = mapping.skip_rows
    while at < ends:
        begun = at
        reader = csv.reader((lines[number] for number in range(begun, ends)), delimiter=mapping.separator)
        try:
            for fields in reader:
                if _swallows(lines[at : begun + reader.line_num], fields, records, mapping):
                    break
                at = begun + reader.line_num
                records.append((at, fields))
        except csv.Error:
            pass  # The line stands as it is below: a field without an end is a bad row, not a bad file.
        if at < ends:
            records.append((at + 1, lines[at].rstrip("\r\n").split(mapping.separator)))
            at += 1
    return _below_header(path, records)


def _swallows(lines: list[str], fields: list[str], records: Records, mapping: Mapping) -> bool:
    """Whether a stray quotation mark has made one record of several lines."""
    if len(lines) == 1:
        return False
    if "".join(lines).count('"') % 2 == 1:
        return True
    header = [str(name).strip() for name in records[0][1]] if records else fields
    broken = [name for name, text in zip(header, fields, strict=False) if "\n" in text or "\r" in text]
    return len(fields) != len(header) or (bool(records) and not set(broken).isdisjoint(mapping.read_columns))


def _read_excel(path: Path, mapping: Mapping) -> tuple[list[str], Records]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book.sheetnames[0] if mapping.sheet is None else mapping.sheet
        if sheet not in book.sheetnames:
            raise UnknownNameError(f"sheet of {path}", sheet, book.sheetnames)
        found = list(enumerate(book[sheet].iter_rows(values_only=True), start=1))
    finally:
        book.close()
    while found and not any(cell is not None for cell in found[-1][1]):
        found.pop()
    return _below_header(path, found[mapping.skip_rows : len(found) - mapping.footer_rows])


def _read_parquet(path: Path, _: Mapping) -> tuple[list[str], Records]:
    table = pq.read_table(path)
    columns = [column.to_pylist() for column in table.columns]
    return list(table.column_names), list(enumerate(zip(*columns, strict=True), start=1))


def _below_header(path: Path, records: Records) -> tuple[list[str], Records]:
    """Splits records into header and rows; rows without any text are none."""
    if not records:
        raise HaidangError(f"{path} has no header: check `skip_rows`, `footer_rows` and the sheet")
    header = ["" if name is None else str(name).strip() for name in records[0][1]]
    return header, [record for record in records[1:] if any(cell not in ("", None) for cell in record[1])]


def _refuse(rows: pd.DataFrame, failed: npt.NDArray[np.bool_], reasons: Callable[[pd.DataFrame], list[str]]) -> None:
    """Writes a reason into each failed row that has none yet; the reasons are told for those rows."""
    bad = failed & (rows["reason"] == "").to_numpy()
    if bad.any():
        rows.loc[bad, "reason"] = reasons(rows[bad])


def _which(readings: pd.DataFrame) -> list[str]:
    day = readings["day"].to_numpy().astype("datetime64[D]")
    named = zip(readings["variable"], readings["site"], day, strict=True)
    return [f"{variable} at {f'site {site}' if site else 'every site'} on {date}" for variable, site, date in named]


_READERS: dict[str, Callable[[Path, Mapping], tuple[list[str], Records]]] = {
    "csv": _read_csv,
    "tsv": _read_csv,
    "txt": _read_csv,
    "parquet": _read_parquet,
    "xlsx": _read_excel,
}
