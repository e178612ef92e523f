"""Best tracks of RSMC Tokyo: fixed columns, a header and data lines for each storm, 1951 to now.

Format of RSMC Best Track Data,
https://www.jma.go.jp/jma/jma-eng/jma-center/rsmc-hp-pub-eg/Besttracks/e_format_bst.html. Of the 169 storms of 2015 to
July 2021, nine of ten were revised for the last time within 90 days of their last fix.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import HaidangError
from features.sources.storms.past_storms import PastStorms
from features.sources.storms.tracks import (
    EXTRATROPICAL,
    KNOT,
    Tracks,
    begun,
    mean_radius,
    refuse_cells,
    sorted_out,
    take_numbers,
)
from features.sources.tables.texts import read_text

_HEADER, _DATA = "66666", "002"
_COLUMNS = {
    "time": slice(0, 8),
    "grade": slice(13, 14),
    "latitude": slice(15, 18),
    "longitude": slice(19, 23),
    "pressure": slice(24, 28),
    "wind": slice(33, 36),
    "longest_50kt": slice(42, 46),
    "shortest_50kt": slice(47, 51),
    "longest_30kt": slice(53, 57),
    "shortest_30kt": slice(58, 62),
}
_NUMBERS = tuple(name for name in _COLUMNS if name not in ("time", "grade"))
_GRADES = list("2345679")
_EXTRATROPICAL = "6"
_FIRST_YEAR_OF_1900 = 51


@dataclass(frozen=True)
class JmaBestTrack(PastStorms):
    """Tropical cyclones by the best tracks of RSMC Tokyo (JMA): distance, bearing, strength, motion, wind and rain.

    They hold the storms of the western North Pacific and the South China Sea that reached 34 knots, from their time as
    depressions on; what comes after they have become extratropical is passed over. Winds are means of ten minutes;
    none is given for depressions. The attributes are those of `PastStorms`.
    """

    name: str = "jma_best_track"
    licence: str = "RSMC Tokyo - Typhoon Center; terms of use of the JMA website"

    def read(self) -> Tracks:
        return read_best_track(self.file, source=self.name)


def read_best_track(file: Path, *, source: str) -> Tracks:
    """Reads a file of RSMC Tokyo best tracks.

    Args:
        file: bst_all.txt, or a part of it.
        source: name of the source.

    Raises:
        HaidangError: if the file cannot be read or has no header line.
    """
    lines = [(number, line) for number, line in enumerate(read_text(file).splitlines(), start=1) if line.strip()]
    records = begun(pd.DataFrame({"line": [number for number, _ in lines]}))
    line = pd.Series([line for _, line in lines], dtype=object)
    header = line.str.startswith(_HEADER)
    if not header.any():
        raise HaidangError(f"{file} has no header line (66666): is it the best track of RSMC Tokyo, unpacked?")
    number = line.str[6:10].where(header)
    named = number.str.fullmatch("[0-9]{4}").eq(True)
    records["storm"] = number.where(named | ~header, "").ffill().fillna("")
    refuse_cells(records, header & ~named, "the international number is {!r}, not four digits", number)
    data = header | line.str[9:12].eq(_DATA)
    refuse_cells(records, ~data, "{!r} begins neither a header (66666) nor a data line (002)", line.str[:12])
    refuse_cells(records, ~header & (records["storm"] == ""), "{!r} stands below no header that can be read", line)
    announced = pd.to_numeric(line.str[12:15].where(named), errors="coerce").groupby(records["storm"]).sum()
    missing = announced - (~header).groupby(records["storm"]).sum()
    lacking = missing[(missing > 0) & (missing.index != "")]
    told = tuple(f"{storm} lacks {count:g} of the fixes that its header announces" for storm, count in lacking.items())
    fixes = _fixes(records[~named].copy(), line[~named])
    return replace(sorted_out(fixes, line.to_frame("line"), source=source, file=file), remarks=told)


def _fixes(records: pd.DataFrame, lines: pd.Series) -> pd.DataFrame:
    """Records with the columns of data lines, see `sorted_out`."""
    cells = {name: lines.str[columns].fillna("") for name, columns in _COLUMNS.items()}
    stamp = cells["time"].where(cells["time"].str.fullmatch("[0-9]{8}"), "")
    of_1900 = pd.to_numeric(stamp.str[:2], errors="coerce") >= _FIRST_YEAR_OF_1900
    stamp = ("19" + stamp).where(of_1900, "20" + stamp)
    time = pd.to_datetime(stamp, format="%Y%m%d%H", errors="coerce", utc=True)
    refuse_cells(records, time.isna(), "the time is {!r}, not yymmddhh", cells["time"])
    refuse_cells(records, ~cells["grade"].isin(_GRADES), "the grade is {!r}, not one of 2 to 7 and 9", cells["grade"])
    for name in _NUMBERS:
        refuse_cells(records, ~cells[name].str.fullmatch(" *[0-9]*"), f"the {name} is {{!r}}, not digits", cells[name])
        take_numbers(records, name, cells[name], needed=name in ("latitude", "longitude"))
    return records.assign(
        time=time,
        latitude=records["latitude"] / 10.0,
        longitude=records["longitude"] / 10.0,
        wind=records["wind"].where(records["wind"] != 0) * KNOT,
        radius_30kt=mean_radius(records["longest_30kt"], records["shortest_30kt"]),
        radius_50kt=mean_radius(records["longest_50kt"], records["shortest_50kt"]),
        passed_over=np.where(cells["grade"] == _EXTRATROPICAL, EXTRATROPICAL, ""),
    )
