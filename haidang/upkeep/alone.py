"""One at a time: a folder into which only one process writes, whoever starts it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import HaidangError


@contextmanager
def alone_in(folder: Path, busy: str) -> Iterator[None]:
    """Holds the lock of a folder for as long as the body runs; the lock of a process that was killed is free.

    Args:
        folder: the folder.
        busy: what is told when another process holds it.

    Raises:
        HaidangError: if another process holds it.
    """
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HaidangError(busy) from error
        yield
