"""Fields: the variables of NetCDF, HDF5 and GRIB files, opened lazily, with their axes found by what they mean.

Packed values, fill values, times and calendars are decoded by xarray after the CF conventions
(https://cfconventions.org/Data/cf-conventions/cf-conventions-1.12/cf-conventions.html). NetCDF of the classic kind is
read by SciPy, because the NetCDF library reads the lost end of a file that was cut short as zeros; of GRIB a message
that is cut short is an error, which cfgrib would else leave out.
"""

import warnings
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import cfgrib
import dask.array
import netCDF4
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from eccodes import CodesInternalError

from features.errors import HaidangError

Moments = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]
_HDF5_GROUP = "Grid"  # where the HDF5 files of IMERG keep their variables
_GRIB_SUFFIXES = (".grib", ".grb", ".grib1", ".grb1", ".grib2", ".grb2")
_BROKEN = (RuntimeError, ValueError, KeyError, IndexError, TypeError, EOFError, CodesInternalError)
_CELLS_AT_ONCE = 4_000_000
_GRIB_TIMES_AT_ONCE = 128
# CF conventions, sections 4.1 and 4.2, and the names that files without attributes use.
_UNITS = {
    "latitude": {"degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn"},
    "longitude": {"degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese"},
}
_NAMES = {"latitude": {"latitude", "lat", "nav_lat"}, "longitude": {"longitude", "lon", "nav_lon"}}


@dataclass(frozen=True, eq=False)
class Field:
    """One variable of one file.

    Attributes:
        file: where it stands.
        name: the provider's name of it.
        array: dims (time, y, x), lazy; NaN where the file holds no value.
        moments: of each time, UTC, by the file's own calendar; NaT for a day that no real calendar has.
        latitude: degrees north, of each y, or of each (y, x) on a curvilinear grid.
        longitude: degrees east, likewise.
        latitude_bounds: (y, 2), where the file tells them.
        longitude_bounds: (x, 2), where the file tells them.
        unit: as the file writes it; "" where it does not.
        packing: step between two values of a packed variable, in its unit; 0 for one that is not packed.
        attributes: of the variable and, before these, of the file.
    """

    file: Path
    name: str
    array: xr.DataArray
    moments: Moments
    latitude: Floats
    longitude: Floats
    latitude_bounds: Floats | None
    longitude_bounds: Floats | None
    unit: str
    packing: float
    attributes: Mapping[str, object]


@contextmanager
def open_fields(file: Path, names: Collection[str]) -> Iterator[tuple[Field, ...]]:
    """The variables of a file that bear one of these names, as long as it is open; none where it holds none of them.

    Raises:
        HaidangError: if the file is missing, broken or of another kind, or the axes of a variable are not known.
    """
    with read_whole(file), ExitStack() as opened:
        datasets = [opened.enter_context(dataset) for dataset in _datasets(file)]
        yield tuple(_field(file, name, dataset) for dataset in datasets for name in names if name in dataset.data_vars)


@contextmanager
def read_whole(file: Path) -> Iterator[None]:
    """Tells faults in reading a file by its name, and what to do."""
    try:
        yield
    except HaidangError:
        raise
    except FileNotFoundError as error:
        raise HaidangError(f"{file} cannot be read: {error.strerror}; check the path") from error
    except (OSError, *_BROKEN) as error:
        told = " ".join(str(error).split())[:200] or type(error).__name__
        raise HaidangError(f"{file} is not a whole NetCDF, HDF5 or GRIB file: {told}; fetch it again") from error


def _datasets(file: Path) -> Sequence[xr.Dataset]:
    with file.open("rb") as opened:
        begins = opened.read(4)
    if begins == b"GRIB" or file.suffix.casefold() in _GRIB_SUFFIXES:
        return list(_of_grib(file))
    if begins == b"CDF\x05":
        raise HaidangError(f"{file} is NetCDF of the kind CDF-5, whose cut ends nobody sees: run nccopy -k nc4 on it")
    if begins[:3] == b"CDF":
        return [_opened(file, "scipy", None)]
    with netCDF4.Dataset(file) as told:
        groups = [None, _HDF5_GROUP] if _HDF5_GROUP in told.groups else [None]
    return [_opened(file, "netcdf4", group) for group in groups]


def _of_grib(file: Path) -> Iterator[xr.Dataset]:
    """One dataset for each parameter; the file is looked through once, and no index is left beside it."""
    messages = cfgrib.FileStream(str(file), errors="raise")
    index = cfgrib.FieldsetIndex.from_fieldset(messages, cfgrib.compute_index_keys(), cfgrib.COMPUTED_KEYS)
    for parameter in index["paramId"]:
        told = cfgrib.open_from_index(index.subindex(paramId=parameter), errors="raise")
        variables = {name: (of.dimensions, _lazy(of.data), of.attributes) for name, of in told.variables.items()}
        yield xr.decode_cf(xr.Dataset(variables, attrs=told.attributes), decode_timedelta=False)


