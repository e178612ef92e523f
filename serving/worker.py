"""What the worker of the service holds: the API behind the gate, and a thread that takes up what is new."""

import gc
import logging
import threading
from functools import cache

from deltalake.exceptions import DeltaError
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from features.database import open_database
from features.settings import Settings
from serving.access.audit import Audit
from serving.access.callers import KeyRing
from serving.access.keys import Keys
from serving.access.service_settings import ServiceSettings
from serving.access.slots import Slots
from serving.answering.answers import Answers
from serving.answering.restricted import public
from serving.api import build_api
from serving.deployment import open_deployment
from serving.shelf import SHELF_ERRORS
from serving.web.body_limit import BodyLimit
from serving.web.held_answers import HeldAnswers
from serving.web.in_time import InTime
from serving.web.json_log import log_as_json
from serving.web.metrics import Metrics
from serving.web.request_gate import Gate
from serving.web.starting import OnceStarted

_LOG = logging.getLogger("haidang.service")


@cache
def the_api() -> FastAPI:
    """The API of this process."""
    return build_api()


def gated(app: ASGIApp) -> Gate:
    """The gate, before an application that ends in the API; the log is JSON from now on."""
    log, state, settings = log_as_json(), the_api().state, ServiceSettings(home=Settings().home)
    state.metrics = Metrics()
    worked_out = InTime(BodyLimit(app, settings.largest_body), settings.seconds)
    started = OnceStarted(HeldAnswers(worked_out, the_api()), state)
    state.gate = Gate(started, settings, state.metrics, log=log)
    return state.gate


def traced() -> bool:
    """Whether spans are made of requests."""
    return ServiceSettings(home=Settings().home).traces


class Worker:
    """Answers from memory, refreshed as a whole; to be made after the gate."""

    def __init__(self) -> None:
        gc.disable()  # what is loaded now stays for good
        settings, state = Settings(), the_api().state
        engine = open_database(settings.database_address)
        deployment = open_deployment(settings)
        limits = ServiceSettings(home=settings.home)
        slots = Slots(limits.computed_at_once)
        self._answers = Answers(public(deployment, limits), slots)
        self._full, self._keys = Answers(deployment, slots), KeyRing(Keys(engine))
        for answers in (self._answers, self._full):
            answers.positions  # noqa: B018  (boundaries that cannot be read are told at the start)
        self._refresh(at_rest=True)
        gc.collect()
        gc.freeze()
        gc.enable()
        state.gate.keys = self._keys
        state.metrics.watch(self._answers)
        state.full_answers, state.audit, state.answers = self._full, Audit(engine), self._answers
        self._stopped = threading.Event()
        self._watch = threading.Thread(target=self._refresh_for_ever, args=(settings.refresh_seconds,), daemon=True)
        self._watch.start()

    @property
    def ready(self) -> bool:
        """Whether something can be answered."""
        return self._answers.ready

    def stop(self) -> None:
        """Ends the watch."""
        self._stopped.set()

    def _refresh_for_ever(self, seconds: float) -> None:
        """Begins with the champions that were left at rest."""
        waited = 0.0
        while not self._stopped.wait(waited):
            waited = seconds
            try:
                self._refresh()
            except (OSError, ValueError, DeltaError, *SHELF_ERRORS, SQLAlchemyError):
                _LOG.exception("the refresh failed; the answers stay as they were")

    def _refresh(self, *, at_rest: bool = False) -> None:
        self._keys.refresh()
        held = [self._answers, self._full] if self._keys.holds("agency") else [self._answers]
        news = [answers.refresh(at_rest=at_rest) for answers in held]
        loaded = [] if at_rest else [answers.load() for answers in held]
        if any(loaded):  # they stay for good, and need not be looked through for what can go
            gc.collect()
            gc.freeze()
        if news[0] or any(loaded):
            for hazard in self._answers.hazard_views():
                told = f"withheld: {hazard.withheld}" if hazard.withheld else f"latest issue {hazard.latest_issue_time}"
                _LOG.info("%s: %s", hazard.name, told)
        self._full.deployment.as_issued.refresh()
