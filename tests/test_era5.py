"""ERA5 and ERA5-Land: hours, days and months of NetCDF and GRIB become local days and months of sites."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from gridded_samples import (
    CENTRE,
    EVER,
    HANOI,
    batches,
    by_day,
    cells,
    fetched,
    field,
    grib,
    hours,
    netcdf,
    passed_over,
    sites_at,
)

from features.archive import Archive
from features.boundaries import read_boundaries
from features.entries import Receipt
from features.errors import HaidangError
from features.ingest import ingest
from features.settings import BUILT_IN_SITES, Settings
from features.sites import read_sites
from features.sources.catalogue import source_named
from features.sources.grids.era5 import Era5, relative_humidity

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
# 17 UTC is midnight in Hanoi: these 48 hours are the local days of 2 and 3 January 2020.
TWO_DAYS = hours("2020-01-01 17:00", 48)
COARSE = {"latitudes": (21.25, 21.0, 20.75), "longitudes": (106.75, 107.0, 107.25)}
NAN = float("nan")


def era5(path: Path, **settings: object) -> Era5:
    return Era5(file=path, zone=HANOI, **settings)  # type: ignore[arg-type]


def test_hours_become_the_mean_the_highest_and_the_lowest_temperature_of_the_local_day(tmp_path: Path) -> None:
    kelvin = np.concatenate([np.full(24, 290.15), 290.15 + np.arange(24.0)])
    found = fetched(era5(netcdf(tmp_path / "t.nc", t2m=field(kelvin, TWO_DAYS))))
    assert by_day(found, "air_temperature") == pytest.approx({"2020-01-02": 17.0, "2020-01-03": 28.5})
    assert by_day(found, "highest_air_temperature") == pytest.approx({"2020-01-02": 17.0, "2020-01-03": 40.0})
    assert by_day(found, "lowest_air_temperature") == pytest.approx({"2020-01-02": 17.0, "2020-01-03": 17.0})
    assert set(found["source"]) == {"era5"}


def test_a_value_is_known_five_days_after_its_local_day(tmp_path: Path) -> None:
    found = fetched(era5(netcdf(tmp_path / "t.nc", t2m=field(np.full(48, 290.0), TWO_DAYS))))
    first = found[found["variable"] == "air_temperature"].iloc[0]
    assert first["valid_time"] == pd.Timestamp("2020-01-02", tz=HANOI)
    assert first["known_time"] == pd.Timestamp("2020-01-08", tz=HANOI)


def test_rain_of_an_hour_stands_at_its_end(tmp_path: Path) -> None:
    metres = np.zeros(49)
    metres[0], metres[1], metres[24], metres[25] = 0.099, 0.001, 0.002, 0.004
    path = netcdf(tmp_path / "tp.nc", tp=field(metres, hours("2020-01-01 17:00", 49), "m", **COARSE))  # type: ignore[arg-type]
    found = fetched(era5(path))
    # What stands at 17:00 UTC fell before midnight in Hanoi: of 1 January one hour is there, and the day has no value.
    assert by_day(found, "rain") == pytest.approx({"2020-01-02": 3.0, "2020-01-03": 4.0})
    assert passed_over(batches(era5(path))) == {"are of days with missing steps": 1}


def totals_since_midnight(amounts: list[float], first: str) -> np.ndarray:
    """What ERA5-Land stores, from amounts of hours: at each hour's end the total since 00 UTC."""
    ends = hours(first, len(amounts)) + pd.Timedelta(hours=1)
    totals, total = [], 0.0
    for end, amount in zip(ends, amounts, strict=True):
        total = amount if end.hour == 1 else total + amount
        totals.append(total)
    return np.array(totals)


