"""The log of the service: one JSON object a line, with the request's id and without secrets."""

import json
import logging
import re
import sys
import threading
import time
from collections import deque
from contextlib import nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, TextIO

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
_written = json.JSONEncoder(ensure_ascii=False, default=str).encode
_SECONDS, _MOST_LINES = 0.2, 1000
_SECRETS = (
    (re.compile(r"\bhd_([0-9a-f]{8})_[\w-]+"), r"hd_\1_(withheld)"),
    (re.compile(r"(?i)\b(authorization\W{1,4}(?:bearer|basic)?\s*)[^\s\"',}]+"), r"\1(withheld)"),
    (re.compile(r"(\w://[^\s:/@]*):[^\s@/]+@"), r"\1:(withheld)@"),
    (re.compile(r"(?i)\b((?:api_?key|key|token|password|secret)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',}]+"), r"\1(withheld)"),
)


class JsonLines(logging.Formatter):
    """Writes a record as JSON: at, level, logger, text, request, and what `extra={"told": {...}}` adds."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": _moment(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": without_secrets(record.getMessage()),
            "request": REQUEST_ID.get(),
            **getattr(record, "told", {}),
        }
        if record.exc_info:
            line["error"] = without_secrets(self.formatException(record.exc_info))
        return _written(line)


class Answered(NamedTuple):
    """A request that was answered, but for when: of what there are few, so that it is put into JSON once.

    Attributes:
        method: of HTTP.
        route: as it is declared.
        status: of the answer.
        address: that asked.
        key: the id of the key; None for anybody.
    """

    method: str
    route: str
    status: int
    address: str
    key: str | None


@lru_cache(4096)
def _stated(request: Answered) -> str:
    said = {"level": "info", "logger": "serving.requests", "text": "answered", **request._asdict()}
    return _written(said)[1:-1]


def _moment(timestamp: float) -> str:
    seconds, rest = divmod(timestamp, 1)
    return f"{_second(int(seconds))}.{int(1000 * rest):03}+00:00"


@lru_cache(4)
def _second(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(256)
def without_secrets(text: str) -> str:
    """A text without keys of callers and providers, and without the passwords of addresses."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class InBatches(logging.Handler):
    """Writes lines a few times a second, all at once, as each write costs more than an answer; warnings at once."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream, self._lines = stream, deque[str]()
        self._ended = threading.Event()
        self.setFormatter(JsonLines())
        threading.Thread(target=self._write_for_ever, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))
        if record.levelno >= logging.WARNING:
            self.flush()

    def answered(self, request: Answered, seconds: float, request_id: str) -> None:
        """Writes that a request was answered, past the machinery of `logging`, which takes longer than the answer.

        Args:
            request: what was asked and how it ended.
            seconds: that it took.
            request_id: made of what needs no escape in JSON.
        """
        self._lines.append(
            f'{{"at": "{_moment(time.time())}", {_stated(request)}, "request": "{request_id}", '
            f'"milliseconds": {1000 * seconds:.2f}}}'
        )
        if len(self._lines) >= _MOST_LINES:
            self.flush()

    def flush(self) -> None:
        """Writes what is held."""
        with self.lock or nullcontext():
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines and not self._stream.closed:
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()

    def close(self) -> None:
        """Writes what is held, and ends."""
        self._ended.set()
        self.flush()
        super().close()

    def _write_for_ever(self) -> None:
        while not self._ended.wait(_SECONDS):
            self.flush()


def log_as_json(stream: TextIO = sys.stdout) -> InBatches:
    """Makes every logger of this process write JSON lines; BentoML's own access log falls silent.

    Returns:
        what writes them.
    """
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # never told
    handler = InBatches(stream)
    root = logging.getLogger()
    root.handlers = [handler]
    for name in ("bentoml", "uvicorn", "uvicorn.error", "circus"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    access = logging.getLogger("uvicorn.access")  # where nothing listens, uvicorn does not even word its lines
    access.handlers, access.propagate = [], False
    for name in ("haidang", "serving"):
        logging.getLogger(name).setLevel(logging.INFO)
    return handler
