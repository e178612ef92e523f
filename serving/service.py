"""The BentoML service: loads the shelf and the issued forecasts, watches both, and serves the risk API."""

import gc
import logging
import threading

import bentoml
from bentoml.exceptions import BentoMLException
from deltalake.exceptions import DeltaError
from starlette.types import Receive, Scope, Send

from features.settings import Settings
from serving.answers import Answers
from serving.api import BodyLimit, build_api
from serving.deployment import open_deployment

_LOG = logging.getLogger("haidang.service")
_API = build_api()
_LIMITED = BodyLimit(_API)


async def every_path(scope: Scope, receive: Receive, send: Send) -> None:
    """The API for every path that BentoML does not answer itself, so that unknown paths get a problem report too."""
    await _LIMITED(scope, receive, send)


@bentoml.service(name="haidang", workers=1, traffic={"timeout": 30})
@bentoml.asgi_app(every_path, path="/")
class RiskService:
    """Answers from memory; a thread looks for new forecasts and forecasters and swaps them in as a whole."""

    def __init__(self) -> None:
        settings = Settings()
        self._answers = Answers(open_deployment(settings))
        self._answers.positions  # noqa: B018  (boundaries that cannot be read are told at the start)
        self._refresh()
        _API.state.answers = self._answers
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
            except (OSError, ValueError, DeltaError, BentoMLException):
                _LOG.exception("the refresh failed; the answers stay as they were")

    def _refresh(self) -> None:
        if self._answers.refresh():
            for hazard in self._answers.hazard_views():
                told = f"withheld: {hazard.withheld}" if hazard.withheld else f"latest issue {hazard.latest_issue_time}"
                _LOG.info("%s: %s", hazard.name, told)
