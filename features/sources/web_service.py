"""A provider on the network: asked politely, asked again where that helps, and named where it does not.

Time-outs, broken connections, answers cut short, 429 and 5xx are tried again with growing waits, `Retry-After` is
obeyed; all else is told at once, with what the provider said. Keys never stand in an error.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from features.errors import HaidangError

Parameters = Mapping[str, str | int | float]
_SECRET = frozenset({"apikey", "api_key", "key", "token"})
_TOLD_CHARACTERS = 300


class ProviderError(HaidangError):
    """A provider that did not give what it was asked for, and why."""


class _PassingFaultError(ProviderError):
    """A fault that may be gone when the provider is asked again.

    Attributes:
        wait_seconds: how long the provider wants to be left alone; None where it does not say.
    """

    def __init__(self, text: str, wait_seconds: float | None = None) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(text)


@dataclass(frozen=True)
class WebService:
    """A provider's address and manners.

    Attributes:
        provider: its name, for errors.
        address: of the service, without a slash at its end.
        parameters: sent with every question, for instance a key.
        headers: sent with every question.
        attempts: how often a question is asked before it is given up.
        first_wait_seconds: before the second attempt; each further wait is twice as long, with some jitter.
        longest_wait_seconds: a provider that wants to be left alone for longer is given up.
        pause_seconds: between two questions, for providers that limit the rate.
        timeout_seconds: for each answer.
    """

    provider: str
    address: str
    parameters: Parameters = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 5
    first_wait_seconds: float = 2.0
    longest_wait_seconds: float = 120.0
    pause_seconds: float = 0.0
    timeout_seconds: float = 60.0

    def json(self, path: str, parameters: Parameters | None = None) -> Any:
        """The answer to a question, as JSON.

        Raises:
            ProviderError: if there is none after all attempts, or the provider refuses.
        """
        return self._asked(path, parameters, _as_json)

    def text(self, path: str, parameters: Parameters | None = None) -> str:
        """The answer to a question, as text.

        Raises:
            ProviderError: if there is none after all attempts, or the provider refuses.
        """
        return self._asked(path, parameters, lambda answer: answer.text)

    def download(self, path: str, file: Path, parameters: Parameters | None = None) -> Path:
        """Brings a file to a place; it stands there whole or not at all.

        Raises:
            ProviderError: if there is none after all attempts, or the provider refuses.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.part")
        part.write_bytes(self._asked(path, parameters, lambda answer: answer.content))
        return part.replace(file)

    def _asked(self, path: str, parameters: Parameters | None, read: Any) -> Any:
        attempts = Retrying(
            retry=retry_if_exception_type(_PassingFaultError),
            stop=stop_after_attempt(self.attempts),
            wait=self._wait,
            reraise=True,
        )
        return attempts(self._ask_once, path, parameters or {}, read)

    def _ask_once(self, path: str, parameters: Parameters, read: Any) -> Any:
        asked = f"{self.provider} {path or '/'} {_shown(parameters)}".strip()
        if self.pause_seconds:
            time.sleep(self.pause_seconds)
        try:
            answer = httpx.get(
                self.address + path,
                params={**self.parameters, **parameters},
                headers=dict(self.headers),
                timeout=self.timeout_seconds,
                follow_redirects=True,
            )
            if answer.is_success:
                return read(answer)
        except httpx.TimeoutException as error:
            raise _PassingFaultError(
                f"{asked}: no answer within {self.timeout_seconds:g} s; ask again later"
            ) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _PassingFaultError(f"{asked}: the connection failed: {error}; ask again later") from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise _PassingFaultError(
                f"{asked}: the answer is cut short or no JSON: {error}; ask again later"
            ) from error
        told = f"{asked}: {answer.status_code} {answer.reason_phrase}: {_told(answer)}"
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            wait = _retry_after(answer)
            if wait is not None and wait > self.longest_wait_seconds:
                raise ProviderError(f"{told}; it asks to be left alone for {wait:.0f} s: run the command again then")
            raise _PassingFaultError(f"{told}; ask again later", wait)
        raise ProviderError(f"{told}; mend what was asked, or the key")

    def _wait(self, state: RetryCallState) -> float:
        fault = None if state.outcome is None else state.outcome.exception()
        if isinstance(fault, _PassingFaultError) and fault.wait_seconds is not None:
            return fault.wait_seconds
        first = self.first_wait_seconds
        return wait_exponential_jitter(initial=first, max=self.longest_wait_seconds, jitter=first)(state)


def _as_json(answer: httpx.Response) -> Any:
    return answer.json()


def _shown(parameters: Parameters) -> str:
    """What was asked, without keys and cut to a readable length."""
    listed = [f"{name}={value}" for name, value in parameters.items() if name.casefold() not in _SECRET]
    return "&".join(listed)[:_TOLD_CHARACTERS]


def _told(answer: httpx.Response) -> str:
    """What the provider says of the fault, in one line."""
    try:
        told = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        told = answer.text
    if isinstance(told, dict):
        told = next((told[name] for name in ("reason", "detail", "message", "error") if name in told), told)
    return " ".join(str(told).split())[:_TOLD_CHARACTERS] or "it says nothing more"


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds that the provider wants to be left alone, as a number or as a moment (RFC 9110, section 10.2.3)."""
    stated = answer.headers.get("Retry-After")
    if stated is None:
        return None
    if stated.strip().isdigit():
        return float(stated)
    try:
        moment = parsedate_to_datetime(stated)
    except ValueError:
        return None
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
