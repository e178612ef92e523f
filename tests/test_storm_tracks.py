"""Files of storm tracks: what is read of them, and what is wrong with the rest."""

import json
from pathlib import Path

import pandas as pd
import pytest
from storm_files import fix, jma, whole

from features.errors import HaidangError, UnknownNameError
from features.sources.catalogue import source_named
from features.sources.storms.best_track import JmaBestTrack, read_best_track
from features.sources.storms.forecast_track_tables import read_forecast_tracks
from features.sources.storms.forecast_tracks import ForecastTracks
from features.sources.storms.ibtracs import read_ibtracs
from features.sources.storms.tracks import Tracks

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
IBTRACS_HEADER = (
    "SID,SEASON,NUMBER,BASIN,SUBBASIN,NAME,ISO_TIME,NATURE,LAT,LON,WMO_WIND,WMO_PRES,TRACK_TYPE,USA_WIND,USA_PRES,"
    "TOKYO_WIND,TOKYO_PRES,TOKYO_R50_LONG,TOKYO_R50_SHORT,TOKYO_R30_LONG,TOKYO_R30_SHORT"
)
IBTRACS_UNITS = " ,Year, , , , , , ,degrees_north,degrees_east,kts,mb, ,kts,mb,kts,mb,nmile,nmile,nmile,nmile"


def tokyo(tmp_path: Path, *lines: str) -> Tracks:
    return read_best_track(jma(tmp_path / "bst.txt", ("1501", list(lines))), source="tokyo")


def ibtracs(tmp_path: Path, *rows: str, header: str = IBTRACS_HEADER, units: str = IBTRACS_UNITS) -> Tracks:
    path = tmp_path / "ibtracs.csv"
    path.write_text("\n".join([header, units, *rows]) + "\n", encoding="utf-8")
    return read_ibtracs(path, source="ibtracs")


def forecasts(tmp_path: Path, text: str, **settings: object) -> Tracks:
    path = tmp_path / "tracks.csv"
    path.write_text(text, encoding="utf-8")
    source = ForecastTracks(path, "UTC", **{"wind_unit": "knot", **settings})  # type: ignore[arg-type]
    return read_forecast_tracks(path, columns=source.columns, factors=source._factors, source="forecasts")


def reasons(tracks: Tracks) -> list[str]:
    return list(tracks.rejected["reason"])


def test_a_line_of_rsmc_tokyo_is_read_by_its_columns(tmp_path: Path) -> None:
    # The sample of the format's documentation; radii of 140 and 180, and of 260 and 400 nautical miles.
    sample = "91092706 002 5 325 1293  935     095     30180 0140 30400 0260         #        "
    tracks = tokyo(tmp_path, sample)
    (row,) = tracks.fixes.to_dict("records")
    assert row["storm"] == "1501"
    assert row["time"] == pd.Timestamp("1991-09-27T06:00Z")
    assert (row["latitude"], row["longitude"], row["pressure"]) == (32.5, 129.3, 935.0)
    assert row["wind"] == pytest.approx(95 * 1852 / 3600)
    assert row["radius_50kt"] == pytest.approx(160 * 1.852)
    assert row["radius_30kt"] == pytest.approx(330 * 1.852)


def test_two_figures_of_a_year_are_of_1951_to_2050(tmp_path: Path) -> None:
    tracks = tokyo(tmp_path, fix("51021900", 20, 138), fix("50123118", 20, 138))
    assert list(tracks.fixes["time"]) == [pd.Timestamp("1951-02-19T00:00Z"), pd.Timestamp("2050-12-31T18:00Z")]