def test_totals_since_midnight_of_era5_land_become_amounts_of_hours(tmp_path: Path) -> None:
    amounts = [0.0] * 72
    # From 1 January 00 UTC: 3 mm in the hour to 17 UTC (still 1 January in Hanoi), 4 mm in the next one, 5 mm in the
    # hour to 00 UTC and 6 mm in the one after, 7 mm in the hour to 17 UTC and 8 mm after it.
    amounts[16], amounts[17], amounts[23], amounts[24], amounts[40], amounts[41] = 3e-3, 4e-3, 5e-3, 6e-3, 7e-3, 8e-3
    land = totals_since_midnight(amounts, "2020-01-01 00:00")
    assert land[23] == pytest.approx(0.012), "at 00 UTC stands the whole day before"
    path = netcdf(tmp_path / "land.nc", tp=field(land, hours("2020-01-01 01:00", 72), "m"))
    found = batches(era5(path))
    assert by_day(pd.concat([batch.entries for batch in found]), "rain") == pytest.approx(
        {"2020-01-02": 4 + 5 + 6 + 7, "2020-01-03": 8.0}
    )
    assert passed_over(found) == {"are of days with missing steps": 2}, "1 and 4 January are there in part"


def test_the_hour_before_the_asked_days_is_found_in_another_file(tmp_path: Path) -> None:
    land = field(totals_since_midnight([1e-3] * 48, "2020-01-01 00:00"), hours("2020-01-01 01:00", 48), "m")
    netcdf(tmp_path / "a.nc", tp=land.isel(time=slice(0, 17)))  # the last hour is the one to 17 UTC
    netcdf(tmp_path / "b.nc", tp=land.isel(time=slice(17, None)))
    found = fetched(Era5(folder=tmp_path, zone=HANOI), CENTRE, "2020-01-02", "2020-01-03")
    assert by_day(found, "rain") == pytest.approx({"2020-01-02": 24.0})


def test_an_hour_that_is_missing_leaves_the_day_without_a_value(tmp_path: Path) -> None:
    amounts = totals_since_midnight([1e-3] * 72, "2020-01-01 00:00")
    whole = field(amounts, hours("2020-01-01 01:00", 72), "m")
    path = netcdf(tmp_path / "land.nc", tp=whole.drop_isel(time=[30]))  # the hour to 07 UTC of 2 January
    found = batches(era5(path))
    assert by_day(pd.concat([batch.entries for batch in found]), "rain") == pytest.approx({"2020-01-03": 24.0})
    assert passed_over(found) == {"are of days with missing steps": 3}


def test_the_day_on_which_clocks_change_has_an_hour_less(tmp_path: Path) -> None:
    # In Berlin 29 March 2020 had 23 hours, from 23 UTC of the 28th to 22 UTC of the 29th.
    values = np.concatenate([np.full(23, 280.15), np.full(24, 290.15)])
    path = netcdf(tmp_path / "t.nc", t2m=field(values, hours("2020-03-28 23:00", 47)))
    found = fetched(Era5(file=path, zone="Europe/Berlin"))
    means = found.loc[found["variable"] == "air_temperature", ["valid_time", "value"]].to_numpy().tolist()
    assert means == [
        [pd.Timestamp("2020-03-29", tz="Europe/Berlin"), pytest.approx(7.0)],
        [pd.Timestamp("2020-03-30", tz="Europe/Berlin"), pytest.approx(17.0)],
    ]


def test_a_missing_hour_leaves_the_next_one_unknown_too(tmp_path: Path) -> None:
    whole = field(totals_since_midnight([1e-3] * 96, "2020-01-01 00:00"), hours("2020-01-01 01:00", 96), "m")
    # Without the total at 17 UTC, the last of 2 January in Hanoi, the first hour of the 3rd is not known either.
    path = netcdf(tmp_path / "land.nc", tp=whole.drop_sel(time="2020-01-02 17:00"))
    assert by_day(fetched(era5(path)), "rain") == pytest.approx({"2020-01-04": 24.0})


def test_an_hour_without_a_value_at_a_site_leaves_that_site_without_one(tmp_path: Path) -> None:
    values = np.full((48, 3, 3), 290.0)
    values[30, 1, 1] = NAN
    path = netcdf(tmp_path / "t.nc", t2m=field(values, TWO_DAYS))
    two = sites_at(A=(21.1, 107.1), B=(21.0, 107.0))
    found = batches(era5(path), two)
    entries = pd.concat([batch.entries for batch in found])
    assert list(by_day(entries, "air_temperature")) == ["2020-01-02"]
    assert list(by_day(entries, "air_temperature", "B")) == ["2020-01-02", "2020-01-03"]
    assert passed_over(found) == {"hold no known value": 3}  # mean, highest and lowest


