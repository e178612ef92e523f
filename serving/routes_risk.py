"""POST /risk: how likely hazards are, where and when."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import Response

from serving.answers import Answers
from serving.answers_for import answers_for
from serving.outlets import MEDIA_TYPES, WRITERS, format_asked
from serving.questions import RiskAnswer
from serving.record_models import FormatQuestion
from serving.records import by_hazard
from serving.resources import PROBLEMS, json_response, other_formats
from serving.risk_models import RisksAnswer, RisksQuestion
from serving.risks import risks


def add_risk(api: FastAPI) -> None:
    """Adds the resource to an application."""

    @api.post("/risk", response_model=RiskAnswer | RisksAnswer, responses={**PROBLEMS, **other_formats()})
    def risk(
        question: RisksQuestion,
        outlet: Annotated[FormatQuestion, Query()],
        request: Request,
        answers: Annotated[Answers, Depends(answers_for)],
    ) -> Response:
        """Answers how likely hazards are, where and when.

        With `hazard` the answer is that of one hazard, or a problem report. With `hazards` each is answered or withheld
        by itself: the status is 200 where any of them is answered.
        """
        asked = format_asked(outlet.format, request.headers.get("accept"))
        told = risks(answers, question, now=datetime.now(UTC))
        if asked not in WRITERS:
            return json_response(told)
        records = by_hazard(answers, [told] if isinstance(told, RiskAnswer) else told.answers)
        return Response(WRITERS[asked](records), media_type=MEDIA_TYPES[asked])
