"""Asking the service: a key, retries where they help, bytes that are held already, and problems as errors."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from features.errors import HaidangError

_PROBLEM = "application/problem+json"
_PASSING = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}
_HELD, _FIRST_WAIT_SECONDS, _LONGEST_BACKOFF_SECONDS = 200, 0.5, 20.0


class UnreachableError(HaidangError):
    """No service answers at the address."""


class ProblemError(HaidangError):
    """What the service says is wrong, as a problem report (RFC 9457) has it.

    Attributes:
        status: of HTTP.
        detail: what is wrong and what to do.
        errors: for each field that cannot be used its name and why.
    """

    def __init__(self, status: int, title: str, detail: str, errors: list[dict[str, str]]) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status, self.detail, self.errors = status, detail, errors


class _PassingError(HaidangError):
    def __init__(self, reason: HaidangError, wait_seconds: float | None = None) -> None:
        super().__init__(str(reason))
        self.reason, self.wait_seconds = reason, wait_seconds


@dataclass(frozen=True)
class _Kept:
    tag: str
    answer: httpx.Response


class Asking:
    """A connection to the service that stays open."""

    def __init__(
        self,
        address: str,
        key: str | None,
        *,
        attempts: int,
        longest_wait_seconds: float,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Does not ask anything yet.

        Args:
            address: of the service.
            key: sent with every question, if there is one.
            attempts: how often a question is asked before it is given up.
            longest_wait_seconds: who is told to wait for longer gives up.
            transport: in the place of the network.
        """
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=address, headers=headers, timeout=60.0, transport=transport)
        self._attempts, self._longest_wait = attempts, longest_wait_seconds
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def close(self) -> None:
        """Ends the connection."""
        self._http.close()

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> httpx.Response:
        """The answer to a question; where the service says that it is as before, the one that is held.

        Raises:
            ProblemError: if the service refuses.
            UnreachableError: if nobody answers.
        """
        request = self._http.build_request("GET", path, params=_stated(parameters))
        kept = self._kept.get(str(request.url))
        if kept is not None:
            request.headers["If-None-Match"] = kept.tag
        answer = self._asked(request)
        if kept is not None and answer.status_code == HTTPStatus.NOT_MODIFIED:
            self._kept.move_to_end(str(request.url))
            return kept.answer
        if "etag" in answer.headers:
            self._kept[str(request.url)] = _Kept(answer.headers["etag"], answer)
            if len(self._kept) > _HELD:
                self._kept.popitem(last=False)
        return answer

    def pages(self, path: str, parameters: Mapping[str, Any]) -> Iterator[httpx.Response]:
        """A resource page by page, as its header Link tells where the next one is."""
        page = self.get(path, parameters)
        yield page
        while "next" in page.links:
            page = self.get(path, dict(httpx.URL(page.links["next"]["url"]).params))
            yield page

    def post(
        self, path: str, question: Mapping[str, Any], parameters: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """The answer to a question in the body; errors are those of `get`."""
        told, sent = _stated(parameters), _stated(question)
        return self._asked(self._http.build_request("POST", path, params=told, json=sent))

    def _asked(self, request: httpx.Request) -> httpx.Response:
        again = Retrying(
            stop=stop_after_attempt(self._attempts),
            wait=self._wait,
            retry=retry_if_exception_type(_PassingError),
            reraise=True,
        )
        try:
            return again(self._once, request)
        except _PassingError as error:
            raise error.reason from error

    def _once(self, request: httpx.Request) -> httpx.Response:
        try:
            answer = self._http.send(request)
        except httpx.TransportError as error:
            told = f"nobody answers at {self._http.base_url}: {error or type(error).__name__}; is the service running?"
            raise _PassingError(UnreachableError(told)) from error
        if answer.is_success or answer.status_code == HTTPStatus.NOT_MODIFIED:
            return answer
        reason, after = _problem(answer), answer.headers.get("retry-after", "")
        wait = float(after) if after.isdigit() else None
        considered = answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE and wait is None and _is_problem(answer)
        if answer.status_code not in _PASSING or considered or (wait or 0.0) > self._longest_wait:
            raise reason
        raise _PassingError(reason, wait)

    @staticmethod
    def _wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, _PassingError) and error.wait_seconds is not None:
            return error.wait_seconds
        return wait_random_exponential(_FIRST_WAIT_SECONDS, max=_LONGEST_BACKOFF_SECONDS)(state)


def _is_problem(answer: httpx.Response) -> bool:
    return answer.headers.get("content-type", "").partition(";")[0] == _PROBLEM


def _problem(answer: httpx.Response) -> ProblemError:
    """What is wrong; a proxy before the service may say it in no words of ours."""
    if not _is_problem(answer):
        return ProblemError(answer.status_code, answer.reason_phrase, answer.text[:300], [])
    told = answer.json()
    return ProblemError(answer.status_code, told["title"], told["detail"], told.get("errors", []))


def _stated(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """What was stated; moments as ISO 8601."""
    given = {name: value for name, value in (values or {}).items() if value is not None}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in given.items()}
