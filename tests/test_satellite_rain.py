"""Rain by satellite: IMERG of half hours and days, CHIRPS of days."""

from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import pytest
import shapely
from gridded_samples import CENTRE, EVER, HANOI, batches, by_day, fetched, field, netcdf, passed_over, sites_at

from features.archive import Archive
from features.entries import Receipt
from features.errors import HaidangError
from features.ingest import ingest
from features.sources.grids.satellite_rain import Chirps, Imerg

NAN = float("nan")
HALF_HOURS = pd.date_range("2020-01-01 17:00", periods=48, freq="30min")
"""Those of 2 January 2020 in Hanoi."""


def half_hour(folder: Path, begins: pd.Timestamp, rate: object, run: str = "") -> Path:
    """One HDF5 file of IMERG V07: /Grid/precipitation(time, lon, lat) in mm/hr, seconds of a Julian calendar."""
    ends = begins + pd.Timedelta(minutes=29, seconds=59)
    path = folder / (
        f"3B-HHR{run}.MS.MRG.3IMERG.{begins:%Y%m%d}-S{begins:%H%M%S}-E{ends:%H%M%S}."
        f"{begins.hour * 60 + begins.minute:04}.V07B.HDF5"
    )
    folder.mkdir(exist_ok=True)
    with netCDF4.Dataset(path, "w") as file:
        file.FileHeader = "AlgorithmVersion=3IMERGH_7.0;"
        group = file.createGroup("Grid")
        for name, size in (("time", None), ("lon", 3), ("lat", 3)):
            group.createDimension(name, size)
        time = group.createVariable("time", "i4", ("time",))
        time.units, time.calendar, time.standard_name = "seconds since 1980-01-06 00:00:00 UTC", "julian", "time"
        time[:] = [int((begins - pd.Timestamp("1980-01-06")).total_seconds())]
        for name, first, unit in (("lon", 107.0, "degrees_east"), ("lat", 21.0, "degrees_north")):
            axis = group.createVariable(name, "f4", (name,))
            axis.units = unit
            axis[:] = first + 0.1 * np.arange(3)
        rain = group.createVariable("precipitation", "f4", ("time", "lon", "lat"), fill_value=-9999.9)
        rain.units = "mm/hr"
        rain[:] = np.broadcast_to(np.asarray(rate, dtype=float), (1, 3, 3))
    return path


def day(folder: Path, date: str, rain: float, unit: str = "mm/day", run: str = "", name: str = "precipitation") -> Path:
    """One daily NetCDF file of IMERG, (time, lon, lat)."""
    told = field([rain], [date], unit, names=("time", "lat", "lon")).transpose("time", "lon", "lat")
    stamp = date.replace("-", "")
    return netcdf(folder / f"3B-DAY{run}.MS.MRG.3IMERG.{stamp}-S000000-E235959.V07B.nc4", **{name: told})


def test_half_hours_that_begin_on_the_local_day_add_up(tmp_path: Path) -> None:
    for number, begins in enumerate(HALF_HOURS):
        half_hour(tmp_path, begins, 6.0 if number in (0, 47) else 1.0)
    half_hour(tmp_path, HALF_HOURS[-1] + pd.Timedelta(minutes=30), 50.0)
    source = Imerg(folder=tmp_path, zone=HANOI)
    found = batches(source)
    entries = pd.concat([batch.entries for batch in found])
    assert by_day(entries, "satellite_rain") == pytest.approx({"2020-01-02": 29.0})
    assert passed_over(found) == {"are of days with missing steps": 1}


def test_a_half_hour_that_is_missing_or_unknown_leaves_the_day_without_a_value(tmp_path: Path) -> None:
    for number, begins in enumerate(HALF_HOURS):
        rate = np.ones((3, 3))
        if number == 20:
            rate[0, :] = -9999.9  # the column of 107.0 E
        half_hour(tmp_path, begins, rate)
    two = sites_at(EAST=(21.1, 107.2), WEST=(21.1, 107.0))
    found = batches(Imerg(folder=tmp_path, zone=HANOI), two)
    entries = pd.concat([batch.entries for batch in found])
    assert by_day(entries, "satellite_rain", "EAST") == pytest.approx({"2020-01-02": 24.0})
    assert by_day(entries, "satellite_rain", "WEST") == {}
    assert passed_over(found) == {"hold no known value": 1}
    next(tmp_path.glob("*S033000*")).unlink()
    assert passed_over(batches(Imerg(folder=tmp_path, zone=HANOI), two)) == {"are of days with missing steps": 2}


@pytest.mark.parametrize(
    ("run", "in_name", "known"),
    [("early", "-E", "2020-01-02T21:00Z"), ("late", "-L", "2020-01-03T07:00Z"), ("final", "", "2020-04-17T17:00Z")],
)
def test_a_run_decides_when_a_value_was_known(tmp_path: Path, run: str, in_name: str, known: str) -> None:
    for begins in HALF_HOURS:
        half_hour(tmp_path, begins, 1.0, in_name)
    source = Imerg(folder=tmp_path, zone=HANOI, run=run)  # type: ignore[arg-type]
    # The local day ends at 17:00 UTC; Early comes after 4 hours, Late after 14 hours, Final after 106 days.
    assert fetched(source)["known_time"].unique() == [pd.Timestamp(known)]


def test_a_file_of_another_run_is_refused_by_name(tmp_path: Path) -> None:
    day(tmp_path, "2020-01-01", 5.0, run="-L")
    with pytest.raises(HaidangError, match=r"3B-DAY-L.*is of the late run, but source imerg reads the final run"):
        fetched(Imerg(folder=tmp_path, zone=HANOI))


