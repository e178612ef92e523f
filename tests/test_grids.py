"""Gridded fields become values of sites: by area, by the nearest cell that has values, or not at all."""

from collections.abc import Callable, Mapping
from math import cos, radians, sin
from pathlib import Path

import numpy as np
import pytest
import shapely
import xarray as xr
from gridded_samples import LATITUDES, LONGITUDES, cells, field, grib, netcdf, sites_at
from shapely.geometry.base import BaseGeometry

from features.errors import HaidangError
from features.sites import Sites
from features.sources.grids import site_reader
from features.sources.grids.cf_units import cf_unit, step_converter
from features.sources.grids.files import OpenFiles, Part, files_of, parts_of
from features.sources.grids.site_reader import SiteReader

NO_AREAS: Mapping[str, BaseGeometry] = {}
NAN = float("nan")
FOUR = np.array([[10.0, 20.0], [30.0, 40.0]])  # rows from the south
SQUARE = ((21.05, 21.15), (107.05, 107.15))
"""Centres of four cells that reach from 21.0 to 21.2 N and from 107.0 to 107.2 E."""


def grid(values: object, latitudes: object = SQUARE[0], longitudes: object = SQUARE[1], **told: object) -> xr.DataArray:
    return field([values], ["2020-01-01"], latitudes=latitudes, longitudes=longitudes, **told)  # type: ignore[arg-type]


def read(
    path: Path,
    sites: Sites,
    areas: Mapping[str, BaseGeometry] = NO_AREAS,
    *,
    within_km: float = 0.0,
    least_share: float = 0.5,
    curvilinear: bool = False,
    lowest: float = -np.inf,
) -> tuple[list[list[float]], list[bool]]:
    """Values of all times at the sites, NaN as None, and which sites are covered."""
    with OpenFiles(("t",)) as opened:
        told = {"within_km": within_km, "least_share": least_share}
        reader = SiteReader(sites, areas, opened, **told, curvilinear=curvilinear)
        (part,) = parts_of([path], opened, {"t": "K"})
        values, covered = reader.read(part, np.arange(len(part.moments)), lowest)
    return values.tolist(), covered.tolist()


def looked_through(path: Path, names: tuple[str, ...], units: Mapping[str, str]) -> list[Part]:
    with OpenFiles(names) as opened:
        return parts_of([path], opened, units)


def at_site(path: Path, area: BaseGeometry, least_share: float = 0.5) -> float:
    ((value,),), _ = read(path, sites_at(A=(21.0, 107.0)), {"A": area}, least_share=least_share)
    return value


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(array: xr.DataArray, kind: str = "NETCDF4") -> Path:
        return netcdf(tmp_path / "field.nc", kind, t=array)

    return written


Write = Callable[..., Path]


def test_an_area_gets_the_mean_of_its_cells_by_the_part_of_each_that_lies_in_it(write: Write) -> None:
    area = shapely.box(107.0, 21.0, 107.15, 21.2)  # all of the western cells, half of the eastern ones
    south, north = sin(radians(21.1)) - sin(radians(21.0)), sin(radians(21.2)) - sin(radians(21.1))
    expected = (south * (10 + 20 / 2) + north * (30 + 40 / 2)) / (1.5 * (south + north))
    assert at_site(write(grid(FOUR)), area) == pytest.approx(expected, rel=1e-6)


def test_cells_far_from_the_equator_are_smaller(write: Write) -> None:
    path = write(grid([[0.0, 0.0], [1.0, 1.0]], (5.0, 65.0), (105.0, 115.0)))
    # Two bands, from 25 S to 35 N and from 35 N to 95 N, of which the earth has 35 N to 90 N.
    area = shapely.box(100.0, -25.0, 110.0, 90.0)
    bands = sin(radians(25)) + sin(radians(35)), 1 - sin(radians(35))
    assert at_site(path, area) == pytest.approx(bands[1] / sum(bands), rel=1e-6)


