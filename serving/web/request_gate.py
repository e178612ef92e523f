"""The gate before every request: who asks, how often, and what headers, log and metrics tell of it."""

import re
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from itertools import count

import pandas as pd
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.access.callers import Caller, KeyRing, introduce
from serving.access.limits import Buckets, neighbourhood
from serving.access.service_settings import ServiceSettings
from serving.web.json_log import REQUEST_ID, Answered, InBatches
from serving.web.metrics import Metrics, route_of
from serving.web.problems import problem

PROBED = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
"""Asked by machines of the operator, many times a minute: neither limited nor logged, and kept inside by the proxy."""

OPEN = PROBED | {"/", "/openapi.json"}
"""Answered without a key also where reading takes one."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"vary", b"Authorization"),
)
_NO_CONTENT = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class Gate:
    """An ASGI application around another."""

    def __init__(
        self,
        app: ASGIApp,
        settings: ServiceSettings,
        metrics: Metrics,
        *,
        log: InBatches | None = None,
        keys: KeyRing | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Puts the gate before an application.

        Args:
            app: what answers.
            settings: who may read, and the limits.
            metrics: where requests are counted.
            log: where they are written down; None for nowhere.
            keys: those that are taken; without, every key is refused.
            clock: seconds of a steady clock.
        """
        self._app, self._settings, self._metrics, self._log, self._clock = app, settings, metrics, log, clock
        self.keys = keys
        self._of_keys = Buckets(per_second=settings.key_requests_per_second, burst=settings.key_burst)
        self._of_addresses = Buckets(per_second=settings.address_requests_per_second, burst=settings.address_burst)
        self._running = 0
        self._ids = _numbered()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request pass, or answers why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = self._clock(), 0
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given if _REQUEST_ID.fullmatch(given) else next(self._ids)
        within = REQUEST_ID.set(request_id.decode())

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*_with_ours(tuple(message.get("headers", ()))), (b"x-request-id", request_id)]
            await send(message)

        caller = self._caller(scope, headers.get(b"authorization"))
        self._running += 1
        try:
            refusal = None if scope["path"] in PROBED else self._refusal(scope, caller, began)
            if refusal is None:
                introduce(scope, caller or Caller())
                await self._app(scope, receive, told)
            else:
                await refusal(scope, receive, told)
        finally:
            self._running -= 1
            seconds = self._clock() - began
            self._metrics.answered(scope, status or 500, seconds)
            if self._log is not None and scope["path"] not in PROBED:
                key = None if caller is None or caller.key is None else caller.key.id
                answered = Answered(scope["method"], route_of(scope), status or 500, _address(scope), key)
                self._log.answered(answered, seconds, request_id.decode())
            REQUEST_ID.reset(within)

    def _caller(self, scope: Scope, authorization: bytes | None) -> Caller | None:
        """Who asks; None for a key that is not taken."""
        address = _address(scope)
        if authorization is None:
            return Caller(None, address)
        kind, _, text = authorization.decode("latin-1").partition(" ")
        if kind.lower() != "bearer" or self.keys is None:
            return None
        key = self.keys.key_of(text.strip(), pd.Timestamp(datetime.now(UTC)))
        return None if key is None else Caller(key, address)

    def _refusal(self, scope: Scope, caller: Caller | None, now: float) -> Response | None:
        """What is answered in place of the application, if anything."""
        if caller is not None and caller.key is not None:
            wait, whose = self._of_keys.take(caller.key.id, now), f"key {caller.key.id}"
        else:
            wait, whose = self._of_addresses.take(neighbourhood(_address(scope)), now), "this address"
        if wait:
            return problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"{whose} asks too often: wait {wait} s",
                headers={"Retry-After": str(wait)},
            )
        if self._running > self._settings.at_once:
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{self._settings.at_once} requests are being answered: wait 1 s",
                headers={"Retry-After": "1"},
            )
        if caller is None:
            return unauthorised("the key is unknown, revoked or expired: send it as `Authorization: Bearer KEY`")
        if caller.key is None and not self._settings.public and scope["path"] not in OPEN:
            return unauthorised("reading takes a key here: send it as `Authorization: Bearer KEY`")
        return None


def _address(scope: Scope) -> str:
    return (scope.get("client") or ("",))[0]


@lru_cache(1024)
def _with_ours(headers: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[bytes, bytes], ...]:
    """Headers of an answer with those that every answer has; a page may state its own policy of content."""
    policy = () if any(name == _NO_CONTENT[0] for name, _ in headers) else (_NO_CONTENT,)
    return (*headers, *_ALWAYS, *policy)


def _numbered() -> Iterator[bytes]:
    """Ids of requests; random digits are fetched once, as the system takes longer for them than an answer."""
    first = secrets.token_hex(6)
    return (f"{first}{number:x}".encode() for number in count(0x1000))


def unauthorised(detail: str) -> Response:
    """A 401 that says how to send a key."""
    return problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})
