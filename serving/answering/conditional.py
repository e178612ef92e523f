"""Answers ready to be sent, with a tag of their bytes, and conditional requests (RFC 9110, sections 8.8.3, 13.1.2)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

MOST_PREPARED, MOST_ASKED, LARGEST_ASKED = 2_000, 50, 2_000_000
"""How many latest forecasts are held ready; how many answers to questions of a caller's own making, and how large."""


@dataclass(frozen=True)
class Prepared:
    """The bytes of an answer.

    Attributes:
        body: the bytes.
        media_type: what they are.
        etag: a strong tag, of the bytes alone, so that an issue that changes nothing keeps it.
    """

    body: bytes
    media_type: str
    etag: str


def prepare(body: bytes | str, media_type: str = "application/json") -> Prepared:
    """Bytes with their tag."""
    content = body.encode() if isinstance(body, str) else body
    return Prepared(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def respond(request: Request, prepared: Prepared, cache: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer, or 304 where the caller holds these very bytes.

    Args:
        request: the request, with its If-None-Match.
        prepared: the answer.
        cache: Cache-Control; it does not say `public`, so that what was answered to a key stays in private caches.
        headers: more of them.
    """
    told = {"etag": prepared.etag, "cache-control": cache, "vary": "accept", **(headers or {})}
    asked = request.headers.get("if-none-match")
    if asked is not None and holds(asked, prepared.etag):
        return Response(status_code=304, headers=told)
    return Response(prepared.body, media_type=prepared.media_type, headers=told)


def holds(asked: str, etag: str) -> bool:
    """Whether the tags of an If-None-Match name this one, by the weak comparison that the standard asks for here."""
    tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
    return etag in tags or "*" in tags