def test_cells_without_a_value_do_not_count(write: Write) -> None:
    area = shapely.box(107.0, 21.0, 107.2, 21.2)
    path = write(grid([[10.0, NAN], [NAN, 40.0]]))
    south, north = sin(radians(21.1)) - sin(radians(21.0)), sin(radians(21.2)) - sin(radians(21.1))
    assert at_site(path, area, 0.4) == pytest.approx((south * 10 + north * 40) / (south + north), rel=1e-6)
    assert np.isnan(at_site(path, area, 0.6)), "half of the area is known, and six tenths are asked for"


def test_what_lies_beyond_the_grid_is_not_known(write: Write) -> None:
    path = write(grid(FOUR))
    third_outside = shapely.box(107.0, 21.0, 107.3, 21.1)
    assert at_site(path, third_outside, 0.6) == pytest.approx(15.0)
    assert np.isnan(at_site(path, third_outside, 0.7))
    assert at_site(path, shapely.box(107.05, 21.05, 107.15, 21.15), 1.0) == pytest.approx(25.0, rel=1e-3)


def test_an_area_much_smaller_than_a_cell_gets_the_value_of_its_cell(write: Write) -> None:
    pond = shapely.box(107.16, 21.13, 107.1605, 21.1304)  # 50 m
    assert at_site(write(grid(FOUR)), pond, 1.0) == pytest.approx(40.0)


def test_an_area_of_islands_gets_the_mean_over_all_of_them(write: Write) -> None:
    islands = shapely.union_all([shapely.box(107.0, 21.0, 107.1, 21.1), shapely.box(107.1, 21.1, 107.15, 21.2)])
    south, north = sin(radians(21.1)) - sin(radians(21.0)), sin(radians(21.2)) - sin(radians(21.1))
    assert at_site(write(grid(FOUR)), islands) == pytest.approx((south * 10 + north * 20) / (south + north / 2), 1e-6)


@pytest.mark.parametrize("names", [("time", "lat", "lon"), ("valid_time", "latitude", "longitude"), ("time", "y", "x")])
def test_axes_may_run_either_way_and_bear_any_name(write: Write, names: tuple[str, str, str]) -> None:
    area = shapely.box(107.0, 21.0, 107.1, 21.1)
    rising = grid(FOUR, names=names)
    assert at_site(write(rising), area) == pytest.approx(10.0)
    assert at_site(write(rising.isel({names[1]: slice(None, None, -1)})), area) == pytest.approx(10.0)
    assert at_site(write(rising.isel({names[2]: slice(None, None, -1)})), area) == pytest.approx(10.0)
    assert at_site(write(rising.transpose(names[0], names[2], names[1])), area) == pytest.approx(10.0)


def test_axes_without_attributes_are_known_by_their_names(write: Write) -> None:
    told = grid(FOUR, names=("time", "nav_lat", "nav_lon"))
    told["nav_lat"].attrs, told["nav_lon"].attrs = {}, {}
    assert at_site(write(told), shapely.box(107.0, 21.0, 107.1, 21.1)) == pytest.approx(10.0)


def test_longitudes_may_be_counted_from_0_to_360(write: Write) -> None:
    california = sites_at(A=(37.1, -122.1))
    path = write(grid([[1.0, 2.0, 3.0]] * 3, (37.0, 37.1, 37.2), (237.8, 237.9, 238.0)))
    assert read(path, california) == ([[2.0]], [True])
    area = {"A": shapely.box(-122.25, 37.0, -122.05, 37.1)}
    ((value,),), _ = read(path, california, area)
    assert value == pytest.approx(1.5)


def test_sites_on_both_sides_of_the_seam_of_the_grid_are_read(write: Write) -> None:
    path = write(grid([np.arange(36.0)] * 3, (-10.0, 0.0, 10.0), np.arange(0.0, 360.0, 10.0)))
    greenwich = sites_at(E=(0.0, 8.0), W=(0.0, -12.0))
    assert read(path, greenwich) == ([[1.0, 35.0]], [True, True])


def test_an_area_across_the_seam_gets_its_mean(write: Write) -> None:
    path = write(grid([np.arange(36.0)] * 3, (-10.0, 0.0, 10.0), np.arange(0.0, 360.0, 10.0)))
    assert at_site(path, shapely.box(-15.0, -5.0, 5.0, 5.0)) == pytest.approx((35.0 + 0.0) / 2)


