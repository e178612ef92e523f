"""The limit of a request's body, which is refused before it fills the memory."""

from http import HTTPStatus

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.access.service_settings import LARGEST_BODY
from serving.web.problems import problem


class BodyLimit:
    """Refuses request bodies over a size: by the declared length, or as soon as more than that was read."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self.app, self.largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers 413."""
        headers = dict(scope.get("headers", []))
        declared = headers.get(b"content-length", b"0")
        if scope["type"] == "http" and declared.isdigit() and int(declared) > self.largest:
            await _too_large(self.largest)(scope, receive, send)
            return
        size, begun = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            return message if size <= self.largest else {"type": "http.disconnect"}

        async def answered(message: Message) -> None:
            nonlocal begun
            if begun or size <= self.largest:
                begun = True
                await send(message)

        await self.app(scope, counted, answered)
        if not begun and size > self.largest:
            await _too_large(self.largest)(scope, receive, send)


def _too_large(largest: int) -> Response:
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {largest:,} bytes")
