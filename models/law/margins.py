"""The probabilities of single days that a forecast tells, by the classes of a matrix, and the levels made of them."""

import numpy as np
import numpy.typing as npt
import xarray as xr

from models.law.matrix import Table

Floats = npt.NDArray[np.float64]
LEVELS = np.arange(6)
_ROUNDING = 1e-9


def of_classes(table: Table, exceedance: xr.DataArray) -> xr.DataArray:
    """The probabilities that the table's classes, or severer ones, come: dims (..., "lead", "cut").

    Raises:
        ValueError: if a bound of the table is not among the cuts, leads are left out, or probabilities are no
            probabilities or rise with the severity.
    """
    cuts = list(exceedance["cut"].to_numpy())
    lacking = [bound for bound in table.bounds if bound not in cuts]
    if lacking:
        raise ValueError(
            f"{table.hazard} needs the cuts {', '.join(map(str, lacking))} {table.unit}: forecast them, or ask "
            "table.as_far_as(cuts) for what the cuts can tell"
        )
    reached = exceedance.isel(cut=[cuts.index(bound) for bound in table.bounds]).transpose(..., "lead", "cut")
    values = reached.to_numpy()
    if (values < 0).any() or (values > 1).any() or (np.diff(values, axis=-1) > _ROUNDING).any():
        raise ValueError(f"{table.hazard}: probabilities must be between 0 and 1 and not rise with the severity")
    if (np.diff(reached["lead"].to_numpy()) != 1).any():
        raise ValueError(f"{table.hazard}: leads must follow one another, not {reached['lead'].to_numpy().tolist()}")
    return reached


def of_levels(probability: Floats, reached: xr.DataArray) -> xr.DataArray:
    """Names probabilities of levels as the days that they speak of: dims (..., "lead", "level")."""
    days = reached.isel(cut=0, drop=True)
    coords = dict(days.coords.items()) | {"level": LEVELS}
    return xr.DataArray(probability, coords, (*days.dims, "level"), name="probability_of_at_least")


def shares(at_least: xr.DataArray) -> xr.DataArray:
    """`P(level = k)` from `P(level >= k)`, same dims; they sum to 1."""
    return at_least - at_least.shift(level=-1, fill_value=0)


def with_issue_day(exceedance: xr.DataArray) -> xr.DataArray:
    """Adds the issue day as lead 0, taken to be as likely as the first lead: nobody has observed it to its end.

    A choice of this service for forecasts that begin the day after the issue day; a caller who knows more of the issue
    day gives that instead.
    """
    first = exceedance.isel(lead=[0])
    return xr.concat([first.assign_coords(lead=first["lead"] - 1), exceedance], "lead")
