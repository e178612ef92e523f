"""A PostgreSQL server of Debian's package for a while: a folder of its own, reached through a socket in it, no port.

PostgreSQL refuses to run as root; then the user `postgres`, which the package makes, runs it.
"""

import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER = "postgres"
_READY_WITHIN_SECONDS = 30


def programs() -> Path | None:
    """The folder of the newest PostgreSQL that is installed; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def postgresql(programs: Path) -> Iterator[str]:
    """Runs an empty server, and gives the address of its one database as SQLAlchemy writes it."""
    user = OWNER if os.geteuid() == 0 else getpass.getuser()
    as_user = {"user": user, "group": user, "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        if as_user:
            shutil.chown(folder, user, user)
        data, log = folder / "data", folder / "log"
        create = ["initdb", "--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync", f"--pgdata={data}"]
        create[0] = str(programs / create[0])
        subprocess.run(create, check=True, capture_output=True, cwd=folder, **as_user)
        serve = [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        with log.open("w") as told, subprocess.Popen(serve, stdout=told, stderr=told, cwd=folder, **as_user) as process:
            try:
                _wait_until_ready([programs / "pg_isready", "-h", folder], process, log)
                yield f"postgresql+psycopg://{user}@/postgres?host={folder}"
            finally:
                process.terminate()
                process.wait(timeout=30)
    finally:
        shutil.rmtree(folder)


def _wait_until_ready(question: list[str | Path], process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _READY_WITHIN_SECONDS
    while subprocess.run(question, check=False, capture_output=True).returncode:
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
        time.sleep(0.1)
