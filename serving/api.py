"""The HTTP resources of the risk API."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import RedirectResponse, Response

from serving.answering.answers import Answers
from serving.answering.explaining import explained
from serving.answering.levels import levels as levels_together
from serving.routes.catalogue import add_datasets
from serving.routes.forecasts import add_forecasts
from serving.routes.reference import add_reference
from serving.routes.risk import add_risk
from serving.routes.triggers import add_triggers
from serving.routes.verification import add_verification
from serving.routes.what_if import add_scenario
from serving.schemas.explain_models import ExplainQuestion, Explanation
from serving.schemas.levels_models import LevelsAnswer, LevelsQuestion
from serving.web.answers_for import answers_for
from serving.web.described import VERSION, describe
from serving.web.problems import report_problems
from serving.web.resources import PROBLEMS, json_response
from serving.web.strict_route import StrictRoute


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

    add_risk(api)
    add_scenario(api)
    add_forecasts(api)
    add_reference(api)
    add_triggers(api)
    add_verification(api)
    add_datasets(api)

    @api.post("/v1/levels", response_model=LevelsAnswer, responses=PROBLEMS)
    def levels(question: LevelsQuestion, answers: Annotated[Answers, Depends(answers_for)]) -> Response:
        """Disaster-risk levels of Decision 18/2021/QĐ-TTg by site and day, and what may be proposed where hazards meet.

        Every level is a proposal. A rise by Article 4, clause 4, is never applied: a person decides.
        """
        return json_response(levels_together(answers, question, now=datetime.now(UTC)))

    @api.get("/v1/explanations", response_model=Explanation, responses=PROBLEMS)
    def explanations(
        question: Annotated[ExplainQuestion, Query()], answers: Annotated[Answers, Depends(answers_for)]
    ) -> Response:
        """What drives the latest issued forecast at a site, by driver, in log-odds and in words."""
        return json_response(explained(answers, question))

    describe(api)
    return api
