"""Units: from the unit of somebody's column to the canonical unit of its variable."""

import tokenize
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import pint

from features.errors import HaidangError
from features.sources.mapping import Measured
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
    wanted, units = variable_named(measured.variable).unit, _units()
    try:
        known = units.parse_units(measured.unit)
        units.Quantity(1.0, known).to(wanted)
    except pint.DimensionalityError as error:
        hint = "; for a difference of temperatures write delta_degC" if wanted.startswith("delta_") else ""
        raise HaidangError(
            f"column {name!r}: {measured.unit} does not convert to {wanted}, the unit of {measured.variable}: "
            f"state the unit that the column is in{hint}"
        ) from error
    # pint's parser lets these through for texts that are no unit, such as "mm/", "(m" and "mm day-1".
    except (pint.PintError, tokenize.TokenError, AssertionError, TypeError, ValueError) as error:
        raise HaidangError(
            f"column {name!r}: pint does not know the unit {measured.unit!r}: write one that converts to {wanted}, the "
            f"unit of {measured.variable}; powers are written m^3, products mol/m^2/day"
        ) from error
    if known == units.parse_units(wanted):
        return lambda values: values
    return lambda values: np.asarray(units.Quantity(values, known).to(wanted).magnitude, dtype=float)


@cache
def _units() -> pint.UnitRegistry[float]:
    units: pint.UnitRegistry[float] = pint.UnitRegistry()
    units.define("cell = count")
    return units
