"""POST /scenario and POST /explain: what would be said, had something else been known, and why it is said."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI
from starlette.responses import Response

from serving.answering.answers import Answers
from serving.scenarios.change_models import ScenarioQuestion
from serving.scenarios.scenario import scenario
from serving.scenarios.scenario_models import ScenarioAnswer
from serving.scenarios.whys import whys
from serving.schemas.explain_models import ExplainAnswer, WhyQuestion
from serving.schemas.problem_report import Problem
from serving.web.answers_for import answers_for
from serving.web.resources import PROBLEMS, json_response

_NO_ID: dict[str, object] = {"model": Problem, "description": "nothing was issued under this id"}


def add_scenario(api: FastAPI) -> None:
    """Adds the resources to an application."""

    @api.post("/scenario", response_model=ScenarioAnswer, responses=PROBLEMS)
    def what_if(question: ScenarioQuestion, answers: Annotated[Answers, Depends(answers_for)]) -> Response:
        """Answers what would be said, had something else been known: more rain ahead, fresher ponds, a track elsewhere.

        The changes are made to what was known at the issue time, the forecaster that issued is asked again, and its
        guard says whether it may be asked that. A hazard that reads nothing of the changes is refused, with what it
        does read. A scenario is no forecast: it is stored nowhere, listed nowhere and never verified. A few are worked
        out at once; who comes when all are busy is told to come again (503 with Retry-After).
        """
        told = json_response(scenario(answers, question, now=datetime.now(UTC)))
        told.headers["Cache-Control"] = "no-store"
        return told

    @api.post("/explain", response_model=ExplainAnswer, responses={**PROBLEMS, 404: _NO_ID})
    def why(question: WhyQuestion, answers: Annotated[Answers, Depends(answers_for)]) -> Response:
        """Why forecasts are as they are, by driver: for hazards, sites and leads, at the latest or a past issue time.

        The log-odds of all drivers add up, with those where all inputs are usual, to the log-odds of the probability
        that was told. They say what moved the model, not what causes the hazard.
        """
        return json_response(whys(answers, question, now=datetime.now(UTC)))
