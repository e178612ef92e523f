"""The BentoML service: loads the shelf and the issued forecasts, watches both, and serves the risk API."""

import gc
import logging
import threading

import bentoml
from bentoml.exceptions import BentoMLException
from deltalake.exceptions import DeltaError
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from features.database import open_database
from features.settings import Settings
from serving.answers import Answers
from serving.api import build_api
from serving.audit import Audit
from serving.body_limit import BodyLimit
from serving.callers import KeyRing
from serving.deployment import open_deployment
from serving.json_log import log_as_json
from serving.keys import Keys
from serving.metrics import Metrics
from serving.request_gate import Gate
from serving.restricted import public
from serving.service_settings import ServiceSettings
from serving.slots import Slots

_LOG = logging.getLogger("haidang.service")
_OF_BENTOML = {"/livez", "/healthz", "/readyz"}
_TRACING = "OpenTelemetryMiddleware"
_API = build_api()


async def every_path(scope: Scope, receive: Receive, send: Send) -> None:
    """The API for every path that BentoML does not answer itself, so that unknown paths get a problem report too."""
    await _API(scope, receive, send)


class GatedService(bentoml.Service):
    """A BentoML service behind our gate, which does for every request what BentoML's own middleware does not well.

    Its timer of a request outlives the answer, its metrics are labelled with whatever path a caller sends, its page at
    `/` loads a script from outside, and it tells its own shape at `/schema.json`.
    """

    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        """The application that the worker serves."""
        log_as_json()
        app: Starlette = super().to_asgi(is_main=is_main)
        settings = ServiceSettings(home=Settings().home)
        kept = {_TRACING} if settings.traces else set()
        app.user_middleware = [one for one in app.user_middleware if getattr(one.cls, "__name__", "") in kept]
        app.router.routes = [
            route
            for route in app.routes
            if getattr(route, "path", "") in _OF_BENTOML or getattr(route, "app", None) is every_path
        ]
        _API.state.metrics = Metrics()
        _API.state.gate = Gate(BodyLimit(app, settings.largest_body), settings, _API.state.metrics)
        return _API.state.gate


@bentoml.service(
    name="haidang",
    workers=1,
    traffic={"timeout": 30},
    http={"host": "127.0.0.1"},
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    service_class=GatedService,
)
@bentoml.asgi_app(every_path, path="/")
class RiskService:
    """Answers from memory; a thread looks for new forecasts, forecasters and keys and swaps them in as a whole."""

    def __init__(self) -> None:
        settings = Settings()
        engine = open_database(settings.database_address)
        deployment = open_deployment(settings)
        limits = ServiceSettings(home=settings.home)
        slots = Slots(limits.computed_at_once)
        self._answers = Answers(public(deployment, limits), slots)
        self._full, self._keys = Answers(deployment, slots), KeyRing(Keys(engine))
        for answers in (self._answers, self._full):
            answers.positions  # noqa: B018  (boundaries that cannot be read are told at the start)
        self._refresh()
        _API.state.answers, _API.state.full_answers, _API.state.audit = self._answers, self._full, Audit(engine)
        _API.state.gate.keys = self._keys
        _API.state.metrics.watch(self._answers)
        self._stopped = threading.Event()
        self._watch = threading.Thread(target=self._refresh_for_ever, args=(settings.refresh_seconds,), daemon=True)
        self._watch.start()
        gc.collect()
        gc.freeze()

    def __is_ready__(self) -> bool:
        """Whether something can be answered; BentoML asks for /readyz."""
        return self._answers.ready

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def stop(self) -> None:
        """Ends the watch."""
        self._stopped.set()

    def _refresh_for_ever(self, seconds: float) -> None:
        while not self._stopped.wait(seconds):
            try:
                self._refresh()
            except (OSError, ValueError, DeltaError, BentoMLException, SQLAlchemyError):
                _LOG.exception("the refresh failed; the answers stay as they were")

    def _refresh(self) -> None:
        self._keys.refresh()
        if self._keys.holds("agency"):
            self._full.refresh()
        if self._answers.refresh():
            for hazard in self._answers.hazard_views():
                told = f"withheld: {hazard.withheld}" if hazard.withheld else f"latest issue {hazard.latest_issue_time}"
                _LOG.info("%s: %s", hazard.name, told)
        self._full.deployment.as_issued.refresh()
