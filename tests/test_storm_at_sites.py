"""Storms as sites see them: distances, directions, wind and rain against values by hand, and what is known when."""

import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from storm_files import EVER, HERE, by_day, fix, jma, site_at, whole

from features.archive import Archive
from features.entries import Batch
from features.ingest import ingest
from features.periods import Periods
from features.sites import Sites, read_sites
from features.sources.storms.best_track import JmaBestTrack
from features.sources.storms.forecast_tracks import ForecastTracks
from features.sources.storms.profiles import radii_of_highest_wind, rain_rates, strengths, winds

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
HANOI = "Asia/Ho_Chi_Minh"
KNOT = 1852 / 3600
DEGREE_KM = 2 * math.pi * 6371.0088 / 360
FAR = "are of storms that never come within 3,000 km of any site"
OUTSIDE = "lie outside the asked stretch, or what the file covers"


def seen(tmp_path: Path, *lines: str, sites: Sites = HERE, zone: str = "UTC", **settings: object) -> Batch:
    path = jma(tmp_path / "bst.txt", ("1501", list(lines)))
    return whole(JmaBestTrack(path, zone, **settings), sites)  # type: ignore[arg-type]


def path_of(**changes: float) -> pd.DataFrame:
    """An hour of a storm at 20 degrees north."""
    given = {"z": math.sin(math.radians(20)), "wind": np.nan, "pressure": np.nan}
    return pd.DataFrame([given | {"radius_30kt": np.nan, "radius_50kt": np.nan} | changes])


def at_distances(path: pd.DataFrame, *distances: float) -> list[float]:
    return list(winds(path, np.array([distances]))[0])


@pytest.mark.parametrize(("latitude", "longitude", "bearing"), [(5, 106, 0.0), (0, 111, 90.0), (0, 101, 270.0)])
def test_the_bearing_is_clockwise_from_north(tmp_path: Path, latitude: float, longitude: float, bearing: float) -> None:
    day = by_day(seen(tmp_path, fix("15050100", latitude, longitude))).loc["2015-05-01"]
    assert day["storm_bearing"] == pytest.approx(bearing, abs=0.01)
    assert day["storm_distance"] == pytest.approx(5 * DEGREE_KM, abs=0.01)


def test_a_storm_that_comes_straight_on(tmp_path: Path) -> None:
    # From 116 E to 106 E, the site, in two days: 10 degrees in 48 hours, and it stays there for a day.
    coming = [fix("15050100", 0, 116), fix("15050200", 0, 111), fix("15050300", 0, 106), fix("15050323", 0, 106)]
    found = by_day(seen(tmp_path, *coming))
    speed = 5 * DEGREE_KM / 24
    assert found["storm_closing_speed"].tolist() == pytest.approx([speed, speed, 0.0], abs=0.01)
    assert found["storm_hours_to_closest"].tolist() == [36.0, 12.0, -12.0], "from noon to midnight of 3 May"
    assert found["storm_distance"].tolist() == pytest.approx([5 * DEGREE_KM + speed, speed, 0.0], abs=0.01)
    assert found["storm_bearing"].tolist()[:2] == pytest.approx([90.0, 90.0], abs=0.01)


def test_a_storm_that_goes_away_has_been_closest(tmp_path: Path) -> None:
    found = by_day(seen(tmp_path, fix("15050106", 0, 106), fix("15050206", 0, 111), fix("15050306", 0, 116)))
    assert found["storm_closing_speed"].tolist() == pytest.approx([-5 * DEGREE_KM / 24] * 3, abs=0.01)
    assert found["storm_hours_to_closest"].tolist() == [-6.0, -12.0, -12.0], "of the path from the day's start on"


def test_the_local_day_counts(tmp_path: Path) -> None:
    # 17 UTC is midnight in Hanoi: the first fix is of 1 May, the second of 2 May.
    found = by_day(seen(tmp_path, fix("15050116", 0, 108), fix("15050117", 0, 107), zone=HANOI), HANOI)
    assert found["storm_distance"].tolist() == pytest.approx([2 * DEGREE_KM, DEGREE_KM], abs=0.01)
    assert found["storm_hours_to_closest"].tolist() == [12.0, -12.0]


