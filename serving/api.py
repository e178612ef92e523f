"""The HTTP resources of the risk API."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from serving.answers import Answers, FieldError
from serving.answers_for import answers_for
from serving.described import VERSION, describe
from serving.problems import report_problems
from serving.questions import (
    ExplainQuestion,
    Explanation,
    HazardView,
    LatestQuestion,
    LevelsAnswer,
    LevelsQuestion,
    Problem,
    RiskAnswer,
    RiskQuestion,
    SiteView,
)
from serving.strict_route import StrictRoute

_PROBLEMS: dict[int | str, dict[str, object]] = {
    422: {"model": Problem, "description": "a field is unknown or cannot be used; `errors` names it"},
    503: {"model": Problem, "description": "no answer can be given for this hazard now"},
}


def build_api() -> FastAPI:
    """The application; `api.state.answers` must be set before the first request."""
    api = FastAPI(
        title="Hải Đăng",
        version=VERSION,
        summary="Early warning of disasters, climate and disease",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.router.route_class = StrictRoute
    report_problems(api)

    @api.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        return Response(request.app.state.metrics.told(), media_type=CONTENT_TYPE_LATEST)

    @api.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/openapi.json")

    @api.post("/risk", response_model=RiskAnswer, responses=_PROBLEMS)
    def risk(question: RiskQuestion, answers: Annotated[Answers, Depends(answers_for)]) -> Response:
        """Answers how likely a hazard is, where and when."""
        return _json(answers.risk(question, now=datetime.now(UTC)))

    @api.post("/v1/levels", response_model=LevelsAnswer, responses=_PROBLEMS)
    def levels(question: LevelsQuestion, answers: Annotated[Answers, Depends(answers_for)]) -> Response:
        """Disaster-risk levels of Decision 18/2021/QĐ-TTg by site and day, and what may be proposed where hazards meet.

        Every level is a proposal. A rise by Article 4, clause 4, is never applied: a person decides.
        """
        return _json(answers.levels(question, now=datetime.now(UTC)))

    @api.get("/v1/forecasts/latest", response_model=RiskAnswer, responses=_PROBLEMS)
    def latest(
        question: Annotated[LatestQuestion, Query()], answers: Annotated[Answers, Depends(answers_for)]
    ) -> Response:
        """The latest issued forecast of a hazard."""
        sites = None if question.site is None else [question.site]
        try:
            return _json(answers.risk(RiskQuestion(hazard=question.hazard, sites=sites), now=datetime.now(UTC)))
        except FieldError as error:
            raise FieldError("site", str(error)) from error

    @api.get("/v1/explanations", response_model=Explanation, responses=_PROBLEMS)
    def explanations(
        question: Annotated[ExplainQuestion, Query()], answers: Annotated[Answers, Depends(answers_for)]
    ) -> Response:
        """What drives the latest issued forecast at a site, by driver, in log-odds and in words."""
        return _json(answers.explain(question))

    @api.get("/v1/hazards")
    def hazards(answers: Annotated[Answers, Depends(answers_for)]) -> list[HazardView]:
        """The hazards, with their cuts, leads and levels, and whether they are answered now."""
        return answers.hazard_views()

    @api.get("/v1/sites")
    def sites(answers: Annotated[Answers, Depends(answers_for)]) -> list[SiteView]:
        """The sites that are forecast."""
        return answers.site_views()

    describe(api)
    return api


def _json(answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(), media_type="application/json")
