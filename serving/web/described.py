"""What OpenAPI says of every resource: keys, the problems that any request may meet, and the headers of an answer."""

import json
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from serving.access.callers import SCHEME

EXAMPLES = Path(__file__).with_name("answer_examples.json")
"""Answers by method and path, written by `haidang.demonstration.api_examples`."""

PROBLEM_JSON = "application/problem+json"


def _version() -> str:
    """Of the installed package; where none is installed, as in a Bento, of the project file beside the code."""
    try:
        return version("haidang")
    except PackageNotFoundError:
        project = Path(__file__).parents[2] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


VERSION = _version()
_REFERENCE = {"$ref": "#/components/schemas/Problem"}
_KEYS = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key, made by `haidang keys make` for an agency or person, with one role: reader, agency, "
    "forecaster, approver or operator. What is public is read without one, unless the deployment says otherwise.",
}
_RETRY = {
    "Retry-After": {"description": "seconds to wait, where that helps", "schema": {"type": "integer", "minimum": 1}}
}
_ANY_REQUEST: dict[str, dict[str, Any]] = {
    "401": {"description": "the key is unknown, revoked or expired, or reading takes a key here"},
    "422": {"description": "a field or parameter is unknown or cannot be used; `errors` names it"},
    "429": {"description": "this key or address asks too often"},
    "500": {"description": "an error of the service, which is in its log"},
    "503": {"description": "too many requests are being answered, or nothing can be answered now"},
    "504": {"description": "there was no answer in time"},
}
_ANY_BODY = {"413": {"description": "the body is larger than the service takes"}}
_REQUEST_ID = {
    "description": "names the request in the log of the service; that of the caller, if it sent a usable one",
    "schema": {"type": "string"},
}


def describe(api: FastAPI) -> None:
    """Completes what an application says of itself; call it when all resources are there."""
    plain = api.openapi

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _completed(plain())
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _completed(told: dict[str, Any]) -> dict[str, Any]:
    told.setdefault("components", {}).setdefault("securitySchemes", {})[SCHEME] = _KEYS
    told["security"] = [{}, {SCHEME: []}]
    _with_examples(told)
    for operation in _operations(told):
        responses = operation["responses"]
        common = {**_ANY_REQUEST, **(_ANY_BODY if "requestBody" in operation else {})}
        for status, response in common.items():
            responses.setdefault(status, dict(response))
        for status, response in responses.items():
            waits = _RETRY if status in ("429", "503") else {}
            response["headers"] = {**response.get("headers", {}), **waits, "X-Request-ID": _REQUEST_ID}
            if int(status) >= 400:
                response["content"] = {PROBLEM_JSON: {"schema": _REFERENCE}}
        operation["responses"] = dict(sorted(responses.items()))
    for unused in ("HTTPValidationError", "ValidationError"):
        told["components"].get("schemas", {}).pop(unused, None)
    return told


def _with_examples(told: dict[str, Any]) -> None:
    for name, answer in json.loads(EXAMPLES.read_text(encoding="utf-8")).items():
        method, _, path = name.partition(" ")
        if path in told["paths"]:
            content = told["paths"][path][method]["responses"]["200"]["content"]
            content[next(kind for kind in content if kind.endswith("json"))]["example"] = answer


def _operations(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in told["paths"].values():
        yield from (
            operation for operation in path.values() if isinstance(operation, dict) and "responses" in operation
        )
