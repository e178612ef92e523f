"""The catalogue: every hazard file of the project and of the deployment's own folder."""

import importlib
import importlib.util
import pkgutil
from pathlib import Path

import models.hazards
from features.errors import HaidangError, UnknownNameError
from models.hazard import Hazard


def read_hazards(own: Path | None = None) -> dict[str, Hazard]:
    """All hazards by name: those of `models/hazards`, and those of a folder of one's own, one file each.

    Args:
        own: folder with `*.py` files that each define `HAZARD`; a hazard of one's own replaces one of the same name.

    Raises:
        HaidangError: if the folder is missing, or a file cannot be read or defines no hazard.
    """
    found = {}
    for module in pkgutil.iter_modules(models.hazards.__path__):
        hazard: Hazard = importlib.import_module(f"models.hazards.{module.name}").HAZARD
        found[hazard.name] = hazard
    if own is not None:
        if not own.is_dir():
            raise HaidangError(f"there is no folder {own} with hazard files: set HAIDANG_HAZARDS to one")
        found |= {hazard.name: hazard for hazard in map(_from_file, sorted(own.glob("*.py")))}
    return dict(sorted(found.items()))


def hazard_named(hazards: dict[str, Hazard], name: str) -> Hazard:
    """Looks up a hazard.

    Raises:
        UnknownNameError: if there is none of this name; the nearest are listed first.
    """
    if name not in hazards:
        raise UnknownNameError("hazard", name, hazards)
    return hazards[name]


def _from_file(file: Path) -> Hazard:
    specification = importlib.util.spec_from_file_location(f"own_hazard_{file.stem}", file)
    if specification is None or specification.loader is None:
        raise HaidangError(f"{file} is not a Python file that can be imported")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except (
        ArithmeticError,
        AttributeError,
        ImportError,
        LookupError,
        NameError,
        SyntaxError,
        TypeError,
        ValueError,
    ) as error:
        raise HaidangError(f"hazard file {file} cannot be read: {error}") from error
    hazard = getattr(module, "HAZARD", None)
    if not isinstance(hazard, Hazard):
        raise HaidangError(f"hazard file {file} defines no HAZARD: end it with HAZARD = Hazard(...)")
    return hazard
