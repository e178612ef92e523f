"""The resources of triggers: what one would have been over the record, and which costs least."""

from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import Response

from serving.access.turns import Turns
from serving.answering.answers import Answers
from serving.answering.conditional import prepare, respond
from serving.verification.finding_triggers import found_trigger
from serving.verification.simulating import simulated
from serving.verification.trigger_models import SimulateAnswer, SimulateQuestion, TriggerAnswer, TriggerQuestion
from serving.web.answers_for import answers_for
from serving.web.resources import PROBLEMS

Asking = Annotated[Answers, Depends(answers_for)]
_RESPONSES: dict[int | str, dict[str, object]] = {
    **PROBLEMS,
    304: {"description": "the caller holds these very bytes, as its If-None-Match says"},
}


def add_triggers(api: FastAPI) -> None:
    """Adds the resources to an application; all take turns with each other."""
    turns = Turns()

    async def simulation(request: Request, question: SimulateQuestion, answers: Answers) -> Response:
        body = await turns.answer(lambda: simulated(answers, question).model_dump_json())
        return respond(request, prepare(body), "no-cache")

    async def trigger(request: Request, question: TriggerQuestion, answers: Answers) -> Response:
        body = await turns.answer(lambda: found_trigger(answers, question).model_dump_json())
        return respond(request, prepare(body), "no-cache")

    @api.get("/v1/thresholds/simulate", response_model=SimulateAnswer, responses=_RESPONSES)
    async def simulate(request: Request, question: Annotated[SimulateQuestion, Query()], answers: Asking) -> Response:
        """Had the trigger been so: alarms, hits, false alarms, misses, days of warning and costs on the record.

        The record is of forecasts as they were issued, with settled outcomes. Several probabilities give a curve.
        """
        return await simulation(request, question, answers)

    @api.post("/v1/thresholds/simulate", response_model=SimulateAnswer, responses=PROBLEMS)
    async def simulate_posted(request: Request, question: SimulateQuestion, answers: Asking) -> Response:
        """The same, for questions that are too long for an address."""
        return await simulation(request, question, answers)

    @api.get("/v1/triggers", response_model=TriggerAnswer, responses=_RESPONSES)
    async def triggers(request: Request, question: Annotated[TriggerQuestion, Query()], answers: Asking) -> Response:
        """From which probability on it pays an agency to act, by its own cost and loss, on the record as issued.

        Beside the cheapest trigger of the record stands what theory says (Richardson 2000,
        doi:10.1002/qj.49712656313).
        """
        return await trigger(request, question, answers)

    @api.post("/v1/triggers", response_model=TriggerAnswer, responses=PROBLEMS)
    async def triggers_posted(request: Request, question: TriggerQuestion, answers: Asking) -> Response:
        """The same, for questions that are too long for an address."""
        return await trigger(request, question, answers)