def test_the_path_crosses_the_date_line_by_the_short_way(tmp_path: Path) -> None:
    batch = seen(tmp_path, fix("15050100", 0, 179), fix("15050112", 0, 181), sites=Sites([site_at(0, 180)]))
    assert by_day(batch).loc["2015-05-01", "storm_distance"] == pytest.approx(0.0, abs=0.01)


def test_the_path_between_two_fixes_is_the_great_circle_and_ends_where_fixes_are_far_apart(tmp_path: Path) -> None:
    # Half-way from 30 N 110 E to 30 N 150 E the great circle is at atan(tan 30 / cos 20) = 31.565 N.
    middle = Sites([site_at(math.degrees(math.atan(math.tan(math.radians(30)) / math.cos(math.radians(20)))), 130)])
    near = seen(tmp_path, fix("15050100", 30, 110), fix("15050200", 30, 150), sites=middle)
    assert by_day(near).loc["2015-05-01", "storm_distance"] == pytest.approx(0.0, abs=0.01)
    apart = seen(tmp_path, fix("15050100", 30, 110), fix("15050201", 30, 150), sites=middle)
    assert by_day(apart).loc["2015-05-01", "storm_distance"] > 1900


def test_the_nearest_of_several_storms_is_told_and_the_strongest_wind_and_all_rain(tmp_path: Path) -> None:
    path = jma(
        tmp_path / "bst.txt",
        (
            "1501",
            [fix("15050100", 0, 107, knots=40, pressure=" 990"), fix("15050123", 0, 107, knots=40, pressure=" 990")],
        ),
        (
            "1502",
            [fix("15050100", 0, 109, knots=100, pressure=" 930"), fix("15050123", 0, 109, knots=100, pressure=" 930")],
        ),
    )
    both = by_day(whole(JmaBestTrack(path, "UTC"))).loc["2015-05-01"]
    one, other = (
        by_day(seen(tmp_path, *(fix(f"150501{hour}", 0, east, knots=knots, pressure=p) for hour in ("00", "23")))).loc[
            "2015-05-01"
        ]
        for east, knots, p in ((107, 40, " 990"), (109, 100, " 930"))
    )
    assert both["storm_distance"] == pytest.approx(DEGREE_KM, abs=0.01)
    assert both["storm_strength"] == pytest.approx(40 * KNOT, abs=0.01)
    assert both["storm_wind"] == max(one["storm_wind"], other["storm_wind"]) > 5
    assert both["storm_rain"] == pytest.approx(one["storm_rain"] + other["storm_rain"], abs=0.02)


def test_wind_follows_the_radii_that_the_agency_gives() -> None:
    path = path_of(wind=90 * KNOT, pressure=940.0, radius_30kt=400.0, radius_50kt=150.0)
    # ln R = 3.015 - 6.291e-5 * 70^2 + 0.0337 * 20 = 3.38074
    radius = 29.392
    assert radii_of_highest_wind(np.array([1.0]), np.array([940.0]), np.array([20.0])) == pytest.approx(
        radius, abs=1e-3
    )
    found = at_distances(path, 0.0, radius / 2, radius, 150.0, math.sqrt(150 * 400), 400.0, 900.0, 1001.0)
    knots = [0.0, 45.0, 90.0, 50.0, math.sqrt(50 * 30), 30.0, 30.0 * (400 / 900) ** 0.5, 0.0]
    assert found == pytest.approx([number * KNOT for number in knots], rel=1e-4)


def test_wind_without_radii_falls_off_with_the_root_of_the_distance() -> None:
    path = path_of(wind=90 * KNOT, pressure=940.0)
    assert at_distances(path, 4 * 29.392, 9 * 29.392) == pytest.approx([45 * KNOT, 30 * KNOT], rel=1e-4)
    weak = path_of(wind=25 * KNOT, pressure=940.0, radius_30kt=400.0, radius_50kt=150.0)
    assert at_distances(weak, 4 * 29.392) == pytest.approx([12.5 * KNOT], rel=1e-4), "radii of more than its own wind"