def test_wind_and_radii_of_zero_or_blank_are_not_given(tmp_path: Path) -> None:
    line = fix("15011300", 8.7, 142.9, grade=2, knots=0)
    blank = line[:24] + "    " + line[28:33] + "   " + line[36:].replace("15011300", "15011306")
    radii = fix("15011312", 8.7, 142.9, grade=3, knots=35, radii="00000 0000 80210 0150")
    tracks = tokyo(tmp_path, line, blank.replace("15011300", "15011306"), radii)
    assert tracks.fixes["wind"].isna().tolist() == [True, True, False]
    assert tracks.fixes["pressure"].isna().tolist() == [False, True, False]
    assert tracks.fixes["radius_50kt"].isna().all()
    assert tracks.fixes["radius_30kt"].iloc[2] == pytest.approx(180 * 1.852)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("15133106 002 2 085 1424 1004     000", "the time is '15133106'"),
        ("1501130  002 2 085 1424 1004     000", "the time is '1501130 '"),
        ("15011306 002 8 085 1424 1004     000", "the grade is '8'"),
        ("15011306 002 2 0x5 1424 1004     000", "the latitude is '0x5', not digits"),
        ("15011306 002 2 8.5 1424 1004     000", "the latitude is '8.5', not digits"),
        ("15011306 002 2 085      1004     000", "longitude is '    ', not a number"),
        ("15011306 002 2 085 4424 1004     000", "longitude is 442.4, not between -180 and 360"),
        ("15011306 002 2 085 1424 0504     000", "pressure is 504, not between 850 and 1080"),
        ("15011306 002 5 085 1424 0950     300", "wind is 154.333, not between 0 and 110"),
        ("15011306 003 2 085 1424 1004     000", "begins neither a header (66666) nor a data line (002)"),
    ],
)
def test_a_malformed_line_is_set_aside_with_its_number_and_the_others_are_read(
    tmp_path: Path, line: str, said: str
) -> None:
    tracks = tokyo(tmp_path, fix("15011300", 8.7, 142.9), line, fix("15011312", 8.6, 141.7))
    (reason,) = reasons(tracks)
    assert reason.startswith("bst.txt, line 3: ")
    assert said in reason
    assert json.loads(tracks.rejected["row"].iloc[0]) == {"line": line}
    assert len(tracks.fixes) == 2
    assert tracks.read == 3


def test_fixes_below_a_broken_header_belong_to_no_storm(tmp_path: Path) -> None:
    path = jma(tmp_path / "bst.txt", ("1501", [fix("15011300", 8.7, 142.9)]), ("15x2", [fix("15020100", 9, 140)]))
    tracks = read_best_track(path, source="tokyo")
    assert len(tracks.fixes) == 1
    assert tracks.read == 3
    assert "line 3: the international number is '15x2'" in reasons(tracks)[0]
    assert "stands below no header that can be read" in reasons(tracks)[1]


def test_a_header_that_announces_more_fixes_is_told(tmp_path: Path) -> None:
    path = jma(tmp_path / "bst.txt", ("1501", [fix("15011300", 8.7, 142.9), fix("15011306", 8.5, 142.4)]))
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert read_best_track(path, source="tokyo").remarks == ("1501 lacks 1 of the fixes that its header announces",)


def test_extratropical_fixes_are_passed_over_and_equal_ones_count_once(tmp_path: Path) -> None:
    line = fix("15011300", 8.7, 142.9)
    tracks = tokyo(tmp_path, line, line, fix("15011306", 30, 142.4, grade=6, knots=0))
    assert tracks.passed_over == {"stand there twice": 1, "are of an extratropical cyclone": 1}
    assert (len(tracks.fixes), tracks.read) == (1, 3)


def test_two_positions_of_a_storm_at_one_time_are_both_refused(tmp_path: Path) -> None:
    tracks = tokyo(tmp_path, fix("15011300", 8.7, 142.9), fix("15011300", 9.7, 142.9), fix("15011306", 9, 142))
    assert len(tracks.fixes) == 1
    assert all("1501 stands there with another position" in reason for reason in reasons(tracks))
    assert len(reasons(tracks)) == 2


def test_a_file_of_another_kind_is_refused_whole(tmp_path: Path) -> None:
    page = tmp_path / "bst.txt"
    page.write_text("<html>not here</html>\n")
    with pytest.raises(HaidangError, match="no header line"):
        read_best_track(page, source="tokyo")
    with pytest.raises(HaidangError, match="check the path"):
        read_best_track(tmp_path / "nowhere.txt", source="tokyo")
    page.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(HaidangError, match="unpack it"):
        read_best_track(page, source="tokyo")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_the_best_tracks_of_2015_to_2021_are_169_storms_and_6154_fixes() -> None:
    tracks = read_best_track(SHARED / "storm_tracks" / "bst_all.txt", source="tokyo")
    assert tracks.read == 6154
    assert tracks.rejected.empty
    assert tracks.remarks == ()
    assert tracks.fixes["storm"].nunique() == 169
    assert tracks.passed_over == {"are of an extratropical cyclone": 719}
    assert len(tracks.fixes) == 6154 - 719
    assert tracks.fixes["wind"].max() == pytest.approx(120 * 1852 / 3600)
    assert (tracks.times.min(), tracks.times.max()) == (
        pd.Timestamp("2015-01-13T00:00Z"),
        pd.Timestamp("2021-07-31T06:00Z"),
    )


