"""Spells: how long the run of steps lasts that a day or month belongs to.

The law gives a level to a spell ("đợt") that lasts ("kéo dài") so many days, in a bulletin that forecasts it. A spell
is the longest run of consecutive steps inside a class, and each of its steps bears the length of the whole:
`whole_spell`, days still ahead included as far as the course tells of them. `spell_so_far` counts up to the step
itself: what could be said on that day without a forecast. Both agree on the last day of a course.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Counting = Callable[[Flags, Integers], Integers]


def spell_so_far(inside: Flags, before: Integers) -> Integers:
    """Length of the run that ends on each step.

    Args:
        inside: shape (..., step).
        before: steps inside right before the first one, shape (...).

    Returns:
        Shape (..., step); 0 outside.
    """
    return _numbers(inside) - _last_outside(inside, before)


def whole_spell(inside: Flags, before: Integers) -> Integers:
    """Length of the whole run that each step belongs to; what comes after the last step is not counted.

    Args:
        inside: shape (..., step).
        before: steps inside right before the first one, shape (...).

    Returns:
        Shape (..., step); 0 outside.
    """
    outside = np.where(inside, np.int32(inside.shape[-1]), _numbers(inside))
    next_outside = np.minimum.accumulate(outside[..., ::-1], axis=-1)[..., ::-1]
    return np.where(inside, next_outside - _last_outside(inside, before) - 1, 0)


def days_before(inside: Flags, before: Integers) -> Integers:
    """Length of the run that ends on the day before each day, whether the day itself is inside or not.

    Args:
        inside: shape (..., day).
        before: days inside right before the first one, shape (...).

    Returns:
        Shape (..., day).
    """
    before = np.broadcast_to(before, inside.shape[:-1])
    return np.concatenate([before[..., None], spell_so_far(inside, before)[..., :-1]], axis=-1)


def _last_outside(inside: Flags, before: Integers) -> Integers:
    """Number of the last step outside, up to each step; the step before the run where the run began earlier."""
    earlier = np.broadcast_to(-1 - before, inside.shape[:-1])[..., None]
    return np.maximum.accumulate(np.where(inside, earlier, _numbers(inside)), axis=-1)


def _numbers(inside: Flags) -> Integers:
    return np.arange(inside.shape[-1], dtype=np.int32)
