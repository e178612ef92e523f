"""Units: from the unit of somebody's column to the canonical unit of its variable."""

import tokenize
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import pint

from features.errors import HaidangError
from features.sources.tables.mapping import Measured
from features.variables import variable_named

Floats = npt.NDArray[np.float64]


def converter(name: str, measured: Measured) -> Callable[[Floats], Floats]:
    """The conversion from the unit of a column to the canonical unit of its variable.

    Args:
        name: the file's name of it, for the error.
        measured: variable and unit.

    Raises:
        HaidangError: if pint does not know the unit, or it does not convert.
    """
    return conversion(name, measured.unit, variable_named(measured.variable).unit, measured.variable)


def conversion(name: str, unit: str, wanted: str, of: str) -> Callable[[Floats], Floats]:
    """The conversion from the unit of a column to another unit.

    Args:
        name: the file's name of the column, for the error.
        unit: the unit that it is in, as pint reads it.
        wanted: the other unit.
        of: what has that unit, for the error.

    Raises:
        HaidangError: if pint does not know the unit, or it does not convert.
    """
    units = _units()
    try:
        known = units.parse_units(unit)
        units.Quantity(1.0, known).to(wanted)
    except pint.DimensionalityError as error:
        hint = "; for a difference of temperatures write delta_degC" if wanted.startswith("delta_") else ""
        raise HaidangError(
            f"column {name!r}: {unit} does not convert to {wanted}, the unit of {of}: state the unit that the column "
            f"is in{hint}"
        ) from error
    # pint's parser lets these through for texts that are no unit, such as "mm/", "(m" and "mm day-1".
    except (pint.PintError, tokenize.TokenError, AssertionError, TypeError, ValueError) as error:
        raise HaidangError(
            f"column {name!r}: pint does not know the unit {unit!r}: write one that converts to {wanted}, the unit of "
            f"{of}; powers are written m^3, products mol/m^2/day"
        ) from error
    if known == units.parse_units(wanted):
        return lambda values: values
    return lambda values: np.asarray(units.Quantity(values, known).to(wanted).magnitude, dtype=float)


@cache
def _units() -> pint.UnitRegistry[float]:
    units: pint.UnitRegistry[float] = pint.UnitRegistry()
    units.define("cell = count")
    return units
