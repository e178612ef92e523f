"""NASA POWER: days of local solar time, the fill value, units, and answers that are not what is documented."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from features.archive import Archive
from features.entries import Batch
from features.errors import HaidangError
from features.ingest import ingest
from features.sites import Site, Sites
from features.sources.web.nasa_power import NasaPower
from features.sources.web.service import ProviderError

HANOI = "Asia/Ho_Chi_Minh"
PATH = "/api/temporal/daily/point"
NOW = pd.Timestamp("2024-06-01T12:00", tz=HANOI)
ONE = Sites([Site("S1", "", "", 20.95, 107.08, {})])
TWO = Sites([Site("S1", "", "", 20.95, 107.08, {}), Site("S2", "", "", 21.52, 107.97, {})])
UNITS = {
    "PRECTOTCORR": "mm/day", "T2M": "C", "T2M_MAX": "C", "T2M_MIN": "C", "RH2M": "%", "WS10M_MAX": "m/s",
    "ALLSKY_SFC_SW_DWN": "MJ/m^2/day",
}  # fmt: skip
VALUES = {
    "PRECTOTCORR": 12.5, "T2M": 26.0, "T2M_MAX": 31.0, "T2M_MIN": 22.0, "RH2M": 83.0, "WS10M_MAX": 9.0,
    "ALLSKY_SFC_SW_DWN": 18.4,
}  # fmt: skip


def at(text: str) -> pd.Timestamp:
    """A moment in local time."""
    return pd.Timestamp(text, tz=HANOI)


def answer(request: Request, value: Callable[[str, str, float], float]) -> dict[str, Any]:
    """What POWER answers to a question, in the documented form."""
    asked = request.args
    first, last = (date.fromisoformat(asked[which]) for which in ("start", "end"))
    days = [f"{first + timedelta(days=day):%Y%m%d}" for day in range((last - first).days + 1)]
    names, latitude = asked["parameters"].split(","), float(asked["latitude"])
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [float(asked["longitude"]), latitude, 35.6]},
        "properties": {"parameter": {name: {day: value(name, day, latitude) for day in days} for name in names}},
        "header": {
            "title": "NASA/POWER Source Native Resolution Daily Data",
            "api": {"version": "v2.9.7", "name": "POWER Daily API"},
            "sources": ["FLASHFLUX", "GEOSIT", "MERRA2", "SYN1DEG"],
            "fill_value": -999.0,
            "time_standard": asked["time-standard"],
            "start": days[0],
            "end": days[-1],
        },
        "messages": [],
        "parameters": {name: {"units": UNITS[name], "longname": name} for name in names},
        "times": {"data": 1.5, "process": 0.05},
    }


class Server:
    """Answers as POWER does; tests say which values stand there, and change an answer before it is sent."""

    def __init__(self, httpserver: HTTPServer) -> None:
        self.httpserver, self.asked = httpserver, list[dict[str, str]]()
        self.value: Callable[[str, str, float], float] = lambda name, day, latitude: VALUES[name]
        self.change: Callable[[dict[str, Any]], object] = lambda told: None
        httpserver.expect_request(PATH).respond_with_handler(self.answer)

    def answer(self, request: Request) -> Response:
        self.asked.append(request.args.to_dict())
        told = answer(request, self.value)
        self.change(told)
        return Response(json.dumps(told), content_type="application/json")

    def source(self, **stated: Any) -> NasaPower:
        patient = {"attempts": 3, "first_wait_seconds": 0.001, "pause_seconds": 0.0, "timeout_seconds": 2.0}
        own = {"zone": HANOI, "address": self.httpserver.url_for(""), "clock": lambda: NOW}
        return NasaPower(**patient | own | stated)


@pytest.fixture
def server(httpserver: HTTPServer) -> Server:
    return Server(httpserver)


def fetched(source: NasaPower, known: Sites, start: str, end: str) -> list[Batch]:
    return list(source.fetch(known, at(start), at(end)))


def refusal(source: NasaPower) -> str:
    with pytest.raises(ProviderError) as caught:
        fetched(source, ONE, "2024-05-01", "2024-05-03")
    return str(caught.value)


def test_each_parameter_becomes_its_variable_in_its_canonical_unit(server: Server) -> None:
    (batch,) = fetched(server.source(), ONE, "2024-05-01", "2024-05-02")
    assert dict(zip(batch.entries["variable"], batch.entries["value"], strict=True)) == {
        "rain": 12.5, "air_temperature": 26.0, "highest_air_temperature": 31.0, "lowest_air_temperature": 22.0,
        "relative_humidity": 83.0, "wind_speed": 9.0, "solar_radiation": 18.4,
    }  # fmt: skip
    assert server.asked == [
        {
            "parameters": ",".join(UNITS),
            "community": "AG",
            "longitude": "107.0800",
            "latitude": "20.9500",
            "start": "20240501",
            "end": "20240501",
            "format": "JSON",
            "time-standard": "LST",
        }
    ]
    assert set(batch.entries["valid_time"]) == {pd.Timestamp("2024-04-30T17:00Z")}
    assert set(batch.entries["source"]) == {"nasa_power"}


def test_sunshine_is_known_later_than_the_weather(server: Server) -> None:
    (batch,) = fetched(server.source(variables=("rain", "solar_radiation")), ONE, "2024-05-01", "2024-05-02")
    known = batch.entries.set_index("variable")["known_time"]
    assert known["rain"] == at("2024-05-05")
    assert known["solar_radiation"] == at("2024-05-09")
    assert server.source().latency == pd.Timedelta(days=7)


def test_the_fill_value_is_no_value(server: Server) -> None:
    server.value = lambda name, day, latitude: -999.0 if day == "20240502" else 0.0
    (batch,) = fetched(server.source(variables=("rain",)), TWO, "2024-05-01", "2024-05-04")
    assert list(batch.entries["valid_time"].drop_duplicates()) == [at("2024-05-01"), at("2024-05-03")]
    assert (batch.read, batch.unread, batch.passed_over) == (6, 0, {"hold no measured value": 2})
    assert batch.read - 2 == len(batch.entries) == 4


def test_each_site_is_asked_about_by_itself_and_keeps_its_values(server: Server) -> None:
    server.value = lambda name, day, latitude: latitude
    (batch,) = fetched(server.source(variables=("rain",)), TWO, "2024-05-01", "2024-05-02")
    assert dict(zip(batch.entries["site"], batch.entries["value"], strict=True)) == {"S1": 20.95, "S2": 21.52}


def test_years_come_in_their_order_from_1981_until_what_can_be_known(server: Server) -> None:
    source = server.source(variables=("rain",), clock=lambda: at("1982-03-01"))
    batches = list(source.fetch(ONE, pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")))
    assert [(asked["start"], asked["end"]) for asked in server.asked] == [
        ("19810102", "19820102"),
        ("19820103", "19820225"),
    ]
    assert [batch.delivered_until for batch in batches] == [at("1982-01-03"), at("1982-02-26")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda told: told["parameters"]["PRECTOTCORR"].update(units="mm/hour"),
            "PRECTOTCORR is in 'mm/hour', not in 'mm/day': its unit has changed",
        ),
        (lambda told: told["parameters"]["T2M"].update(units="K"), "T2M is in 'K', not in 'C'"),
        (lambda told: told["properties"]["parameter"].pop("T2M"), "T2M is missing from the answer"),
        (lambda told: told["parameters"].pop("T2M"), "T2M is missing from the answer"),
        (lambda told: told["properties"]["parameter"]["T2M"].pop("20240502"), "T2M has 1 days, not the 2 asked for"),
        (lambda told: told["properties"]["parameter"]["T2M"].update({"20240503": 1.0}), "T2M has 3 days, not the 2"),
        (lambda told: told["header"].update(time_standard="UTC"), "days are those of UTC, not of LST"),
        (lambda told: told["header"].pop("fill_value"), "is not what is documented: KeyError('fill_value')"),
        (lambda told: told["properties"]["parameter"]["T2M"].update({"20240502": "warm"}), "ValueError"),
        (lambda told: told["geometry"].update(coordinates=[]), "is not what is documented: ValueError"),
        (lambda told: told["geometry"].update(coordinates=[107.08, 22.0]), "answered for a place 117 km away"),
        (lambda told: told.clear(), "is not what is documented: KeyError('header')"),
    ],
)
def test_an_answer_that_is_not_what_is_documented_is_named(
    server: Server, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    server.change = change
    told = refusal(server.source())
    assert said in told
    assert f"NASA POWER {PATH}, site S1, 20240501 to 20240502" in told


def test_what_power_refuses_is_told(httpserver: HTTPServer) -> None:
    told = {"header": "The POWER Data Archive", "messages": ["The end date is after the last day"]}
    httpserver.expect_request(PATH).respond_with_json(told, status=422)
    source = NasaPower(HANOI, address=httpserver.url_for(""), clock=lambda: NOW)
    assert "422 UNPROCESSABLE ENTITY: ['The end date is after the last day']" in refusal(source)


def test_the_archive_takes_it_once_and_what_is_not_known_yet_later(server: Server, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", TWO, HANOI)
    source = server.source(variables=("rain", "solar_radiation"))
    receipt = ingest(source, archive, at("2024-05-20"), at("2024-06-10"), now=NOW)
    assert (receipt.accepted, receipt.quarantined) == (2 * (9 + 5), 0)  # rain until 28 May, radiation until 24 May
    assert receipt.remarks == ("8 values are not known yet by the latency of the source; a later ingest brings them",)
    again = ingest(source, archive, at("2024-05-20"), at("2024-06-10"), now=NOW)
    assert (again.accepted, again.duplicates) == (0, 28)


def test_only_variables_that_it_brings_may_be_wanted() -> None:
    with pytest.raises(HaidangError, match="unknown variable of this source 'air_pressure'"):
        NasaPower(HANOI, variables=("rain", "air_pressure"))
