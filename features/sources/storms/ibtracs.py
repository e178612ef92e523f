"""Best tracks of IBTrACS, version 4: CSV with a line of names and a line of units, one row per fix, all agencies.

Columns: https://www.ncei.noaa.gov/products/international-best-track-archive. TOKYO_WIND is a mean of ten minutes,
USA_WIND of one minute; what other agencies tell is not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import HaidangError
from features.sources.storms.past_storms import PastStorms
from features.sources.storms.tracks import (
    EXTRATROPICAL,
    KNOT,
    TEN_MINUTES_OF_ONE,
    Tracks,
    mean_radius,
    records_of,
    refuse_cells,
    sorted_out,
    take_numbers,
)
from features.sources.tables.texts import csv_rows

_UNITS = {
    "LAT": "degrees_north",
    "LON": "degrees_east",
    "TOKYO_WIND": "kts",
    "TOKYO_PRES": "mb",
    "TOKYO_R50_LONG": "nmile",
    "TOKYO_R50_SHORT": "nmile",
    "TOKYO_R30_LONG": "nmile",
    "TOKYO_R30_SHORT": "nmile",
    "USA_WIND": "kts",
    "USA_PRES": "mb",
}
_STRENGTHS = ("TOKYO_WIND", "TOKYO_PRES", "USA_WIND", "USA_PRES")
_TEXTS = ("SID", "ISO_TIME", "NATURE", "TRACK_TYPE")
_NEEDED = ("SID", "ISO_TIME", "LAT", "LON")
_EXTRATROPICAL = "ET"


@dataclass(frozen=True)
class Ibtracs(PastStorms):
    """Tropical cyclones by the best tracks of IBTrACS (NOAA): distance, bearing, strength, motion, wind and rain.

    The wind is that of RSMC Tokyo; where it gives none it is that of the American agencies, times 0.93. Fixes of spur
    tracks, which other agencies put elsewhere, and of extratropical cyclones are passed over. The file must hold the
    waters around the sites: of the western North Pacific, or of all basins. The attributes are those of `PastStorms`.
    """

    name: str = "ibtracs"
    licence: str = "NOAA NCEI IBTrACS; public domain"

    def read(self) -> Tracks:
        return read_ibtracs(self.file, source=self.name)


def read_ibtracs(file: Path, *, source: str) -> Tracks:
    """Reads a CSV of IBTrACS version 4.

    Args:
        file: for instance ibtracs.WP.list.v04r01.csv; columns that it lacks are not given.
        source: name of the source.

    Raises:
        HaidangError: if the file cannot be read, lacks a column or the line of units, or a unit is another.
    """
    rows = csv_rows(file)
    _, header = next(rows, (0, []))
    if missing := [name for name in _NEEDED if name not in header]:
        raise HaidangError(f"{file} lacks the columns {', '.join(missing)}: is it a CSV of IBTrACS version 4?")
    if not {"TOKYO_WIND", "USA_WIND"} & set(header):
        raise HaidangError(f"{file} has neither TOKYO_WIND nor USA_WIND: fetch the whole table")
    _, units = next(rows, (0, []))
    _check_units(file, dict(zip(header, units, strict=False)))
    records, cells = records_of(header, rows, [*_TEXTS, *_UNITS])
    refuse_cells(records, cells["SID"] == "", "{!r} is no SID", cells["SID"])
    time = pd.to_datetime(cells["ISO_TIME"], format="%Y-%m-%d %H:%M:%S", errors="coerce", utc=True)
    refuse_cells(records, time.isna(), "ISO_TIME is {!r}, not YYYY-MM-DD hh:mm:ss", cells["ISO_TIME"])
    for name in _UNITS:
        take_numbers(records, name, cells[name], needed=name in _NEEDED)
    given = {name: records[name].where(records[name] != 0) for name in _STRENGTHS}
    spur = cells["TRACK_TYPE"].str.casefold().str.contains("spur")
    fates = [(spur, "are of a spur track"), (cells["NATURE"] == _EXTRATROPICAL, EXTRATROPICAL)]
    records = records.assign(
        storm=cells["SID"],
        time=time,
        latitude=records["LAT"],
        longitude=records["LON"],
        wind=given["TOKYO_WIND"].fillna(given["USA_WIND"] * TEN_MINUTES_OF_ONE) * KNOT,
        pressure=given["TOKYO_PRES"].fillna(given["USA_PRES"]),
        radius_30kt=mean_radius(records["TOKYO_R30_LONG"], records["TOKYO_R30_SHORT"]),
        radius_50kt=mean_radius(records["TOKYO_R50_LONG"], records["TOKYO_R50_SHORT"]),
        passed_over=np.select([test for test, _ in fates], [why for _, why in fates], ""),
    )
    return sorted_out(records, cells, source=source, file=file)


def _check_units(file: Path, told: Mapping[str, str]) -> None:
    for name, unit in _UNITS.items():
        if told.get(name, unit) != unit:
            raise HaidangError(
                f"{file}: the second line tells that {name} is in {told[name]!r}, not {unit!r}: fetch IBTrACS version 4"
            )
