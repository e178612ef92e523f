"""Latest forecasts from bytes that are held, given before anything is routed: what most callers ask for most often."""

from functools import lru_cache

from fastapi import FastAPI
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.access.callers import caller_in
from serving.answering.conditional import Prepared, respond
from serving.schemas.record_models import LatestQuestion
from serving.web.outlets import NotAcceptableError, format_asked
from serving.web.resources import until_refreshed

PATH = "/v1/forecasts/latest"
_KNOWN = frozenset(LatestQuestion.model_fields)
_REMEMBERED, _READY = 4096, 64


class HeldAnswers:
    """An ASGI application that gives what is held, and leaves all else to another: first times, errors, other roles.

    Who may see what is restricted is answered by the resource, which writes that down.
    """

    def __init__(self, app: ASGIApp, api: FastAPI) -> None:
        """Stands before an application.

        Args:
            app: what answers all else.
            api: the API, whose state has the answers and of whose resource this gives answers.
        """
        self._app, self._state = app, api.state
        self._route = next(route for route in api.routes if getattr(route, "path", "") == PATH)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or passes the request on."""
        held = scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "GET"
        if held and not caller_in(scope).may("agency"):
            headers, answers = dict(scope["headers"]), self._state.answers
            asked = _asked(scope["query_string"], headers.get(b"accept"))
            found = None if asked is None else answers.prepared.get(asked)
            if found is not None:
                scope["route"], until = self._route, until_refreshed(answers)
                known = b"if-none-match" in headers
                answer = respond(Request(scope), found, until) if known else _whole(found, until)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


@lru_cache(_READY)
def _whole(found: Prepared, until: str) -> Response:
    """The answer to who holds nothing yet."""
    return respond(Request({"type": "http", "headers": []}), found, until)


@lru_cache(_REMEMBERED)
def _asked(query: bytes, accept: bytes | None) -> tuple[str | None, ...] | None:
    """Hazard, site and format of a query; None where anything is not as it should be."""
    told = QueryParams(query)
    if not _KNOWN.issuperset(told) or len(told) != len(told.multi_items()):
        return None
    try:
        return (
            told.get("hazard"),
            told.get("site"),
            told.get("format") or format_asked(None, None if accept is None else accept.decode("latin-1")),
        )
    except NotAcceptableError:
        return None
