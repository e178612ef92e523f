"""Errors over HTTP: every one is a problem report (RFC 9457) that says what is wrong, where, and what to do."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from features.errors import HaidangError, UnknownNameError
from serving.access.callers import NotAllowedError
from serving.access.refusals import FieldError, WithheldError
from serving.access.slots import RETRY_SECONDS, BusyError
from serving.catalogue.publication import GoneError, NotPublishedError, NotSharedError
from serving.issued.record_ids import NoSuchForecastError
from serving.schemas.problem_report import Problem
from serving.web.outlets import NotAcceptableError
from serving.web.resources import NotFoundError

_LOG = logging.getLogger(__name__)
_NO_TEXT = "the body cannot be read: it must be JSON in UTF-8"
_STATUSES = {
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    WithheldError: HTTPStatus.SERVICE_UNAVAILABLE,
    NoSuchForecastError: HTTPStatus.NOT_FOUND,
    NotFoundError: HTTPStatus.NOT_FOUND,
    NotAcceptableError: HTTPStatus.NOT_ACCEPTABLE,
    NotPublishedError: HTTPStatus.SERVICE_UNAVAILABLE,
    NotSharedError: HTTPStatus.NOT_FOUND,
    GoneError: HTTPStatus.GONE,
}


def report_problems(api: FastAPI) -> None:
    """Makes an application answer every error with `application/problem+json`."""
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HaidangError, _refused)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(Exception, _unexpected)


def problem(
    status: HTTPStatus,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    vi: str | None = None,
) -> Response:
    """A problem report as a response; `vi` is the detail in Vietnamese."""
    body = Problem(title=status.phrase, status=status, detail=detail, detail_vi=vi, errors=errors or [])
    return Response(body.model_dump_json(), status, headers, media_type="application/problem+json")


def _invalid(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [{"field": _field(one["loc"]), "message": str(one["msg"])} for one in found]
    named = "; ".join(f"{one['field']}: {one['message']}" for one in errors)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, named, errors)


def _refused(request: Request, error: Exception) -> Response:
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            wait = {"Retry-After": str(RETRY_SECONDS)} if isinstance(error, BusyError) else None
            return problem(status, str(error), headers=wait, vi=getattr(error, "vi", None))
    if isinstance(error, NotAllowedError):
        challenge = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else None
        return problem(error.status, str(error), headers=challenge)
    name = error.field if isinstance(error, FieldError) else ""
    if isinstance(error, UnknownNameError):
        name = error.kind
    errors = [{"field": name, "message": str(error)}] if name else []
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), errors)


def _http(request: Request, error: Exception) -> Response:
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else 500)
    if status == HTTPStatus.BAD_REQUEST:  # so FastAPI calls bytes that are no text
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, _NO_TEXT, [{"field": "body", "message": _NO_TEXT}])
    described = {
        HTTPStatus.NOT_FOUND: f"there is nothing at {request.url.path}: see /openapi.json",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.url.path} does not take {request.method}: see /openapi.json",
    }
    return problem(status, described.get(status, status.description))


def _unexpected(request: Request, error: Exception) -> Response:
    _LOG.error("no answer to %s %s", request.method, request.url.path, exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "an error of the service, which is in its log")


def _field(location: tuple[str | int, ...]) -> str:
    inside = location[1:] if location and location[0] in ("body", "query", "path") else location
    return ".".join(str(part) for part in inside) or "body"
