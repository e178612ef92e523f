"""Built-in mappings for real files, each read whole, and what the files are found to say."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.archive import Archive
from features.entries import Receipt
from features.errors import plain_letters
from features.ingest import ingest
from features.sites import Site, Sites
from features.sources.tables.mapping import read_mapping
from features.sources.tables.source import TableSource

HANOI = "Asia/Ho_Chi_Minh"
SHARED = Path(__file__).parents[1].parent / "shared" / "data"
STATIONS = SHARED / "vietnam_climate" / "stations_monthly_1961_2010.csv.gz"
HON_GAI = SHARED / "quang_ninh" / "hon_gai_monthly_1961_2010.csv"
DENGUE = SHARED / "vietnam_dengue" / "vietnam_monthly.csv"
EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")
OTHER_SPELLINGS = {"BMethuot": "Buon Ma Thuot", "Baccan": "Bac Kan", "Dacnong": "Dak Nong", "Playcu": "Pleiku"}

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")


def places(*names: str) -> Sites:
    return Sites([Site(name, name, name, 16.0, 107.0, {}) for name in names])


def letters(name: str) -> str:
    return re.sub("[^a-z]", "", plain_letters(name))


@pytest.fixture(scope="module")
def stations() -> Sites:
    """The stations by the codes of `stations.txt`, under the names that the table of months gives them."""
    table = pd.read_csv(STATIONS, usecols=["station"])["station"].unique()
    by_letters = {letters(name): name for name in table}
    with (SHARED / "vietnam_climate" / "stations.txt").open(encoding="utf-8") as file:
        listed = list(csv.DictReader(file, delimiter=" "))
    names = [OTHER_SPELLINGS.get(row["station"]) or by_letters[letters(row["station"])] for row in listed]
    assert sorted(names) == sorted(table)
    return Sites(
        [
            Site(row["station"], name, name, float(row["latitude"]), float(row["longitude"]), {})
            for row, name in zip(listed, names, strict=True)
        ]
    )


@pytest.fixture(scope="module")
def months(stations: Sites) -> pd.DataFrame:
    """Entries of all stations, with the local year and month."""
    return dated(entries_of(STATIONS, "vietnam_stations", stations))


def entries_of(path: Path, mapping: str, sites: Sites, zone: str = HANOI) -> pd.DataFrame:
    return pd.concat([batch.entries for batch in TableSource(path, read_mapping(mapping), zone).fetch(sites, *EVER)])


def dated(entries: pd.DataFrame) -> pd.DataFrame:
    local = entries["valid_time"].dt.tz_convert(HANOI)
    return entries.assign(year=local.dt.year, month=local.dt.month, day=local.dt.day)


def taken_in(folder: Path, path: Path, mapping: str, sites: Sites, zone: str = HANOI) -> tuple[Archive, Receipt]:
    archive = Archive(folder, sites, zone)
    return archive, ingest(TableSource(path, read_mapping(mapping), zone), archive, *EVER)


def measured(path: Path, *columns: str) -> int:
    return int(pd.read_csv(path, usecols=list(columns)).notna().sum().sum())


def test_daily_rain_of_hong_kong_comes_in_whole(tmp_path: Path) -> None:
    path, harbour = SHARED / "hong_kong_rain" / "daily_rainfall.csv", places("Hong Kong")
    archive, receipt = taken_in(tmp_path, path, "hong_kong_rain", harbour, "Asia/Hong_Kong")
    days = len(pd.date_range("1884-03-01", "1939-12-31")) + len(pd.date_range("1947-01-01", "2014-12-31"))
    assert receipt == Receipt(accepted=days, quarantined=1, read=days + 1, unread=1)
    (reason,) = archive.quarantined()["reason"]
    assert "'1900', '2', '29', not a time" in reason, "1900 was no leap year"
    entries = entries_of(path, "hong_kong_rain", harbour, "Asia/Hong_Kong")
    assert (entries["value"] == 0.025).sum() == 6_171, "Trace, and no day measured so"
    first = entries.iloc[0]
    assert first["valid_time"] == pd.Timestamp("1884-03-01", tz="Asia/Hong_Kong")
    assert (entries["known_time"] - entries["valid_time"] == pd.Timedelta(hours=30)).all(), "at six the next morning"


def test_months_of_the_stations_come_in_whole(tmp_path: Path, stations: Sites) -> None:
    archive, receipt = taken_in(tmp_path, STATIONS, "vietnam_stations", stations)
    values = measured(STATIONS, "Ta", "Tx", "Tm", "Rf", "aH", "rH", "Sh")
    assert receipt == Receipt(accepted=values - 35, quarantined=35, read=32_220)
    assert receipt.used == 32_220
    reasons = archive.quarantined()["reason"]
    assert reasons.str.contains("monthly_sunshine at site .* above its highest plausible value 460").all()
    assert reasons.str.contains("on 2006-05-01").sum() == 34, "May 2006 of half the country cannot be true"


def test_the_station_of_hon_gai_has_its_known_normals(months: pd.DataFrame) -> None:
    known = {
        "monthly_air_temperature": [15.9, 16.4, 19.2, 23.0, 26.8, 28.1, 28.6, 27.8, 26.9, 24.6, 21.1, 17.7],
        "monthly_rain": [22, 28, 38, 100, 179, 325, 309, 444, 275, 175, 38, 17],
    }
    here = months[(months["site"] == "Honggai") & months["year"].between(1961, 1990)]
    for (variable, decimals), normals in zip(
        (("monthly_air_temperature", 1), ("monthly_rain", 0)), known.values(), strict=True
    ):
        mean = here[here["variable"] == variable].groupby("month")["value"].mean()
        assert mean.round(decimals).tolist() == normals


def test_what_the_stations_call_absolute_humidity_is_a_vapour_pressure(months: pd.DataFrame) -> None:
    wide = months.pivot_table(index=["site", "valid_time"], columns="variable", values="value").dropna()
    temperature, humidity = wide["monthly_air_temperature"], wide["monthly_relative_humidity"]
    saturation = 6.112 * np.exp(17.62 * temperature / (243.12 + temperature))  # Magnus formula, WMO-No. 8, hPa
    pressure = saturation * humidity / 100
    grams = pressure * 100 / (461.5 * (temperature + 273.15)) * 1000
    assert (wide["monthly_vapour_pressure"] / pressure).median() == pytest.approx(1, abs=0.01)
    assert (wide["monthly_vapour_pressure"] / grams).median() > 1.3, (
        "as grams a cubic metre it would be a third too much"
    )


def test_no_month_is_known_before_it_is_over(months: pd.DataFrame) -> None:
    first = months["valid_time"].dt.tz_convert(HANOI).dt.tz_localize(None)
    over = (first + pd.offsets.MonthBegin(1)).dt.tz_localize(HANOI).dt.tz_convert("UTC")
    assert (months["day"] == 1).all()
    assert (months["known_time"] == over + pd.Timedelta(days=10)).all()


def test_months_of_hon_gai_come_in_whole_and_are_those_of_the_station(tmp_path: Path, months: pd.DataFrame) -> None:
    station = places("Bãi Cháy")
    _, receipt = taken_in(tmp_path, HON_GAI, "hon_gai_monthly", station)
    assert receipt == Receipt(accepted=600 * 7 - 1, quarantined=1, read=600), "the sunshine of May 2006"
    keys = ["variable", "valid_time"]
    both = entries_of(HON_GAI, "hon_gai_monthly", station).merge(months[months["site"] == "Honggai"], on=keys)
    assert len(both) == 600 * 7
    assert (both["value_x"] - both["value_y"]).abs().max() < 0.006
    assert (both["known_time_x"] == both["known_time_y"]).all()


def test_dengue_of_the_provinces_comes_in_whole(tmp_path: Path) -> None:
    provinces = places(*pd.read_csv(DENGUE)["location"].unique())
    assert len(provinces) == 57
    archive, receipt = taken_in(tmp_path, DENGUE, "vietnam_dengue", provinces)
    assert receipt == Receipt(accepted=3 * 11_571 - 647, read=11_571), "647 months without a report have no cases"
    entries = dated(entries_of(DENGUE, "vietnam_dengue", provinces))
    february = entries[(entries["site"] == "QUANG NINH") & (entries["year"] == 2000) & (entries["month"] == 2)]
    known = february.set_index("variable")["known_time"]
    assert known["dengue_cases"] == pd.Timestamp("2000-03-31", tz=HANOI), "30 days after 29 February"
    assert known["monthly_rain"] == pd.Timestamp("2000-03-07", tz=HANOI)
    days_back = {}
    for issued in ("2000-03-30", "2000-03-31"):
        past = archive.as_of(pd.Timestamp(issued, tz=HANOI)).past("dengue_cases", days=91)
        told = past.sel(site="QUANG NINH").isel(issue_time=0).dropna("back")
        days_back[issued] = sorted(told["back"].values.tolist())
    assert days_back == {"2000-03-30": [89], "2000-03-31": [59, 90]}, "February is known with the last day of March"


def test_the_rain_of_the_provinces_is_in_millimetres_a_month(months: pd.DataFrame) -> None:
    provinces = places(*pd.read_csv(DENGUE)["location"].unique())
    entries = entries_of(DENGUE, "vietnam_dengue", provinces)
    rain = entries[(entries["site"] == "QUANG NINH") & (entries["variable"] == "monthly_rain")]
    station = months[(months["site"] == "Honggai") & (months["variable"] == "monthly_rain")]
    both = rain.merge(station, on="valid_time")
    assert len(both) == 203
    assert both["value_x"].mean() / both["value_y"].mean() == pytest.approx(1, abs=0.1)
    assert both["value_x"].corr(both["value_y"]) > 0.85


def test_dengue_of_quang_ninh_comes_in_whole_and_agrees_with_the_table_of_provinces(tmp_path: Path) -> None:
    path, province = SHARED / "quang_ninh" / "dengue_quang_ninh_1994_2010.csv", places("Quảng Ninh")
    _, receipt = taken_in(tmp_path, path, "dengue_quang_ninh", province)
    assert receipt == Receipt(accepted=203, read=203)
    cases = dated(entries_of(path, "dengue_quang_ninh", province))
    yearly = cases.groupby("year")["value"].sum()
    assert yearly[[1998, 1999, 2000, 2007, 2010]].tolist() == [433, 1174, 157, 0, 144]
    provinces = places(*pd.read_csv(DENGUE)["location"].unique())
    table = entries_of(DENGUE, "vietnam_dengue", provinces)
    table = table[(table["site"] == "QUANG NINH") & (table["variable"] == "dengue_cases")]
    both = cases.merge(table, on=["valid_time", "known_time", "value"])
    assert len(both) == len(cases) == len(table) == 203
