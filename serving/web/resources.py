"""What the HTTP resources share: how answers are sent, and which problems all may report."""

import math

from pydantic import BaseModel
from starlette.responses import Response

from features.errors import HaidangError
from serving.answering.answers import Answers
from serving.schemas.problem_report import Problem
from serving.web.outlets import MEDIA_TYPES, WRITERS


class NotFoundError(HaidangError):
    """A path that names what is not there."""


PROBLEMS: dict[int | str, dict[str, object]] = {
    422: {"model": Problem, "description": "a field is unknown or cannot be used; `errors` names it"},
    503: {"model": Problem, "description": "no answer can be given for this hazard now"},
}

_OUTLETS = (
    "The same numbers in every format, by the header Accept or by `format`. CSV and Parquet are long tables with a "
    "row for each number: `kind` says what `value` is. `probability` is of the event at the cut `at`; `threshold`, "
    "the same at a threshold of the caller's; `quantile` of the level `at`; `interval_low` and `interval_high` of "
    "the probability `at`; `law_at_least`, the probability of the level `at` of the law or above; `expected`. "
    "GeoJSON has a feature for each site and period. `hubverse` is model output of a hub, as CSV: mean, quantile "
    "and cdf; its horizon counts lengths of the period, and is NA where the last day is no whole number of them "
    "after the day of issue."
)


def other_formats() -> dict[int | str, dict[str, object]]:
    """What OpenAPI says of a resource that comes in other formats than JSON too."""
    content: dict[str, dict[str, object]] = {MEDIA_TYPES[name].partition(";")[0]: {} for name in WRITERS}
    return {
        200: {"description": _OUTLETS, "content": content},
        304: {"description": "the caller holds these very bytes, as its If-None-Match says"},
        406: {"model": Problem, "description": "the header Accept asks only for formats that are not spoken here"},
    }


def json_response(answer: BaseModel) -> Response:
    """A model as a response in JSON."""
    return Response(answer.model_dump_json(), media_type="application/json")


def until_refreshed(answers: Answers) -> str:
    """Cache-Control of what is held: it may be kept for as long as nothing new is looked for."""
    return f"max-age={math.ceil(answers.deployment.settings.refresh_seconds)}"