def test_daily_files_keep_their_date_in_both_versions(tmp_path: Path) -> None:
    day(tmp_path, "2020-01-01", 5.0)
    day(tmp_path, "2020-01-02", 7.5, unit="mm", name="precipitationCal")
    found = fetched(Imerg(folder=tmp_path, zone=HANOI))
    assert by_day(found, "satellite_rain") == pytest.approx({"2020-01-01": 5.0, "2020-01-02": 7.5})
    # The UTC day ends at midnight UTC.
    assert found["known_time"].iloc[0] == pd.Timestamp("2020-01-02T00:00Z") + pd.Timedelta(days=106)


def test_a_fill_value_that_the_file_does_not_declare_is_no_rain(tmp_path: Path) -> None:
    day(tmp_path, "2020-01-01", -9999.9)
    assert passed_over(batches(Imerg(folder=tmp_path, zone=HANOI))) == {"hold no known value": 1}


def test_half_hours_and_days_do_not_mix(tmp_path: Path) -> None:
    day(tmp_path, "2020-01-01", 5.0)
    half_hour(tmp_path, HALF_HOURS[0], 1.0)
    with pytest.raises(HaidangError, match="source imerg reads half hours and days: name a source for each"):
        fetched(Imerg(folder=tmp_path, zone=HANOI))


def test_a_renamed_file_needs_its_step(tmp_path: Path) -> None:
    day(tmp_path, "2020-01-01", 5.0).rename(tmp_path / "rain.nc4")
    with pytest.raises(HaidangError, match=r"the name of .*rain\.nc4 does not tell its step: state `step`"):
        fetched(Imerg(folder=tmp_path, zone=HANOI))
    assert by_day(fetched(Imerg(folder=tmp_path, zone=HANOI, step="day")), "satellite_rain") == {"2020-01-01": 5.0}


@pytest.mark.parametrize("fill", [None, -9999.0])
def test_chirps_has_nothing_on_the_sea_whether_it_says_so_or_not(tmp_path: Path, fill: float | None) -> None:
    rain = np.full((2, 3, 3), 12.0)
    rain[:, :, 2] = -9999.0  # the sea in the east
    told = field(rain, ["2020-01-01", "2020-01-02"], "mm/day").to_dataset(name="precip")
    told.to_netcdf(tmp_path / "chirps-v2.0.2020.days_p05.nc", encoding={"precip": {"_FillValue": fill}})
    areas = tmp_path / "areas.geojson"
    ring = shapely.to_geojson(shapely.box(107.10, 21.05, 107.25, 21.15))
    areas.write_text(
        f'{{"type": "FeatureCollection", "features": [{{"properties": {{"code": "A"}}, "geometry": {ring}}}]}}'
    )
    two = sites_at(A=(21.1, 107.1), SEA=(21.1, 107.2))
    source = Chirps(folder=tmp_path, zone=HANOI, boundaries=areas, least_share=0.3)
    entries = fetched(source, two)
    assert by_day(entries, "satellite_rain") == pytest.approx({"2020-01-01": 12.0, "2020-01-02": 12.0})
    assert by_day(entries, "satellite_rain", "SEA") == pytest.approx({"2020-01-01": 12.0, "2020-01-02": 12.0})
    far = Chirps(folder=tmp_path, zone=HANOI, boundaries=areas, within_km=2.0, least_share=0.4)
    found = batches(far, two)
    assert passed_over(found) == {"hold no known value": 4}, "a third of the area is known, and no cell is near the sea"
    assert found[1].remarks == (
        "satellite_rain: nothing is known on enough of the area, or near enough, of 2 sites: A, SEA",
    )


def test_days_of_chirps_are_known_when_the_whole_month_is_out(tmp_path: Path) -> None:
    path = netcdf(tmp_path / "chirps.nc", precip=field([1.0], ["2020-01-01"], "mm/day"))
    found = fetched(Chirps(file=path, zone=HANOI))
    assert found["known_time"].iloc[0] == pd.Timestamp("2020-02-23T00:00Z")


def test_another_unit_converts_and_a_strange_one_is_an_error(tmp_path: Path) -> None:
    netcdf(tmp_path / "a.nc", precip=field([10.0], ["2019-12-31"], "mm/day"))
    netcdf(tmp_path / "b.nc", precip=field([1.0], ["2020-01-01"], "cm/day"))
    found = by_day(fetched(Chirps(folder=tmp_path, zone=HANOI)), "satellite_rain")
    assert found == pytest.approx({"2019-12-31": 10.0, "2020-01-01": 10.0})
    netcdf(tmp_path / "b.nc", precip=field([1.0], ["2020-01-01"], "K"))
    with pytest.raises(HaidangError, match=r"precip of .*b\.nc.*does not convert to mm"):
        fetched(Chirps(folder=tmp_path, zone=HANOI))


def test_rain_comes_into_the_archive_and_the_receipt_adds_up(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", CENTRE, HANOI)
    for number in range(1, 5):
        day(tmp_path / "data", f"2020-01-{number:02}", float(number))
    source = Imerg(folder=tmp_path / "data", zone=HANOI)
    first = pd.Timestamp("2020-01-02", tz=HANOI)
    receipt = ingest(source, archive, first, EVER[1])
    assert receipt == Receipt(accepted=3, read=4, passed_over={"lie outside the asked stretch": 1})
    assert ingest(source, archive, *EVER) == Receipt(accepted=1, duplicates=3, read=4)
