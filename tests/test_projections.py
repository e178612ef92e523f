"""Daily values of climate models, kept by model, scenario and member, in whatever calendar they count."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from gridded_samples import CENTRE, EVER, HANOI, batches, passed_over, sites_at

from features.archive import Archive
from features.errors import HaidangError
from features.ingest import ingest
from features.sources.grids.projections import Cmip6

CMIP6 = {"source_id": "MPI-ESM1-2-HR", "experiment_id": "ssp245", "variant_label": "r1i1p1f1", "frequency": "day"}
CORDEX = {
    "driving_model_id": "MPI-M-MPI-ESM-MR", "model_id": "ICTP-RegCM4-7", "experiment_id": "rcp85",
    "driving_model_ensemble_member": "r1i1p1", "frequency": "day",
}  # fmt: skip
CORDEX_CMIP6 = {
    "driving_source_id": "EC-Earth3-Veg", "source_id": "RegCM5-0", "driving_experiment_id": "ssp370",
    "experiment_id": "evaluation", "driving_variant_label": "r1i1p1f1", "frequency": "day",
}  # fmt: skip
GAUSSIAN = (20.1, 21.03, 21.97)


def days(first: str, count: int, calendar: str) -> xr.CFTimeIndex | pd.DatetimeIndex:
    """Noons of a calendar, as CMIP6 writes them."""
    times = xr.date_range(f"{first}T12:00", periods=count, freq="D", calendar=calendar, use_cftime=True)
    assert isinstance(times, xr.CFTimeIndex)
    return times


def write(
    path: Path, name: str, values: object, times: object, unit: str, attributes: dict[str, str], **told: object
) -> Path:
    """One file of CMIP6: (time, lat, lon) on a Gaussian grid with a scalar height."""
    each = np.asarray(values, dtype=float)
    whole = np.broadcast_to(each[:, None, None], (len(each), 3, 3)).copy()
    coordinates = {
        "time": times,
        "lat": ("lat", list(GAUSSIAN), {"standard_name": "latitude", "units": "degrees_north"}),
        "lon": ("lon", [106.25, 107.1875, 108.125], {"standard_name": "longitude", "units": "degrees_east"}),
        "height": 2.0,
    }
    array = xr.DataArray(whole, coordinates, ("time", "lat", "lon"), attrs={"units": unit} | told)
    path.parent.mkdir(exist_ok=True)
    xr.Dataset({name: array}, attrs=attributes).to_netcdf(path)
    return path


def rows(source: Cmip6, **asked: object) -> pd.DataFrame:
    found = batches(source, **asked)  # type: ignore[arg-type]
    return pd.concat([batch.tables["projections"] for batch in found if batch.tables], ignore_index=True)


def dated(found: pd.DataFrame) -> dict[str, float]:
    return dict(zip(found["day"].dt.strftime("%Y-%m-%d"), found["value"], strict=True))


def test_rain_and_temperature_become_rows_by_model_scenario_and_member(tmp_path: Path) -> None:
    times = days("2050-06-01", 2, "proleptic_gregorian")
    write(tmp_path / "pr.nc", "pr", [1 / 86_400, 2.5 / 86_400], times, "kg m-2 s-1", CMIP6)
    write(tmp_path / "tasmax.nc", "tasmax", [308.15, 309.15], times, "K", CMIP6)
    found = rows(Cmip6(folder=tmp_path, zone=HANOI))
    assert found[["source", "model", "scenario", "member", "site"]].drop_duplicates().to_numpy().tolist() == [
        ["cmip6", "MPI-ESM1-2-HR", "ssp245", "r1i1p1f1", "A"]
    ]
    of = found.groupby("variable")
    assert dated(of.get_group("rain")) == pytest.approx({"2050-06-01": 1.0, "2050-06-02": 2.5})
    assert dated(of.get_group("highest_air_temperature")) == pytest.approx({"2050-06-01": 35.0, "2050-06-02": 36.0})


@pytest.mark.parametrize(
    ("attributes", "model", "scenario", "member"),
    [
        (CORDEX, "MPI-M-MPI-ESM-MR/ICTP-RegCM4-7", "rcp85", "r1i1p1"),
        (CORDEX_CMIP6, "EC-Earth3-Veg/RegCM5-0", "ssp370", "r1i1p1f1"),
    ],
)
def test_a_regional_model_is_named_with_the_global_one_that_drives_it(
    tmp_path: Path, attributes: dict[str, str], model: str, scenario: str, member: str
) -> None:
    path = write(tmp_path / "tas.nc", "tas", [300.15], days("2050-06-01", 1, "standard"), "K", attributes)
    (row,) = rows(Cmip6(file=path, zone=HANOI)).to_dict("records")
    assert (row["model"], row["scenario"], row["member"]) == (model, scenario, member)
    assert (row["variable"], row["value"]) == ("air_temperature", pytest.approx(27.0))


def test_a_year_without_leap_days_has_no_29_february(tmp_path: Path) -> None:
    path = write(tmp_path / "tas.nc", "tas", 300 + np.arange(4.0), days("2048-02-27", 4, "noleap"), "K", CMIP6)
    found = dated(rows(Cmip6(file=path, zone=HANOI)))
    assert list(found) == ["2048-02-27", "2048-02-28", "2048-03-01", "2048-03-02"]
    assert found["2048-03-01"] == pytest.approx(302 - 273.15)


def test_of_a_year_of_360_days_the_days_that_do_not_exist_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "tas.nc", "tas", 300 + np.arange(5.0), days("2049-02-27", 5, "360_day"), "K", CMIP6)
    source = Cmip6(file=path, zone=HANOI)
    found = dated(rows(source))
    assert list(found) == ["2049-02-27", "2049-02-28", "2049-03-01"]
    assert found["2049-03-01"] == pytest.approx(304 - 273.15)
    assert passed_over(batches(source)) == {"are of days that no real calendar has": 2}


def test_days_far_ahead_and_long_ago_are_read(tmp_path: Path) -> None:
    write(tmp_path / "a.nc", "tas", [300.0], days("1850-01-01", 1, "proleptic_gregorian"), "K", CMIP6)
    write(tmp_path / "b.nc", "tas", [301.0], days("2299-12-31", 1, "proleptic_gregorian"), "K", CMIP6)
    found = rows(Cmip6(folder=tmp_path, zone=HANOI), start="1800-01-01", end="2301-01-01")
    assert list(dated(found)) == ["1850-01-01", "2299-12-31"]


def test_only_the_asked_days_come_in_order_with_the_point_that_was_reached(tmp_path: Path) -> None:
    times = days("2050-01-01", 800, "noleap")
    for name in ("tas", "tasmin"):
        write(tmp_path / f"{name}.nc", name, np.full(800, 300.0), times, "K", CMIP6)
    many = sites_at(**{f"S{number:02}": (21.1, 107.1) for number in range(54)})
    found = batches(Cmip6(folder=tmp_path, zone=HANOI), many, "2050-02-01", "2052-01-01")
    assert passed_over(found) == {"lie outside the asked stretch": 2 * 54 * (31 + 70)}
    assert [batch.read for batch in found[1:]] == [54 * 370] * 2 + [54 * 329] * 2
    reached = [batch.delivered_until for batch in found[1:]]
    # Of both variables of a stretch the second one completes it.
    assert reached == [None, pd.Timestamp("2051-02-06", tz=HANOI), None, pd.Timestamp("2052-01-01", tz=HANOI)]


def test_an_area_gets_its_mean_on_a_gaussian_grid(tmp_path: Path) -> None:
    path = write(tmp_path / "tas.nc", "tas", [300.15], days("2050-06-01", 1, "standard"), "K", CMIP6)
    with xr.open_dataset(path) as told:
        changed = told.load()
    changed["tas"][0, :, :] = [[290.15] * 3, [300.15] * 3, [310.15] * 3]
    changed.to_netcdf(path)
    areas = tmp_path / "areas.geojson"
    ring = shapely.to_geojson(shapely.box(107.0, 21.4, 107.2, 21.6))  # rows meet at 21.5 N
    areas.write_text(
        f'{{"type": "FeatureCollection", "features": [{{"properties": {{"code": "A"}}, "geometry": {ring}}}]}}'
    )
    found = rows(Cmip6(file=path, zone=HANOI, boundaries=areas))
    assert found["value"].item() == pytest.approx(32.0, abs=0.05)


def test_a_rotated_grid_is_read_at_the_nearest_cell(tmp_path: Path) -> None:
    across, along = np.meshgrid(np.arange(-3, 4) * 0.1, np.arange(-3, 4) * 0.1)
    values = 290.15 + np.arange(49.0).reshape(1, 7, 7)
    coordinates = {
        "time": days("2050-06-01", 1, "standard"),
        "lat": (("rlat", "rlon"), 21.0 + along + across, {"standard_name": "latitude", "units": "degrees_north"}),
        "lon": (("rlat", "rlon"), 107.0 - along + across, {"standard_name": "longitude", "units": "degrees_east"}),
        "rlat": ("rlat", np.arange(7.0), {"standard_name": "grid_latitude", "units": "degrees"}),
        "rlon": ("rlon", np.arange(7.0), {"standard_name": "grid_longitude", "units": "degrees"}),
    }
    told = xr.Dataset({"tas": (("time", "rlat", "rlon"), values, {"units": "K"})}, coordinates, CORDEX)
    told.to_netcdf(tmp_path / "tas.nc")
    found = batches(Cmip6(folder=tmp_path, zone=HANOI), sites_at(FAR=(23.0, 107.0), MID=(21.02, 107.03)))
    assert passed_over(found) == {"are of sites that the grid does not cover": 1}
    assert found[1].tables["projections"]["value"].tolist() == [pytest.approx(17.0 + 24)]
    assert [text.partition(str(tmp_path))[2] for text in found[1].remarks] == [
        "/tas.nc does not cover 1 site: FAR",
        "/tas.nc is curvilinear: the nearest cell speaks for each site",
    ]


def test_traces_of_negative_rain_are_none_and_impossible_values_are_set_aside(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", CENTRE, HANOI)
    times = days("2050-06-01", 3, "standard")
    path = write(tmp_path / "pr.nc", "pr", [-1e-9, 1 / 86_400, -5 / 86_400], times, "kg m-2 s-1", CMIP6)
    receipt = ingest(Cmip6(file=path, zone=HANOI), archive, *EVER)
    assert (receipt.read, receipt.used, receipt.unread, receipt.quarantined) == (3, 2, 1, 1)
    assert receipt.kept == {"projections": 2}
    held = archive.kept("projections").read().sort_values("day")
    assert held["value"].tolist() == pytest.approx([0.0, 1.0])
    assert held["day"].tolist() == [date(2050, 6, 1), date(2050, 6, 2)]
    (aside,) = archive.quarantined().to_dict("records")
    assert aside["source"] == "cmip6" and "pr of" in aside["reason"] and "not between 0 and 2000 mm" in aside["reason"]


def test_projections_taken_in_twice_change_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", CENTRE, HANOI)
    write(tmp_path / "data" / "a.nc", "tas", [300.0, 301.0], days("2050-06-01", 2, "standard"), "K", CMIP6)
    source = Cmip6(folder=tmp_path / "data", zone=HANOI)
    assert ingest(source, archive, *EVER).kept == {"projections": 2}
    write(tmp_path / "data" / "b.nc", "tas", [300.0, 301.0], days("2050-06-01", 2, "standard"), "K", CMIP6)
    receipt = ingest(source, archive, *EVER)
    assert (receipt.read, receipt.kept, receipt.quarantined) == (4, {"projections": 0}, 0)
    assert len(archive.kept("projections").read()) == 2


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"source_id": "X", "experiment_id": "ssp245"}, r"does not tell its variant_label, so that nobody knows whose"),
        ({}, r"does not tell its source_id, experiment_id, variant_label"),
        (CORDEX | {"model_id": " "}, r"does not tell its model_id"),
        (CMIP6 | {"frequency": "mon"}, r"tas of .*tas\.nc is not daily \(frequency mon\)"),
    ],
)
def test_a_file_that_does_not_say_what_it_is_is_refused(tmp_path: Path, attributes: dict[str, str], said: str) -> None:
    path = write(tmp_path / "tas.nc", "tas", [300.0, 301.0], days("2050-06-01", 2, "standard"), "K", attributes)
    with pytest.raises(HaidangError, match=said):
        batches(Cmip6(file=path, zone=HANOI))


def test_six_hours_and_months_are_not_days(tmp_path: Path) -> None:
    times = xr.date_range("2050-01-01", periods=4, freq="6h", use_cftime=True)
    attributes = {name: text for name, text in CMIP6.items() if name != "frequency"}
    write(tmp_path / "tas.nc", "tas", [300.0] * 4, times, "K", attributes)
    with pytest.raises(HaidangError, match="is not daily"):
        batches(Cmip6(folder=tmp_path, zone=HANOI))
    months = xr.date_range("2050-01-01", periods=4, freq="MS", use_cftime=True)
    write(tmp_path / "tas.nc", "tas", [300.0] * 4, months, "K", attributes)
    with pytest.raises(HaidangError, match="is not daily"):
        batches(Cmip6(folder=tmp_path, zone=HANOI))