def test_cells_reach_as_far_as_their_bounds_say(tmp_path: Path) -> None:
    told = xr.Dataset({"t": grid(FOUR)})
    told["latitude"].attrs["bounds"], told["longitude"].attrs["bounds"] = "latitude_bnds", "longitude_bnds"
    told["latitude_bnds"] = (("latitude", "bnds"), [[21.0, 21.1], [21.1, 21.2]])
    told["longitude_bnds"] = (("longitude", "bnds"), [[107.0, 107.06], [107.06, 107.3]])
    told.to_netcdf(tmp_path / "bounds.nc")
    area = shapely.box(107.0, 21.0, 107.3, 21.1)
    assert at_site(tmp_path / "bounds.nc", area) == pytest.approx((10 * 0.06 + 20 * 0.24) / 0.30)
    half = shapely.box(107.03, 21.0, 107.18, 21.1)
    assert at_site(tmp_path / "bounds.nc", half) == pytest.approx((10 * 0.03 + 20 * 0.12) / 0.15)


def test_rows_of_a_gaussian_grid_are_not_equally_wide(write: Write) -> None:
    path = write(grid([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], (20.0, 21.0, 22.1), (107.0, 108.0)))
    # Edges at 19.5, 20.5, 21.55 and 22.65: of 20 to 22 N the rows hold 0.5 of 1, 1.05 of 1.05 and 0.45 of 1.1 degrees.
    edges = [sin(radians(degrees)) for degrees in (19.5, 20.5, 21.55, 22.65)]
    weights = [part * (edges[row] - edges[row - 1]) for row, part in ((1, 0.5), (2, 1.0), (3, 0.45 / 1.1))]
    expected = (weights[0] + 2 * weights[1] + 3 * weights[2]) / sum(weights)
    assert at_site(path, shapely.box(106.6, 20.0, 107.4, 22.0)) == pytest.approx(expected, rel=1e-9)


def test_a_site_without_an_area_gets_the_cell_that_holds_it(write: Write) -> None:
    corners = sites_at(NE=(21.19, 107.19), SW=(21.01, 107.01), IN=(21.09, 107.11))
    assert read(write(grid(FOUR)), corners) == ([[20.0, 40.0, 10.0]], [True] * 3)  # in the order IN, NE, SW


def test_a_site_beyond_the_grid_gets_nothing_and_is_told(write: Write) -> None:
    values, covered = read(write(grid(FOUR)), sites_at(FAR=(21.1, 110.0), IN=(21.05, 107.05)))
    assert values[0][1] == 10.0 and np.isnan(values[0][0])
    assert covered == [False, True]
    values, covered = read(write(grid(FOUR)), sites_at(FAR=(-33.0, 18.0)))
    assert np.isnan(values[0][0]) and covered == [False]
    elsewhere = {"A": shapely.box(10.0, 50.0, 11.0, 51.0)}
    values, covered = read(write(grid(FOUR)), sites_at(A=(50.5, 10.5)), elsewhere)
    assert np.isnan(values[0][0]) and covered == [False]


def test_the_nearest_sea_cell_speaks_for_a_site_on_land_if_it_is_near_enough(write: Write) -> None:
    sea = [[NAN, NAN, 3.0], [NAN, NAN, NAN], [1.0, NAN, NAN]]
    path = write(grid(sea, (21.0, 21.1, 21.2), (107.0, 107.1, 107.2)))
    shore = sites_at(A=(21.1, 107.14))
    # The edges of the cell in the south-east are at 21.05 N and 107.15 E: 5.6 km and 1.0 km away.
    away = 111.195 * np.hypot(0.05, 0.01 * cos(radians(21.05)))
    assert away == pytest.approx(5.655, abs=0.01)
    assert read(path, shore, within_km=away + 0.05)[0] == [[3.0]]
    values, covered = read(path, shore, within_km=away - 0.05)
    assert np.isnan(values[0][0]) and covered == [True]
    values, covered = read(path, shore, within_km=0.0)
    assert np.isnan(values[0][0]) and covered == [True], "the cell that holds the site has no value"


