"""Whatever is asked, right or wrong: no error of the service, and no answer that is not as OpenAPI describes it."""

import asyncio
import json
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_strategies import Questions
from tiny_deployment import COAST, SMALL, answering_everybody, the_deployment

from serving.access.service_settings import ServiceSettings
from serving.api import build_api
from serving.web.body_limit import BodyLimit
from serving.web.metrics import Metrics
from serving.web.request_gate import Gate

API = build_api()
TOLD = API.openapi()
SITES = ["S1", "S5", "Hạ Long", unicodedata.normalize("NFD", "Cẩm Phả"), "van don", "Atlantis"]
HAZARDS = [SMALL, COAST, SMALL, COAST, "heavy_rain", "small_rian"]
KNOWN = {
    "hazard": HAZARDS, "hazards": HAZARDS, "name": [*HAZARDS, *8 * ["forecasts"], "sites"], "site": SITES,
    "sites": SITES, "lead": [1, 2, 3], "cut": [20.0, 40.0, 6.0], "cost": [2.0], "loss": [50.0],
    "prevented": [0.6, 1.0], "thresholds": [10.0, 1000.0], "latitude": [20.95, 60.0], "longitude": [107.08, -107.0],
    "since": [0, 1, 9], "variable": ["rain"], "driver": ["rain_ahead", "rain_before"],
}  # fmt: skip
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much]


def operations() -> Iterator[tuple[str, str]]:
    for path, resource in TOLD["paths"].items():
        yield from ((method, path) for method in resource)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    API.state.answers = answering_everybody(the_deployment(tmp_path_factory))
    free = ServiceSettings(address_burst=10_000_000)
    return Gate(BodyLimit(API), free, Metrics())


@pytest.fixture(scope="module")
def questions(gate: Gate) -> Questions:
    listed = ask(gate, "GET", "/v1/forecasts?limit=40").json()["forecasts"]
    files = [file["name"] for file in ask(gate, "GET", "/v1/datasets/forecasts/files").json()["files"]]
    known = {
        "id": [record["id"] for record in listed[::13]],
        "file": [*files, *files, "2023-06-30.v0.csv.gz", "../issued"],
    }
    return Questions(TOLD["components"]["schemas"], {**KNOWN, **known})


def ask(gate: Gate, method: str, path: str, **stated: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(gate, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://haidang") as opened:
            return await opened.request(method, path, **stated)

    return asyncio.run(asked())


def strict_json(text: str) -> Any:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def as_described(operation: dict[str, Any], response: httpx.Response) -> None:
    assert response.status_code != 500
    told = operation["responses"].get(str(response.status_code))
    assert told is not None, f"{response.status_code} is not described"
    kind = response.headers["content-type"].partition(";")[0]
    assert kind in told["content"], f"{kind} is not described"
    if kind.endswith("json"):
        schema = {**told["content"][kind].get("schema", {}), "components": TOLD["components"]}
        jsonschema.Draft202012Validator(schema).validate(strict_json(response.text))


@pytest.mark.parametrize(("method", "path"), list(operations()), ids=lambda part: part)
def test_whatever_is_asked_the_answer_is_as_described(gate: Gate, questions: Questions, method: str, path: str) -> None:
    operation = TOLD["paths"][path][method]
    extra = st.integers(0, 9).flatmap(lambda drawn: st.just({}) if drawn else st.just({"hasard": "x"}))
    places, query = questions.parameters(operation, "path"), questions.parameters(operation, "query")
    asked = {"answered": 0}

    @settings(max_examples=60, deadline=None, suppress_health_check=SLOW, derandomize=True, database=None)
    @given(places=places, query=query, more=extra, body=questions.body(operation))
    def every(places: dict[str, str], query: dict[str, str], more: dict[str, str], body: Any) -> None:
        there = path.format(**{name: quote(value, safe="") for name, value in places.items()})
        content = None if body is None else json.dumps(body).encode("utf-8", "surrogatepass")
        headers = {"content-type": "application/json"}
        response = ask(gate, method.upper(), there, params={**query, **more}, content=content, headers=headers)
        as_described(operation, response)
        asked["answered"] += response.status_code == 200

    every()
    assert asked["answered"], "nothing that was asked was right: the questions try nothing"


@pytest.mark.parametrize("form", ["NFC", "NFD", "plain"])
@pytest.mark.parametrize("name", ["Cẩm Phả", "Vân Đồn", "Cô Tô", "Bình Liêu"])
def test_a_name_is_found_however_its_letters_are_written(gate: Gate, name: str, form: str) -> None:
    marks = unicodedata.normalize("NFD", name.replace("Đ", "D"))
    plain = "".join(letter for letter in marks if not unicodedata.combining(letter))
    written = plain if form == "plain" else unicodedata.normalize(form, name)
    for case in (written, written.upper(), written.lower()):
        by_body = ask(gate, "POST", "/risk", json={"hazard": SMALL, "sites": [case]})
        by_query = ask(gate, "GET", "/v1/forecasts/latest", params={"hazard": SMALL, "site": case})
        for response in (by_body, by_query):
            assert [one["name_vi"] for one in response.json()["forecasts"]] == [name]
