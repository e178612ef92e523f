"""The service as `make bench-serve` runs it: the same one, and in it a bare route that gives the same bytes.

The bare route stands among BentoML's own routes, in front of the gate, so that nothing of ours is in its way. `bare` is
the same route alone, for uvicorn without BentoML: the floor.
"""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.service import GatedService, RiskService
from serving.worker import gated

PATH = "/bare"
_BYTES = {"held": b""}


async def _same_bytes(request: Request) -> Response:
    """Gives the bytes that were put there before."""
    if request.method == "PUT":
        _BYTES["held"] = await request.body()
    return Response(_BYTES["held"], media_type="application/json")


_ROUTE = Route(PATH, _same_bytes, methods=["GET", "PUT"])
bare = Starlette(routes=[_ROUTE])


class _WithBareRoute(GatedService):
    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        beneath = self.of_bentoml(is_main)
        gate = gated(beneath)
        beneath.router.routes.insert(0, _ROUTE)

        async def either(scope: Scope, receive: Receive, send: Send) -> None:
            past_the_gate = scope["type"] != "http" or scope["path"] != PATH
            await (gate if past_the_gate else beneath)(scope, receive, send)

        return either


_real: Any = RiskService
BenchedService = _WithBareRoute(name="haidang", config=_real.config, inner=_real.inner)
BenchedService.mount_apps.extend(_real.mount_apps)
