"""The parts of a job, such as one source or one hazard: each is tried by itself, and fails alone."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import httpx
from deltalake.exceptions import CommitFailedError
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential
from tenacity.wait import wait_base

from features.errors import HaidangError
from haidang.operations.job_log import FAILED, FINISHED, PARTLY

Part = Callable[[], str]
PAUSE = wait_exponential(multiplier=5, max=120)
_MAY_PASS = (ConnectionError, TimeoutError, httpx.TransportError, CommitFailedError, OperationalError)
_log = logging.getLogger("haidang")


@dataclass(frozen=True)
class Done:
    """What became of the parts of a job.

    Attributes:
        told: what each part that succeeded did.
        failed: why each of the others failed.
        tries: how often the part that was tried most was tried.
    """

    told: Mapping[str, str]
    failed: Mapping[str, str]
    tries: int = 1

    @property
    def outcome(self) -> str:
        """`finished`, `partly` where some parts failed, `failed` where all did."""
        if not self.failed:
            return FINISHED
        return PARTLY if self.told else FAILED

    @property
    def error(self) -> str | None:
        """What went wrong, in one line a part."""
        return "\n".join(f"{part}: {why}" for part, why in self.failed.items()) or None

    def as_json(self) -> bytes:
        """The same as text, to be sent from process to process."""
        return json.dumps(asdict(self)).encode()


def done_from_json(text: bytes) -> Done:
    """Reads what `Done.as_json` wrote."""
    return Done(**json.loads(text))


def do_parts(parts: Callable[[], Mapping[str, Part]], *, tries: int, pause: wait_base = PAUSE) -> Done:
    """Does parts one after the other; whatever fault one has, the others are done.

    What may pass by itself (a broken connection, a busy database, another writer of the same table) is tried again;
    what cannot, is not.

    Args:
        parts: tells the parts by name; where that fails already, all of them failed.
        tries: how often each is tried at most.
        pause: how long is waited between.
    """
    told: dict[str, str] = {}
    failed: dict[str, str] = {}
    most = 1
    with ThreadPoolExecutor(1) as apart:
        listed = apart.submit(parts)
        if (error := listed.exception()) is not None:
            return Done({}, {"all parts": _explained("all parts", error)})
        for name, part in listed.result().items():
            attempts = 0

            def counted(part: Part = part) -> str:
                nonlocal attempts
                attempts += 1
                return part()

            again = Retrying(
                stop=stop_after_attempt(tries), wait=pause, retry=retry_if_exception(may_pass), reraise=True
            )
            done = apart.submit(again, counted)
            if (error := done.exception()) is None:
                told[name] = done.result()
            else:
                failed[name] = _explained(name, error)
            most = max(most, attempts)
    return Done(told, failed, most)


def may_pass(error: BaseException) -> bool:
    """Whether a fault, or what caused it, may pass by itself."""
    return any(isinstance(one, _MAY_PASS) for one in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _explained(part: str, error: BaseException) -> str:
    """An error in one line; what is no fault of the data or the asker is logged with its traceback too."""
    if isinstance(error, HaidangError):
        return str(error)
    _log.error("%s: a fault of the program", part, exc_info=error)
    return f"{type(error).__name__}: {error}"
