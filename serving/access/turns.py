"""Turns: questions that keep the processor busy are answered few at a time, so that short ones never wait for them."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from serving.access.slots import BusyError

_Answer = TypeVar("_Answer")


class Turns:
    """A limit of its own for one kind of question."""

    def __init__(self, *, at_once: int = 1, waiting: int = 8) -> None:
        """States the limits.

        Args:
            at_once: questions that are answered at the same time, each in a thread.
            waiting: questions that may wait for their turn.
        """
        self._limiter, self._most, self._here = CapacityLimiter(at_once), at_once + waiting, 0

    async def answer(self, work: Callable[[], _Answer]) -> _Answer:
        """Does the work when its turn comes.

        Raises:
            BusyError: if too many wait.
        """
        if self._here >= self._most:
            raise BusyError(f"{self._here} questions of this kind are being answered: ask again in a few seconds")
        self._here += 1
        try:
            return await to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._here -= 1