def test_a_cell_with_a_value_at_any_time_looked_at_is_sea(write: Write) -> None:
    clouded = field(
        [[[NAN, 5.0]] * 2, [[1.0, 5.0]] * 2, [[NAN, 5.0]] * 2], ["2020-01-01", "2020-01-02", "2020-01-03"],
        latitudes=SQUARE[0], longitudes=SQUARE[1],
    )  # fmt: skip
    values, _ = read(write(clouded), sites_at(A=(21.05, 107.05)), within_km=30.0)
    assert np.isnan(values[0][0]) and values[1][0] == 1.0 and np.isnan(values[2][0])


def test_values_below_the_lowest_are_none(write: Write) -> None:
    area = shapely.box(107.0, 21.0, 107.2, 21.1)
    path = write(grid([[-9999.0, 20.0], [30.0, 40.0]]))
    ((value,),), _ = read(path, sites_at(A=(21.0, 107.0)), {"A": area}, lowest=0.0)
    assert value == pytest.approx(20.0)


def test_all_times_are_read_whatever_fits_into_memory(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(field(np.arange(50.0), np.arange("2020-01-01", "2020-02-20", dtype="datetime64[D]")))
    whole = read(path, sites_at(A=(21.1, 107.1)))
    assert [value for (value,) in whole[0]] == list(range(50))
    monkeypatch.setattr(site_reader, "_CELLS_AT_ONCE", 20)
    assert read(path, sites_at(A=(21.1, 107.1))) == whole


def test_weights_are_worked_out_once_for_a_grid_and_anew_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    weights = site_reader.site_weights

    def counted(*arguments: object) -> object:
        made.append(arguments)
        return weights(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(site_reader, "site_weights", counted)
    area = {"A": shapely.box(107.05, 21.05, 107.15, 21.15)}
    fine = [netcdf(tmp_path / f"{year}.nc", t=field([year], [f"{year}-01-01"])) for year in (2018, 2019)]
    coarse = netcdf(
        tmp_path / "2020.nc",
        t=field([2020], ["2020-01-01"], latitudes=(20.5, 21.0, 21.5), longitudes=(106.5, 107, 107.5)),
    )
    with OpenFiles(("t",)) as opened:
        reader = SiteReader(sites_at(A=(21.1, 107.1)), area, opened, within_km=0.0, least_share=0.5)
        parts = parts_of([*fine, coarse], opened, {})
        assert [reader.read(part, np.array([0]))[0].item() for part in parts] == [2018.0, 2019.0, 2020.0]
    assert len(made) == 2


def rotated() -> xr.Dataset:
    """A grid turned by 45 degrees, about 0.14 degrees from cell to cell, around 21 N, 107 E."""
    across, along = np.meshgrid(np.arange(-3, 4) * 0.1, np.arange(-3, 4) * 0.1)
    values = np.arange(49.0).reshape(1, 7, 7)
    coordinates = {
        "time": np.array(["2020-01-01"], "datetime64[ns]"),
        "lat": (("rlat", "rlon"), 21.0 + along + across, {"standard_name": "latitude", "units": "degrees_north"}),
        "lon": (("rlat", "rlon"), 107.0 - along + across, {"standard_name": "longitude", "units": "degrees_east"}),
        "rlat": ("rlat", np.arange(7.0), {"standard_name": "grid_latitude", "units": "degrees"}),
        "rlon": ("rlon", np.arange(7.0), {"standard_name": "grid_longitude", "units": "degrees"}),
    }
    return xr.Dataset({"t": (("time", "rlat", "rlon"), values)}, coordinates)


def test_a_curvilinear_grid_is_refused_by_name_or_read_at_the_nearest_cell(tmp_path: Path) -> None:
    rotated().to_netcdf(tmp_path / "rotated.nc")
    sites = sites_at(FAR=(23.0, 107.0), MID=(21.02, 107.03), SE=(20.79, 107.21))
    with pytest.raises(HaidangError, match=r"the grid of t in .*rotated\.nc is curvilinear"):
        read(tmp_path / "rotated.nc", sites)
    values, covered = read(tmp_path / "rotated.nc", sites, curvilinear=True)
    assert covered == [False, True, True]
    # The middle cell is number 24; two rows to the south-east lies number 10, at 20.8 N, 107.2 E.
    assert np.isnan(values[0][0]) and values[0][1:] == [24.0, 10.0]


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (grid([[1.0, 2.0]], (21.0,)), r"latitude: 1 value tells no width of cells"),
        (grid([[1.0] * 4] * 2, longitudes=(107.0, 107.1, 107.5, 107.6)), r"longitude: nothing lies between 107\.1 and"),
        (grid(FOUR).rename(latitude="row"), r"has no latitude"),
        (grid(FOUR).expand_dims(level=[1, 2]), r"has 2 values along level at each place: take one out"),
        (grid(FOUR).squeeze("time", drop=True), r"t of .* has no time"),
        (grid(FOUR).assign_coords(time=[7.5]), r"t of .* has times of no meaning: give them units"),
    ],
)
def test_what_is_no_grid_is_refused_by_name(write: Write, array: xr.DataArray, said: str) -> None:
    if "row" in array.coords:
        array["row"].attrs = {}
    with pytest.raises(HaidangError, match=said):
        read(write(array), sites_at(A=(21.05, 107.05)))