def test_radiation_adds_up_in_megajoules(tmp_path: Path) -> None:
    joules = np.where(hours("2020-01-01 18:00", 48).hour < 11, 1.5e6, 0.0)  # the hours to 00 .. 10 UTC
    path = netcdf(tmp_path / "ssrd.nc", ssrd=field(joules, hours("2020-01-01 18:00", 48), "J m**-2", **COARSE))  # type: ignore[arg-type]
    assert by_day(fetched(era5(path)), "solar_radiation") == pytest.approx({"2020-01-02": 16.5, "2020-01-03": 16.5})


def test_the_strongest_hourly_wind_and_gust_of_the_day(tmp_path: Path) -> None:
    calm, gale = np.full(48, 1.0), np.full(48, 1.0)
    calm[5], gale[5] = 3.0, -4.0
    gusts = np.full(48, 2.0)
    gusts[23], gusts[24] = 20.0, 9.0  # in the hours that end at 17 UTC, the last of 2 January, and at 18 UTC
    path = netcdf(
        tmp_path / "wind.nc",
        u10=field(calm, TWO_DAYS, "m s**-1"),
        v10=field(gale, TWO_DAYS, "m s**-1"),
        fg10=field(gusts, TWO_DAYS + pd.Timedelta(hours=1), "m s**-1", names=("valid_time", "latitude", "longitude")),
    )
    found = fetched(era5(path))
    assert by_day(found, "wind_speed") == pytest.approx({"2020-01-02": 5.0, "2020-01-03": 2**0.5})
    assert by_day(found, "wind_gust") == pytest.approx({"2020-01-02": 20.0, "2020-01-03": 9.0})


def test_relative_humidity_by_the_magnus_form() -> None:
    # Alduchov and Eskridge (1996): at 20 degC the vapour pressure over water is 23.33 hPa, at 10 degC 12.26 hPa.
    assert relative_humidity(np.array([20.0]), np.array([10.0])).item() == pytest.approx(12.26 / 23.33 * 100, abs=0.1)
    assert relative_humidity(np.array([20.0, 15.0]), np.array([20.0, 15.1])).tolist() == [100.0, 100.0]


def test_humidity_pressure_and_soil_moisture_are_means_of_the_day(tmp_path: Path) -> None:
    path = netcdf(
        tmp_path / "more.nc",
        t2m=field(np.full(48, 293.15), TWO_DAYS),
        d2m=field(np.full(48, 283.15), TWO_DAYS),
        msl=field(np.full(48, 101_325.0), TWO_DAYS, "Pa"),
        swvl1=field(np.linspace(0.2, 0.4, 48), TWO_DAYS, "m**3 m**-3"),
    )
    found = fetched(era5(path))
    assert by_day(found, "relative_humidity")["2020-01-02"] == pytest.approx(52.5, abs=0.1)
    assert by_day(found, "air_pressure")["2020-01-02"] == pytest.approx(1013.25)
    assert by_day(found, "soil_moisture")["2020-01-03"] == pytest.approx(0.35, abs=0.01)


def test_what_cannot_be_made_of_one_field_alone_is_told(tmp_path: Path) -> None:
    path = netcdf(tmp_path / "u.nc", u10=field(np.full(48, 1.0), TWO_DAYS, "m s**-1"))
    with pytest.raises(HaidangError, match=r"nothing can be made of u10 by hour alone; humidity needs hours of t2m"):
        fetched(era5(path))


def test_the_two_versions_in_files_of_the_old_store_are_merged(tmp_path: Path) -> None:
    final, preliminary = np.full(48, 290.15), np.full(48, 300.15)
    final[24:], preliminary[:24] = NAN, NAN
    both = xr.concat([field(final, TWO_DAYS), field(preliminary, TWO_DAYS)], pd.Index([1, 5], name="expver"))
    path = netcdf(tmp_path / "t.nc", "NETCDF3_64BIT", t2m=both.transpose("time", "expver", ...))
    found = by_day(fetched(era5(path)), "air_temperature")
    assert found == pytest.approx({"2020-01-02": 17.0, "2020-01-03": 27.0})