def test_ibtracs_takes_the_wind_of_tokyo_and_else_the_american_one_times_093(tmp_path: Path) -> None:
    first = (
        "2024243N13133,2024,55,WP,MM,YAGI,2024-09-06 00:00:00,TS,19.6,112.0,105,915,main,135,925,105,915,70,70,150,150"
    )
    second = "2024243N13133,2024,55,WP,MM,YAGI,2024-09-06 03:00:00,TS,19.7,111.5, , ,main,130,930, , , , , , "
    third = "2024243N13133,2024,55,WP,MM,YAGI,2024-09-06 06:00:00,TS,19.8,111.0, , ,main, , , , , , , , "
    tracks = ibtracs(tmp_path, first, second, third)
    assert list(tracks.fixes["wind"])[:2] == pytest.approx([105 * 0.514444, 130 * 0.93 * 0.514444], rel=1e-5)
    assert list(tracks.fixes["pressure"])[:2] == [915.0, 930.0]
    assert tracks.fixes["radius_30kt"].iloc[0] == pytest.approx(150 * 1.852)
    assert tracks.fixes[["wind", "pressure"]].iloc[2].isna().all()
    assert tracks.fixes["time"].iloc[1] == pd.Timestamp("2024-09-06T03:00Z")
    assert (tracks.read, len(tracks.rejected)) == (3, 0)


def test_ibtracs_of_the_atlantic_is_no_missing_basin_and_spurs_and_extratropical_fixes_are_passed_over(
    tmp_path: Path,
) -> None:
    row = "2020001N10330,2020,1,NA,NA,ALPHA,2020-09-14 {}:00:00,{},15.0,-50.0, , ,{},35,1000, , , , , , "
    tracks = ibtracs(
        tmp_path,
        row.format("00", "TS", "main"),
        row.format("06", "TS", "PROVISIONAL_spur"),
        row.format("12", "ET", "main"),
    )
    assert tracks.passed_over == {"are of a spur track": 1, "are of an extratropical cyclone": 1}
    assert tracks.fixes["longitude"].tolist() == [-50.0]


def test_ibtracs_with_fewer_columns_is_read_and_a_broken_row_set_aside(tmp_path: Path) -> None:
    header, units = "SID,ISO_TIME,NATURE,LAT,LON,USA_WIND", " , , ,degrees_north,degrees_east,kts"
    rows = ["S1,2020-09-14 00:00:00,TS,15.0,130.0,50", "S1,2020-09-14 06:00:00,TS,15.0,x,50", "S1,2020-09-14"]
    tracks = ibtracs(tmp_path, *rows, header=header, units=units)
    assert len(tracks.fixes) == 1
    assert reasons(tracks) == [
        "ibtracs.csv, line 4: LON is 'x', not a number",
        "ibtracs.csv, line 5: has 2 fields, the header 6",
    ]
    assert json.loads(tracks.rejected["row"].iloc[0])["LON"] == "x"


def test_another_unit_or_a_missing_column_of_ibtracs_is_an_error_by_name(tmp_path: Path) -> None:
    with pytest.raises(HaidangError, match=r"TOKYO_WIND is in 'm/s', not 'kts'"):
        ibtracs(tmp_path, units=IBTRACS_UNITS.replace("mb,kts,mb", "mb,m/s,mb"))
    with pytest.raises(HaidangError, match="LAT is in"):
        ibtracs(tmp_path, units="2020001N10330,2020,1,NA,NA,ALPHA,2020-09-14 00:00:00,TS,15.0,-50.0")
    with pytest.raises(HaidangError, match="lacks the columns ISO_TIME"):
        ibtracs(tmp_path, header=IBTRACS_HEADER.replace("ISO_TIME", "TIME"))
    with pytest.raises(HaidangError, match="neither TOKYO_WIND nor USA_WIND"):
        ibtracs(tmp_path, header="SID,ISO_TIME,LAT,LON", units=" , ,degrees_north,degrees_east")


def test_forecasts_are_read_by_lead_or_by_valid_time_in_the_stated_units(tmp_path: Path) -> None:
    by_lead = forecasts(
        tmp_path,
        "storm,issue_time,lead_hours,latitude,longitude,wind,pressure,radius_30kt\n"
        "WIPHA,2025-07-21T07:00+07:00,12,20.5,108.0,50,985,100\n",
        radius_unit="nautical_mile",
    )
    (row,) = by_lead.fixes.to_dict("records")
    assert (row["run"], row["time"]) == (pd.Timestamp("2025-07-21T00:00Z"), pd.Timestamp("2025-07-21T12:00Z"))
    assert row["wind"] == pytest.approx(50 * 1852 / 3600)
    assert row["radius_30kt"] == pytest.approx(185.2)
    by_time = forecasts(
        tmp_path,
        "name,issue_time,valid_time,lat,longitude,wind\nWIPHA,2025-07-21T00:00Z,2025-07-21T12:00Z,20.5,108,100\n",
        columns={"storm": "name", "latitude": "lat"},
        wind_unit="km/hour",
        wind_minutes=1,
    )
    (row,) = by_time.fixes.to_dict("records")
    assert (row["storm"], row["latitude"], row["time"]) == ("WIPHA", 20.5, pd.Timestamp("2025-07-21T12:00Z"))
    assert row["wind"] == pytest.approx(100 / 3.6 * 0.93)


