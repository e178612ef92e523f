"""POST /risk: how likely hazards are, where and when."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import Response

from serving.answering.answers import Answers
from serving.answering.conditional import LARGEST_ASKED, MOST_ASKED, prepare
from serving.answering.records import by_hazard
from serving.answering.risks import risks
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.record_models import Format, FormatQuestion
from serving.schemas.risk_models import RisksAnswer, RisksQuestion
from serving.web.answers_for import answers_for
from serving.web.outlets import MEDIA_TYPES, WRITERS, format_asked
from serving.web.resources import PROBLEMS, other_formats


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
        asked, held = format_asked(outlet.format, request.headers.get("accept")), answers.asked
        of_latest = question.issue_time is None and not question.include
        key = (asked, repr(question))  # also of letters that no text has
        found = held.get(key) if of_latest else None
        if found is None:
            told = risks(answers, question, now=datetime.now(UTC))
            found = prepare(_written(answers, told, asked), MEDIA_TYPES[asked])
            if of_latest and len(held) < MOST_ASKED and len(found.body) <= LARGEST_ASKED:
                held[key] = found
        return Response(found.body, media_type=found.media_type)


def _written(answers: Answers, told: RiskAnswer | RisksAnswer, asked: Format) -> bytes | str:
    if asked not in WRITERS:
        return told.model_dump_json()
    return WRITERS[asked](by_hazard(answers, [told] if isinstance(told, RiskAnswer) else told.answers))
