"""The cursor of the verification: after which row the next page begins, for the same filters."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from serving.access.refusals import FieldError
from serving.verification.verification_models import VerificationQuestion


def cursor_after(question: VerificationQuestion, key: Sequence[object]) -> str:
    """Where the next page begins: after a key, so that a record that grows meanwhile doubles no row."""
    told = json.dumps([_filters(question), *key], ensure_ascii=False)
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def read_cursor(question: VerificationQuestion) -> tuple[Any, ...]:
    """The key of the last row of the page before.

    Raises:
        FieldError: if it is no cursor, or was given for other filters.
    """
    cursor = question.cursor or ""
    try:
        filters, *key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, UnicodeError, ValueError, TypeError) as error:
        raise FieldError("cursor", "it is no cursor of this service: take `next` of a page") from error
    kinds = (int, str, int, str, float, str)
    if len(key) != len(kinds) or not all(isinstance(one, kind) for one, kind in zip(key, kinds, strict=True)):
        raise FieldError("cursor", "it is no cursor of this service: take `next` of a page")
    if filters != _filters(question):
        raise FieldError(
            "cursor", "it was given for other filters: ask with the same ones, or begin with the first page"
        )
    return tuple(key)


def _filters(question: VerificationQuestion) -> str:
    return repr(tuple(question.model_dump(exclude={"limit", "cursor", "format"}).values()))
