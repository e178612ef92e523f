"""Open-Meteo: every kind of it, what is refused of an answer, and faults from the provider into the archive."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from provider_server import OpenMeteoServer
from pytest_httpserver import HTTPServer
from tiny_deployment import write_settings
from werkzeug import Response

from features.archive import Archive
from features.database import open_database
from features.entries import Batch, Receipt
from features.errors import HaidangError
from features.ingest import ingest
from features.ingest_log import IngestLog
from features.settings import Settings
from features.sites import Site, Sites
from features.sources.catalogue import source_named
from features.sources.web.open_meteo import OpenMeteoHistory, OpenMeteoPreviousRuns
from features.sources.web.open_meteo_runs import (
    OpenMeteoAir,
    OpenMeteoEnsemble,
    OpenMeteoFlood,
    OpenMeteoForecast,
    OpenMeteoMarine,
)
from features.sources.web.service import ProviderError
from haidang.chain.ingests import Asked, ingest_logged
from serving.deployment import open_deployment

HANOI = "Asia/Ho_Chi_Minh"
EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
NOW = pd.Timestamp("2024-06-01T12:00", tz=HANOI)


def at(text: str) -> pd.Timestamp:
    """A moment in local time."""
    return pd.Timestamp(text, tz=HANOI)


def sites(**coastal: bool) -> Sites:
    """Sites on a line northwards, a quarter of a degree apart."""
    return Sites(
        [
            Site(code, code, code, 21.0 + place / 4, 107.0, {"coastal": float(is_coastal)})
            for place, (code, is_coastal) in enumerate(coastal.items())
        ]
    )


ONE, TWO = sites(S1=True), sites(S1=True, S2=False)


@pytest.fixture
def server(httpserver: HTTPServer) -> OpenMeteoServer:
    return OpenMeteoServer(httpserver)


def made(kind: type, server: OpenMeteoServer, **stated: Any) -> Any:
    """A source that is patient for some hundredths of a second only."""
    waits: dict[str, Any] = {
        "attempts": 3,
        "first_wait_seconds": 0.001,
        "busy_wait_seconds": 0.01,
        "timeout_seconds": 2.0,
    }
    waits["address"] = server.address
    if kind in (OpenMeteoHistory, OpenMeteoPreviousRuns):
        waits["clock"] = lambda: NOW
    return kind(**{"zone": HANOI} | waits | stated)


def history(server: OpenMeteoServer, *variables: str, **stated: Any) -> OpenMeteoHistory:
    return made(OpenMeteoHistory, server, variables=variables or ("rain", "air_temperature"), **stated)


def fetched(source: Any, known: Sites, start: str | None, end: str | None) -> list[Batch]:
    return list(source.fetch(known, at(start) if start else EVER[0], at(end) if end else EVER[1]))


def one(source: Any, known: Sites, start: str | None, end: str | None) -> Batch:
    (batch,) = fetched(source, known, start, end)
    return batch


def values(batch: Batch, variable: str, site: str = "S1") -> list[float]:
    rows = batch.entries[(batch.entries["variable"] == variable) & (batch.entries["site"] == site)]
    return list(rows.sort_values("valid_time")["value"])


def used(batch: Batch) -> int:
    return batch.read - batch.unread - sum(batch.passed_over.values())


def refusal(source: Any, known: Sites = ONE, start: str | None = "2024-05-01", end: str | None = "2024-05-03") -> str:
    with pytest.raises(ProviderError) as caught:
        fetched(source, known, start, end)
    return str(caught.value)


def of(places: list[dict[str, Any]], section: str = "daily") -> dict[str, list[Any]]:
    """The first place's values."""
    return places[0][section]


# --- reanalysis


