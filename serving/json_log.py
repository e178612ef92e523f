"""The log of the service: one JSON object a line, with the request's id and without secrets."""

import json
import logging
import re
import sys
import threading
from contextlib import nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import TextIO

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
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": without_secrets(record.getMessage()),
            "request": REQUEST_ID.get(),
            **getattr(record, "told", {}),
        }
        if record.exc_info:
            line["error"] = without_secrets(self.formatException(record.exc_info))
        return _written(line)


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
        self._stream, self._lines = stream, list[str]()
        self._ended = threading.Event()
        threading.Thread(target=self._write_for_ever, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))
        if record.levelno >= logging.WARNING or len(self._lines) >= _MOST_LINES:
            self.flush()

    def flush(self) -> None:
        """Writes what is held."""
        with self.lock or nullcontext():
            lines, self._lines = self._lines, []
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


def log_as_json(stream: TextIO = sys.stdout) -> None:
    """Makes every logger of this process write JSON lines; BentoML's own access log falls silent."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # never told
    handler = InBatches(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    for name in ("bentoml", "uvicorn", "uvicorn.error", "circus"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    for name in ("haidang", "serving"):
        logging.getLogger(name).setLevel(logging.INFO)
