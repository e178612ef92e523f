"""Which cells of a table are not said, so that none can be found by taking those that are said from their total.

A cell of few contributors, or with a small count, is hidden (primary suppression). Where the total is told, further
cells are hidden until what is left after subtraction is again of enough contributors and no small count (complementary
suppression; Handbook on Statistical Disclosure Control, https://sdctools.github.io/HandbookSDC/).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Hidden:
    """What is not said of a table of groups.

    Attributes:
        groups: which groups, shape (group,).
        total: whether their total is not said either.
    """

    groups: Flags
    total: bool


def hidden(contributors: Integers, counts: Integers, below: int) -> Hidden:
    """Which groups, and whether the total of all, are not said.

    Args:
        contributors: how many each group has, at least 1, shape (group,).
        counts: counts that add up over groups, shape (group, count); those from 1 up to `below`, itself not among
            them, are small. Zeros are said.
        below: fewer contributors than this are too few.
    """

    def unsafe(chosen: Flags) -> bool:
        return bool(contributors[chosen].sum() < below or _small(counts[chosen].sum(axis=0), below).any())

    groups = (contributors < below) | _small(counts, below).any(axis=1)
    total = unsafe(np.ones(len(groups), dtype=bool))
    if total or not groups.any():
        return Hidden(groups, total)
    for further in np.argsort(contributors, kind="stable"):
        if groups.sum() >= 2 and not unsafe(groups):
            break
        groups[further] = True
    return Hidden(groups, bool(groups.sum() < 2))


def _small(counts: Integers, below: int) -> Flags:
    small: Flags = (counts > 0) & (counts < below)
    return small
