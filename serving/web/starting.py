"""Starting: until there is something to answer from, callers are told to wait, and only whether the process lives."""

from http import HTTPStatus

from starlette.datastructures import State
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.web.problems import problem

_LIVES = frozenset({"/livez", "/healthz"})
_WAIT_SECONDS = "2"


class OnceStarted:
    """An ASGI application that passes requests on once the state of the service holds its answers."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app, self._state, self._started = app, state, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or says that the service starts."""
        self._started = self._started or hasattr(self._state, "answers")
        if self._started or scope["type"] != "http" or scope["path"] in _LIVES:
            await self._app(scope, receive, send)
            return
        detail = f"the service is starting: wait {_WAIT_SECONDS} s"
        told = problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": _WAIT_SECONDS})
        await told(scope, receive, send)
