"""Small climates for tests: observed days, and files of climate models that are biased and change by what is stated."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from gridded_samples import HANOI, sites_at

from features.archive import Archive
from features.ingest import ingest
from features.sources.grids.projections import Cmip6

SITES = sites_at(A=(21.0, 107.0), B=(21.0, 108.0))
NORTHS, EASTS = (20.0, 21.0, 22.0), (107.0, 108.0)
CMIP = {"rain": ("pr", "mm day-1"), "air_temperature": ("tas", "degC"), "highest_air_temperature": ("tasmax", "degC")}
Cells = npt.NDArray[np.float64]


def weather(years: int, *, seed: int) -> dict[str, Cells]:
    """Days of years of 365 days at two sites, shape (day, site); site B is 1 K warmer and a fifth wetter."""
    random = np.random.default_rng(seed)
    day = np.tile(np.arange(365), years)[:, None]
    season = -np.cos(2 * np.pi * (day - 20) / 365)
    shape = (len(day), 2)
    temperature = 23 + 6 * season + 2 * random.standard_normal(shape) + [0, 1]
    wet = random.random(shape) < 0.35 + 0.15 * season
    rain = np.where(wet, random.gamma(0.6, 14 + 8 * season, shape), 0.0) * [1, 1.2]
    return {
        "rain": rain,
        "air_temperature": temperature,
        "highest_air_temperature": temperature + 4 + random.gamma(2, 0.5, shape),
    }


def days_of(first: int, last: int) -> pd.DatetimeIndex:
    """The days of some years but 29 February."""
    days = pd.date_range(f"{first}-01-01", f"{last}-12-31", unit="s")
    return days[(days.month != 2) | (days.day != 29)]


def observe(archive: Archive, observed: Mapping[str, Cells], first: int, last: int, *, source: str = "station") -> None:
    """Puts observed days into an archive, known on the morning after."""
    days = days_of(first, last).tz_localize(HANOI)
    for variable, values in observed.items():
        valid = days.repeat(2)
        entries = {
            "site": list(SITES.codes) * len(days), "variable": variable, "valid_time": valid,
            "known_time": valid + pd.Timedelta(days=1, hours=6), "value": values.ravel(), "source": source,
        }  # fmt: skip
        archive.append(pd.DataFrame(entries))


def write_run(
    folder: Path,
    values: Mapping[str, Cells],
    first: int,
    last: int,
    *,
    model: str,
    scenario: str,
    member: str = "r1i1p1f1",
) -> None:
    """Writes files as CMIP6 does: one for each variable, on a grid of 3 x 2 cells, without leap days."""
    folder.mkdir(parents=True, exist_ok=True)
    times = xr.date_range(f"{first}-01-01T12:00", f"{last}-12-31T12:00", freq="D", calendar="noleap", use_cftime=True)
    about = {"source_id": model, "experiment_id": scenario, "variant_label": member, "frequency": "day"}
    for variable, at_sites in values.items():
        name, unit = CMIP[variable]
        field = np.repeat(at_sites[:, None, :], 3, axis=1)
        coordinates = {
            "time": times,
            "lat": ("lat", list(NORTHS), {"standard_name": "latitude", "units": "degrees_north"}),
            "lon": ("lon", list(EASTS), {"standard_name": "longitude", "units": "degrees_east"}),
        }
        array = xr.DataArray(field, coordinates, ("time", "lat", "lon"), attrs={"units": unit})
        file = folder / f"{name}_{model}_{scenario}_{member}_{first}.nc"
        xr.Dataset({name: array}, attrs=about).to_netcdf(file)


def take_in(archive: Archive, folder: Path) -> None:
    """Ingests the files of a folder."""
    start, end = pd.Timestamp("1900-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
    ingest(Cmip6(folder=folder, zone=HANOI), archive, start, end)


def rows_of(
    values: Mapping[str, Cells], first: int, last: int, *, model: str, scenario: str, member: str = "r1i1p1f1"
) -> pd.DataFrame:
    """The rows that such files become in the archive's table of projections."""
    days = days_of(first, last)
    whose = {"source": "cmip6", "model": model, "scenario": scenario, "member": member}
    parts = [
        pd.DataFrame(
            whose
            | {
                "variable": variable,
                "site": list(SITES.codes) * len(days),
                "day": days.repeat(2),
                "value": cells.ravel(),
            }
        )
        for variable, cells in values.items()
    ]
    return pd.concat(parts)


def biased(values: Mapping[str, Cells], *, kelvin: float, factor: float) -> dict[str, Cells]:
    """The same weather as a model has it: colder or warmer, with too weak rain, and drizzle on dry days."""
    random = np.random.default_rng(99)
    drizzle = random.uniform(0.1, 0.9, values["rain"].shape)
    return {
        "rain": np.where(values["rain"] > 0, factor * values["rain"], drizzle),
        "air_temperature": values["air_temperature"] + kelvin,
        "highest_air_temperature": values["highest_air_temperature"] + kelvin,
    }


def changed(values: Mapping[str, Cells], *, kelvin: float, percent: float) -> dict[str, Cells]:
    """The same weather in a climate that is warmer and wetter."""
    return {
        "rain": values["rain"] * (1 + percent / 100),
        "air_temperature": values["air_temperature"] + kelvin,
        "highest_air_temperature": values["highest_air_temperature"] + kelvin,
    }