def test_days_of_the_reanalysis_are_known_five_days_after_their_end(httpserver: HTTPServer) -> None:
    asked = {
        "latitude": "21.0000,21.2500",
        "longitude": "107.0000,107.0000",
        "start_date": "2024-05-01",
        "end_date": "2024-05-02",
        "timezone": "Etc/GMT-7",
        "wind_speed_unit": "ms",
        "daily": "precipitation_sum,temperature_2m_mean",
        "models": "era5",
    }
    told = [
        {
            "latitude": 21.054483,
            "longitude": 107.06494,
            "generationtime_ms": 0.2,
            "utc_offset_seconds": 25200,
            "timezone": "Etc/GMT-7",
            "timezone_abbreviation": "GMT+7",
            "elevation": 9.0,
            "daily_units": {"time": "iso8601", "precipitation_sum": "mm", "temperature_2m_mean": "°C"},
            "daily": {
                "time": ["2024-05-01", "2024-05-02"],
                "precipitation_sum": [12.5, None],
                "temperature_2m_mean": [26.1, 27.4],
            },
        },
        {
            "latitude": 21.265377,
            "longitude": 106.95652,
            "generationtime_ms": 0.1,
            "utc_offset_seconds": 25200,
            "timezone": "Etc/GMT-7",
            "timezone_abbreviation": "GMT+7",
            "elevation": 220.0,
            "location_id": 1,
            "daily_units": {"time": "iso8601", "precipitation_sum": "mm", "temperature_2m_mean": "°C"},
            "daily": {
                "time": ["2024-05-01", "2024-05-02"],
                "precipitation_sum": [0.0, 3.0],
                "temperature_2m_mean": [24.9, 25.0],
            },
        },
    ]
    httpserver.expect_request("/v1/archive", query_string=asked).respond_with_json(told)
    source = OpenMeteoHistory(
        HANOI, variables=("rain", "air_temperature"), address=httpserver.url_for(""), clock=lambda: NOW
    )
    batch = one(source, TWO, "2024-05-01", "2024-05-03")
    assert values(batch, "rain") == [12.5]
    assert values(batch, "rain", "S2") == [0.0, 3.0]
    assert values(batch, "air_temperature") == [26.1, 27.4]
    assert values(batch, "air_temperature", "S2") == [24.9, 25.0]
    first = batch.entries[(batch.entries["site"] == "S2") & (batch.entries["variable"] == "rain")].iloc[0]
    assert first["valid_time"] == pd.Timestamp("2024-04-30T17:00Z")
    assert first["known_time"] == pd.Timestamp("2024-05-06T17:00Z")
    assert first["source"] == "open_meteo_history"
    assert (batch.read, batch.unread, batch.passed_over) == (8, 0, {"hold no measured value": 1})
    assert used(batch) == len(batch.entries) == 7
    assert batch.delivered_until == at("2024-05-03")


def test_each_variable_of_the_weather_has_its_canonical_unit(server: OpenMeteoServer) -> None:
    told = {
        "precipitation_sum": 12.5, "temperature_2m_mean": 26.0, "temperature_2m_max": 31.0, "temperature_2m_min": 22.0,
        "wind_speed_10m_max": 9.0, "wind_gusts_10m_max": 17.0, "relative_humidity_2m_mean": 83.0,
        "shortwave_radiation_sum": 18.4, "et0_fao_evapotranspiration": 4.1, "pressure_msl_mean": 1008.2,
    }  # fmt: skip
    server.value = lambda name, place, moment: told[name]
    batch = one(made(OpenMeteoHistory, server), ONE, "2024-05-01", "2024-05-02")
    assert dict(zip(batch.entries["variable"], batch.entries["value"], strict=True)) == {
        "rain": 12.5, "air_temperature": 26.0, "highest_air_temperature": 31.0, "lowest_air_temperature": 22.0,
        "wind_speed": 9.0, "wind_gust": 17.0, "relative_humidity": 83.0,
        "solar_radiation": 18.4, "evapotranspiration": 4.1, "air_pressure": 1008.2,
    }  # fmt: skip
    assert server.asked[0]["wind_speed_unit"] == "ms"
    server.value = lambda name, place, moment: 0.41
    assert values(one(history(server, "soil_moisture"), ONE, "2024-05-01", "2024-05-02"), "soil_moisture") == [0.41]
    assert server.asked[1]["daily"] == "soil_moisture_0_to_7cm_mean"


def test_what_is_not_measured_is_no_entry(server: OpenMeteoServer) -> None:
    told = {"2024-05-01": None, "2024-05-02": float("nan"), "2024-05-03": 0.0}
    server.value = lambda name, place, moment: told[moment]
    batch = one(history(server, "rain"), ONE, "2024-05-01", "2024-05-04")
    assert list(batch.entries["valid_time"]) == [at("2024-05-03")]
    assert (batch.read, batch.passed_over) == (3, {"hold no measured value": 2})


def test_extremes_of_a_part_of_a_day_are_left_out(server: OpenMeteoServer) -> None:
    def value(name: str, place: int, moment: str) -> float | None:
        return None if moment == "2024-05-02" and name.endswith("_mean") else 20.0

    server.value = value
    batch = one(history(server, "highest_air_temperature", "wind_gust"), ONE, "2024-05-01", "2024-05-03")
    assert list(batch.entries["valid_time"]) == [at("2024-05-01")] * 2
    assert (batch.read, batch.passed_over) == (4, {"are of a day or an ensemble that is not whole": 2})
    assert server.asked[0]["daily"] == "temperature_2m_max,wind_gusts_10m_max,temperature_2m_mean"