def test_files_of_the_new_store_tell_a_valid_time(tmp_path: Path) -> None:
    told = field(np.full(48, 290.15), TWO_DAYS, names=("valid_time", "latitude", "longitude"))
    told = told.assign_coords(number=0, expver=("valid_time", ["0001"] * 24 + ["0005"] * 24))
    path = netcdf(tmp_path / "t.nc", t2m=told)
    assert by_day(fetched(era5(path)), "air_temperature") == pytest.approx({"2020-01-02": 17.0, "2020-01-03": 17.0})


def test_a_local_day_is_put_together_from_two_files(tmp_path: Path) -> None:
    whole = field(np.arange(48.0) + 270.15, TWO_DAYS)
    netcdf(tmp_path / "january.nc", t2m=whole.isel(time=slice(0, 31)))
    netcdf(tmp_path / "february.nc", t2m=whole.isel(time=slice(31, None)))
    found = by_day(fetched(Era5(folder=tmp_path, zone=HANOI)), "air_temperature")
    assert found == pytest.approx({"2020-01-02": -3 + 11.5, "2020-01-03": -3 + 35.5})


def test_files_that_overlap_agree_but_for_their_packing_or_are_refused(tmp_path: Path) -> None:
    values = field(np.full(48, 290.0), TWO_DAYS)
    for name, scale in (("a", 0.01), ("b", 0.003)):
        packed = {"t2m": {"dtype": "int16", "scale_factor": scale, "add_offset": 280.0, "_FillValue": -32767}}
        values.to_dataset(name="t2m").to_netcdf(tmp_path / f"{name}.nc", encoding=packed)
    found = by_day(fetched(Era5(folder=tmp_path, zone=HANOI)), "air_temperature")
    assert found == pytest.approx({"2020-01-02": 16.85, "2020-01-03": 16.85}, abs=0.01)
    netcdf(tmp_path / "c.nc", t2m=values + 0.05)
    said = r"t2m of 2020-01-01 17:00:00 stands with different values in .*a\.nc and .*b\.nc and .*c\.nc: keep one"
    with pytest.raises(HaidangError, match=said):
        fetched(Era5(folder=tmp_path, zone=HANOI))


def test_grib_of_era5_land_has_a_time_and_steps(tmp_path: Path) -> None:
    messages = [
        ("2t", f"2020-01-{day:02}T{hour:02}:00", 0, cells(290.15 + day)) for day in (1, 2) for hour in range(24)
    ]
    rain = [("tp", f"2020-01-{day:02}", step, cells(step * 1e-3)) for day in (1, 2) for step in range(1, 25)]
    found = batches(era5(grib(tmp_path / "land.grib", [*messages, *rain])))
    entries = pd.concat([batch.entries for batch in found])
    # From 17 UTC of the first day to 17 UTC of the second, 7 and 17 hours; a millimetre fell in each.
    assert by_day(entries, "air_temperature") == pytest.approx({"2020-01-02": 18 + 17 / 24}, abs=1e-3)
    assert by_day(entries, "rain") == pytest.approx({"2020-01-02": 24.0}, abs=0.05)


def test_grib_of_era5_has_forecasts_of_twelve_hours(tmp_path: Path) -> None:
    amounts = [(run, step, (run.hour + step) * 1e-3) for run in pd.date_range("2019-12-31T18", periods=4, freq="12h")
               for step in range(1, 13)]  # fmt: skip
    messages = [("tp", str(run), step, cells(amount)) for run, step, amount in amounts]
    path = grib(tmp_path / "era5.grib", messages, spacing=0.25)
    found = batches(era5(path), sites_at(A=(21.0, 107.2)))
    # Hours to 18 UTC of the 1st (run of 06, step 12) up to 17 UTC of the 2nd (run of 06, step 11).
    expected = 18 + sum(range(19, 31)) + sum(range(7, 18))
    assert by_day(pd.concat([batch.entries for batch in found]), "rain") == pytest.approx(
        {"2020-01-02": expected}, rel=1e-3
    )
    assert passed_over(found) == {"are of days with missing steps": 2}


