"""Tracks of tropical cyclones: fixes, each a position and a strength at a time, read with what is wrong with others.

Winds are means of ten minutes, as the WMO and RSMC Tokyo count them. A mean of one minute is brought to ten by 0.93,
the factor at sea of Harper, Kepert and Ginger (2010), WMO/TD-No. 1555.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.entries import QUARANTINE
from features.sources.tables.mapping import Measured
from features.sources.tables.readings import refuse
from features.sources.units import converter
from features.variables import variable_named

TEN_MINUTES_OF_ONE = 0.93
KNOT = float(converter("wind", Measured(variable="storm_strength", unit="knot"))(np.ones(1))[0])
NAUTICAL_MILE = float(converter("radius", Measured(variable="storm_distance", unit="nautical_mile"))(np.ones(1))[0])
EXTRATROPICAL = "are of an extratropical cyclone"
FAR = "are of storms that never come within 3,000 km of any site"
_KEY = ["run", "storm", "time"]
FIX = [*_KEY, "latitude", "longitude", "wind", "pressure", "radius_30kt", "radius_50kt"]
_MOMENT = "datetime64[us, UTC]"
_PLAUSIBLE = {
    "latitude": (-90.0, 90.0),
    "longitude": (-180.0, 360.0),
    "wind": (0.0, variable_named("storm_strength").high),
    "pressure": (variable_named("air_pressure").low, variable_named("air_pressure").high),
    "radius_30kt": (0.0, variable_named("storm_distance").high),
    "radius_50kt": (0.0, variable_named("storm_distance").high),
}


@dataclass(frozen=True)
class Tracks:
    """What a file of tracks holds.

    Attributes:
        fixes: one row per good fix, by run, storm and time: run (issue time of a forecast, NaT for a best track),
            storm, time (UTC), latitude and longitude (degrees), wind (m/s, mean of ten minutes), pressure (hPa),
            radius_30kt and radius_50kt (km, mean of the longest and the shortest); NaN is not given.
        rejected: columns source, reason, row: fixes that cannot be read.
        times: of all fixes that can be read, also of those that are passed over.
        unread_times: of the others, where these can be read.
        read: fixes and headers that the file holds.
        passed_over: why good fixes are of no use here -> how many of them.
        remarks: what an operator should know.
    """

    fixes: pd.DataFrame
    rejected: pd.DataFrame
    times: pd.DatetimeIndex
    unread_times: pd.DatetimeIndex
    read: int
    passed_over: Mapping[str, int]
    remarks: tuple[str, ...] = ()


def records_of(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], columns: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records of the rows of a CSV, see `sorted_out`, and their cells in some columns, "" where the file has none.

    A row that has more or fewer fields than the header is refused.
    """
    places = [header.index(name) for name in columns if name in header]
    lines, widths, picked = [], [], []
    for line, fields in rows:
        lines.append(line)
        widths.append(len(fields))
        picked.append([fields[place] if place < len(fields) else "" for place in places])
    cells = pd.DataFrame(picked, columns=[header[place] for place in places], dtype=object)
    records = begun(pd.DataFrame({"line": lines}))
    width = pd.Series(widths, dtype=int)
    refuse_cells(records, width != len(header), f"has {{}} fields, the header {len(header)}", width)
    return records, cells.reindex(columns=list(columns), fill_value="")


def begun(records: pd.DataFrame) -> pd.DataFrame:
    """The same records, nothing wrong with them yet."""
    blank = pd.Series("", records.index, dtype=object)
    return records.assign(run=pd.Series(pd.NaT, records.index, dtype=_MOMENT), reason=blank, passed_over=blank)


def refuse_cells(records: pd.DataFrame, failed: pd.Series, text: str, cells: pd.Series) -> None:
    """Refuses failed records with a text; in it `{}` stands for the cell."""
    refuse(records, failed.to_numpy(dtype=bool), lambda bad: [text.format(cell) for cell in cells[bad.index]])


def take_numbers(records: pd.DataFrame, column: str, texts: pd.Series, *, needed: bool = False) -> None:
    """Reads texts as a column of numbers; blank is NaN; what is no number, or is needed and blank, is refused."""
    stripped = texts.str.strip()
    values = pd.to_numeric(stripped, errors="coerce").astype(float)
    values = values.where(np.isfinite(values))
    refuse_cells(records, values.isna() & ((stripped != "") | needed), f"{column} is {{!r}}, not a number", texts)
    records[column] = values


def mean_radius(longest: pd.Series, shortest: pd.Series) -> pd.Series:
    """Mean of the longest and the shortest radius, from nautical miles to km; NaN where one of them is 0 or NaN."""
    mean: pd.Series = (longest + shortest).where((longest > 0) & (shortest > 0)) / 2 * NAUTICAL_MILE
    return mean


def sorted_out(records: pd.DataFrame, as_they_stood: pd.DataFrame, *, source: str, file: Path) -> Tracks:
    """Sorts records into good fixes, fixes to pass over, and fixes that cannot be.

    Args:
        records: the columns of `FIX`; line; reason, what is wrong with it ("" for nothing); and passed_over, why it is
            of no use ("" where it is). What is not plausible, or stands there twice, gets its reason here.
        as_they_stood: the cells of each record.
        source: name of the source.
        file: where they come from.
    """
    for column, (low, high) in _PLAUSIBLE.items():
        value = records[column]
        text = f"not between {low:g} and {high:g}"
        refuse_cells(records, (value < low) | (value > high), f"{column} is {{:g}}, {text}", value)
    useful = _useful(records)
    records.loc[useful.index[useful.duplicated(FIX)], "passed_over"] = "stand there twice"
    useful = _useful(records)
    torn = useful.duplicated(_KEY, keep=False).reindex(records.index, fill_value=False)
    text = "{} stands there with another position or strength for this time: keep one"
    refuse_cells(records, torn, text, records["storm"])
    bad = records[records["reason"] != ""]
    good = records[records["reason"] == ""]
    passed_over = good.loc[good["passed_over"] != "", "passed_over"].value_counts()
    where = [f"{file.name}, line {line}: {reason}" for line, reason in zip(bad["line"], bad["reason"], strict=True)]
    rows = [json.dumps(row, ensure_ascii=False) for row in as_they_stood.loc[bad.index].to_dict("records")]
    rejected = pd.DataFrame({"source": source, "reason": where, "row": rows}, columns=QUARANTINE.names, dtype=str)
    fixes = good.loc[good["passed_over"] == "", FIX].sort_values(_KEY, kind="stable").reset_index(drop=True)
    times, unread_times = pd.DatetimeIndex(good["time"]), pd.DatetimeIndex(bad["time"].dropna())
    counts = {str(why): int(count) for why, count in passed_over.items()}
    return Tracks(fixes, rejected, times, unread_times, len(records), counts)


def _useful(records: pd.DataFrame) -> pd.DataFrame:
    return records[(records["reason"] == "") & (records["passed_over"] == "")]
