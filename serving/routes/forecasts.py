"""The resources of stored forecasts: the latest, lists, single ones, their passports and replays."""

from datetime import UTC, datetime
from typing import Annotated, Any

import pandas as pd
from fastapi import Depends, FastAPI, Path, Query, Request
from starlette.responses import Response

from features.errors import UnknownNameError
from serving.access.refusals import FieldError
from serving.answering.answers import Answers
from serving.answering.conditional import MOST_PREPARED, Prepared, prepare, respond
from serving.answering.records import by_hazard, listed, with_law
from serving.issued.record_ids import NoSuchForecastError
from serving.issued.stored import CursorError, StoredForecasts, Wanted
from serving.schemas.answer_models import RiskAnswer, RiskQuestion
from serving.schemas.problem_report import Problem
from serving.schemas.record_models import (
    ForecastPage,
    ForecastRecord,
    ForecastsQuestion,
    FormatQuestion,
    LatestQuestion,
    Passport,
    Replay,
)
from serving.views.replay import passport, replay
from serving.web.answers_for import answers_for
from serving.web.outlets import MEDIA_TYPES, WRITERS, format_asked
from serving.web.resources import PROBLEMS, other_formats, until_refreshed

_ONE: dict[int | str, dict[str, Any]] = {
    **PROBLEMS,
    404: {"model": Problem, "description": "nothing was issued under this id"},
}
_EXAMPLE = "heavy_rain.20250904T230000Z.f23eb7f4605098a8"
Id = Annotated[str, Path(max_length=200, description="`id` of a forecast", examples=[_EXAMPLE])]


def add_forecasts(api: FastAPI) -> None:
    """Adds the resources to an application."""

    @api.get("/v1/forecasts/latest", response_model=RiskAnswer, responses={**PROBLEMS, **other_formats()})
    def latest(
        request: Request,
        question: Annotated[LatestQuestion, Query()],
        answers: Annotated[Answers, Depends(answers_for)],
    ) -> Response:
        """The latest issued forecast of a hazard, from bytes that are held in memory."""
        return respond(request, _latest(answers, question, request.headers.get("accept")), until_refreshed(answers))

    @api.get("/v1/forecasts", response_model=ForecastPage, responses={**PROBLEMS, **other_formats()})
    def forecasts(
        request: Request,
        question: Annotated[ForecastsQuestion, Query()],
        answers: Annotated[Answers, Depends(answers_for)],
    ) -> Response:
        """Stored forecasts, the newest issue first, page by page.

        The next page is also in the header Link (RFC 8288), as formats other than JSON have no place for it. Sites that
        the caller may not see are left out here, and told of together at /v1/aggregates.
        """
        page = _page(answers, question)
        asked = format_asked(question.format, request.headers.get("accept"))
        body = WRITERS[asked](page.forecasts) if asked in WRITERS else page.model_dump_json()
        headers = {}
        if page.next is not None:
            headers["link"] = f'<{request.url.include_query_params(cursor=page.next)}>; rel="next"'
        return respond(request, prepare(body, MEDIA_TYPES[asked]), "no-cache", headers)

    @api.get("/v1/forecasts/{id}", response_model=ForecastRecord, responses={**_ONE, **other_formats()})
    def forecast(
        id: Id,  # noqa: A002  (the name of the parameter in the path)
        request: Request,
        question: Annotated[FormatQuestion, Query()],
        answers: Annotated[Answers, Depends(answers_for)],
    ) -> Response:
        """One stored forecast, as it was said, with the level of the law."""
        stored = _stored(answers)
        record = stored.one(id)
        issue = stored.issue(id)
        same = (issue["forecaster"] == record["forecaster"]) & (issue["issue_time"] == record["issue_time"])
        found = with_law(answers, issue[same], id)
        if found is None:
            raise NoSuchForecastError(f"the hazard of {id} is no longer declared in this deployment")
        asked = format_asked(question.format, request.headers.get("accept"))
        body = WRITERS[asked]([found]) if asked in WRITERS else found.model_dump_json()
        return respond(request, prepare(body, MEDIA_TYPES[asked]), "no-cache")

    @api.get("/v1/forecasts/{id}/passport", response_model=Passport, responses=_ONE)
    def its_passport(
        id: Id,  # noqa: A002
        request: Request,
        answers: Annotated[Answers, Depends(answers_for)],
    ) -> Response:
        """Where a forecast comes from: data version, code, model, features, and which inputs were missing or stale."""
        record = _stored(answers).one(id)
        return respond(request, prepare(passport(answers.deployment, id, record).model_dump_json()), "no-cache")

    @api.get("/v1/forecasts/{id}/replay", response_model=Replay, responses=_ONE)
    def its_replay(
        id: Id,  # noqa: A002
        request: Request,
        answers: Annotated[Answers, Depends(answers_for)],
    ) -> Response:
        """The forecast worked out again from the archive as it was known then: equal byte for byte, or why not."""
        record = _stored(answers).one(id)
        with answers.slots.one():
            told = replay(answers.deployment, id, record)
        return respond(request, prepare(told.model_dump_json()), "no-cache")


def _latest(answers: Answers, question: LatestQuestion, accept: str | None) -> Prepared:
    """Makes the bytes, and holds them under the code of the site, so that no spelling of a name is held by itself."""
    asked, held = format_asked(question.format, accept), answers.prepared
    try:
        code = None if question.site is None else answers.deployment.sites.find(question.site).code
        found = held.get((question.hazard, code, asked))
        if found is not None:
            return found
        sites = None if code is None else [code]
        answer = answers.risk(RiskQuestion(hazard=question.hazard, sites=sites), now=datetime.now(UTC))
    except (FieldError, UnknownNameError) as error:
        if isinstance(error, UnknownNameError) and error.kind != "site":
            raise
        raise FieldError("site", str(error)) from error
    body = WRITERS[asked](by_hazard(answers, [answer])) if asked in WRITERS else answer.model_dump_json()
    found = prepare(body, MEDIA_TYPES[asked])
    if len(held) < MOST_PREPARED:
        held[question.hazard, code, asked] = found
    return found


def _stored(answers: Answers) -> StoredForecasts:
    """The stored forecasts that a caller may see."""
    return StoredForecasts(answers.deployment.settings.issued, answers.deployment.sites.codes)


def _page(answers: Answers, question: ForecastsQuestion) -> ForecastPage:
    deployment = answers.deployment
    try:
        site = None if question.site is None else deployment.sites.find(question.site).code
    except UnknownNameError as error:
        raise FieldError("site", str(error)) from error
    wanted = Wanted(
        hazard=None if question.hazard is None else deployment.hazard(question.hazard).name,
        site=site,
        issued=(_moment(question.issue_time_from), _moment(question.issue_time_to)),
        valid=(_moment(question.valid_time_from), _moment(question.valid_time_to)),
        level=question.level,
    )
    try:
        page = _stored(answers).page(wanted, question.limit, question.cursor)
    except CursorError as error:
        raise FieldError("cursor", str(error)) from error
    return ForecastPage(forecasts=listed(answers, page.records), next=page.cursor)


def _moment(stated: datetime | None) -> pd.Timestamp | None:
    return None if stated is None else pd.Timestamp(stated).tz_convert("UTC")