def test_grib_of_era5_land_as_the_store_cuts_it_into_months_is_put_together(tmp_path: Path) -> None:
    # The store gives 00 UTC as step 24 of the day before, so that of the first and the last day some steps are empty.
    for name, first, count in (("a", "2020-01-01 00:00", 48), ("b", "2020-01-03 00:00", 48)):
        messages = []
        for moment in hours(first, count):
            begins = (moment - pd.Timedelta(hours=1)).floor("D")
            step = int((moment - begins) / pd.Timedelta(hours=1))
            messages.append(("tp", str(begins), step, cells(step * 1e-3)))
        grib(tmp_path / f"{name}.grib", messages)
    found = fetched(Era5(folder=tmp_path, zone=HANOI))
    assert by_day(found, "rain") == pytest.approx({f"2020-01-0{day}": 24.0 for day in (2, 3, 4)}, abs=0.05)


def test_masked_cells_of_grib_are_not_known(tmp_path: Path) -> None:
    half = cells(290.15)
    half[:, 0] = NAN
    path = grib(tmp_path / "t.grib", [("2t", str(hour), 0, half) for hour in TWO_DAYS])
    two = sites_at(LAND=(21.1, 107.2), SEA=(21.1, 106.99))
    found = fetched(era5(path, within_km=5.0), two)
    assert by_day(found, "air_temperature", "LAND") == pytest.approx({"2020-01-02": 17.0, "2020-01-03": 17.0}, abs=0.01)
    assert by_day(found, "air_temperature", "SEA") == {}
    near = fetched(era5(path, within_km=10.0), two)
    assert by_day(near, "air_temperature", "SEA") == pytest.approx({"2020-01-02": 17.0, "2020-01-03": 17.0}, abs=0.01)


def test_totals_that_fall_within_the_day_are_not_of_era5_land(tmp_path: Path) -> None:
    rain = np.tile([0.0, 2e-3, 1e-3, 0.0], 24)
    path = netcdf(tmp_path / "tp.nc", tp=field(rain, hours("2020-01-01 01:00", 96), "m"))
    with pytest.raises(HaidangError, match=r"tp of .*tp\.nc falls in the hour from 2020-01-01 02:00:00 UTC.*`dataset`"):
        fetched(era5(path))
    assert by_day(fetched(era5(path, dataset="era5")), "rain") == pytest.approx(
        {f"2020-01-0{day}": 18 for day in (2, 3, 4)}
    )


def test_amounts_that_only_grow_within_the_day_are_not_of_era5(tmp_path: Path) -> None:
    land = totals_since_midnight([1e-3] * 96, "2020-01-01 00:00")
    path = netcdf(tmp_path / "tp.nc", tp=field(land, hours("2020-01-01 01:00", 96), "m"))
    with pytest.raises(HaidangError, match=r"tp of .*tp\.nc never falls from 00 to 24 UTC on 4 days.*`dataset`"):
        fetched(era5(path, dataset="era5"))


def test_amounts_of_both_products_do_not_mix(tmp_path: Path) -> None:
    netcdf(tmp_path / "a.nc", tp=field(np.zeros(48), hours("2020-01-01", 48), "m"))
    netcdf(tmp_path / "b.nc", tp=field(np.zeros(48), hours("2020-01-03", 48), "m", **COARSE))  # type: ignore[arg-type]
    with pytest.raises(HaidangError, match=r"reads tp of ERA5 and of ERA5-Land, .*a\.nc and .*b\.nc: name a source"):
        fetched(Era5(folder=tmp_path, zone=HANOI))


def test_amounts_on_another_grid_need_their_dataset(tmp_path: Path) -> None:
    path = netcdf(
        tmp_path / "tp.nc",
        tp=field(np.zeros(48), TWO_DAYS, "m", latitudes=(21.0, 21.5, 22.0), longitudes=(106.5, 107.0, 107.5)),
    )
    with pytest.raises(HaidangError, match=r"stands every 0\.5 degrees, neither 0\.25 as ERA5 nor 0\.1 as ERA5-Land"):
        fetched(era5(path))


