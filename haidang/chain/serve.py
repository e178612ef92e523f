"""Serving: the command that starts the BentoML service of a deployment, and the service run beside a job."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from features.errors import HaidangError
from features.settings import Settings

_READY_WITHIN_SECONDS = 90


SERVICE = "serving.service:RiskService"


def serve_command(settings: Settings, service: str = SERVICE, python: str = sys.executable) -> list[str]:
    """The command that starts the service; run it with `settings.environment()`."""
    where = ["--host", settings.host, "--port", str(settings.port)]
    return [python, "-m", "bentoml", "serve", service, *where]


@contextmanager
def serving(
    settings: Settings, service: str = SERVICE, *, python: str = sys.executable, folder: Path | None = None
) -> Iterator[str]:
    """Runs the service on a free port and yields its address.

    Args:
        settings: of the deployment; the port is not that.
        service: where BentoML finds it, or the tag of a Bento.
        python: the interpreter that runs it.
        folder: in which it runs; this one for None.

    Raises:
        HaidangError: if it is not ready in time.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chosen = settings.model_copy(update={"host": "127.0.0.1", "port": port})
    log = settings.home / "service.log"
    with (
        log.open("w") as told,
        subprocess.Popen(  # noqa: S603  (no shell, our own interpreter)
            serve_command(chosen, service, python),
            env=chosen.environment(),
            cwd=folder,
            stdout=told,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield _ready(f"http://127.0.0.1:{port}", process, log)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _ready(address: str, process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{address}/readyz", timeout=2).is_success:
                return address
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise HaidangError(f"the service was not ready within {_READY_WITHIN_SECONDS} s, it says why in {log}")
