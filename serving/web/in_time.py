"""Answers in time: what takes longer than a deployment allows is given up, with a report that says so."""

import asyncio
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.web.problems import problem


class InTime:
    """An ASGI application that gives another so many seconds for each answer."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or says that there was no answer in time; one that has begun is broken off.

        What is no request has no end in time: the lifespan of a service lasts as long as the service.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(self._seconds) as limit:
                await self._app(scope, receive, noted)
        except TimeoutError:
            if not limit.expired() or begun:
                raise
            detail = f"there was no answer within {self._seconds:g} s: ask about fewer sites, hazards or moments"
            await problem(HTTPStatus.GATEWAY_TIMEOUT, detail)(scope, receive, send)