def test_a_strength_that_is_not_given_is_that_of_the_pressure() -> None:
    # 6.7 * 20^0.644 = 46.13 knots of one minute, 42.90 of ten.
    found = strengths(np.array([np.nan, 30.0, np.nan, np.nan]), np.array([990.0, 990.0, 1012.0, np.nan]))
    assert found == pytest.approx([42.90 * KNOT, 30.0, 0.0, np.nan], abs=0.01, nan_ok=True)
    by_wind = radii_of_highest_wind(np.array([42.897 * KNOT]), np.array([np.nan]), np.array([20.0]))
    assert by_wind == pytest.approx(math.exp(3.015 - 6.291e-5 * 20**2 + 0.0337 * 20), rel=1e-4)


def test_rain_is_that_of_r_cliper() -> None:
    # 35 knots of one minute: U = 1, T0 = 2.86 and Tm = 3.20 inches a day, rm = 51.5 km, re = 134 km.
    path = path_of(wind=35 * 0.93 * KNOT)
    found = rain_rates(path, np.array([[0.0, 51.5, 51.5 + 134.0, 499.0, 501.0]]))[0]
    inches_a_day = [2.86, 3.20, 3.20 / math.e, 3.20 * math.exp(-447.5 / 134), 0.0]
    assert found == pytest.approx([number * 25.4 / 24 for number in inches_a_day], rel=1e-6)
    assert np.isnan(rain_rates(path_of(), np.array([[100.0, 600.0]])))[0].tolist() == [True, False]
    assert rain_rates(path_of(wind=1.0), np.array([[10.0]]))[0] == [0.0], "the fit is negative for the weakest"


def test_a_typhoon_like_yagi_is_of_the_right_order(tmp_path: Path) -> None:
    # Over Quang Ninh on 7 September 2024 with about 80 knots and 955 hPa; highest wind measured 40 m/s and more.
    radii = "90060 0060 90150 0150"
    places = [
        ("24090618", 20.1, 110.0),
        ("24090700", 20.4, 108.7),
        ("24090706", 20.9, 107.1),
        ("24090712", 21.0, 105.9),
    ]
    lines = [fix(time, north, east, pressure=" 955", knots=80, radii=radii) for time, north, east in places]
    found = by_day(seen(tmp_path, *lines, sites=Sites([site_at(20.95, 107.1)]), zone=HANOI), HANOI).loc["2024-09-07"]
    assert 33 < found["storm_wind"] < 80 * KNOT + 0.01
    assert 100 < found["storm_rain"] < 300
    assert found["storm_distance"] < 15


def test_a_depression_without_a_wind_has_no_strength_but_a_wind_by_its_pressure(tmp_path: Path) -> None:
    batch = seen(tmp_path, fix("15050100", 0, 107, grade=2, knots=0, pressure="1000"))
    day = by_day(batch).loc["2015-05-01"]
    assert "storm_strength" not in day
    assert 3 < day["storm_wind"] < 15


def test_wind_and_rain_of_a_storm_of_unknown_strength_are_not_told(tmp_path: Path) -> None:
    near = fix("15050100", 0, 107, grade=2, knots=0, pressure="    ")
    day = by_day(seen(tmp_path, near)).loc["2015-05-01"]
    assert set(day.index) == {"storm_distance", "storm_bearing", "storm_hours_to_closest"}
    off = by_day(seen(tmp_path, near.replace("1070", "1270"))).loc["2015-05-01"]
    assert (off["storm_wind"], off["storm_rain"]) == (0.0, 0.0), "2,300 km away it does not matter"


