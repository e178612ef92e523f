"""Routes that refuse query parameters which they do not know, instead of passing over a misspelt one in silence."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from serving.access.refusals import FieldError


class StrictRoute(APIRoute):
    """A route of FastAPI whose query parameters are those that OpenAPI tells, and no others."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the check."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                self._check(request)
            return await handler(request)

        return strict

    def _check(self, request: Request) -> None:
        operation = request.app.openapi()["paths"].get(self.path_format, {}).get(request.method.lower())
        if operation is None:
            return
        known = sorted(one["name"] for one in operation.get("parameters", []) if one["in"] == "query")
        for name in request.query_params:
            if name not in known:
                raise FieldError(
                    name, f"{name!r} is no parameter of {self.path}: it takes {', '.join(known) or 'none'}"
                )
