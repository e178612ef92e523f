"""A provider on the network: asked politely, asked again where that helps, and named where it does not.

Time-outs, broken connections, answers cut short, 429 and 5xx are tried again with growing waits, and `Retry-After`
(RFC 9110, section 10.2.3) is obeyed; all else is told at once, with what the provider said. Keys never stand in an
error or a log.
"""

import json
import logging
import os
import re
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from features.errors import HaidangError

Parameters = Mapping[str, str | int | float]
_Answer = TypeVar("_Answer")
_SECRET = re.compile("key|token|secret|password|authorization", re.IGNORECASE)
_TOLD_CHARACTERS, _VALUE_CHARACTERS = 300, 40
_PASSING = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS)

logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs whole addresses, and so the keys in them


class ProviderError(HaidangError):
    """A provider that did not give what it was asked for, and why."""


class _PassingFaultError(ProviderError):
    """A fault that may be gone when the provider is asked again.

    Attributes:
        wait_seconds: how long the provider is left alone at least.
    """

    def __init__(self, text: str, wait_seconds: float = 0.0) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(text)


@dataclass(frozen=True)
class WebService:
    """A provider's address and manners; its connection stays open between questions.

    Attributes:
        provider: its name, for errors.
        address: of the service.
        parameters: sent with every question, for instance a key.
        headers: sent with every question.
        attempts: how often a question is asked before it is given up.
        first_wait_seconds: before the second attempt; each further wait is twice as long, with some jitter.
        busy_wait_seconds: least wait after a 429 that does not say for how long.
        longest_wait_seconds: a provider that wants to be left alone for longer is given up.
        pause_seconds: least time from one question to the next, for providers that limit the rate.
        timeout_seconds: without any byte of an answer.
    """

    provider: str
    address: str
    parameters: Parameters = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 5
    first_wait_seconds: float = 2.0
    busy_wait_seconds: float = 30.0
    longest_wait_seconds: float = 120.0
    pause_seconds: float = 0.0
    timeout_seconds: float = 60.0

    def json(self, path: str, parameters: Parameters | None = None, *, weight: float = 1.0) -> Any:
        """The answer to a question, as JSON.

        Args:
            path: what is asked for, below the address.
            parameters: of the question.
            weight: how many questions the provider counts it for; the pause after it is that many times as long.

        Raises:
            ProviderError: if there is none after all attempts, or the provider refuses.
        """
        return self._asked(path, parameters, lambda answer: json.loads(answer.read()), weight)

    def text(self, path: str, parameters: Parameters | None = None) -> str:
        """The answer to a question, as text.

        Raises:
            ProviderError: if there is none after all attempts, or the provider refuses.
        """

        def read(answer: httpx.Response) -> str:
            answer.read()
            return answer.text

        return self._asked(path, parameters, read)

    def download(self, path: str, file: Path, parameters: Parameters | None = None) -> Path:
        """Brings a file to a place, piece by piece; it stands there whole or not at all.

        Raises:
            ProviderError: if there is none after all attempts, or the provider refuses.
            HaidangError: if it cannot be written, for instance because the disk is full.
        """
        part = file.with_name(f"{file.name}.{os.getpid()}.part")

        def write(answer: httpx.Response) -> Path:
            with part.open("wb") as opened:
                for piece in answer.iter_bytes():
                    opened.write(piece)
            return part.replace(file)

        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                return self._asked(path, parameters, write)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise HaidangError(
                f"{self.provider} {path}: {file} cannot be written: {error.strerror}; make room, or check the folder"
            ) from error

    @cached_property
    def _client(self) -> httpx.Client:
        client = httpx.Client(timeout=self.timeout_seconds, follow_redirects=True)
        weakref.finalize(self, client.close)
        return client

    @cached_property
    def _free_at(self) -> list[float]:
        """When the next question may be asked, on the monotonic clock."""
        return [0.0]

    def _asked(
        self,
        path: str,
        parameters: Parameters | None,
        read: Callable[[httpx.Response], _Answer],
        weight: float = 1.0,
    ) -> _Answer:
        attempts = Retrying(
            retry=retry_if_exception_type(_PassingFaultError),
            stop=stop_after_attempt(self.attempts),
            wait=self._wait,
            reraise=True,
        )
        return attempts(self._ask_once, path, parameters or {}, read, weight)

    def _ask_once(
        self, path: str, parameters: Parameters, read: Callable[[httpx.Response], _Answer], weight: float
    ) -> _Answer:
        time.sleep(max(self._free_at[0] - time.monotonic(), 0.0))
        self._free_at[0] = time.monotonic() + self.pause_seconds * weight
        asked = f"{self.provider} {path or '/'} {_shown(parameters)}".strip()
        address = self.address.rstrip("/") + path
        try:
            sent = {**self.parameters, **parameters}
            with self._client.stream("GET", address, params=sent, headers=dict(self.headers)) as answer:
                if answer.is_success:
                    return read(answer)
                answer.read()
        except httpx.TimeoutException:
            fault: ProviderError = _PassingFaultError(
                f"{asked}: no answer within {self.timeout_seconds:g} s; ask again later"
            )
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.TooManyRedirects, httpx.InvalidURL) as error:
            fault = ProviderError(f"{asked}: {error}; check the address {self.address} and the key")
        except (httpx.TransportError, httpx.DecodingError) as error:
            fault = _PassingFaultError(f"{asked}: the connection failed: {error}; ask again later")
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            fault = _PassingFaultError(f"{asked}: the answer is cut short or no JSON: {error}; ask again later")
        else:
            fault = self._refusal(asked, answer)
        fault.args = (self._without_keys(str(fault), parameters),)
        raise fault

    def _refusal(self, asked: str, answer: httpx.Response) -> ProviderError:
        text = f"{asked}: {answer.status_code} {answer.reason_phrase}: {_said(answer)}"
        if answer.status_code not in _PASSING and not answer.is_server_error:
            return ProviderError(f"{text}; mend what was asked, or the key")
        wait = _retry_after(answer)
        if wait is None:
            wait = self.busy_wait_seconds if answer.status_code == httpx.codes.TOO_MANY_REQUESTS else 0.0
        elif wait > self.longest_wait_seconds:
            return ProviderError(f"{text}; it asks to be left alone for {wait:.0f} s: run the command again then")
        return _PassingFaultError(f"{text}; ask again later", wait)

    def _without_keys(self, text: str, parameters: Parameters) -> str:
        """A text without any key that the provider, or the library, repeats."""
        sent = [*self.parameters.items(), *parameters.items(), *self.headers.items()]
        for key in (str(value) for name, value in sent if _SECRET.search(name)):
            for spelling in filter(None, (key, repr(key)[1:-1], key.rpartition(" ")[2])):
                text = text.replace(spelling, "***")
        return text

    def _wait(self, state: RetryCallState) -> float:
        fault = None if state.outcome is None else state.outcome.exception()
        least = fault.wait_seconds if isinstance(fault, _PassingFaultError) else 0.0
        growing = wait_exponential(self.first_wait_seconds, max=self.longest_wait_seconds)
        return max(least, (growing + wait_random(0, self.first_wait_seconds))(state))


def _shown(parameters: Parameters) -> str:
    """What was asked, without keys and cut to a readable length."""
    listed = ((name, str(value)) for name, value in parameters.items() if not _SECRET.search(name))
    return "&".join(f"{name}={text[:_VALUE_CHARACTERS]}" for name, text in listed)[:_TOLD_CHARACTERS]


def _said(answer: httpx.Response) -> str:
    """What the provider says of the fault, in one line."""
    try:
        told = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        told = answer.text
    if isinstance(told, dict):
        told = next((told[name] for name in ("reason", "detail", "messages", "message", "error") if name in told), told)
    return " ".join(str(told).split())[:_TOLD_CHARACTERS] or "it says nothing more"


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds that the provider wants to be left alone: a number, or a moment by its own clock."""
    stated = answer.headers.get("Retry-After", "").strip()
    if stated.isdecimal():
        return float(stated)
    try:
        until, now = parsedate_to_datetime(stated), parsedate_to_datetime(answer.headers.get("Date", ""))
        return max((until - now).total_seconds(), 0.0)
    except (ValueError, TypeError):  # no moment, or one of the two without a zone
        return None
