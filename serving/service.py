"""The BentoML service: a thin shell, since two processes import it and one of them only starts the other.

What it holds and how it answers is in `serving/worker.py`, which the worker imports when it is built.
"""

import bentoml
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

_OF_BENTOML = {"/livez", "/healthz", "/readyz"}
_TRACING = "OpenTelemetryMiddleware"


async def every_path(scope: Scope, receive: Receive, send: Send) -> None:
    """The API for every path that BentoML does not answer itself, so that unknown paths get a problem report too."""
    from serving.worker import the_api

    await the_api()(scope, receive, send)


class GatedService(bentoml.Service):
    """A BentoML service behind our gate, which does for every request what BentoML's own middleware does not well.

    Its timer of a request outlives the answer, its metrics are labelled with whatever path a caller sends, its page at
    `/` loads a script from outside, and it tells its own shape at `/schema.json`.
    """

    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        """The application that the worker serves."""
        from serving.worker import gated

        return gated(self.of_bentoml(is_main))

    def of_bentoml(self, is_main: bool) -> Starlette:
        """What BentoML makes of it, without what the gate does in its place."""
        from serving.worker import traced

        app: Starlette = super().to_asgi(is_main=is_main)
        kept = {_TRACING} if traced() else set()
        app.user_middleware = [one for one in app.user_middleware if getattr(one.cls, "__name__", "") in kept]
        app.router.routes = [
            route
            for route in app.routes
            if getattr(route, "path", "") in _OF_BENTOML or getattr(route, "app", None) is every_path
        ]
        return app


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
        from serving.worker import Worker

        self._worker = Worker()

    def __is_ready__(self) -> bool:
        """Whether something can be answered; BentoML asks for /readyz."""
        return self._worker.ready

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def stop(self) -> None:
        """Ends the watch."""
        self._worker.stop()
