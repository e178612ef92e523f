"""OpenAPI: version 3.1 and ours, keys, every problem, and a description and type for every field and parameter."""

import asyncio
from collections.abc import Iterator
from importlib.metadata import version
from typing import Annotated, Any

import httpx
import jsonschema
import pytest
from fastapi import Depends, FastAPI

from serving.access.callers import Caller, requires
from serving.api import build_api
from serving.schemas.problem_report import Problem
from serving.web.described import describe
from serving.web.problems import report_problems

TOLD = build_api().openapi()


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, resource in TOLD["paths"].items():
        for method, operation in resource.items():
            yield f"{method} {path}", operation


def test_it_says_3_1_and_our_version() -> None:
    assert TOLD["openapi"].startswith("3.1")
    assert TOLD["info"]["version"] == version("haidang")


def test_it_tells_of_keys_which_are_optional_for_what_is_public() -> None:
    assert TOLD["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert TOLD["security"] == [{}, {"key": []}]


@pytest.mark.parametrize(("name", "operation"), list(operations()), ids=[name for name, _ in operations()])
def test_every_operation_tells_what_it_is_and_every_problem_it_may_report(name: str, operation: dict[str, Any]) -> None:
    assert operation["description"]
    responses = operation["responses"]
    assert {"200", "401", "422", "429", "500", "503", "504"} <= set(responses)
    assert ("413" in responses) == ("requestBody" in operation)
    for status, response in responses.items():
        assert response["description"]
        if int(status) >= 400:
            assert list(response["content"]) == ["application/problem+json"]
    assert "Retry-After" in responses["429"]["headers"]


@pytest.mark.parametrize(("name", "operation"), list(operations()), ids=[name for name, _ in operations()])
def test_every_answer_in_json_has_an_example_that_is_as_described(name: str, operation: dict[str, Any]) -> None:
    given = operation["responses"]["200"]["content"]
    content = given.get("application/json", given.get("application/ld+json"))
    if content is None:
        pytest.skip("it gives no JSON")
    described = {**content["schema"], "components": TOLD["components"]}
    jsonschema.Draft202012Validator(described).validate(content["example"])


@pytest.mark.parametrize("name", sorted(TOLD["components"]["schemas"]))
def test_every_schema_is_one_and_tells_what_it_is(name: str) -> None:
    schema = TOLD["components"]["schemas"][name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["description"]


def test_what_is_not_referred_to_is_not_described() -> None:
    assert not {"HTTPValidationError", "ValidationError"} & set(TOLD["components"]["schemas"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/sites"),
        ("GET", "/v1/hazards"),
        ("GET", "/v1/hazards/rain"),
        ("GET", "/v1/sources"),
        ("GET", "/v1/forecasts"),
        ("GET", "/v1/forecasts/latest"),
        ("GET", "/v1/forecasts/an.id"),
        ("GET", "/v1/forecasts/an.id/passport"),
        ("GET", "/v1/forecasts/an.id/replay"),
        ("GET", "/v1/catalogue"),
        ("GET", "/v1/datasets"),
        ("GET", "/v1/datasets/rain"),
        ("GET", "/v1/datasets/rain/schema"),
        ("GET", "/v1/datasets/rain/files"),
        ("GET", "/v1/datasets/rain/files/a.csv"),
        ("GET", "/v1/datasets/rain/changes"),
        ("GET", "/v1/levels"),
        ("POST", "/v1/levels"),
        ("GET", "/v1/explanations"),
        ("POST", "/risk"),
        ("GET", "/v1/verification"),
        ("GET", "/v1/aggregates"),
        ("GET", "/v1/thresholds/simulate"),
        ("POST", "/v1/thresholds/simulate"),
        ("GET", "/v1/triggers"),
        ("POST", "/v1/triggers"),
    ],
)
def test_a_parameter_that_is_not_known_is_refused_and_named(method: str, path: str) -> None:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(build_api())
        async with httpx.AsyncClient(transport=transport, base_url="http://haidang") as opened:
            return await opened.request(method, f"{path}?hasard=rain", json={} if method == "POST" else None)

    told = asyncio.run(asked())
    assert told.status_code == 422
    assert [error["field"] for error in told.json()["errors"]] == ["hasard"]


def test_a_resource_for_a_role_says_that_it_takes_a_key_and_refuses_who_has_none() -> None:
    api = FastAPI()
    report_problems(api)

    @api.post("/approvals")
    async def approve(who: Annotated[Caller, Depends(requires("approver"))], answer: Problem) -> str:
        """Approves."""
        return who.name

    describe(api)
    assert api.openapi()["paths"]["/approvals"]["post"]["security"] == [{"key": []}]

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://haidang") as opened:
            return await opened.post("/approvals", json={"title": "a", "status": 1, "detail": "b"})

    told = asyncio.run(asked())
    assert (told.status_code, told.headers["www-authenticate"]) == (401, "Bearer")
    assert told.json()["detail"] == "to POST /approvals takes a key with the role approver"