@pytest.mark.parametrize(
    ("name", "methods", "settings", "variable"),
    [
        ("2m_temperature_0_daily-mean.nc", None, {}, "air_temperature"),
        ("2m_temperature_stream-oper_daily-max.nc", None, {}, "highest_air_temperature"),
        ("t2m.nc", "time: minimum", {}, "lowest_air_temperature"),
        ("t2m.nc", None, {"statistic": "max"}, "highest_air_temperature"),
    ],
)
def test_daily_statistics_keep_their_date(
    tmp_path: Path, name: str, methods: str | None, settings: dict[str, str], variable: str
) -> None:
    attributes = {} if methods is None else {"cell_methods": methods}
    told = field([290.15, 291.15], ["2020-01-01", "2020-01-02"], attributes=attributes)
    found = fetched(era5(netcdf(tmp_path / name, t2m=told), **settings))
    assert set(found["variable"]) == {variable}
    assert by_day(found, variable) == pytest.approx({"2020-01-01": 17.0, "2020-01-02": 18.0})
    # A UTC day ends at 07:00 in Hanoi.
    assert found["known_time"].iloc[0] == pd.Timestamp("2020-01-07T00:00Z")


def test_daily_values_that_say_nothing_of_themselves_are_refused(tmp_path: Path) -> None:
    path = netcdf(tmp_path / "t2m.nc", t2m=field([290.0, 291.0], ["2020-01-01", "2020-01-02"]))
    with pytest.raises(HaidangError, match=r"nothing tells what the daily t2m of .*t2m\.nc is: state `statistic`"):
        fetched(era5(path))


def test_a_daily_value_in_the_evening_does_not_tell_its_day(tmp_path: Path) -> None:
    path = netcdf(tmp_path / "t_daily-mean.nc", t2m=field([290.0, 291.0], ["2020-01-01 17:00", "2020-01-02 17:00"]))
    with pytest.raises(HaidangError, match=r"has a daily value at 2020-01-01 17:00:00 UTC, which is neither"):
        fetched(era5(path))


def test_a_mean_of_daily_rain_is_told_to_be_of_no_use(tmp_path: Path) -> None:
    path = netcdf(tmp_path / "tp_daily-mean.nc", tp=field([0.001, 0.002], ["2020-01-01", "2020-01-02"], "m"))
    with pytest.raises(HaidangError, match="nothing can be made of tp by day mean alone"):
        fetched(era5(path))


def test_era5_land_at_midnight_alone_tells_the_day_before(tmp_path: Path) -> None:
    path = netcdf(tmp_path / "tp.nc", tp=field([0.005, 0.007], ["2020-01-02", "2020-01-03"], "m"))
    assert by_day(fetched(era5(path)), "rain") == pytest.approx({"2020-01-01": 5.0, "2020-01-02": 7.0})


def test_monthly_means_keep_their_month_and_rain_is_a_daily_rate(tmp_path: Path) -> None:
    path = netcdf(
        tmp_path / "months.nc",
        t2m=field([290.15, 292.15], ["2020-01-01", "2020-02-01"]),
        tp=field([0.001, 0.0025], ["2020-01-01", "2020-02-01"], "m"),
    )
    found = fetched(era5(path))
    assert by_day(found, "monthly_air_temperature") == pytest.approx({"2020-01-01": 17.0, "2020-02-01": 19.0})
    assert by_day(found, "monthly_rain_rate") == pytest.approx({"2020-01-01": 1.0, "2020-02-01": 2.5})
    assert sorted(set(found["known_time"])) == [pd.Timestamp("2020-02-07T00:00Z"), pd.Timestamp("2020-03-07T00:00Z")]


def test_a_file_for_each_month_is_monthly_and_one_alone_needs_its_step(tmp_path: Path) -> None:
    netcdf(tmp_path / "1.nc", t2m=field([290.15], ["2020-01-01"]))
    with pytest.raises(HaidangError, match=r"t2m of .*1\.nc has one time only: state `step`"):
        fetched(Era5(folder=tmp_path, zone=HANOI))
    assert set(fetched(Era5(folder=tmp_path, zone=HANOI, step="month"))["variable"]) == {"monthly_air_temperature"}
    netcdf(tmp_path / "2.nc", t2m=field([291.15], ["2020-02-01"]))
    assert len(by_day(fetched(Era5(folder=tmp_path, zone=HANOI)), "monthly_air_temperature")) == 2


