"""The changes of a scenario: what is asked for, as changes of what a hazard reads, or refused with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from features.ahead import Ahead, AntecedentAhead
from features.displaced import LEFT, MOVED, Displacement
from features.drivers import driver_of, subject_of
from features.errors import UnknownNameError
from features.feature import AnyFeature, Feature
from features.variables import VARIABLES, Variable, variable_named
from features.what_if import Change
from models.hazard import Hazard
from serving.access.hides import Hides
from serving.access.refusals import FieldError
from serving.scenarios.change_models import AnyChange, DisplaceTrack, Scale, Shift

_FARTHEST_BACK = 366
_SAME_STEP = {"K": "degC", "delta_degC": "degC", "ppt": "g/kg", "°C": "degC"}


@dataclass(frozen=True)
class OfHazard:
    """What one change is for one hazard.

    Attributes:
        asked: the change as it was asked for.
        change: of the variables that the hazard reads; None for a displaced track, or where it reads none.
        displacement: of the tracks of storms; None for other changes, or where it reads nothing of it.
        variables: that are changed and read.
        left: of the same subject, read, and left as they were.
    """

    asked: AnyChange
    change: Change | None = None
    displacement: Displacement | None = None
    variables: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def read_changes(hazard: Hazard, asked: Sequence[AnyChange], hides: Hides) -> list[OfHazard]:
    """What each change is for a hazard.

    Args:
        hazard: the hazard.
        asked: the changes of a question.
        hides: what is not said to the asker; what is not said cannot be changed either, as the answers would tell it.

    Raises:
        FieldError: if a change cannot be used, whatever the hazard.
    """
    if sum(isinstance(one, DisplaceTrack) for one in asked) > 1:
        raise FieldError("changes", "displace the track once: add up the distances")
    return [
        _displaced(hazard, one, number) if isinstance(one, DisplaceTrack) else _changed(hazard, one, number, hides)
        for number, one in enumerate(asked)
    ]


def reads(feature: AnyFeature, variable: str, *, ahead: bool) -> bool:
    """Whether a feature, or one that it is made of, reads a variable of the days ahead, or of the days before."""
    if not isinstance(feature, Feature) or variable not in feature.variables:
        return False
    parts = [getattr(feature, field.name) for field in fields(feature)]
    inner = [part for part in parts if isinstance(part, Feature)]
    if inner:
        return any(reads(part, variable, ahead=ahead) for part in inner)
    return (
        isinstance(feature, Ahead) if ahead else not isinstance(feature, Ahead) or isinstance(feature, AntecedentAhead)
    )


def drivers_read(hazard: Hazard) -> list[str]:
    """The names of the drivers that a hazard reads anything of."""
    return list(dict.fromkeys(driver_of(feature).name for feature in hazard.features if feature.variables))


def not_read(hazard: Hazard) -> tuple[str, str]:
    """Why changes do nothing to a hazard, in Vietnamese and in English."""
    named, variables = ", ".join(drivers_read(hazard)), ", ".join(hazard.variables)
    return (
        f"{hazard.name} không đọc gì trong các thay đổi này; nó đọc các yếu tố {named} (các biến {variables})",
        f"{hazard.name} reads nothing of these changes; it reads the drivers {named} (the variables {variables})",
    )


def _changed(hazard: Hazard, asked: Scale | Shift, number: int, hides: Hides) -> OfHazard:
    field = f"changes.{number}"
    if (asked.variable is None) == (asked.driver is None):
        raise FieldError(field, "give either `variable` or `driver`")
    ahead = _is_ahead(asked, field)
    if ahead and asked.days is not None:
        raise FieldError(f"{field}.days", "is of the past: give `when`: past, or leave it out")
    names, left = _of_variable(asked, field) if asked.variable is not None else _of_driver(hazard, asked, field)
    for name in names:
        if hides.changes(name):
            raise FieldError(field, f"{name} is not told without the role agency, and so not changed either")
        if isinstance(asked, Scale) and not _from_zero(variable_named(name)):
            raise FieldError(
                field, f"{name} is in {variable_named(name).unit} and does not begin at zero: shift it, not scale it"
            )
    read = tuple(name for name in names if any(reads(one, name, ahead=ahead) for one in hazard.features))
    if not read:
        return OfHazard(asked)
    days = None if ahead else asked.days or _FARTHEST_BACK
    amounts = {"factor": _factor(asked, field)} if isinstance(asked, Scale) else {"offset": asked.by}
    change = Change(read, days_before=days, **amounts)
    return OfHazard(asked, change, variables=read, left=left)


def _of_variable(asked: Scale | Shift, field: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    name = str(asked.variable)
    if name not in VARIABLES:
        raise FieldError(f"{field}.variable", f"there is no variable {name!r}: see `needs` of /v1/hazards")
    unit = VARIABLES[name].unit
    if name in LEFT:
        raise FieldError(f"{field}.variable", f"{name} follows from the track: ask with displace_track")
    if asked.unit is not None and asked.unit != unit and _SAME_STEP.get(asked.unit) != unit:
        raise FieldError(f"{field}.unit", f"{name} is in {unit}: give the change in that")
    return (name,), ()


def _of_driver(hazard: Hazard, asked: Scale | Shift, field: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The variables of a driver that follow, and those that do not, of all that the hazard reads."""
    subject, ahead = _driver(asked, field)
    first = next(one.unit for one in VARIABLES.values() if one.subject == subject)
    unit = first if asked.unit is None else _SAME_STEP.get(asked.unit, asked.unit)
    read = [
        variable
        for variable in hazard.variables
        if variable_named(variable).subject == subject
        and any(reads(feature, variable, ahead=ahead) for feature in hazard.features)
    ]
    follow = tuple(one for one in read if variable_named(one).unit == unit and one not in LEFT)
    return follow, tuple(one for one in read if one not in follow)