def test_on_days_between_storms_it_is_known_that_there_was_none(tmp_path: Path) -> None:
    path = jma(tmp_path / "bst.txt", ("1501", [fix("15050100", 0, 107)]), ("1502", [fix("15050400", 0, 108)]))
    batch = whole(JmaBestTrack(path, "UTC"))
    found = by_day(batch)
    assert found.index.tolist() == ["2015-05-01", "2015-05-02", "2015-05-03", "2015-05-04"]
    between = found.loc[["2015-05-02", "2015-05-03"]]
    assert between["storm_distance"].tolist() == [3000.0, 3000.0]
    assert between[["storm_wind", "storm_rain"]].to_numpy().tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert between[["storm_bearing", "storm_strength", "storm_hours_to_closest"]].isna().all(axis=None)
    assert (batch.read, batch.unread, batch.passed_over) == (2, 0, {})


def test_storms_that_never_come_near_are_passed_over_and_are_none(tmp_path: Path) -> None:
    path = jma(
        tmp_path / "bst.txt",
        ("1501", [fix("15050100", 0, 107)]),
        ("1502", [fix("15050200", 0, 133.5), fix("15050206", 0, 134)]),
    )
    batch = whole(JmaBestTrack(path, "UTC"))
    assert by_day(batch).loc["2015-05-02", ["storm_distance", "storm_wind"]].tolist() == [3000.0, 0.0]
    assert "storm_bearing" not in set(batch.entries.loc[batch.entries["valid_time"] > "2015-05-01T00:00Z", "variable"])
    assert (batch.read, batch.passed_over) == (3, {FAR: 2})
    known = batch.entries.groupby("valid_time")["known_time"].first()
    assert list(known) == [pd.Timestamp("2015-07-31", tz="UTC"), pd.Timestamp("2015-08-01", tz="UTC")], "90 days later"


def test_a_file_of_other_waters_says_nothing_unless_it_is_stated_what_it_covers(tmp_path: Path) -> None:
    lines = [fix("15050100", 30, 170), fix("15050300", 30, 170)]
    batch = seen(tmp_path, *lines)
    assert batch.entries.empty
    assert (batch.read, batch.passed_over) == (2, {OUTSIDE: 2})
    assert "is the file of other waters?" in batch.remarks[0]
    stated = seen(tmp_path, *lines, covers=(date(2015, 4, 30), date(2015, 5, 2)))
    assert by_day(stated)["storm_distance"].tolist() == [3000.0] * 3
    assert (stated.read, stated.passed_over) == (2, {FAR: 1, OUTSIDE: 1})


def test_a_year_without_any_fix_is_not_covered(tmp_path: Path) -> None:
    path = jma(tmp_path / "bst.txt", ("1501", [fix("15123100", 0, 107)]), ("1701", [fix("17010100", 0, 107)]))
    batch = whole(JmaBestTrack(path, "UTC"))
    assert by_day(batch).index.tolist() == ["2015-12-31", "2017-01-01"]
    assert batch.remarks == ("no fix is of 2016: nothing is told of such years",)


def test_extratropical_fixes_cover_days_but_are_no_storm(tmp_path: Path) -> None:
    batch = seen(tmp_path, fix("15050100", 0, 107), fix("15050200", 0, 107, grade=6, knots=0))
    assert by_day(batch)["storm_distance"].tolist() == pytest.approx([DEGREE_KM, 3000.0], abs=0.01)
    assert (batch.read, batch.passed_over) == (2, {"are of an extratropical cyclone": 1})


def test_on_a_day_with_a_fix_that_cannot_be_read_nobody_says_that_there_was_none(tmp_path: Path) -> None:
    broken = fix("15050200", 0, 107).replace("1070", "10x0")
    batch = seen(tmp_path, fix("15050100", 0, 107), broken, fix("15050312", 0, 107))
    found = by_day(batch)
    assert found.index.tolist() == ["2015-05-01", "2015-05-03"]
    assert (batch.read, batch.unread, len(batch.rejected)) == (3, 1, 1)