def test_days_outside_the_asked_stretch_are_counted(tmp_path: Path) -> None:
    path = netcdf(tmp_path / "t.nc", t2m=field(np.full(72, 290.0), hours("2020-01-01 17:00", 72)))
    found = batches(era5(path), CENTRE, "2020-01-03", "2020-01-04")
    assert passed_over(found) == {"lie outside the asked stretch": 6}
    assert list(by_day(pd.concat([batch.entries for batch in found]), "air_temperature")) == ["2020-01-03"]
    assert found[-1].delivered_until == pd.Timestamp("2020-01-04", tz=HANOI)


def test_batches_come_in_order_and_hold_about_a_year_for_54_sites(tmp_path: Path) -> None:
    days = pd.date_range("2018-01-01", "2020-12-31", freq="D")
    path = netcdf(tmp_path / "t_daily-mean.nc", t2m=field(np.full(len(days), 290.0), days))
    many = sites_at(**{f"S{number:02}": (21.1, 107.1) for number in range(54)})
    found = batches(era5(path), many)
    assert [batch.read for batch in found] == [0, 370 * 54, 370 * 54, 356 * 54]
    reached = [batch.delivered_until for batch in found[1:]]
    assert reached == sorted(reached) and reached[-1] == pd.Timestamp("2021-01-01", tz=HANOI)
    for batch, until in zip(found[1:], reached, strict=True):
        assert batch.entries["valid_time"].max() < until


def test_a_site_that_the_grid_does_not_cover_is_counted_and_told(tmp_path: Path) -> None:
    path = netcdf(tmp_path / "t.nc", t2m=field(np.full(48, 290.0), TWO_DAYS))
    found = batches(era5(path), sites_at(A=(21.1, 107.1), FAR=(21.1, 109.0)))
    assert passed_over(found) == {"are of sites that the grid does not cover": 6}
    assert "air_temperature: the grid does not cover 1 site: FAR" in found[-1].remarks
    assert set(found[-1].entries["site"]) == {"A"}


def test_a_site_without_an_area_is_told(tmp_path: Path) -> None:
    areas = tmp_path / "areas.geojson"
    ring = shapely.to_geojson(shapely.box(107.05, 21.05, 107.15, 21.15))
    areas.write_text(
        f'{{"type": "FeatureCollection", "features": [{{"properties": {{"code": "A"}}, "geometry": {ring}}}]}}'
    )
    path = netcdf(tmp_path / "t.nc", t2m=field(np.full(48, 290.15), TWO_DAYS))
    found = batches(era5(path, boundaries=areas), sites_at(A=(21.1, 107.1), B=(21.0, 107.0)))
    assert found[0].remarks == (f"a cell each speaks for sites without an area in {areas}, 1 site: B",)
    assert len(found[-1].entries) == 12


