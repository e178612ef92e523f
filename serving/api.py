"""The HTTP resources of the risk API."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.answers import Answers
from serving.problems import problem, report_problems
from serving.questions import (
    ExplainQuestion,
    Explanation,
    LevelsAnswer,
    LevelsQuestion,
)
from serving.resources import PROBLEMS, answers_of, json_response
from serving.routes_forecasts import add_forecasts
from serving.routes_reference import add_reference
from serving.routes_risk import add_risk

LARGEST_BODY = 1_000_000


def build_api() -> FastAPI:
    """The application; `api.state.answers` must be set before the first request."""
    api = FastAPI(
        title="Hải Đăng",
        version="0.1.0",
        summary="Early warning of disasters, climate and disease",
        docs_url=None,
        redoc_url=None,
    )
    report_problems(api)

    @api.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/openapi.json")

    add_risk(api)
    add_forecasts(api)
    add_reference(api)

    @api.post("/v1/levels", response_model=LevelsAnswer, responses=PROBLEMS)
    def levels(question: LevelsQuestion, answers: Annotated[Answers, Depends(answers_of)]) -> Response:
        """Disaster-risk levels of Decision 18/2021/QĐ-TTg by site and day, and what may be proposed where hazards meet.

        Every level is a proposal. A rise by Article 4, clause 4, is never applied: a person decides.
        """
        return json_response(answers.levels(question, now=datetime.now(UTC)))

    @api.get("/v1/explanations", response_model=Explanation, responses=PROBLEMS)
    def explanations(
        question: Annotated[ExplainQuestion, Query()], answers: Annotated[Answers, Depends(answers_of)]
    ) -> Response:
        """What drives the latest issued forecast at a site, by driver, in log-odds and in words."""
        return json_response(answers.explain(question))

    return api


class BodyLimit:
    """Refuses request bodies over a size: by the declared length, or as soon as more than that was read."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self.app, self.largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers 413."""
        headers = dict(scope.get("headers", []))
        declared = headers.get(b"content-length", b"0")
        if scope["type"] == "http" and declared.isdigit() and int(declared) > self.largest:
            await _too_large(self.largest)(scope, receive, send)
            return
        size, begun = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            return message if size <= self.largest else {"type": "http.disconnect"}

        async def answered(message: Message) -> None:
            nonlocal begun
            if begun or size <= self.largest:
                begun = True
                await send(message)

        await self.app(scope, counted, answered)
        if not begun and size > self.largest:
            await _too_large(self.largest)(scope, receive, send)


def _too_large(largest: int) -> Response:
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {largest:,} bytes")
