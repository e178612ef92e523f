"""A PostgreSQL server of one's own for a test, from Debian's package; skips with the reason where there is none."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def a_postgres() -> Iterator[str]:
    """Starts a server on a free port of this machine and yields the address of its database."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    initdb, server = _program("initdb"), _program("pg_ctl")
    # PostgreSQL refuses to run as root.
    user = {"user": "postgres"} if os.geteuid() == 0 else {}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        if user:
            shutil.chown(folder, "postgres")
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **user}
        subprocess.run([initdb, "-D", folder / "data", "-U", "haidang", "-A", "trust", "-E", "UTF8", "-N"], **quiet)
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        subprocess.run([server, "-D", folder / "data", "-o", options, "-w", "start"], **quiet)
        try:
            yield f"postgresql+psycopg://haidang@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([server, "-D", folder / "data", "-m", "immediate", "-w", "stop"], **quiet)
    finally:
        shutil.rmtree(folder)


def _program(name: str) -> str:
    places = [*map(str, Path("/usr/lib/postgresql").glob("*/bin")), os.environ["PATH"]]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        pytest.skip(f"PostgreSQL is not installed: {name} was not found")
    return found
