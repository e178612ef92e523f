"""Load on a service: connections that stay open, each with one question at a time, from a process of its own.

Answers are read from the streams by hand, as clients for Python take longer to ask than the service to answer. How busy
the process was that asked is told beside the figures: a client that is always busy measures itself.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing import get_context

import numpy as np

_LENGTH = b"\r\ncontent-length: "
_ENDED = (ConnectionError, asyncio.IncompleteReadError, TimeoutError)
_ANSWER_WITHIN_SECONDS = 30.0


@dataclass(frozen=True)
class Load:
    """What is asked, and how often.

    Attributes:
        port: on the loopback.
        path: with the query.
        bodies: JSON, which is posted, one after the other; none gets.
        connections: at the same time.
        seconds: how long new questions are asked.
        requests: after which it ends earlier; None for no such end.
        rate: requests per second of all connections together; None asks again as soon as an answer is there.
        keep: whether the bodies of answers are kept, each once.
    """

    port: int
    path: str
    bodies: tuple[bytes, ...] = ()
    connections: int = 8
    seconds: float = 5.0
    requests: int | None = None
    rate: float | None = None
    keep: bool = False

    @property
    def messages(self) -> list[bytes]:
        """The requests as they are sent."""
        head = f"{'POST' if self.bodies else 'GET'} {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        posted = f"{head}Content-Type: application/json\r\nContent-Length: "
        return [f"{posted}{len(one)}\r\n\r\n".encode() + one for one in self.bodies] or [f"{head}\r\n".encode()]


@dataclass
class Loaded:
    """What came of it.

    Attributes:
        seconds: from the first question to the last answer.
        busy: share of that time in which the asking process worked.
        milliseconds: of each answer, in no order. At a rate they count from when the question was due, so that a
            service that stalls is charged with the questions that had to wait.
        statuses: how often each status came.
        broken: connections that ended before their answer; they are opened again.
        bodies: each body that came, and how often; empty unless they were to be kept.
    """

    seconds: float = 0.0
    busy: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    bodies: Counter[bytes] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.milliseconds) / self.seconds

    @property
    def failed(self) -> int:
        """Questions without an answer that says 200."""
        return self.broken + self.statuses.total() - self.statuses[200]

    def percentiles(self, *wanted: float) -> list[float]:
        """Milliseconds within which these percent of the answers came."""
        return [float(value) for value in np.percentile(self.milliseconds, wanted)]


def run(load: Load) -> Loaded:
    """Asks until the time is over; in this process."""
    told, began, worked = Loaded(), time.perf_counter(), time.process_time()
    asyncio.run(_all(load, told))
    told.seconds = time.perf_counter() - began
    told.busy = (time.process_time() - worked) / told.seconds
    return told


@contextmanager
def asking() -> Iterator[ProcessPoolExecutor]:
    """A process that asks, ready to `run`."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        process.submit(time.time).result()
        yield process


def put(process: ProcessPoolExecutor, load: Load) -> Future[Loaded]:
    """Begins to ask in the process of `asking`."""
    return process.submit(run, load)


async def _all(load: Load, told: Loaded) -> None:
    began = time.perf_counter()
    await asyncio.gather(*(_asks(load, told, began, number) for number in range(load.connections)))


async def _asks(load: Load, told: Loaded, began: float, number: int) -> None:
    """One connection. At a rate its questions are due at even steps, of which each connection has its own."""
    messages, until = cycle(load.messages), began + load.seconds
    step = 0.0 if load.rate is None else load.connections / load.rate
    due = began + step * number / load.connections
    while due < until:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", load.port, limit=2**22)
        except OSError:
            told.broken += 1
            due = max(due + step, time.perf_counter() + 0.05)
            await asyncio.sleep(0.05)
            continue
        try:
            while due < until and (load.requests is None or len(told.milliseconds) < load.requests):
                early = due - time.perf_counter()
                if early > 0:
                    await asyncio.sleep(early)
                asked = due if step and early <= 0 else time.perf_counter()
                writer.write(next(messages))
                async with asyncio.timeout(_ANSWER_WITHIN_SECONDS):
                    status, body = await _answer(reader)
                ended = time.perf_counter()
                told.milliseconds.append(1000 * (ended - asked))
                told.statuses[status] += 1
                if load.keep:
                    told.bodies[body] += 1
                due = due + step if step else ended
            return
        except _ENDED:
            told.broken += 1
            due = max(due + step, time.perf_counter())
        finally:
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    begins = head.lower().index(_LENGTH) + len(_LENGTH)
    return int(head[9:12]), await reader.readexactly(int(head[begins : head.index(b"\r", begins)]))