def _driver(asked: Scale | Shift, field: str) -> tuple[str, bool]:
    """The subject of the driver that is asked for, and whether it looks ahead."""
    try:
        return subject_of(str(asked.driver))
    except UnknownNameError as error:
        raise FieldError(f"{field}.driver", str(error)) from error


def _is_ahead(asked: Scale | Shift, field: str) -> bool:
    if asked.driver is not None:
        ahead = _driver(asked, field)[1]
        if asked.when is not None and (asked.when == "ahead") != ahead:
            side = "ahead" if ahead else "before"
            raise FieldError(f"{field}.when", f"the driver {asked.driver} is of the days {side}: leave `when` out")
        return ahead
    if asked.when is not None:
        return asked.when == "ahead"
    known = VARIABLES.get(asked.variable or "")
    return asked.days is None and known is not None and known.forecast


def _factor(asked: Scale, field: str) -> float:
    if (asked.factor is None) == (asked.percent is None):
        raise FieldError(field, "give either `factor` or `percent`")
    return asked.factor if asked.factor is not None else 1 + float(asked.percent or 0) / 100


def _from_zero(variable: Variable) -> bool:
    """Whether twice as much of it means anything: not of degrees Celsius, levels above a datum or angles."""
    return variable.low == 0 and variable.unit not in ("degC", "degree") and variable.subject != "climate"


def _displaced(hazard: Hazard, asked: DisplaceTrack, number: int) -> OfHazard:
    of_track = [name for name in (*MOVED, *LEFT) if any(reads(one, name, ahead=True) for one in hazard.features)]
    lost = [name for name in of_track if name in LEFT]
    if lost:
        raise FieldError(
            f"changes.{number}",
            f"{hazard.name} reads {', '.join(lost)}, which cannot be told of a displaced track from what the archive "
            "holds: change the variables of the storm one by one instead",
        )
    if not of_track:
        return OfHazard(asked)
    weather = ("rain", "wind", "air", "water_level")
    left = [
        name
        for name in hazard.variables
        if variable_named(name).subject in weather and any(reads(one, name, ahead=True) for one in hazard.features)
    ]
    displacement = Displacement(asked.east_km, asked.north_km)
    return OfHazard(asked, displacement=displacement, variables=tuple(of_track), left=tuple(left))