def _lazy(data: Any) -> Any:
    """Fields that lie on disk as chunks of some times; eccodes reads one at a time."""
    if not isinstance(data, cfgrib.dataset.OnDiskArray):
        return data
    chunks = (*(min(size, _GRIB_TIMES_AT_ONCE) for size in data.shape[:-2]), *data.shape[-2:])
    meta = np.zeros((0,) * len(data.shape), data.dtype)
    return dask.array.from_array(data, chunks, lock=True, meta=meta)  # type: ignore[no-untyped-call]


def _opened(file: Path, engine: str, group: str | None) -> xr.Dataset:
    stated = {} if group is None else {"group": group}
    with warnings.catch_warnings():
        # Times outside the range of a calendar are decoded all the same.
        warnings.simplefilter("ignore", xr.SerializationWarning)
        return xr.open_dataset(
            file,
            engine=engine,
            decode_times=xr.coders.CFDatetimeCoder(time_unit="us"),
            decode_timedelta=False,
            **stated,  # type: ignore[arg-type]
        )


def _field(file: Path, name: str, dataset: xr.Dataset) -> Field:
    which = f"{name} of {file}"
    told = dataset[name]
    times = _times(told, which)
    latitude, longitude = (_coordinate(told, kind, which) for kind in ("latitude", "longitude"))
    space = latitude.dims if latitude.ndim == 2 else latitude.dims + longitude.dims
    if latitude.ndim != longitude.ndim or len(set(space)) != 2:
        raise HaidangError(
            f"{which}: latitudes along {latitude.dims} and longitudes along {longitude.dims} are no grid"
        )
    array = _along_time(told.drop_vars(list(told.coords)), times.dims, space)
    others = [dim for dim in array.dims if dim not in ("time", *space)]
    if many := [dim for dim in others if array.sizes[dim] > 1]:
        raise HaidangError(f"{which} has {array.sizes[many[0]]} values along {many[0]} at each place: take one out")
    return Field(
        file,
        name,
        array.squeeze(others).transpose("time", *space),
        _moments(times.to_numpy().ravel(), which),
        latitude.to_numpy().astype(float),
        longitude.to_numpy().astype(float),
        _bounds(dataset, latitude),
        _bounds(dataset, longitude),
        str(told.attrs.get("units", "")),
        float(told.encoding.get("scale_factor", 0.0)),
        {**told.attrs, **dataset.attrs},
    )


def _times(array: xr.DataArray, which: str) -> xr.DataArray:
    """The coordinate that tells when values hold; of forecast times and steps in GRIB it is their sum."""
    stated = [str(name) for name, of in array.coords.items() if of.attrs.get("standard_name") == "time"]
    for name in ("valid_time", *stated, "time"):
        if name in array.coords:
            return array.coords[name]
    raise HaidangError(f"{which} has no time: its coordinates are {', '.join(map(str, array.coords)) or 'none'}")


def _along_time(array: xr.DataArray, timed: tuple[Hashable, ...], space: tuple[Hashable, ...]) -> xr.DataArray:
    """The array along one dimension `time` in place of those that tell the time, with one version of each value."""
    if "expver" in array.dims or len(timed) > 1:
        cells = int(np.prod([array.sizes[dim] for dim in space]))
        array = array.chunk({timed[0]: max(_CELLS_AT_ONCE // cells, 1)})
    if "expver" in array.dims:
        # Of ERA5 (1) and ERA5T (5) each time has one, and the other is empty there.
        versions = [array.isel(expver=at) for at in range(array.sizes["expver"])]
        array = reduce(xr.DataArray.fillna, versions)
    if not timed:
        return array.expand_dims("time")
    if len(timed) > 1:
        return array.stack(moment=timed, create_index=False).rename(moment="time")  # noqa: PD013  (xarray's stack)
    return array.rename({timed[0]: "time"}) if timed[0] != "time" else array


def _moments(times: npt.NDArray[np.generic], which: str) -> Moments:
    if np.issubdtype(times.dtype, np.datetime64):
        return times.astype("datetime64[us]")
    if times.dtype != object:
        raise HaidangError(f"{which} has times of no meaning: give them units, such as days since 1970-01-01")
    labels = [time.isoformat() for time in times]
    return pd.to_datetime(labels, format="ISO8601", errors="coerce").to_numpy().astype("datetime64[us]")


def _coordinate(array: xr.DataArray, kind: str, which: str) -> xr.DataArray:
    """The coordinate that tells latitude or longitude: by its standard name, else by its units, else by its name."""
    for name, of in array.coords.items():
        unit = str(of.attrs.get("units", "")).casefold().replace(" ", "_")
        by_name = unit in ("", "degrees") and str(name).casefold() in _NAMES[kind]
        if of.attrs.get("standard_name", kind) == kind and (
            "standard_name" in of.attrs or unit in _UNITS[kind] or by_name
        ):
            return of
    raise HaidangError(
        f"{which} has no {kind} among its coordinates {', '.join(map(str, array.coords)) or '(none)'}: bring it to a "
        f"grid of degrees, with the units degrees_north and degrees_east"
    )


def _bounds(dataset: xr.Dataset, of: xr.DataArray) -> Floats | None:
    name = of.attrs.get("bounds")
    if of.ndim != 1 or name not in dataset or dataset[name].shape != (of.size, 2):
        return None
    return dataset[name].to_numpy().astype(float)