def test_a_day_is_known_when_the_storms_near_on_it_are_over_and_the_latency_has_passed(tmp_path: Path) -> None:
    path = jma(
        tmp_path / "bst.txt",
        ("1501", [fix("15050100", 0, 107), fix("15050118", 0, 107), fix("15050212", 0, 107)]),
        ("1502", [fix("15050400", 0, 107)]),
    )
    batch = whole(JmaBestTrack(path, HANOI, latency_days=60))
    known = batch.entries.groupby("valid_time")["known_time"].agg(["min", "max"])
    # Local days: the first storm lives on 1 and 2 May; a value that tells hours to the closest needs the whole track.
    expected = pd.to_datetime(["2015-05-03", "2015-05-03", "2015-05-04", "2015-05-05"]).tz_localize(HANOI)
    assert list(known["min"]) == list(expected + pd.Timedelta(days=60))
    assert list(known["max"]) == list(known["min"])


def test_only_the_asked_days_are_brought_by_years_with_a_point_to_go_on_from(tmp_path: Path) -> None:
    path = jma(
        tmp_path / "bst.txt", ("1501", [fix("15123000", 0, 107), fix("15123112", 0, 107), fix("16010200", 0, 107)])
    )
    source = JmaBestTrack(path, "UTC")
    batches = list(source.fetch(HERE, *EVER))
    assert [batch.read for batch in batches] == [0, 2, 1]
    assert [batch.delivered_until for batch in batches] == [
        None,
        pd.Timestamp("2016-01-01", tz="UTC"),
        pd.Timestamp("2016-01-03", tz="UTC"),
    ]
    late = whole(source, start=pd.Timestamp("2015-12-31", tz="UTC"), end=pd.Timestamp("2016-01-02", tz="UTC"))
    assert by_day(late).index.tolist() == ["2015-12-31", "2016-01-01"]
    assert (late.read, late.passed_over) == (3, {OUTSIDE: 2})
    whole_days = by_day(whole(source)).loc[["2015-12-31", "2016-01-01"]]
    pd.testing.assert_frame_equal(by_day(late), whole_days)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_seven_years_of_best_tracks_come_in_whole_and_wipha_of_2019_is_where_it_was(tmp_path: Path) -> None:
    sites = Sites([site_at(20.96, 107.06, "ha-long"), site_at(21.53, 107.96, "mong-cai")])
    source = JmaBestTrack(SHARED / "storm_tracks" / "bst_all.txt", HANOI)
    archive = Archive(tmp_path, sites, HANOI)
    receipt = ingest(source, archive, *EVER, now=pd.Timestamp("2022-01-01", tz="UTC"))
    assert (receipt.read, receipt.unread, receipt.quarantined) == (6154, 0, 0)
    assert receipt.passed_over["are of an extratropical cyclone"] == 719
    assert receipt.used + sum(receipt.passed_over.values()) == 6154
    batch = whole(source, sites)
    assert receipt.accepted == len(batch.entries)
    days = (date(2021, 7, 31) - date(2015, 1, 13)).days + 1
    for variable in ("storm_distance", "storm_wind", "storm_rain"):
        assert (batch.entries["variable"] == variable).sum() == days * 2
    # Its fix of 18 UTC on 2 August, 01:00 of 3 August in Hanoi: 21.5 N 107.3 E, 35 knots.
    wipha = by_day(batch, HANOI, "ha-long").loc["2019-08-03"]
    assert 45 < wipha["storm_distance"] < math.hypot(0.54, 0.24 * math.cos(math.radians(21))) * DEGREE_KM + 1
    assert 0 <= wipha["storm_bearing"] < 45 or 315 < wipha["storm_bearing"] <= 360
    assert 15 < wipha["storm_wind"] < 21
    assert wipha["storm_closing_speed"] < 0


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_no_day_is_farther_than_its_nearest_fix() -> None:
    sites = read_sites(Path(__file__).parents[1] / "features" / "quang_ninh.csv")
    file = SHARED / "storm_tracks" / "bst_all.txt"
    start, end = pd.Timestamp("2018-07-01", tz=HANOI), pd.Timestamp("2018-11-01", tz=HANOI)
    batch = whole(JmaBestTrack(file, HANOI), sites, start, end)
    site = sites["06652"]
    told = by_day(batch, HANOI, site.code)["storm_distance"]
    nearest: dict[str, float] = {}
    for line in file.read_text().splitlines():
        if line.startswith("66666") or line[13] == "6":
            continue
        time = pd.to_datetime(line[:8], format="%y%m%d%H").tz_localize("UTC").tz_convert(HANOI)
        if start <= time < end:
            north, east = math.radians(int(line[15:18]) / 10), math.radians(int(line[19:23]) / 10)
            here, there = math.radians(site.latitude), math.radians(site.longitude)
            cosine = math.sin(here) * math.sin(north) + math.cos(here) * math.cos(north) * math.cos(east - there)
            day = f"{time:%Y-%m-%d}"
            nearest[day] = min(nearest.get(day, 3000.0), 6371.0088 * math.acos(cosine))
    assert len(nearest) > 60
    for day, distance in nearest.items():
        assert told[day] <= distance + 0.01
        assert told[day] > distance - 400, "no storm goes 800 km in the six hours between two fixes"
    assert (told.drop(list(nearest)) == 3000.0).all()


