"""Units as gridded files write them, after the CF conventions and UDUNITS, brought to those of the variables."""

import re
from collections.abc import Callable

from features.errors import HaidangError
from features.sources.units import Floats, conversion
from features.variables import variable_named

_TEMPERATURES = (
    (re.compile(r"(deg(ree)?s?[ _]*)?c(elsius)?", re.IGNORECASE), "degC"),
    (re.compile(r"(deg(ree)?s?[ _]*)?k(elvin)?", re.IGNORECASE), "kelvin"),
)
_WATER = re.compile(r"kg(?: |\*|/)m(?:\^|\*\*)?-?2")  # a kilogram on a square metre stands 1 mm high, at 1000 kg/m^3
_OTHERS = {"1": "dimensionless", "%": "percent"}
_POWER = re.compile(r"(?<=[A-Za-z])(?:\^|\*\*)?(-?[0-9]+)")


def cf_unit(written: str) -> str:
    """A unit of a gridded file in the spelling of pint: `m s-1`, `m s**-1` and `m s^-1` are all `m*s**-1`."""
    plain = " ".join(written.split())
    for pattern, unit in _TEMPERATURES:
        if pattern.fullmatch(plain):
            return unit
    if plain in _OTHERS:
        return _OTHERS[plain]
    plain = _WATER.sub("mm", plain.replace(" of water equivalent", "").replace(" per ", "/"))
    return _POWER.sub(r"**\1", plain).replace(" ", "*")


def step_converter(where: str, variable: str, written: str, step_hours: float) -> Callable[[Floats], Floats]:
    """The conversion of a field's values to the unit of a variable.

    What is summed up over the day may be given as a mean rate over each step; then it is brought to the amount of the
    step.

    Args:
        where: which field, for the error.
        variable: whose unit is wanted.
        written: unit, as the file writes it.
        step_hours: how long the step is that a value speaks of.

    Raises:
        HaidangError: if the unit is not known, or converts neither as it is nor as a rate.
    """
    unit, wanted = cf_unit(written), variable_named(variable).unit
    try:
        return conversion(where, unit, wanted, variable)
    except HaidangError as error:
        try:
            hourly = conversion(where, f"({unit})*hour", wanted, variable)
        except HaidangError:
            raise error from None
    return lambda values: hourly(values * step_hours)