def test_one_level_is_no_hindrance(write: Write) -> None:
    path = write(grid(FOUR).expand_dims(zlev=[0.0]).transpose("time", "zlev", ...))
    assert read(path, sites_at(A=(21.05, 107.05))) == ([[10.0]], [True])


def test_packed_and_missing_values_are_decoded(tmp_path: Path) -> None:
    packed = {"t": {"dtype": "int16", "scale_factor": 0.01, "add_offset": 300.0, "_FillValue": -32767}}
    xr.Dataset({"t": grid([[299.5, NAN], [301.25, 302.0]])}).to_netcdf(tmp_path / "packed.nc", encoding=packed)
    (part,) = looked_through(tmp_path / "packed.nc", ("t",), {})
    assert part.packing == 0.01
    values, _ = read(tmp_path / "packed.nc", sites_at(NW=(21.15, 107.05), SE=(21.05, 107.15), SW=(21.05, 107.05)))
    assert values[0][0] == pytest.approx(301.25) and np.isnan(values[0][1]) and values[0][2] == pytest.approx(299.5)


@pytest.mark.parametrize("kind", ["NETCDF3_CLASSIC", "NETCDF3_64BIT", "NETCDF4"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_file_that_was_cut_short_is_told_by_name(write: Write, kind: str, share: float) -> None:
    path = write(field(np.arange(200.0), np.arange("2020-01-01", "2020-07-19", dtype="datetime64[D]")), kind)
    whole = path.read_bytes()
    assert read(path, sites_at(A=(21.1, 107.1)))[0][199] == [199.0]
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(HaidangError, match=r"field\.nc is not a whole NetCDF, HDF5 or GRIB file: .*fetch it again"):
        read(path, sites_at(A=(21.1, 107.1)))


def test_a_kind_of_netcdf_whose_end_cannot_be_checked_is_refused(write: Write) -> None:
    path = write(grid(FOUR), "NETCDF3_64BIT_DATA")
    with pytest.raises(HaidangError, match=r"field\.nc is NetCDF of the kind CDF-5.*nccopy -k nc4"):
        read(path, sites_at(A=(21.1, 107.1)))


def test_a_grib_file_that_was_cut_short_is_told_by_name(tmp_path: Path) -> None:
    path = grib(tmp_path / "t.grib", [("2t", f"2020-01-01T{hour:02}:00", 0, cells(290.0 + hour)) for hour in range(3)])
    assert len(looked_through(path, ("t2m",), {})[0].moments) == 3
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(HaidangError, match=r"t\.grib is not a whole NetCDF, HDF5 or GRIB file"):
        looked_through(path, ("t2m",), {})
    assert [file.name for file in tmp_path.iterdir()] == ["t.grib"], "no index is left beside the file"


def test_what_is_no_gridded_file_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "page.nc").write_text("<html>sign in first</html>")
    with pytest.raises(HaidangError, match=r"page\.nc is not a whole NetCDF"):
        looked_through(tmp_path / "page.nc", ("t",), {})
    with pytest.raises(HaidangError, match=r"nowhere\.nc cannot be read: No such file"):
        looked_through(tmp_path / "nowhere.nc", ("t",), {})


def test_a_variable_without_units_is_refused_unless_they_are_stated(write: Write) -> None:
    path = write(grid(FOUR, unit=None))
    with pytest.raises(HaidangError, match=r"t of .*field\.nc has no units: state them, units = \{t = "):
        looked_through(path, ("t",), {})
    assert looked_through(path, ("t",), {"t": "degC"})[0].unit == "degC"
    with pytest.raises(HaidangError, match=r"none of 1 files, the first .*field\.nc, holds any of tp, t2m"):
        looked_through(path, ("tp", "t2m"), {})


def test_files_are_named_one_by_one_by_a_pattern_or_by_their_folder(tmp_path: Path) -> None:
    for name in ("b.nc", "a.grib", "deep/c.h5", "d.zip", "e.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    in_folder = files_of(None, tmp_path, "era5")
    assert [file.name for file in in_folder] == ["a.grib", "b.nc", "c.h5"]
    assert [file.name for file in files_of(tmp_path / "?.*", tmp_path, "era5")] == ["a.grib", "b.nc", "d.zip", "e.txt"]
    assert files_of(tmp_path / "e.txt", None, "era5") == [tmp_path / "e.txt"]
    with pytest.raises(HaidangError, match="source era5 reads files: state `folder`, or `file`"):
        files_of(None, None, "era5")
    with pytest.raises(HaidangError, match=r"there is no file .*\*\.hdf: check the path"):
        files_of(tmp_path / "*.hdf", None, "era5")
    with pytest.raises(HaidangError, match=r"nowhere holds no file that ends in"):
        files_of(None, tmp_path / "nowhere", "era5")


@pytest.mark.parametrize(
    ("variable", "written", "expected"),
    [
        ("air_temperature", "K", -272.15), ("air_temperature", "degrees C", 1.0), ("air_temperature", "Celsius", 1.0),
        ("air_temperature", "degree_Celsius", 1.0), ("air_temperature", "kelvin", -272.15),
        ("rain", "m of water equivalent", 1000.0), ("rain", "m", 1000.0), ("rain", "kg m-2", 1.0),
        ("rain", "kg m-2 s-1", 86_400.0), ("rain", "kg m**-2 s**-1", 86_400.0), ("rain", "mm/hr", 24.0),
        ("rain", "mm/day", 1.0), ("rain", "mm d-1", 1.0), ("monthly_rain_rate", "m per day", 1000.0),
        ("wind_speed", "m s**-1", 1.0), ("wind_speed", "m s-1", 1.0), ("wind_speed", "m s^-1", 1.0),
        ("wind_speed", "km/h", 1 / 3.6), ("soil_moisture", "m**3 m**-3", 1.0), ("soil_moisture", "m3 m-3", 1.0),
        ("solar_radiation", "J m**-2", 1e-6), ("solar_radiation", "W m-2", 0.0864), ("air_pressure", "Pa", 0.01),
        ("relative_humidity", "%", 1.0), ("relative_humidity", "1", 100.0),
    ],
)  # fmt: skip
def test_units_are_read_as_gridded_files_write_them(variable: str, written: str, expected: float) -> None:
    assert step_converter("x", variable, written, 24.0)(np.array([1.0])).item() == pytest.approx(expected)


@pytest.mark.parametrize(("variable", "written"), [("rain", "K"), ("air_temperature", "mm"), ("wind_speed", "m")])
def test_a_unit_that_does_not_convert_is_told_with_its_field(variable: str, written: str) -> None:
    with pytest.raises(HaidangError, match=f"'tp of a.nc'.*does not convert to .*the unit of {variable}"):
        step_converter("tp of a.nc", variable, written, 24.0)


def test_an_unknown_unit_is_told() -> None:
    assert cf_unit("furlongs per fortnight") == "furlongs/fortnight"
    with pytest.raises(HaidangError, match="does not know the unit 'smoots'"):
        step_converter("x", "rain", "smoots", 24.0)


def test_the_grid_of_the_samples_is_the_one_that_they_say() -> None:
    assert (LATITUDES, LONGITUDES) == ((21.2, 21.1, 21.0), (107.0, 107.1, 107.2))
