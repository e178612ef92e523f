"""The log of the service: one JSON object a line, with the request's id and without secrets."""

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
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
        return json.dumps(line, ensure_ascii=False, default=str)


def without_secrets(text: str) -> str:
    """A text without keys of callers and providers, and without the passwords of addresses."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def log_as_json(stream: TextIO = sys.stdout) -> None:
    """Makes every logger of this process write JSON lines; BentoML's own access log falls silent."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    for name in ("bentoml", "uvicorn", "uvicorn.error", "circus"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    for name in ("haidang", "serving"):
        logging.getLogger(name).setLevel(logging.INFO)
