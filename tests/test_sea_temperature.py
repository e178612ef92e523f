"""Sea surface temperature by satellite: OISST and MUR, at the nearest sea cell, each edition known at its own time."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from gridded_samples import EVER, HANOI, batches, by_day, fetched, passed_over, sites_at

from features.archive import Archive
from features.ingest import ingest
from features.sources.grids.sea_temperature import Mur, Oisst

NAN = float("nan")
COAST = sites_at(A=(20.95, 107.1), INLAND=(21.9, 106.5))
NRT = {"title": "Daily MUR SST, Interim near-real-time (nrt) product",
       "history": "near real time (nrt) version created at nominal 1-day latency."}  # fmt: skip
FINAL = {"title": "Daily MUR SST, Final product",
         "history": "created at nominal 4-day latency; replaced nrt (1-day latency) version."}  # fmt: skip


def oisst(folder: Path, date: str, degrees: float, *, preliminary: bool = False) -> Path:
    """One file of OISST: sst(time, zlev, lat, lon) packed, degrees Celsius, at 12 UTC; land in the north-west."""
    values = np.full((1, 1, 4, 4), degrees)
    values[..., 2:, :2] = NAN
    told = xr.Dataset(
        {"sst": (("time", "zlev", "lat", "lon"), values, {"units": "Celsius"})},
        {
            "time": pd.DatetimeIndex([f"{date}T12:00"]),
            "zlev": ("zlev", [0.0], {"units": "meters"}),
            "lat": ("lat", [20.625, 20.875, 21.125, 21.375], {"units": "degrees_north"}),
            "lon": ("lon", [106.875, 107.125, 107.375, 107.625], {"units": "degrees_east"}),
        },
    )
    stamp = date.replace("-", "") + ("_preliminary" if preliminary else "")
    packed = {"sst": {"dtype": "int16", "scale_factor": 0.01, "add_offset": 0.0, "_FillValue": -999}}
    folder.mkdir(exist_ok=True)
    path = folder / f"oisst-avhrr-v02r01.{stamp}.nc"
    told.to_netcdf(path, encoding=packed)
    return path


def mur(folder: Path, date: str, kelvin: float, attributes: dict[str, str]) -> Path:
    """One file of MUR: analysed_sst(time, lat, lon) packed, kelvin, at 09 UTC; the row of 21 N is land."""
    values = np.full((1, 41, 41), kelvin)
    values[:, 20, :] = NAN
    told = xr.Dataset(
        {"analysed_sst": (("time", "lat", "lon"), values, {"units": "kelvin"})},
        {
            "time": pd.DatetimeIndex([f"{date}T09:00"]),
            "lat": ("lat", (20.8 + 0.01 * np.arange(41)).astype("f4"), {"units": "degrees_north"}),
            "lon": ("lon", (107.0 + 0.01 * np.arange(41)).astype("f4"), {"units": "degrees_east"}),
        },
        attributes,
    )
    packed = {"analysed_sst": {"dtype": "int16", "scale_factor": 0.001, "add_offset": 298.15, "_FillValue": -32768}}
    path = folder / f"{date.replace('-', '')}090000-JPL-L4_GHRSST-SSTfnd-MUR-GLOB-v02.0-fv04.1.nc"
    told.to_netcdf(path, encoding=packed)
    return path


def test_the_nearest_sea_cell_speaks_for_a_site(tmp_path: Path) -> None:
    oisst(tmp_path, "2020-01-01", 19.25)
    found = batches(Oisst(folder=tmp_path, zone=HANOI), COAST)
    entries = pd.concat([batch.entries for batch in found])
    assert by_day(entries, "satellite_sea_temperature") == pytest.approx({"2020-01-01": 19.25})
    assert passed_over(found) == {"are of sites that the grid does not cover": 1}


def test_inland_sites_get_nothing_and_are_told(tmp_path: Path) -> None:
    oisst(tmp_path, "2020-01-01", 19.25)
    # 21.3 N, 106.9 E: the edge of the nearest sea cell is at 107.25 E, 36 km away; to the south it is 33 km.
    inland = sites_at(A=(20.95, 107.1), INLAND=(21.3, 106.9))
    found = batches(Oisst(folder=tmp_path, zone=HANOI), inland)
    assert passed_over(found) == {"hold no known value": 1}
    assert found[1].remarks == (
        "satellite_sea_temperature: nothing is known on enough of the area, or near enough, of 1 site: INLAND",
    )
    further = fetched(Oisst(folder=tmp_path, zone=HANOI, within_km=35.0), inland)
    assert by_day(further, "satellite_sea_temperature", "INLAND") == pytest.approx({"2020-01-01": 19.25})


def test_the_area_of_a_commune_says_nothing_of_the_sea(tmp_path: Path) -> None:
    oisst(tmp_path, "2020-01-01", 19.25)
    areas = tmp_path / "areas.geojson"
    ring = shapely.to_geojson(shapely.box(106.8, 21.05, 107.2, 21.4))  # all of it on land
    areas.write_text(
        f'{{"type": "FeatureCollection", "features": [{{"properties": {{"code": "A"}}, "geometry": {ring}}}]}}'
    )
    entries = fetched(Oisst(folder=tmp_path, zone=HANOI, boundaries=areas), COAST)
    assert by_day(entries, "satellite_sea_temperature") == pytest.approx({"2020-01-01": 19.25})


def test_the_preliminary_and_the_final_value_are_both_kept_with_their_own_times(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", COAST, HANOI)
    oisst(tmp_path / "data", "2020-01-01", 19.25, preliminary=True)
    source = Oisst(folder=tmp_path / "data", zone=HANOI)
    assert ingest(source, archive, *EVER).accepted == 1
    oisst(tmp_path / "data", "2020-01-01", 19.5)
    receipt = ingest(source, archive, *EVER)
    assert (receipt.accepted, receipt.duplicates, receipt.quarantined, receipt.read) == (1, 1, 0, 4)
    found = fetched(source, COAST).set_index("value")["known_time"]
    assert found.to_dict() == {
        19.25: pd.Timestamp("2020-01-03T00:00Z"),  # a day after the UTC day is over
        19.5: pd.Timestamp("2020-01-17T00:00Z"),
    }
    days = pd.DatetimeIndex(["2020-01-10T00:00Z", "2020-02-01T00:00Z"])
    held = archive.as_of(days).past("satellite_sea_temperature", days=40)
    assert held.sel(site="A").max("back").to_numpy().tolist() == pytest.approx([19.25, 19.5])


def test_mur_is_read_in_degrees_at_a_hundredth_of_a_degree(tmp_path: Path) -> None:
    mur(tmp_path, "2020-01-01", 292.15, FINAL)
    mur(tmp_path, "2020-01-02", 293.15, NRT)
    sites = sites_at(A=(21.0, 107.1), FAR=(21.0, 106.8))
    found = batches(Mur(folder=tmp_path, zone=HANOI), sites)
    entries = pd.concat([batch.entries for batch in found])
    assert by_day(entries, "satellite_sea_temperature") == pytest.approx({"2020-01-01": 19.0, "2020-01-02": 20.0})
    assert list(entries["known_time"]) == [pd.Timestamp("2020-01-04T00:00Z"), pd.Timestamp("2020-01-06T00:00Z")]
    assert passed_over(found) == {"are of sites that the grid does not cover": 2}, "20 km west of the grid"


def test_a_year_of_daily_files_comes_in_one_batch_in_order(tmp_path: Path) -> None:
    for date in pd.date_range("2019-12-20", "2020-01-15"):
        oisst(tmp_path, f"{date:%Y-%m-%d}", 15.0 + date.day / 10)
    nothing, found = batches(Oisst(folder=tmp_path, zone=HANOI), sites_at(A=(20.95, 107.1)))
    assert nothing.read == 0 and found.read == len(found.entries) == 27
    assert found.entries["valid_time"].is_monotonic_increasing
    assert found.delivered_until == pd.Timestamp("2020-01-16", tz=HANOI)
