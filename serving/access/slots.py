"""Slots for answers that are worked out when somebody asks: a few at once, so that they never starve the others.

A hindcast, a replay, a scenario or an explanation takes seconds of a core. Who finds no slot free is told at once to
come again: waiting would hold one of the few threads that answer everybody.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from features.errors import HaidangError

COMPUTED_AT_ONCE, RETRY_SECONDS = 2, 2
_HELD: ContextVar[bool] = ContextVar("holds_a_slot", default=False)


class BusyError(HaidangError):
    """All slots are taken."""


class Slots:
    """A number of slots; a question takes one, however many things it works out."""

    def __init__(self, at_once: int) -> None:
        self._at_once, self._free = at_once, threading.BoundedSemaphore(at_once)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Holds a slot for as long as the body runs; within a question that holds one it takes no other.

        Raises:
            BusyError: if none is free.
        """
        if _HELD.get():
            yield
            return
        if not self._free.acquire(blocking=False):
            raise BusyError(
                f"{self._at_once} answers are being worked out (hindcasts, replays, scenarios, explanations): wait "
                f"{RETRY_SECONDS} s; the latest forecasts are answered meanwhile"
            )
        token = _HELD.set(True)
        try:
            yield
        finally:
            _HELD.reset(token)
            self._free.release()