FORECAST = "storm,issue_time,lead_hours,latitude,longitude,wind,pressure\n"


def foreseen(tmp_path: Path, rows: str, zone: str = "UTC", **settings: object) -> Batch:
    path = tmp_path / "tracks.csv"
    path.write_text(FORECAST + rows, encoding="utf-8")
    return whole(ForecastTracks(path, zone, "knot", **settings))  # type: ignore[arg-type]


def test_a_storm_that_passes_due_east_at_100_km(tmp_path: Path) -> None:
    # On the equator 100 km are 0.89932 degrees; the centre goes north along that meridian and is abeam at 06 UTC.
    rows = "".join(f"A,2025-07-21T00:00Z,{lead},{lead / 2 - 3},106.8993216,50,980\n" for lead in (0, 4, 12))
    day = by_day(foreseen(tmp_path, rows)).loc["2025-07-21"]
    assert day["storm_distance"] == pytest.approx(100.0, abs=0.01)
    assert day["storm_bearing"] == pytest.approx(90.0, abs=0.01)
    assert day["storm_strength"] == pytest.approx(50 * KNOT, abs=0.01)
    assert day["storm_closing_speed"] == pytest.approx(0.0, abs=0.01), "as far away at 12 UTC as at 00 UTC"
    assert day["storm_hours_to_closest"] == -6.0


def test_a_forecast_speaks_of_days_that_are_not_over_until_its_last_position(tmp_path: Path) -> None:
    rows = "".join(f"A,2025-07-21T00:00Z,{lead},0,{111 - lead / 24},50,980\n" for lead in (0, 24, 48, 60))
    batch = foreseen(tmp_path, rows, publication_delay_hours=3)
    found = by_day(batch)
    assert found.index.tolist() == ["2025-07-21", "2025-07-22", "2025-07-23"]
    assert set(batch.entries["known_time"]) == {pd.Timestamp("2025-07-21T03:00Z")}
    assert found["storm_distance"].tolist() == pytest.approx(
        [(4 + 1 / 24) * DEGREE_KM, (3 + 1 / 24) * DEGREE_KM, 2.5 * DEGREE_KM], abs=0.01
    )
    assert found["storm_hours_to_closest"].tolist() == [48.0, 24.0, 0.0]
    assert found["storm_rain"].isna().tolist() == [False, False, True], "the third day ends at noon"
    assert found["storm_wind"].notna().all()
    assert (batch.read, batch.unread, batch.passed_over) == (4, 0, {})


def test_a_forecast_published_after_midnight_says_nothing_of_yesterday(tmp_path: Path) -> None:
    rows = "A,2025-07-21T12:00Z,0,0,111,50,980\nA,2025-07-21T12:00Z,24,0,110,50,980\n"
    batch = foreseen(tmp_path, rows, zone=HANOI, publication_delay_hours=6)
    # Known at 18 UTC, 01:00 of 22 July in Hanoi; the first position is of 19:00 on 21 July.
    assert by_day(batch, HANOI).index.tolist() == ["2025-07-22"]
    assert (batch.read, sum(batch.passed_over.values())) == (2, 1)


