"""What the HTTP resources share: where the answers are, how they are sent, and which problems all may report."""

from typing import cast

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from serving.answers import Answers
from serving.outlets import MEDIA_TYPES, WRITERS
from serving.questions import Problem

PROBLEMS: dict[int | str, dict[str, object]] = {
    422: {"model": Problem, "description": "a field is unknown or cannot be used; `errors` names it"},
    503: {"model": Problem, "description": "no answer can be given for this hazard now"},
}


def other_formats() -> dict[int | str, dict[str, object]]:
    """What OpenAPI says of a resource that comes in other formats than JSON too."""
    content: dict[str, dict[str, object]] = {MEDIA_TYPES[name].partition(";")[0]: {} for name in WRITERS}
    return {
        200: {"content": content},
        304: {"description": "the caller holds these very bytes, as its If-None-Match says"},
        406: {"model": Problem, "description": "the header Accept asks only for formats that are not spoken here"},
    }


async def answers_of(request: Request) -> Answers:
    """The answers of the application; a dependency."""
    return cast("Answers", request.app.state.answers)


def json_response(answer: BaseModel) -> Response:
    """A model as a response in JSON."""
    return Response(answer.model_dump_json(), media_type="application/json")
