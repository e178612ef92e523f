"""Asks the API of some answers in this process, as the service mounts it."""

import asyncio
from collections.abc import Callable

import httpx

from serving.answering.answers import Answers
from serving.api import build_api
from serving.schemas.problem_report import Problem
from serving.web.body_limit import BodyLimit

Ask = Callable[..., httpx.Response]


def client(answers: Answers) -> Ask:
    """A function that asks: method, path, and what httpx takes."""
    api = build_api()
    api.state.answers = answers
    transport = httpx.ASGITransport(BodyLimit(api), raise_app_exceptions=False)

    def ask(method: str, path: str, **stated: object) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://haidang") as opened:
                return await opened.request(method, path, **stated)  # type: ignore[arg-type]

        return asyncio.run(asked())

    return ask


def problem_of(response: httpx.Response, status: int) -> Problem:
    """The problem report of a response of this status."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    told = Problem.model_validate_json(response.content)
    assert told.status == status
    assert told.detail
    return told
