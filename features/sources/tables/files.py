"""Files: CSV, Parquet and Excel read row by row as they stand, whatever is wrong with a row."""

import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.utils.exceptions import InvalidFileException

from features.errors import HaidangError, UnknownNameError
from features.sources.tables.mapping import Written

Records = list[tuple[int, Sequence[object]]]
_BROKEN = (zipfile.BadZipFile, InvalidFileException, KeyError, pa.ArrowInvalid, gzip.BadGzipFile, EOFError, zlib.error)


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


def read_table(path: Path, mapping: Written) -> Table:
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


def _read_csv(path: Path, mapping: Written) -> tuple[list[str], Records]:
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


def _swallows(lines: list[str], fields: list[str], records: Records, mapping: Written) -> bool:
    """Whether a stray quotation mark has made one record of several lines."""
    if len(lines) == 1:
        return False
    if "".join(lines).count('"') % 2 == 1:
        return True
    header = [str(name).strip() for name in records[0][1]] if records else fields
    broken = [name for name, text in zip(header, fields, strict=False) if "\n" in text or "\r" in text]
    return len(fields) != len(header) or (bool(records) and not set(broken).isdisjoint(mapping.read_columns))


def _read_excel(path: Path, mapping: Written) -> tuple[list[str], Records]:
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


def _read_parquet(path: Path, _: Written) -> tuple[list[str], Records]:
    table = pq.read_table(path)
    columns = [column.to_pylist() for column in table.columns]
    return list(table.column_names), list(enumerate(zip(*columns, strict=True), start=1))


def _below_header(path: Path, records: Records) -> tuple[list[str], Records]:
    """Splits records into header and rows; rows without any text are none."""
    if not records:
        raise HaidangError(f"{path} has no header: check `skip_rows`, `footer_rows` and the sheet")
    header = ["" if name is None else str(name).strip() for name in records[0][1]]
    return header, [record for record in records[1:] if any(cell not in ("", None) for cell in record[1])]


_READERS: dict[str, Callable[[Path, Written], tuple[list[str], Records]]] = {
    "csv": _read_csv,
    "tsv": _read_csv,
    "txt": _read_csv,
    "parquet": _read_parquet,
    "xlsx": _read_excel,
}