def test_a_variable_that_a_model_lacks_is_remarked_and_not_taken_for_a_changed_unit(server: OpenMeteoServer) -> None:
    def change(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
        places[0]["daily_units"]["wind_gusts_10m_max"] = "undefined"
        of(places)["wind_gusts_10m_max"] = [None, None]
        return places

    server.change = change
    batch = one(history(server, "rain", "wind_gust"), ONE, "2024-05-01", "2024-05-03")
    assert set(batch.entries["variable"]) == {"rain"}
    assert batch.remarks == ("Open-Meteo /v1/archive has no wind_gusts_10m_max of this model",)
    assert batch.passed_over == {"hold no measured value": 2}


def test_days_that_cannot_be_there_yet_are_not_asked_for(server: OpenMeteoServer) -> None:
    batch = fetched(history(server), ONE, "2024-05-20", None)[-1]
    assert server.asked[-1]["end_date"] == "2024-05-26"  # over at midnight, and five days later it is 1 June, 0:00
    assert batch.delivered_until == at("2024-05-27")
    assert fetched(history(server), ONE, "2024-05-27", None) == []


def test_many_years_come_a_year_at_a_time_from_1940_on_and_in_their_order(server: OpenMeteoServer) -> None:
    known = Sites([Site(f"S{place:02}", "", "", 21.0, 107.0, {}) for place in range(54)])
    source = made(OpenMeteoHistory, server, clock=lambda: at("1942-03-01"))
    batches = fetched(source, known, None, None)
    assert [len(batch.entries) // 540 for batch in batches] == [366, 366, 52]
    assert [batch.delivered_until for batch in batches] == [at("1941-01-02"), at("1942-01-03"), at("1942-02-24")]
    assert server.asked[0]["start_date"] == "1940-01-02"  # the first local day of which ERA5 has all hours


def test_days_follow_the_local_midnight_of_their_time_and_not_that_of_today(server: OpenMeteoServer) -> None:
    first, second = fetched(history(server, "rain"), ONE, "1975-06-11", "1975-06-15")
    assert [asked["timezone"] for asked in server.asked] == ["Etc/GMT-8", "Etc/GMT-7"]
    assert [(asked["start_date"], asked["end_date"]) for asked in server.asked] == [
        ("1975-06-11", "1975-06-12"),
        ("1975-06-13", "1975-06-14"),
    ]
    assert list(first.entries["valid_time"]) == [pd.Timestamp("1975-06-10T16:00Z"), pd.Timestamp("1975-06-11T16:00Z")]
    assert list(second.entries["valid_time"]) == [pd.Timestamp("1975-06-12T17:00Z"), pd.Timestamp("1975-06-13T17:00Z")]


def test_a_zone_with_summer_time_is_asked_about_by_its_two_offsets(server: OpenMeteoServer) -> None:
    berlin = history(server, "rain", zone="Europe/Berlin")
    start, end = pd.Timestamp("2024-03-30", tz="Europe/Berlin"), pd.Timestamp("2024-04-02", tz="Europe/Berlin")
    batches = list(berlin.fetch(ONE, start, end))
    assert [asked["timezone"] for asked in server.asked] == ["Etc/GMT-1", "Etc/GMT-2"]
    times = pd.concat([batch.entries for batch in batches])["valid_time"]
    assert [f"{moment:%d %H}" for moment in times] == ["29 23", "30 23", "31 22"]
    with pytest.raises(HaidangError, match="Asia/Kolkata is not whole hours from UTC"):
        fetched(history(server, zone="Asia/Kolkata"), ONE, "2024-05-01", "2024-05-03")
    new_york = history(server, "rain", zone="America/New_York")
    list(new_york.fetch(ONE, pd.Timestamp("2024-01-01T05:00Z"), pd.Timestamp("2024-01-02T05:00Z")))
    assert server.asked[-1]["timezone"] == "Etc/GMT+5"


# --- what is refused of an answer


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda places: places[0]["daily_units"].update(temperature_2m_mean="°F"),
            "site S1: temperature_2m_mean is in '°F', not in '°C': its unit has changed",
        ),
        (lambda places: places[0]["daily_units"].pop("precipitation_sum"), "precipitation_sum is missing"),
        (lambda places: of(places).pop("precipitation_sum"), "site S1: precipitation_sum is missing from the answer"),
        (
            lambda places: of(places).update(time=["2024-05-01", "2024-05-01"]),
            "not the 2 asked for, from 2024-05-01 to 2024-05-02; 2024-05-01 stands there twice",
        ),
        (lambda places: of(places)["time"].append("2024-05-03"), "3 times from ['2024-05-01'] to ['2024-05-03'] are"),
        (lambda places: of(places)["time"].clear(), "0 times from [] to [] are not the 2 asked for"),
        (lambda places: of(places)["precipitation_sum"].pop(), "precipitation_sum has 1 values for 2 times"),
        (lambda places: places[0].update(utc_offset_seconds=0), "days are 0 s from UTC, 25200 s were asked for"),
        (lambda places: places[0].pop("daily"), "the answer is not what is documented: KeyError('daily')"),
        (lambda places: of(places).update(precipitation_sum=["a", "b"]), "is not what is documented: ValueError"),
        (lambda places: of(places).update(precipitation_sum={"a": 1}), "is not what is documented"),
        (lambda places: places[0].update(latitude=None), "is not what is documented: TypeError"),
        (lambda places: ("nothing",), "the answer for site S1 is missing or out of its order"),
        (lambda places: (), "0 places were answered for, 1 were asked for"),
    ],
)
def test_an_answer_that_is_not_what_is_documented_is_named(
    server: OpenMeteoServer, change: Callable[[list[dict[str, Any]]], Any], said: str
) -> None:
    def changed(places: list[dict[str, Any]]) -> Any:
        become = change(places)
        return become if isinstance(become, tuple) else places

    server.change = changed
    assert said in refusal(history(server))