def test_forecasts_that_cannot_be_are_set_aside(tmp_path: Path) -> None:
    tracks = forecasts(
        tmp_path,
        "storm,issue_time,lead_hours,latitude,longitude,wind\n"
        "A,2025-07-21T00:00,12,20.5,108.0,50\n"
        "A,2025-07-21T00:00Z,-6,20.5,108.0,50\n"
        "A,2025-07-21T00:00Z,,20.5,108.0,50\n"
        "A,2025-07-21T00:00Z,6,95,108.0,50\n"
        ",2025-07-21T00:00Z,6,20.5,108.0,50\n"
        "A,now,6,20.5,108.0,50\n"
        "A,2025-07-21T00:00Z,6,20.5,108.0\n"
        "A,2025-07-21T00:00Z,6,20.5,108.0,\n",
    )
    said = [
        "line 2: issue_time is '2025-07-21T00:00': write a time with an offset",
        "line 3: 2025-07-20 18:00:00+00:00 lies before its issue time",
        "line 4: lead_hours is '', not a number",
        "line 5: latitude is 95, not between -90 and 90",
        "line 6: '' is no name of a storm",
        "line 7: issue_time is 'now'",
        "line 8: has 5 fields, the header 6",
    ]
    assert all(text in reason for text, reason in zip(said, reasons(tracks), strict=True))
    assert len(tracks.fixes) == 1
    assert tracks.fixes["wind"].isna().all(), "a wind that is not given is no zero"


def test_settings_of_forecast_tracks_are_checked(tmp_path: Path) -> None:
    with pytest.raises(HaidangError, match="column 'wind': hPa does not convert to m/s"):
        forecasts(tmp_path, "", wind_unit="hPa")
    with pytest.raises(UnknownNameError, match="column of forecast tracks 'lat'"):
        forecasts(tmp_path, "", columns={"lat": "latitude"})
    with pytest.raises(HaidangError, match="state 0 or more"):
        forecasts(tmp_path, "", publication_delay_hours=-1)
    with pytest.raises(HaidangError, match="neither valid_time nor lead_hours"):
        forecasts(tmp_path, "storm,issue_time,latitude,longitude,wind\n")
    with pytest.raises(UnknownNameError, match="'wind': there is"):
        forecasts(tmp_path, "storm,issue_time,latitude,longitude,speed\n")
    with pytest.raises(UnknownNameError, match="'storm': there is none"):
        forecasts(tmp_path, "")


def test_the_catalogue_makes_each_kind_from_its_settings(tmp_path: Path) -> None:
    from features.settings import Settings

    settings = Settings(
        home=tmp_path,
        sources={"tokyo": {"kind": "jma_best_track", "file": "bst.txt", "covers": ["2015-01-01", "2021-07-20"]}},
    )
    tokyo_source = source_named("tokyo", settings, {})
    assert isinstance(tokyo_source, JmaBestTrack)
    assert (tokyo_source.name, tokyo_source.zone, tokyo_source.latency) == (
        "tokyo",
        "Asia/Ho_Chi_Minh",
        pd.Timedelta(days=90),
    )
    assert source_named("ibtracs", settings, {"file": "ibtracs.csv"}).name == "ibtracs"
    assert source_named("forecast_tracks", settings, {"file": "f.csv", "wind_unit": "knot"}).name == "forecast_tracks"
    with pytest.raises(HaidangError, match="wind_minutes"):
        source_named("forecast_tracks", settings, {"file": "f.csv", "wind_unit": "knot", "wind_minutes": 3})
    with pytest.raises(HaidangError, match="state the first day, then the last"):
        source_named("tokyo", settings, {"covers": ["2021-01-01", "2015-01-01"]})


def test_a_source_whose_file_is_missing_says_so_when_it_is_asked(tmp_path: Path) -> None:
    with pytest.raises(HaidangError, match="cannot be read"):
        whole(JmaBestTrack(tmp_path / "nowhere.txt", "UTC"))
