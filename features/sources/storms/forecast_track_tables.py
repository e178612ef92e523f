"""Tables of forecast tracks: a CSV with a row for each position of a storm, several issue times in a file."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd

from features.errors import HaidangError, UnknownNameError
from features.sources.storms.tracks import Tracks, records_of, refuse_cells, sorted_out, take_numbers
from features.sources.tables.texts import csv_rows

_NEEDED = ("storm", "issue_time", "latitude", "longitude", "wind")
COLUMNS = (*_NEEDED, "valid_time", "lead_hours", "pressure", "radius_30kt", "radius_50kt")


def read_forecast_tracks(
    file: Path, *, columns: Mapping[str, str], factors: Mapping[str, float], source: str
) -> Tracks:
    """Reads a table of forecast tracks.

    Args:
        file: a CSV with the columns of `COLUMNS`; where it has valid_time, lead_hours is not read.
        columns: name here -> name in the file, where they differ.
        factors: what wind, pressure, radius_30kt and radius_50kt are multiplied by, to m/s, hPa and km.
        source: name of the source.

    Raises:
        HaidangError: if the file cannot be read or lacks a column.
    """
    rows = csv_rows(file)
    _, header = next(rows, (0, []))
    names = {name: columns.get(name, name) for name in COLUMNS}
    for name in _NEEDED:
        if names[name] not in header:
            raise UnknownNameError(f"column of {file}", names[name], header)
    if names["valid_time"] not in header and names["lead_hours"] not in header:
        raise HaidangError(f"{file} has neither valid_time nor lead_hours; it has {', '.join(header)}")
    records, found = records_of(header, rows, list(names.values()))
    cells = {name: found[column] for name, column in names.items()}
    records["storm"] = cells["storm"]
    refuse_cells(records, cells["storm"] == "", "{!r} is no name of a storm", cells["storm"])
    records["run"] = _moments(records, "issue_time", cells["issue_time"])
    if names["valid_time"] in header:
        records["time"] = _moments(records, "valid_time", cells["valid_time"])
    else:
        take_numbers(records, "lead_hours", cells["lead_hours"], needed=True)
        records["time"] = records["run"] + pd.to_timedelta(records["lead_hours"], unit="h").dt.as_unit("us")
    refuse_cells(records, records["time"] < records["run"], "{} lies before its issue time", records["time"])
    for name in ("latitude", "longitude"):
        take_numbers(records, name, cells[name], needed=True)
    for name, factor in factors.items():
        take_numbers(records, name, cells[name])
        records[name] *= factor
    return sorted_out(records, found, source=source, file=file)


def _moments(records: pd.DataFrame, column: str, texts: pd.Series) -> pd.Series:
    """Times as UTC; those that cannot be read or have no offset are refused."""
    known = {text: _moment(text) for text in texts.unique()}
    moments = texts.map(known).astype("datetime64[us, UTC]")
    advice = "write a time with an offset, such as 2025-07-21T00:00+00:00"
    refuse_cells(records, moments.isna(), f"{column} is {{!r}}: {advice}", texts)
    return moments


def _moment(text: str) -> pd.Timestamp | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else pd.Timestamp(moment).tz_convert("UTC")
