"""What a matrix says of courses of classes: the level and the cell in force on each step.

A class holds for as long as each step reaches it or a severer one: four days of heat of which one passes 39 °C are a
spell of four days over 37 °C if the others pass 37 °C, and a single day over 39 °C. Of all classes that hold, the
highest level counts, so that a severer value never lowers a level.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models.law.matrix import Table
from models.law.spells import Counting, Integers, days_before, spell_so_far

Classes = npt.NDArray[np.int8]
Reading = Callable[[Table, Classes], Classes]


def ruling(
    table: Table, classes: Classes, place: Integers, before: Integers, spell: Counting
) -> tuple[Classes, npt.NDArray[np.int16]]:
    """Levels and cells of courses.

    Args:
        table: the matrix.
        classes: bounds passed on each step, none of them unknown, shape (..., step).
        place: positions among the table's places, shape (..., step) or what broadcasts to it.
        before: steps inside each class right before the first step, shape (..., class).
        spell: how a spell is counted.

    Returns:
        Levels, and positions among the table's cells, -1 where no class holds; both of the shape of the classes.
    """
    ranks = _ranks(table)
    longest = ranks.shape[-1] - 1
    prior = days_before(classes > 0, before[..., 0]) if table.counted == "days_before" else None
    highest = np.zeros(classes.shape, dtype=np.int16)
    for k in range(len(table.bounds)):
        inside = classes > k
        if not inside.any():
            break
        lasting = spell(inside, before[..., k]) if prior is None else np.where(inside, prior + 1, 0)
        at = (place * ranks.shape[1] + k) * ranks.shape[2] + np.minimum(lasting, longest)
        np.maximum(highest, ranks.ravel().take(at), out=highest)
    level, cell = np.divmod(np.maximum(highest, 1) - 1, np.int16(len(table.cells)))
    return level.astype(np.int8), np.where(highest > 0, cell, -1).astype(np.int16)


def _ranks(table: Table) -> npt.NDArray[np.int16]:
    """Rank of the cell of each place, class and length, one more than its level times the cells plus its position.

    The highest rank has the highest level, and of equal levels the severest class. It is 0 where no duration is met,
    as for the length 0, which stands for being outside; days of prior rain are counted one more.
    """
    positions = np.arange(len(table.cells), dtype=np.int16).reshape(table.levels.shape)
    ranks = table.levels.astype(np.int16) * len(table.cells) + positions + 1
    shortest = np.array(table.durations) + (table.counted == "days_before")
    band = np.searchsorted(shortest, np.arange(shortest[-1] + 1), side="right") - 1
    return np.where(band >= 0, ranks[..., np.maximum(band, 0)], np.int16(0))


def steps_inside(table: Table, classes: Classes) -> Integers:
    """Steps inside each class that end with the last one, shape (..., class); 0 for a course without steps."""
    if classes.shape[-1] == 0:
        return np.zeros((*classes.shape[:-1], len(table.bounds)), dtype=np.int32)
    none = np.zeros(classes.shape[:-1], dtype=np.int32)
    runs = [spell_so_far(classes > k, none)[..., -1] for k in range(len(table.bounds))]
    return np.stack(runs, axis=-1)


def as_mildest(table: Table, classes: Classes) -> Classes:
    """Courses with each unknown step (-1) read as outside every class of the table."""
    return np.where(classes < 0, np.int8(0), classes)


def as_severest(table: Table, classes: Classes) -> Classes:
    """Courses with each unknown step (-1) read as inside the severest class of the table."""
    return np.where(classes < 0, np.int8(len(table.bounds)), classes)