def test_places_out_of_their_order_or_missing_are_named(server: OpenMeteoServer) -> None:
    server.change = lambda places: places[::-1]
    assert "the answer for site S1 is missing or out of its order" in refusal(history(server), TWO)
    server.change = lambda places: places[:1]
    assert "1 places were answered for, 2 were asked for" in refusal(history(server), TWO)


def test_values_of_a_place_too_far_away_are_set_aside(server: OpenMeteoServer) -> None:
    def far(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
        places[1]["latitude"] = 22.0
        return places

    server.change = far
    batch = one(history(server), TWO, "2024-05-01", "2024-05-03")
    assert set(batch.entries["site"]) == {"S1"}
    assert list(batch.rejected["reason"]) == ["answered for a place 83 km from site S2: check its position"]
    assert json.loads(batch.rejected["row"][0]) == {"site": "S2", "latitude": 22.0, "longitude": 107.0, "km": 83}
    assert (batch.read, batch.unread, used(batch)) == (8, 4, 4)
    server.change = lambda places: [place | {"latitude": -21.0} for place in places]
    nothing = one(history(server), TWO, "2024-05-01", "2024-05-03")
    assert (nothing.read, nothing.unread, len(nothing.entries)) == (8, 8, 0)


# --- many places


def test_many_sites_are_asked_about_in_pieces_whatever_their_order(server: OpenMeteoServer) -> None:
    listed = [Site(f"S{place:03}", "", "", 20.0 + place / 100, 107.0, {}) for place in range(120)]
    server.value = lambda name, place, moment: float(place)
    forth = one(history(server, "rain"), Sites(listed), "2024-05-01", "2024-05-02").entries
    assert [len(asked["latitude"].split(",")) for asked in server.asked] == [100, 20]
    assert list(forth["value"]) == [*range(100), *range(20)]
    back = one(history(server, "rain"), Sites(listed[::-1]), "2024-05-01", "2024-05-02").entries
    pd.testing.assert_frame_equal(forth, back)


def test_questions_are_so_heavy_and_so_far_apart_that_the_free_server_bears_them(server: OpenMeteoServer) -> None:
    year = ("2023-01-01", "2024-01-01")
    known = Sites([Site(f"S{place:02}", "", "", 21.0, 107.0, {}) for place in range(14)])
    fetched(made(OpenMeteoHistory, server), known, *year)
    # ten series of 365 days count 26.07 calls a place; 300 calls at once are 11 places
    assert [len(asked["latitude"].split(",")) for asked in server.asked] == [11, 3]
    slow = history(server, "rain", calls_per_minute=600.0)
    begun = time.monotonic()
    fetched(slow, ONE, "2024-05-01", "2024-05-03")
    fetched(slow, ONE, "2024-05-01", "2024-05-03")
    assert 0.1 <= time.monotonic() - begun < 1.0
    assert OpenMeteoHistory(HANOI).service.pause_seconds == pytest.approx(0.1)
    assert history(server).service.pause_seconds == 0.0
    assert OpenMeteoHistory(HANOI, key="s3cret").service.pause_seconds == 0.0


def test_a_customer_has_hosts_of_its_own_and_the_key_is_never_shown(server: OpenMeteoServer) -> None:
    assert OpenMeteoHistory(HANOI).service.address == "https://archive-api.open-meteo.com"
    customer = OpenMeteoForecast(HANOI, key="s3cret")
    assert customer.service.address == "https://customer-api.open-meteo.com"
    assert "s3cret" not in repr(customer)
    server.faults = [lambda: Response('{"error": true, "reason": "The supplied API key s3cret is invalid."}', 400)]
    told = refusal(history(server, key="s3cret"))
    assert server.asked[0]["apikey"] == "s3cret"
    assert "400 BAD REQUEST: The supplied API key *** is invalid." in told


def test_only_the_wanted_variables_are_asked_for_and_must_be_ones_that_the_kind_brings(server: OpenMeteoServer) -> None:
    one(history(server, "evapotranspiration"), ONE, "2024-05-01", "2024-05-02")
    assert server.asked[0]["daily"] == "et0_fao_evapotranspiration"
    with pytest.raises(HaidangError, match="unknown variable of this source 'rainfall': there is rain, "):
        history(server, "rainfall")
    with pytest.raises(HaidangError, match="`variables` of this source is empty"):
        OpenMeteoHistory(HANOI, variables=())


def test_kinds_are_made_from_settings(tmp_path: Path) -> None:
    stated = {"kind": "open_meteo_history", "variables": ["rain"], "model": "era5_land", "key": "s3cret"}
    settings = Settings(home=tmp_path, sources={"land": stated})
    land = source_named("land", settings, {})
    assert land == OpenMeteoHistory(HANOI, "land", ("rain",), key="s3cret", model="era5_land")
    assert source_named("open_meteo_previous_runs", settings, {"publication_hours": "12"}).latency == pd.Timedelta(
        hours=12
    )
    for wrong in ({"leads": [0]}, {"leads": []}, {"publication_hours": 25}, {"variables": ["snow"]}, {"attempts": 0}):
        with pytest.raises(HaidangError, match=f"source open_meteo_previous_runs: .*(?:{next(iter(wrong))[:8]})"):
            source_named("open_meteo_previous_runs", settings, wrong)


def test_only_sites_of_a_kind_may_be_asked_about(server: OpenMeteoServer) -> None:
    inland = one(history(server, "rain", where="coastal"), TWO, "2024-05-01", "2024-05-02")
    assert list(inland.entries["site"]) == ["S1"]
    nowhere = one(history(server, "rain", where="coastal"), sites(S2=False), "2024-05-01", "2024-05-02")
    assert (len(nowhere.entries), nowhere.remarks) == (0, ("no site that was asked for is coastal",))
    assert len(server.asked) == 1


# --- the newest run


@pytest.fixture
def forecast(server: OpenMeteoServer) -> OpenMeteoForecast:
    """Rain by the run of 12 UTC of 31 May, 19:00 in Hanoi, which was there at 2:00 of 1 June."""
    server.runs["ecmwf_ifs025"] = ("2024-05-31T12:00Z", "2024-05-31T19:00Z")
    return made(OpenMeteoForecast, server, variables=("rain",), days=3)


def test_a_run_is_known_when_the_provider_had_it(server: OpenMeteoServer, forecast: OpenMeteoForecast) -> None:
    batch = one(forecast, TWO, None, None)
    assert server.asked[0]["models"] == "ecmwf_ifs025"
    assert (server.asked[0]["start_date"], server.asked[0]["end_date"]) == ("2024-06-01", "2024-06-03")
    assert values(batch, "rain", "S2") == [153.01, 154.01, 155.01]
    assert set(batch.entries["known_time"]) == {pd.Timestamp("2024-05-31T19:00Z")}
    assert batch.remarks == ("ecmwf_ifs025: run of 2024-05-31T12:00Z, available at 2024-05-31T19:00Z",)
    assert (batch.read, used(batch), batch.delivered_until) == (6, 6, None)


@pytest.mark.parametrize(
    ("began", "available", "first"),
    [
        ("2024-05-31T17:00Z", "2024-06-01T00:00Z", "2024-06-01"),  # begins with the local day
        ("2024-05-31T18:00Z", "2024-06-01T01:00Z", "2024-06-02"),  # an hour into it
        ("2024-05-30T12:00Z", "2024-06-01T16:59Z", "2024-06-01"),  # comes late, just before 1 June is over
        ("2024-05-30T12:00Z", "2024-06-01T17:00Z", "2024-06-02"),  # comes when it is over: that would be no forecast
    ],
)
def test_only_days_that_a_run_covers_wholly_and_that_are_not_over_are_its_forecasts(
    server: OpenMeteoServer, forecast: OpenMeteoForecast, began: str, available: str, first: str
) -> None:
    server.runs["ecmwf_ifs025"] = (began, available)
    batch = one(replace(forecast, days=5), ONE, None, None)
    assert batch.entries["valid_time"].min() == at(first)
    assert (batch.entries["known_time"] < batch.entries["valid_time"] + pd.Timedelta(days=1)).all()


def test_of_a_run_only_the_days_asked_for_are_brought(server: OpenMeteoServer, forecast: OpenMeteoForecast) -> None:
    assert list(one(forecast, ONE, "2024-06-02", "2024-06-03").entries["valid_time"]) == [at("2024-06-02")]
    nothing = one(forecast, ONE, "2024-01-01", "2024-02-01")
    assert nothing.entries.empty
    assert nothing.remarks[0].endswith("available at 2024-05-31T19:00Z: no day of it was asked for")
    assert len(server.asked) == 1


def test_a_run_that_comes_while_values_are_fetched_is_fetched_anew(
    server: OpenMeteoServer, forecast: OpenMeteoForecast
) -> None:
    def comes_once(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
        server.runs["ecmwf_ifs025"] = ("2024-05-31T18:00Z", "2024-06-01T01:00Z")
        return places

    server.change = comes_once
    batch = one(forecast, ONE, None, None)
    assert set(batch.entries["known_time"]) == {pd.Timestamp("2024-06-01T01:00Z")}
    assert len(server.asked) == 2

    def comes_always(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
        began, available = (pd.Timestamp(text) + pd.Timedelta(hours=6) for text in server.runs["ecmwf_ifs025"])
        server.runs["ecmwf_ifs025"] = (str(began), str(available))
        return places

    server.change = comes_always
    assert "ecmwf_ifs025: a new run came each time while one was fetched" in refusal(forecast, start=None, end=None)


def test_a_model_without_a_known_run_is_named(server: OpenMeteoServer, httpserver: HTTPServer) -> None:
    unknown = made(OpenMeteoForecast, server, model="mine")
    assert "Open-Meteo /data/mine/static/meta.json: 404 NOT FOUND: Not Found" in refusal(unknown)
    httpserver.expect_oneshot_request("/data/mine/static/meta.json").respond_with_json({"data_end_time": 1})
    assert "last_run_initialisation_time or last_run_availability_time is missing" in refusal(unknown)
    server.runs["other"] = ("2024-05-31T12:00Z", "2024-05-31T19:00Z")
    assert not one(replace(unknown, runs_of="other", variables=("rain",)), ONE, None, None).entries.empty


def test_an_ensemble_is_summed_up_of_all_its_members_or_not_at_all(server: OpenMeteoServer) -> None:
    server.runs["ecmwf_ifs025_ensemble"] = ("2024-05-31T12:00Z", "2024-05-31T19:00Z")
    server.members = 10
    rain = [7.0, 0.0, 3.0, 20.0, 1.0, 5.0, 2.0, 4.0, 6.0, 12.0]
    temperature = [24.0, 26.0] * 5

    def value(name: str, place: int, moment: str) -> float | None:
        member = int(name[-2:]) if "_member" in name else 0
        if moment == "2024-06-02" and member == 7 and name.startswith("precipitation"):
            return None
        return {"p": rain, "w": [float(member) for member in range(10)], "t": temperature}[name[0]][member]

    server.value = value
    source = made(OpenMeteoEnsemble, server, members=10, days=2)
    batch = one(source, ONE, None, None)
    assert server.asked[0]["daily"] == "precipitation_sum,wind_speed_10m_max,temperature_2m_mean"
    assert values(batch, "rain_ensemble_mean") == [6.0]
    assert values(batch, "rain_ensemble_high") == [12.0]  # the ninth of 0 1 2 3 4 5 6 7 12 20
    assert values(batch, "wind_speed_ensemble_high") == [8.0, 8.0]
    assert values(batch, "air_temperature_ensemble_mean") == [25.0, 25.0]
    assert values(batch, "air_temperature_ensemble_spread") == pytest.approx([(10 / 9) ** 0.5] * 2)
    assert (batch.read, used(batch)) == (6, 5)
    assert batch.passed_over == {"are of a day or an ensemble that is not whole": 1}
    assert "precipitation_sum_member10 is missing" in refusal(replace(source, members=11), start=None, end=None)
    assert "precipitation_sum_member09 is a member too many" in refusal(
        replace(source, members=9), start=None, end=None
    )


def test_a_high_wind_of_a_member_that_ends_within_the_day_is_left_out(server: OpenMeteoServer) -> None:
    server.runs["ecmwf_ifs025_ensemble"] = ("2024-05-31T12:00Z", "2024-05-31T19:00Z")
    server.members = 2
    server.value = lambda name, place, moment: None if name == "temperature_2m_mean_member01" else 9.0
    source = made(OpenMeteoEnsemble, server, members=2, days=2, variables=("wind_speed_ensemble_high",))
    assert one(source, ONE, None, None).entries.empty


def test_waves_and_levels_are_those_of_two_models_each_known_by_its_own_run(server: OpenMeteoServer) -> None:
    server.runs["meteofrance_wave"] = ("2024-05-31T12:00Z", "2024-05-31T19:00Z")
    server.runs["meteofrance_currents"] = ("2024-05-31T00:00Z", "2024-06-01T03:00Z")
    hours = {"wave_height": 1.0, "wave_period": 4.0, "sea_surface_temperature": 28.0, "sea_level_height_msl": -1.0}
    server.value = lambda name, place, moment: hours[name] + int(moment[11:13]) / 10
    waves, sea = fetched(made(OpenMeteoMarine, server, days=2), TWO, "2024-06-01", None)
    assert [asked["models"] for asked in server.asked] == ["meteofrance_wave", "meteofrance_currents"]
    assert {asked["cell_selection"] for asked in server.asked} == {"sea"}
    assert set(waves.entries["site"]) | set(sea.entries["site"]) == {"S1"}
    assert values(waves, "wave_height") == pytest.approx([3.3, 3.3])
    assert values(waves, "wave_period") == pytest.approx([6.3, 6.3])
    assert values(sea, "sea_water_temperature") == pytest.approx([29.15, 29.15])
    assert values(sea, "water_level") == pytest.approx([1.3, 1.3])
    assert set(waves.entries["known_time"]) == {pd.Timestamp("2024-05-31T19:00Z")}
    assert set(sea.entries["known_time"]) == {pd.Timestamp("2024-06-01T03:00Z")}
    assert one(made(OpenMeteoMarine, server, variables=("water_level",)), ONE, None, None).read == 7


def test_an_hour_that_is_missing_leaves_its_day_out(server: OpenMeteoServer) -> None:
    server.runs["cams_global"] = ("2024-05-31T12:00Z", "2024-05-31T22:00Z")
    server.value = lambda name, place, moment: None if moment == "2024-06-02T23:00" else float(moment[11:13])
    batch = one(made(OpenMeteoAir, server, days=3), ONE, None, None)
    assert server.asked[0]["domains"] == "cams_global"
    assert "models" not in server.asked[0]
    for variable in ("fine_particles", "coarse_particles", "ozone"):
        assert values(batch, variable) == [11.5, 11.5]
    assert (batch.read, used(batch)) == (9, 6)
    assert batch.passed_over == {"are of a day or an ensemble that is not whole": 3}


def test_days_of_rivers_are_those_of_utc(server: OpenMeteoServer) -> None:
    server.runs["glofas_forecast_v4"] = ("2024-05-31T00:00Z", "2024-05-31T15:00Z")
    batch = one(made(OpenMeteoFlood, server, days=2), ONE, None, None)
    assert server.asked[0]["models"] == "forecast_v4"
    assert "timezone" not in server.asked[0]
    assert (server.asked[0]["start_date"], server.asked[0]["end_date"]) == ("2024-05-31", "2024-06-01")
    assert list(batch.entries["valid_time"]) == [at("2024-05-31"), at("2024-06-01")]
    assert values(batch, "river_discharge") == [152.0, 153.0]


# --- forecasts as they were issued


def test_a_forecast_of_the_past_is_known_when_the_run_of_its_last_hour_was_published(server: OpenMeteoServer) -> None:
    def value(name: str, place: int, moment: str) -> float:
        return float(moment[11:13]) + (100 if name.endswith("day3") else 0)

    server.value = value
    source = made(
        OpenMeteoPreviousRuns, server, leads=(1, 3), variables=("rain", "highest_air_temperature", "wind_speed")
    )
    batch = one(source, ONE, "2024-05-10", "2024-05-11")
    assert server.asked[0]["hourly"] == (
        "precipitation_previous_day1,temperature_2m_previous_day1,wind_speed_10m_previous_day1,"
        "precipitation_previous_day3,temperature_2m_previous_day3,wind_speed_10m_previous_day3"
    )
    # 23:00 of 9 May is a day before 23:00 of the day itself; ten hours later the run is published
    known = batch.entries.groupby("known_time")
    assert set(known.groups) == {at("2024-05-10 09:00"), at("2024-05-08 09:00")}
    ahead = known.get_group(at("2024-05-10 09:00")).set_index("variable")["value"]
    assert ahead.to_dict() == {"rain": 276.0, "highest_air_temperature": 23.0, "wind_speed": 23.0}
    ahead = known.get_group(at("2024-05-08 09:00")).set_index("variable")["value"]
    assert ahead.to_dict() == {"rain": 2676.0, "highest_air_temperature": 123.0, "wind_speed": 123.0}
    assert (batch.read, used(batch)) == (6, 6)


def test_one_series_of_hours_makes_the_mean_the_highest_and_the_lowest_of_a_day(server: OpenMeteoServer) -> None:
    server.value = lambda name, place, moment: float(moment[11:13])
    temperatures = ("air_temperature", "highest_air_temperature", "lowest_air_temperature")
    batch = one(
        made(OpenMeteoPreviousRuns, server, leads=(2,), variables=temperatures), ONE, "2024-05-10", "2024-05-11"
    )
    assert [values(batch, variable) for variable in temperatures] == [[11.5], [23.0], [0.0]]
    assert (batch.read, used(batch)) == (1, 1)


def test_forecasts_as_issued_begin_in_2024_and_end_where_the_last_run_is_not_published(server: OpenMeteoServer) -> None:
    batches = fetched(made(OpenMeteoPreviousRuns, server, clock=lambda: at("2024-01-05 08:59")), ONE, None, None)
    assert (server.asked[0]["start_date"], server.asked[0]["end_date"]) == ("2024-01-02", "2024-01-04")
    assert batches[-1].delivered_until == at("2024-01-05")
    fetched(made(OpenMeteoPreviousRuns, server, clock=lambda: at("2024-01-05 09:00")), ONE, None, None)
    assert server.asked[1]["end_date"] == "2024-01-05"


def test_the_archive_takes_forecasts_as_issued_for_forecasts(server: OpenMeteoServer, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", ONE, HANOI)
    server.value = lambda name, place, moment: 0.5
    source = made(OpenMeteoPreviousRuns, server, leads=(1, 2), variables=("rain",))
    assert taken_in(source, archive, "2024-05-10", "2024-05-12").accepted == 4
    truth = archive.observed("rain", by=NOW, start=at("2024-05-10"), end=at("2024-05-11"))
    assert truth.isnull().all()


# --- into the archive


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive", TWO, HANOI)


def taken_in(source: Any, archive: Archive, start: str | None, end: str | None, now: pd.Timestamp = NOW) -> Receipt:
    return ingest(source, archive, at(start) if start else EVER[0], at(end) if end else EVER[1], now=now)


def refused(text: str, status: int) -> Callable[[], Response]:
    return lambda: Response(text, status, content_type="application/json")


def silent() -> Response:
    time.sleep(0.3)
    return Response("{}")


@pytest.mark.parametrize(
    "fault",
    [
        silent,
        refused(
            '{"error": true, "reason": "Minutely API request limit exceeded. Please try again in one minute."}', 429
        ),
        refused("<html>Internal Server Error</html>", 500),
        refused('{"latitude": 21.0, "daily": {"time": ["2024-05-0', 200),
    ],
)
def test_faults_that_pass_leave_no_trace_in_the_archive(
    server: OpenMeteoServer, archive: Archive, fault: Callable[[], Response]
) -> None:
    server.faults = [fault] if fault is silent else [fault, fault]
    source = history(server, "rain", timeout_seconds=0.25)
    receipt = taken_in(source, archive, "2024-05-01", "2024-05-11")
    assert (receipt.accepted, receipt.quarantined, receipt.read, receipt.used) == (20, 0, 20, 20)
    again = taken_in(source, archive, "2024-05-01", "2024-05-11")
    assert (again.accepted, again.duplicates, again.quarantined) == (0, 20, 0)
    truth = archive.observed("rain", by=NOW, start=at("2024-05-01"), end=at("2024-05-10"))
    assert truth.sel(site="S2").values.tolist() == [122.01 + day for day in range(10)]


def test_a_changed_unit_stores_nothing(server: OpenMeteoServer, archive: Archive) -> None:
    def change(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
        places[1]["daily_units"]["precipitation_sum"] = "inch"
        return places

    server.change = change
    with pytest.raises(ProviderError, match="site S2: precipitation_sum is in 'inch', not in 'mm'"):
        taken_in(history(server), archive, "2024-05-01", "2024-05-11")
    assert not archive.exists


def test_impossible_values_are_set_aside_and_the_others_taken(server: OpenMeteoServer, archive: Archive) -> None:
    server.value = lambda name, place, moment: -4.0 if moment == "2024-05-02" else 1.0
    receipt = taken_in(history(server, "rain"), archive, "2024-05-01", "2024-05-04")
    assert (receipt.accepted, receipt.quarantined) == (4, 2)
    assert "below its lowest plausible value 0" in archive.quarantined()["reason"][0]


def test_the_run_of_yesterday_again_changes_nothing_and_is_told(
    server: OpenMeteoServer, archive: Archive, forecast: OpenMeteoForecast
) -> None:
    assert taken_in(forecast, archive, None, None).accepted == 6
    version = archive.version
    receipt = taken_in(forecast, archive, None, None, now=NOW + pd.Timedelta(days=1))
    assert (receipt.accepted, receipt.duplicates) == (0, 6)
    assert receipt.remarks == ("ecmwf_ifs025: run of 2024-05-31T12:00Z, available at 2024-05-31T19:00Z",)
    assert archive.version == version


def test_a_run_from_the_future_is_that_of_a_clock_that_runs_ahead(
    server: OpenMeteoServer, archive: Archive, forecast: OpenMeteoForecast
) -> None:
    receipt = taken_in(forecast, archive, None, None, now=at("2024-05-31 12:00"))
    assert (receipt.accepted, receipt.quarantined) == (0, 6)
    assert "a clock runs ahead" in archive.quarantined()["reason"][0]


def test_days_that_are_not_known_yet_by_the_latency_wait(server: OpenMeteoServer, archive: Archive) -> None:
    hasty = history(server, "rain", clock=lambda: NOW + pd.Timedelta(days=2))
    receipt = taken_in(hasty, archive, "2024-05-20", None)
    assert receipt.accepted == 14  # 20 to 26 May
    assert receipt.remarks == ("4 values are not known yet by the latency of the source; a later ingest brings them",)


def test_a_failure_in_the_middle_keeps_what_came_and_going_on_completes_it(
    server: OpenMeteoServer, tmp_path: Path
) -> None:
    deployment = open_deployment(write_settings(tmp_path / "home"))
    server.value = lambda name, place, moment: float(moment[:4]) / 10
    source = history(server, "rain", clock=lambda: at("2023-07-01"))
    asked = Asked(at("2021-01-01"), at("2023-01-01"))

    def run() -> Receipt:
        return ingest_logged(deployment, source, asked, clock=lambda: NOW, progress=lambda receipt, until: None)

    broken = [refused("down", 503)] * 3
    server.change = lambda places: (server.faults.extend(broken), places)[1]  # the first year comes, then nothing
    with pytest.raises(ProviderError, match="/v1/archive .*start_date=2022-01-02&end_date=2022-12-31.*503"):
        run()
    log = IngestLog(open_database(deployment.settings.database_address))
    assert log.last(source.name)[0].delivered_until == at("2022-01-02")
    server.change = lambda places: places
    receipt = run()
    assert server.asked[-1]["start_date"] == "2022-01-02"
    assert receipt.accepted == 364 * 5
    whole = deployment.archive.observed("rain", by=NOW, start=at("2021-01-01"), end=at("2022-12-31"))
    assert whole.notnull().all()
    assert whole.sel(site="S3").values[[0, 364, 365, 729]] == pytest.approx([202.1, 202.1, 202.2, 202.2])
    again = run()
    assert (again.accepted, again.duplicates) == (0, 730 * 5)
