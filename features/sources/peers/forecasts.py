"""What sources of peers' forecasts have in common: files of texts, local days, and rows of the kept table `peers`."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.entries import ENTRIES, Batch
from features.errors import HaidangError, UnknownNameError
from features.kept import PEERS
from features.local_days import Days, day_starts
from features.sites import Sites
from features.sources.tables.cells import cell_texts
from features.sources.tables.files import Table
from features.sources.tables.readings import refuse

Flags = npt.NDArray[np.bool_]
FATES = ("reason", "passed_over")
_OUTSIDE, _AGAIN = "lie outside the asked stretch", "stand there a second time"


def files_in(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The files of a folder and the folders in it that end so, by name; or the one file that is named.

    Raises:
        HaidangError: if there is none.
    """
    found = [folder] if folder.is_file() else sorted(folder.rglob("*"), key=lambda path: (path.name, path))
    files = [path for path in found if path.is_file() and path.name.casefold().endswith(suffixes)]
    if not files:
        raise HaidangError(
            f"{folder} holds no {' or '.join(suffixes)} file: name the folder of the forecasts, or a file"
        )
    return files


def records_of(table: Table) -> pd.DataFrame:
    """The rows of a file as texts, with the columns reason and passed_over, both "" where a row is used."""
    records = table.cells.apply(cell_texts).assign(reason="", passed_over="").astype(object)
    width = len(table.cells.columns)
    refuse(
        records,
        table.width != width,
        lambda bad: [f"has {n} fields, the header {width}" for n in table.width[bad.index]],
    )
    return records


def dates_of(texts: pd.Series) -> pd.Series:
    """Dates as they are written in a CSV, where a Parquet file may hold the moments at which they begin."""
    return texts.str.removesuffix(" 00:00:00")


def days_of(records: pd.DataFrame, column: str, *, missing: tuple[str, ...] = ()) -> pd.Series:
    """Reads a column of dates as day numbers; rows without one are refused unless they say that it is missing."""
    texts = dates_of(records[column])
    read = pd.to_datetime(
        texts.where(texts.str.fullmatch(r"\d{4}-\d{2}-\d{2}").astype(bool)), format="%Y-%m-%d", errors="coerce"
    )
    unread = (read.isna() & ~texts.isin(missing)).to_numpy()
    refuse(
        records, unread, lambda bad: [f"{column} is {text!r}, not a date such as 2024-05-06" for text in bad[column]]
    )
    return (read.dt.as_unit("s").astype("int64") // 86_400).astype(float).where(read.notna())


def starts_of(days: pd.Series, zone: str) -> pd.Series:
    """The moments at which local days begin; NaT for NaN."""
    numbers: Days = days.fillna(0).to_numpy(np.int64)
    return pd.Series(day_starts(numbers, zone).as_unit("us"), index=days.index).where(days.notna())


def pass_over(records: pd.DataFrame, failed: npt.ArrayLike, why: str) -> None:
    """Says of good records why they bring nothing here."""
    good = np.asarray(failed, dtype=bool) & ((records["reason"] == "") & (records["passed_over"] == "")).to_numpy()
    records.loc[good, "passed_over"] = why


def used(records: pd.DataFrame) -> pd.Series:
    """Which records are neither refused nor passed over."""
    return (records["reason"] == "") & (records["passed_over"] == "")


def keep_once(
    records: pd.DataFrame, keys: pd.DataFrame, same: pd.Series, which: Callable[[pd.DataFrame], list[str]]
) -> None:
    """Passes over what stands there twice, and refuses forecasts of one key that differ: nothing says which is right.

    Args:
        records: of a file.
        keys: columns that make a forecast one; the rows of `records`.
        same: equal where two records of one key are the same.
        which: names the forecasts of records, for the reason.
    """
    good = used(records)
    told = keys[good].assign(same=same[good])
    distinct = told.drop_duplicates()
    torn = distinct[distinct.duplicated(list(keys.columns), keep=False)]
    differs = pd.MultiIndex.from_frame(told[list(keys.columns)]).isin(
        pd.MultiIndex.from_frame(torn[list(keys.columns)])
    )
    failed = good.to_numpy().copy()
    failed[failed] = differs
    refuse(records, failed, lambda bad: [f"{name} stands there with different values: keep one" for name in which(bad)])
    pass_over(records, ~records.index.isin(distinct.index), _AGAIN)


def pass_over_outside(records: pd.DataFrame, valid_from: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> None:
    """Passes over forecasts whose period does not begin in the asked stretch."""
    pass_over(records, ~((valid_from >= start) & (valid_from < end)), _OUTSIDE)


def sites_of(locations: pd.Series, sites: Sites, named: Mapping[str, str]) -> pd.Series:
    """Our code of each location, "" where it is none of our sites.

    Args:
        locations: the peer's names.
        sites: ours.
        named: the peer's name -> our code or name, where they differ.
    """
    codes = {}
    for location in locations.unique():
        try:
            codes[location] = sites.find(named.get(location, location)).code
        except UnknownNameError:
            codes[location] = ""
    return locations.map(codes)


def batch_of(path: Path, table: Table, records: pd.DataFrame, rows: pd.DataFrame, source: str) -> Batch:
    """A batch of peers' forecasts: the rows of the kept table, and what became of each record."""
    bad = records.index[records["reason"] != ""]
    where = [f"{path.name}, line {line}: " for line in table.line[bad]]
    as_stood = table.rows(pd.Series(bad, dtype=np.int64))
    rejected = pd.DataFrame({"source": source, "reason": where + records["reason"][bad], "row": as_stood}, dtype=str)
    passed = records.loc[(records["reason"] == "") & (records["passed_over"] != ""), "passed_over"]
    return Batch(
        ENTRIES.empty_table().to_pandas(),
        rejected.reset_index(drop=True),
        read=len(records),
        unread=len(bad),
        passed_over={str(why): int(count) for why, count in passed.value_counts().items()},
        tables={"peers": rows.assign(source=source)[PEERS.schema.names].reset_index(drop=True)},
    )
