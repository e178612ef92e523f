"""The resources that tell how forecasts did, and what everybody may know of restricted sites."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import Response

from serving.access.turns import Turns
from serving.answering.answers import Answers
from serving.answering.conditional import prepare, respond
from serving.schemas.problem_report import Problem
from serving.verification.aggregates import aggregates
from serving.verification.verification_csv import as_csv
from serving.verification.verification_models import (
    AggregatesAnswer,
    AggregatesQuestion,
    VerificationPage,
    VerificationQuestion,
)
from serving.verification.verifications import verification_page
from serving.web.answers_for import answers_for
from serving.web.outlets import MEDIA_TYPES, NotAcceptableError, format_asked
from serving.web.resources import PROBLEMS

Asking = Annotated[Answers, Depends(answers_for)]
_RESPONSES: dict[int | str, dict[str, Any]] = {
    **PROBLEMS,
    304: {"description": "the caller holds these very bytes, as its If-None-Match says"},
}
_FORMATS: dict[int | str, dict[str, Any]] = {
    **_RESPONSES,
    200: {
        "description": "In CSV `record` is `live` for forecasts as issued, and `backtest`, on the last page, for what "
        "was shown at promotion.",
        "content": {"text/csv": {}},
    },
    406: {"model": Problem, "description": "the header Accept asks only for formats that are not spoken here"},
}


def add_verification(api: FastAPI) -> None:
    """Adds the resources to an application."""
    turns = Turns()

    @api.get("/v1/verification", response_model=VerificationPage, responses=_FORMATS)
    async def verification(
        request: Request, question: Annotated[VerificationQuestion, Query()], answers: Asking
    ) -> Response:
        """How the forecasts of a hazard did as they were issued, page by page, and the backtest before promotion.

        By site and for all sites, lead, season and cut: events, hits, misses, false alarms, time gained, Brier and log
        score, skill against climatology and persistence with its interval, and reliability. Restricted sites are told
        of together, where they are enough. The next page is also in the header Link (RFC 8288).
        """
        asked = format_asked(question.format, request.headers.get("accept"))
        if asked not in ("json", "csv"):
            raise NotAcceptableError(f"{asked} is not spoken here: ask for json or csv")
        page = await turns.answer(lambda: verification_page(answers, question))
        body = as_csv(page) if asked == "csv" else page.model_dump_json()
        headers = {}
        if page.next is not None:
            headers["link"] = f'<{request.url.include_query_params(cursor=page.next)}>; rel="next"'
        return respond(request, prepare(body, MEDIA_TYPES[asked]), "no-cache", headers)

    @api.get("/v1/aggregates", response_model=AggregatesAnswer, responses=_RESPONSES)
    async def together(request: Request, question: Annotated[AggregatesQuestion, Query()], answers: Asking) -> Response:
        """The latest forecast for sites that the caller may not see, as means over enough of them.

        A mean over too few sites is suppressed, and so is every further one from which it could be found by
        subtraction.
        """
        told = await turns.answer(lambda: aggregates(answers, question.hazard))
        return respond(request, prepare(told.model_dump_json()), "no-cache")