def test_the_same_days_once_more_bring_duplicates_only(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", CENTRE, HANOI)
    path = netcdf(tmp_path / "data" / "a.nc", t2m=field(np.full(48, 290.0), TWO_DAYS))
    assert ingest(era5(path), archive, *EVER) == Receipt(accepted=6, read=6)
    netcdf(tmp_path / "data" / "b.nc", t2m=field(np.full(48, 290.0), TWO_DAYS))
    assert ingest(Era5(folder=tmp_path / "data", zone=HANOI), archive, *EVER) == Receipt(duplicates=6, read=6)


def test_a_broken_file_stores_nothing_and_its_replacement_goes_on(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", CENTRE, HANOI)
    netcdf(tmp_path / "data" / "a.nc", t2m=field(np.full(24, 290.0), TWO_DAYS[:24]))
    second = netcdf(tmp_path / "data" / "b.nc", t2m=field(np.full(24, 291.0), TWO_DAYS[24:]))
    whole = second.read_bytes()
    second.write_bytes(whole[:-100])
    source = Era5(folder=tmp_path / "data", zone=HANOI)
    with pytest.raises(HaidangError, match=r"b\.nc is not a whole NetCDF"):
        ingest(source, archive, *EVER)
    assert not archive.exists
    second.write_bytes(whole)
    assert ingest(source, archive, *EVER).accepted == 6


def test_rain_just_below_nothing_is_what_packing_makes_of_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", CENTRE, HANOI)
    path = netcdf(
        tmp_path / "tp.nc", tp=field(np.full(24, -2.2e-19), hours("2020-01-01 18:00", 24), "m", **COARSE)  # type: ignore[arg-type]
    )  # fmt: skip
    assert ingest(era5(path), archive, *EVER) == Receipt(accepted=1, read=1)


def test_the_settings_make_a_source(tmp_path: Path) -> None:
    (tmp_path / "haidang.toml").write_text(
        '[sources.reanalysis]\nkind = "era5"\nfolder = "era5"\nleast_share = 0.3\nunits = {tp = "mm"}\n'
    )
    made = source_named("reanalysis", Settings(home=tmp_path), {})
    assert isinstance(made, Era5)
    assert (made.name, made.folder, made.zone, made.least_share) == ("reanalysis", tmp_path / "era5", HANOI, 0.3)
    with pytest.raises(HaidangError, match=r"source era5: least_share: Input should be less than or equal to 1"):
        source_named("era5", Settings(home=tmp_path), {"least_share": 1.2})


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_real_months_of_era5_land_come_in_whole_and_plausible(tmp_path: Path) -> None:
    sites, boundaries = read_sites(BUILT_IN_SITES), SHARED / "quang_ninh" / "quang_ninh_54_units_simplified.geojson"
    source = Era5(
        file=SHARED / "vietnam_climate" / "mean*_month_viet_2020.nc", zone=HANOI, boundaries=boundaries, least_share=0.1
    )
    archive = Archive(tmp_path / "archive", sites, HANOI)
    receipt = ingest(source, archive, *EVER)
    # 54 communes, 12 months, 2 variables; six coastal communes have no tenth of their area on a cell of the land.
    assert receipt.read == 54 * 12 * 2
    assert receipt.passed_over == {"hold no known value": 7 * 12 * 2}
    assert receipt.accepted == receipt.used == 47 * 12 * 2 and receipt.quarantined == 0

    found = fetched(source, sites)
    # Hồng Gai (06685) beside its station Hòn Gai, 1961-2010: each month within the spread between years, the year near.
    temperature, rain = (list(by_day(found, name, "06685").values()) for name in source.variables[-2:])
    normals = pd.read_csv(SHARED / "quang_ninh" / "hon_gai_monthly_1961_2010.csv").groupby("month").mean()
    assert np.abs(np.array(temperature) - normals["tmean_c"]).max() < 3.5
    assert np.mean(temperature) == pytest.approx(normals["tmean_c"].mean(), abs=1.0)
    assert np.mean(rain) * 366 == pytest.approx(normals["rain_mm"].sum(), rel=0.25)
    assert int(np.argmax(rain)) == 7, "August was the wettest month"

    # One commune by outlines of cells, worked out with shapely alone.
    code = "07081"
    area = read_boundaries(boundaries, sites)[code]
    with xr.open_dataset(SHARED / "vietnam_climate" / "meanprecip_month_viet_2020.nc") as grid:
        july = grid["tp"].isel(time=6).load()
    weighted, weights = 0.0, 0.0
    for latitude in july.latitude.to_numpy():
        for longitude in july.longitude.to_numpy():
            cell = shapely.box(longitude - 0.05, latitude - 0.05, longitude + 0.05, latitude + 0.05)
            if cell.intersects(area) and not np.isnan(value := july.sel(latitude=latitude, longitude=longitude).item()):
                weight = cell.intersection(area).area * np.cos(np.radians(latitude))
                weighted, weights = weighted + weight * value, weights + weight
    assert by_day(found, "monthly_rain_rate", code)["2020-07-01"] == pytest.approx(1000 * weighted / weights, rel=1e-4)
