"""Small gridded files in the formats of the providers, and sites that lie on them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import eccodes
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from features.entries import Batch
from features.ingest import Source
from features.sites import Site, Sites

HANOI = "Asia/Ho_Chi_Minh"
EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
LATITUDES = (21.2, 21.1, 21.0)
LONGITUDES = (107.0, 107.1, 107.2)
Cells = npt.NDArray[np.float64]


def sites_at(**places: tuple[float, float]) -> Sites:
    """Sites by code, each at a latitude and a longitude."""
    return Sites([Site(code, code, code, *place, {}) for code, place in places.items()])


CENTRE = sites_at(A=(21.1, 107.1))


def field(
    values: npt.ArrayLike,
    times: Sequence[str] | pd.DatetimeIndex,
    unit: str | None = "K",
    *,
    latitudes: Sequence[float] = LATITUDES,
    longitudes: Sequence[float] = LONGITUDES,
    names: tuple[str, str, str] = ("time", "latitude", "longitude"),
    attributes: Mapping[str, str] | None = None,
) -> xr.DataArray:
    """A field (time, latitude, longitude); one value for each time is the value of all cells."""
    told = np.asarray(values, dtype=float)
    moments = pd.DatetimeIndex(times)
    shape = (len(moments), len(latitudes), len(longitudes))
    whole = np.broadcast_to(told[:, None, None] if told.ndim == 1 else told, shape)
    coordinates = {
        names[0]: moments,
        names[1]: (names[1], list(latitudes), {"units": "degrees_north"}),
        names[2]: (names[2], list(longitudes), {"units": "degrees_east"}),
    }
    attrs = dict(attributes or {}) | ({} if unit is None else {"units": unit})
    return xr.DataArray(whole.copy(), coordinates, names, attrs=attrs)


def netcdf(
    path: Path, kind: str = "NETCDF4", *, attributes: Mapping[str, str] | None = None, **fields: xr.DataArray
) -> Path:
    """Writes fields into a NetCDF file."""
    dataset = xr.Dataset(dict(fields), attrs=dict(attributes or {}))
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.to_netcdf(path, format=kind, engine="netcdf4")
    return path


def hours(first: str, count: int) -> pd.DatetimeIndex:
    """Hours from a moment, UTC."""
    return pd.date_range(first, periods=count, freq="h")


def grib(path: Path, messages: Iterable[tuple[str, str, int, Cells]], spacing: float = 0.1) -> Path:
    """Writes a GRIB file as ECMWF does, from messages (short name, time of the forecast or analysis, step, cells).

    Cells are on a 3 x 3 grid, the first at 21.2 N, 107.0 E; NaN is a missing value. Step 0 is a value at the moment,
    another one an amount since the time.
    """
    handle = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib1")
    stated: dict[str, object] = {
        "centre": "ecmf", "Ni": 3, "Nj": 3, "latitudeOfFirstGridPointInDegrees": 21.2,
        "latitudeOfLastGridPointInDegrees": 21.2 - 2 * spacing, "longitudeOfFirstGridPointInDegrees": 107.0,
        "longitudeOfLastGridPointInDegrees": 107.0 + 2 * spacing, "iDirectionIncrementInDegrees": spacing,
        "jDirectionIncrementInDegrees": spacing, "bitsPerValue": 16, "bitmapPresent": 1, "missingValue": 9999.0,
    }  # fmt: skip
    with path.open("wb") as file:
        for short, moment, step, values in messages:
            time = pd.Timestamp(moment)
            stated |= {"shortName": short, "dataDate": int(f"{time:%Y%m%d}"), "dataTime": time.hour * 100}
            stated |= {"stepType": "accum" if step else "instant", "stepRange": f"0-{step}" if step else "0"}
            for name, value in stated.items():
                eccodes.codes_set(handle, name, value)
            eccodes.codes_set_values(handle, np.where(np.isnan(values), 9999.0, values).ravel())
            eccodes.codes_write(handle, file)
            stated = {}
    eccodes.codes_release(handle)
    return path


def cells(value: float) -> Cells:
    """The same value in all cells."""
    return np.full((3, 3), value)


def fetched(source: Source, sites: Sites = CENTRE, start: str | None = None, end: str | None = None) -> pd.DataFrame:
    """All entries of a source."""
    return pd.concat([batch.entries for batch in batches(source, sites, start, end)], ignore_index=True)


def batches(source: Source, sites: Sites = CENTRE, start: str | None = None, end: str | None = None) -> list[Batch]:
    """All batches of a source, whose counts must add up."""
    first, last = (pd.Timestamp(day, tz=HANOI) if day else ever for day, ever in zip((start, end), EVER, strict=True))
    found = list(source.fetch(sites, first, last))
    for batch in found:
        kept = sum(len(rows) for rows in batch.tables.values())
        assert batch.read == len(batch.entries) + kept + sum(batch.passed_over.values()) + batch.unread
    return found


def by_day(entries: pd.DataFrame, variable: str, site: str = "A") -> dict[str, float]:
    """Local date -> value."""
    chosen = entries[(entries["variable"] == variable) & (entries["site"] == site)]
    days = chosen["valid_time"].dt.tz_convert(HANOI).dt.strftime("%Y-%m-%d")
    assert days.is_unique
    return dict(zip(days, chosen["value"], strict=True))


def passed_over(found: Sequence[Batch]) -> dict[str, int]:
    """Why records brought nothing -> how many, over all batches."""
    counts = pd.Series([count for batch in found for count in batch.passed_over.values()], dtype=int)
    return counts.groupby([why for batch in found for why in batch.passed_over]).sum().to_dict()
