"""Whose answers: everybody is answered from what is public; who has the right, from all, and that is written down."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pandas as pd
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from serving.access.audit import Audit
from serving.access.callers import Caller, caller_of
from serving.answering.answers import Answers
from serving.deployment import Deployment
from serving.web.metrics import route_of

_LONGEST = 2000


async def answers_for(request: Request) -> Answers:
    """The answers that a caller may see; a FastAPI dependency.

    It takes from the application's state `answers`, which are public, and where they are held `full_answers` and
    `audit`.
    """
    state, caller = request.app.state, await caller_of(request)
    full: Answers | None = getattr(state, "full_answers", None)
    if full is None or not caller.may("agency"):
        public: Answers = state.answers
        return public
    if is_restricted(full.deployment, state.answers.deployment):
        body = (await request.body())[:_LONGEST].decode(errors="replace")
        asked = {"method": request.method, "query": request.url.query, "body": body}
        await run_in_threadpool(_write, state.audit, caller, route_of(request.scope), asked)
    return full


def is_restricted(whole: Deployment, seen: Deployment) -> bool:
    """Whether a deployment has sites or variables that not everybody sees."""
    return len(seen.sites) < len(whole.sites) or bool(seen.hides.variables)


def _write(audit: Audit, caller: Caller, route: str, asked: Mapping[str, object]) -> None:
    audit.write(caller.name, "restricted read", route, asked, pd.Timestamp(datetime.now(UTC)))
