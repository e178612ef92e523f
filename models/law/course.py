"""Levels of an observed course: what a matrix says of each day or month of a series of values.

An unknown value may hide any class. Where the level is the same whatever it hides, the level is known; elsewhere it is
NaN, never 0. What lies outside the course counts as outside the spell: give enough days before, or NaN for days that
nobody looked at.
"""

import numpy as np
import pandas as pd
import xarray as xr

from models.law.matrix import Table
from models.law.ruling import as_mildest, as_severest, ruling
from models.law.spells import Counting, Integers, whole_spell


def levels_of_course(
    table: Table, values: xr.DataArray, *, place: xr.DataArray | str | None = None, spell: Counting = whole_spell
) -> xr.Dataset:
    """Levels of observed values.

    Args:
        table: the matrix of a hazard.
        values: in the table's unit, one a step; dims hold the table's step, "day" or "month", with steps one after the
            other; further dims, such as "site", are free. NaN where nobody looked.
        place: name of a column group of the table, one for all or by any of the dims of the values; needed where the
            table has several.
        spell: how a spell is counted: as a whole, or up to the step itself.

    Returns:
        `level`, 0 to 5, NaN where not known; `cell`, position among the table's cells of the one in force, -1 where
        none holds or the level is not known. Dims as those of the values.

    Raises:
        ValueError: if the dim is missing, steps are left out, or a place is not one of the table's.
    """
    check_steps(table, values)
    course = values.transpose(..., table.step)
    classes = table.classes(course.to_numpy())
    places = positions(table, place, course)
    before = np.zeros((*classes.shape[:-1], len(table.bounds)), dtype=np.int32)
    level, cell = ruling(table, as_mildest(table, classes), places, before, spell)
    known = level == ruling(table, as_severest(table, classes), places, before, spell)[0]
    told = {"level": np.where(known, level, np.nan), "cell": np.where(known, cell, -1)}
    answer = xr.Dataset({name: (course.dims, array) for name, array in told.items()}, course.coords)
    return answer.transpose(*values.dims)


def positions(table: Table, place: xr.DataArray | str | None, values: xr.DataArray) -> Integers:
    """Positions of places among the table's, in a shape that broadcasts to that of the values.

    Raises:
        ValueError: if a place is not one of the table's, has a dim of its own, or is not given where there are several.
    """
    names = pd.Index(list(table.places))
    if place is None and len(names) > 1:
        raise ValueError(f"{table.hazard} differs by place: give one of {', '.join(names)}")
    asked = xr.DataArray(names[0]) if place is None else xr.DataArray(place)
    strangers = sorted(set(map(str, np.unique(asked.to_numpy().astype(str)))) - set(names))
    if strangers:
        raise ValueError(f"{table.hazard} knows no place {', '.join(strangers)}: give one of {', '.join(names)}")
    if not set(asked.dims) <= set(values.dims):
        raise ValueError(f"places by {asked.dims} do not fit values by {values.dims}")
    numbers = asked.copy(data=names.get_indexer(pd.Index(asked.to_numpy().astype(str).ravel())).reshape(asked.shape))
    aligned = xr.align(numbers, values, join="exact")[0]
    return (
        aligned.expand_dims([dim for dim in values.dims if dim not in aligned.dims]).transpose(*values.dims).to_numpy()
    )


def check_steps(table: Table, values: xr.DataArray) -> None:
    """Refuses courses whose steps do not follow one another.

    Raises:
        ValueError: if the dim of the steps is missing, or a step is left out or out of order.
    """
    if table.step not in values.dims:
        raise ValueError(f"{table.hazard} is told by the {table.step}: dims {values.dims} lack it")
    if table.step not in values.coords:
        return
    labels = values[table.step].to_numpy()
    if np.issubdtype(labels.dtype, np.datetime64):
        labels = labels.astype("datetime64[D]" if table.step == "day" else "datetime64[M]").astype(np.int64)
    if (np.diff(labels) != 1).any():
        raise ValueError(f"{table.hazard}: a {table.step} is left out or out of order; give NaN for what is not known")
