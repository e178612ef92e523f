"""While the service starts: who asks is told to wait, and a supervisor that the process lives."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from serving.schemas.problem_report import Problem
from serving.web.starting import OnceStarted


def asked(state: State, path: str) -> httpx.Response:
    async def yes(request: Request) -> Response:
        return PlainTextResponse("yes")

    app = OnceStarted(Starlette(routes=[Route("/{path:path}", yes)]), state)

    async def one() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://haidang") as client:
            return await client.get(path)

    return asyncio.run(one())


@pytest.mark.parametrize("path", ["/readyz", "/v1/sites", "/metrics"])
def test_who_asks_too_early_is_told_to_wait(path: str) -> None:
    state = State()
    early = asked(state, path)
    assert (early.status_code, early.headers["retry-after"]) == (503, "2")
    assert Problem.model_validate_json(early.content).detail == "the service is starting: wait 2 s"
    state.answers = object()
    assert asked(state, path).text == "yes"


def test_a_process_that_starts_lives() -> None:
    assert asked(State(), "/livez").text == "yes"
