"""Sums over blocks of days, of which ratios and their intervals are made."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ITERATIONS = 1000
CONFIDENCE = 0.9
SEED = 20260101
BLOCK_DAYS = 30
FEWEST_BLOCKS = 5
"""With fewer blocks a bootstrap says nothing."""
TOO_FEW = "too few to judge"
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Blocks:
    """Rows by the block of days and the cell of a table that they belong to; blocks hold all sites.

    Attributes:
        block: which block each row belongs to, 0 .. n - 1.
        cell: which cell, 0 .. cells - 1.
        n: how many blocks.
        cells: how many cells.
    """

    block: Integers
    cell: Integers
    n: int
    cells: int

    @classmethod
    def of(cls, days: Integers, cell: Integers, cells: int, *, length: int) -> "Blocks":
        """Blocks of so many days from rows with a day number and a cell."""
        numbers, block = np.unique(days // length, return_inverse=True)
        return cls(block, cell, len(numbers), cells)

    def sums(self, values: npt.ArrayLike) -> Floats:
        """Sums of the rows' values, shape (block, cell)."""
        at = self.block * self.cells + self.cell
        sums = np.bincount(at, np.asarray(values, float), self.n * self.cells)
        return sums.astype(float).reshape(self.n, self.cells)


def ratios(part: Floats, whole: Floats) -> Floats:
    """Ratios of sums over all blocks; NaN where there is nothing to divide by. Shapes (block, cell) and (cell,)."""
    return over(part.sum(axis=0), whole.sum(axis=0))


def ratio_intervals(part: Floats, whole: Floats, chosen: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Ends of the central 90 % of such ratios when blocks are drawn anew; NaN where not chosen or blocks are few.

    Args:
        part: sums, shape (block, cell).
        whole: sums, same shape.
        chosen: cells that an interval is asked of.
    """
    low, high = np.full(len(chosen), np.nan), np.full(len(chosen), np.nan)
    blocks = len(part)
    if blocks < FEWEST_BLOCKS or not chosen.any():
        return low, high
    drawn = draws(blocks)
    low[chosen], high[chosen] = central(over(drawn @ part[:, chosen], drawn @ whole[:, chosen]))
    return low, high


def draws(blocks: int) -> Floats:
    """How often each block is drawn, shape (draw, block): as many as there are, with replacement."""
    drawn = np.random.default_rng(SEED).multinomial(blocks, np.full(blocks, 1 / blocks), ITERATIONS)
    return drawn.astype(float)


def central(figures: Floats) -> tuple[Floats, Floats]:
    """Ends of the central 90 % of figures of shape (draw, cell), those that could not be told left out."""
    found = np.sort(figures, axis=0)
    counted = np.isfinite(found).sum(axis=0)
    tail = (1 - CONFIDENCE) / 2
    at = np.stack([np.floor(tail * (counted - 1)), np.ceil((1 - tail) * (counted - 1))]).clip(0).astype(int)
    low, high = np.take_along_axis(found, at, axis=0)
    return low, high


def over(part: npt.ArrayLike, whole: npt.ArrayLike) -> Floats:
    """A ratio; NaN where there is nothing to divide by."""
    divisor = np.asarray(whole, float)
    return np.asarray(part, float) / np.where(divisor > 0, divisor, np.nan)
