"""What is remembered of exams: a forecaster that passed need not sit it again before its stored forecasts are shown.

An exam hangs on the files of the forecaster, the code of the models, the libraries, Python and the machine. A mark
holds a digest of them; where any of them is another, the mark is as good as none.
"""

import hashlib
import json
import platform
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

import models
from models.forecaster import Card

_DIGESTS = "digests.json"


def has_passed(mark: Path, folder: Path, card: Card) -> bool:
    """Whether a forecaster is known to have passed its exam under what it would be asked under now.

    Args:
        mark: where that is remembered.
        folder: where the forecaster lies.
        card: its card.
    """
    return mark.exists() and mark.read_text(encoding="utf-8") == _hangs_on(folder, card)


def remember(mark: Path, folder: Path, card: Card) -> None:
    """Remembers that a forecaster has passed; nothing is remembered where the shelf may not be written to."""
    aside = mark.with_name(f".{mark.name}")
    with suppress(PermissionError):
        aside.write_text(_hangs_on(folder, card), encoding="utf-8")
        aside.replace(mark)


def forget(mark: Path) -> None:
    """Forgets it; after an exam that was failed."""
    with suppress(PermissionError):
        mark.unlink(missing_ok=True)


def _hangs_on(folder: Path, card: Card) -> str:
    libraries = {name: version(name) for name in card.libraries}
    under = [_code_of_models(), libraries, platform.python_version(), platform.machine()]
    files = (folder / _DIGESTS).read_text(encoding="utf-8")
    return hashlib.sha256(json.dumps([files, *under]).encode()).hexdigest()


@cache
def _code_of_models() -> str:
    found = hashlib.sha256()
    for folder in models.__path__:
        for file in sorted(Path(folder).rglob("*.py")):
            found.update(file.read_bytes())
    return found.hexdigest()
