"""Cells: what stands in somebody's table, read as texts, numbers and moments by the rules of a mapping."""

import re
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.local_days import day_starts
from features.sources.tables.mapping import When, Written

Floats = npt.NDArray[np.float64]


def cell_texts(cells: pd.Series) -> pd.Series:
    """Cells as stripped texts; empty cells are "", whole numbers have no point."""
    return pd.Series([_text(cell) for cell in cells], index=cells.index, dtype=object)


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if cell is None or cell is pd.NaT or cell != cell:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def read_numbers(texts: pd.Series, mapping: Written) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Reads texts as numbers by the rules of a mapping.

    Returns:
        The numbers, NaN where there is none; and which texts are neither a number nor a word that the mapping states.
    """
    folded = texts.str.casefold()
    words = {word.casefold(): number for word, number in mapping.text_values.items()}
    stated = folded.map(words).astype(float).to_numpy()
    is_word = folded.isin(words).to_numpy()
    missing = folded.isin([word.casefold() for word in mapping.missing]).to_numpy() & ~is_word
    below = texts.str.startswith("<").to_numpy(dtype=bool) & (mapping.below_detection != "reject")
    plain = texts.mask(below, texts.str[1:].str.strip())
    point, comma = re.escape(mapping.decimal), re.escape(mapping.thousands or "")
    whole = rf"[0-9]{{1,3}}(?:{comma}[0-9]{{3}})+|[0-9]+" if mapping.thousands else "[0-9]+"
    number = re.compile(rf"[+-]?(?:(?:{whole})(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?")
    readable = np.array([number.fullmatch(text) is not None for text in plain], dtype=bool) & ~is_word & ~missing
    values = np.full(len(texts), np.nan)
    digits = plain[readable]
    if mapping.thousands:
        digits = digits.str.replace(mapping.thousands, "", regex=False)
    if mapping.decimal != ".":
        digits = digits.str.replace(mapping.decimal, ".", regex=False)
    values[readable] = digits.to_numpy(dtype=object).astype(float)
    values[below & (mapping.below_detection == "half")] /= 2
    values[is_word] = stated[is_word]
    return values, ~(readable | is_word | missing)


def read_times(cells: pd.DataFrame, when: When, zone: str) -> pd.DataFrame:
    """Reads the time of each row.

    Args:
        cells: the columns that `when` names, at least.
        when: how the time is written.
        zone: IANA zone of times without an offset; of two equal wall-clock times in autumn the later one is meant.

    Returns:
        Columns `moment` (UTC; the start of the local day for a date alone; NaT where nothing could be read) and `dated`
        (whether it is a date alone).
    """
    written = cells[when.column] if when.column else cell_texts(cells[when.columns[0]])
    for part in when.columns[1:]:
        written = written + "-" + cell_texts(cells[part])
    form = when.format if when.column else f"%Y-{when.month_format}" + ("-%d" if when.day else "")
    codes, distinct = pd.factorize(written.astype(object))
    known = _distinct_times(pd.Series(list(distinct), dtype=object), form, zone, clock=when.has_clock)
    rows = known.reindex(codes)
    return rows.assign(dated=rows["dated"].eq(True)).set_axis(cells.index)


def _distinct_times(cells: pd.Series, form: str, zone: str, *, clock: bool) -> pd.DataFrame:
    real = cells.map(lambda cell: isinstance(cell, date)).to_numpy(dtype=bool)
    zoned = np.array([isinstance(cell, datetime) and cell.tzinfo is not None for cell in cells], dtype=bool)
    # Without the digit pandas would take the words "now" and "today" for this moment.
    texts = cell_texts(cells[~real])
    texts = texts.where(texts.str.contains("[0-9]").astype(bool))
    read = pd.to_datetime(texts, format=form, errors="coerce", utc="%z" in form)
    zoned[~real] = "%z" in form
    moment = pd.DatetimeIndex(np.full(len(cells), "NaT", "datetime64[us]")).tz_localize("UTC").to_series(cells.index)
    wall = moment.dt.tz_localize(None)
    moment[zoned & real] = pd.to_datetime(list(cells[zoned & real]), utc=True)
    wall[~zoned & real] = pd.to_datetime(list(cells[~zoned & real]))
    (moment if "%z" in form else wall)[~real] = read
    midnight = (wall == wall.dt.normalize()).to_numpy() | (zoned & ~real)
    dated = midnight & (not clock)
    clocked = (~zoned & ~dated & wall.notna()).to_numpy()
    later = np.zeros(int(clocked.sum()), dtype=bool)
    localized = wall[clocked].dt.tz_localize(zone, ambiguous=later, nonexistent="shift_forward")
    moment[clocked] = localized.dt.tz_convert("UTC")
    days = (~zoned & dated & wall.notna()).to_numpy()
    moment[days] = day_starts(wall[days].to_numpy().astype("datetime64[D]").astype(np.int64), zone)
    return pd.DataFrame({"moment": moment, "dated": dated})