def test_each_issue_time_speaks_for_itself(tmp_path: Path) -> None:
    rows = "".join(f"A,2025-07-2{day}T00:00Z,{lead},0,{108 + day},50,980\n" for day in (1, 2) for lead in (0, 24))
    batch = foreseen(tmp_path, rows)
    told = batch.entries[batch.entries["variable"] == "storm_distance"].set_index(["known_time", "valid_time"])["value"]
    days = [pd.Timestamp(f"2025-07-2{day}", tz="UTC") for day in (1, 2, 3)]
    expected = {(days[0], days[0]): 3, (days[0], days[1]): 3, (days[1], days[1]): 4, (days[1], days[2]): 4}
    assert told.to_dict() == pytest.approx({key: degrees * DEGREE_KM for key, degrees in expected.items()}, abs=0.01)


def test_where_one_storm_is_no_longer_followed_the_other_is_told_but_not_what_all_do(tmp_path: Path) -> None:
    rows = (
        "A,2025-07-21T00:00Z,0,0,107,50,980\n"
        "B,2025-07-21T00:00Z,0,0,116,50,980\nB,2025-07-21T00:00Z,24,0,116,50,980\n"
        "B,2025-07-21T00:00Z,47,0,116,50,980\n"
    )
    found = by_day(foreseen(tmp_path, rows))
    assert found["storm_distance"].tolist() == pytest.approx([DEGREE_KM, 10 * DEGREE_KM], abs=0.01)
    assert found["storm_wind"].isna().tolist() == [False, True]
    far = by_day(foreseen(tmp_path, rows.replace(",116,", ",140,")))
    assert far.index.tolist() == ["2025-07-21"], "that none is near is not known of the second day"


def test_a_forecast_of_a_storm_stands_until_a_newer_one_or_for_twelve_hours(tmp_path: Path) -> None:
    # B is told of every twelve hours only; C is far away and alone at 06 UTC and at 18 UTC of the next day.
    rows = "".join(f"B,2025-07-21T00:00Z,{lead},0,107,50,980\n" for lead in (0, 24, 48, 71))
    rows += "".join(f"C,2025-07-21T06:00Z,{lead},0,150,50,980\n" for lead in (0, 24, 41))
    rows += "".join(f"C,2025-07-22T18:00Z,{lead},0,150,50,980\n" for lead in (0, 5))
    batch = foreseen(tmp_path, rows)
    told = batch.entries[batch.entries["variable"] == "storm_distance"]
    on_22 = told[told["valid_time"] == pd.Timestamp("2025-07-22", tz="UTC")].set_index("known_time")["value"]
    assert on_22[pd.Timestamp("2025-07-21T06:00Z")] == pytest.approx(DEGREE_KM, abs=0.01)
    assert on_22[pd.Timestamp("2025-07-22T18:00Z")] == 3000.0
    assert (batch.read, batch.passed_over) == (9, {FAR: 5})


def test_forecasts_go_into_the_archive_as_forecasts(tmp_path: Path) -> None:
    rows = "".join(f"A,2025-07-21T00:00Z,{lead},0,111,50,980\n" for lead in (0, 24, 48))
    rows += "C,2025-07-21T06:00Z,0,0,150,50,980\nC,2025-07-21T06:00Z,x,0,150,50,980\n"
    path = tmp_path / "tracks.csv"
    path.write_text(FORECAST + rows, encoding="utf-8")
    archive = Archive(tmp_path / "archive", HERE, "UTC")
    receipt = ingest(ForecastTracks(path, "UTC", "knot"), archive, *EVER, now=pd.Timestamp("2025-07-21T07:00Z"))
    assert (receipt.read, receipt.unread, receipt.quarantined) == (5, 1, 1)
    assert receipt.passed_over == {FAR: 1}
    ahead = archive.as_of(pd.Timestamp("2025-07-21T07:00Z")).ahead("storm_distance", Periods(days=1, count=2))
    assert ahead.to_numpy().ravel().tolist() == pytest.approx([5 * DEGREE_KM] * 2, abs=0.01)
