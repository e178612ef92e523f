"""Blocks of days of several simulated worlds, drawn again and again for the intervals of figures that are sums' ratios.

Intervals are the central 95 % of a block bootstrap: in each iteration every world draws as many of its own blocks of
days as it has, with replacement (Carlstein 1986, doi:10.1214/aos/1176350057). Drawn once for all that is compared.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

ITERATIONS = 1000
CONFIDENCE = 0.95
SEED = 20260101
_FEWEST_BLOCKS = 10
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Blocks:
    """The blocks of all worlds, and how often each is drawn: shape (iteration, block)."""

    labels: pd.Index
    drawn: Floats

    @classmethod
    def of(cls, index: pd.Index) -> "Blocks":
        """The blocks of a table with the levels `world` and `block`."""
        labels = _of_blocks(index).unique().sort_values()
        random = np.random.default_rng(SEED)
        drawn = []
        for world in labels.unique("world"):
            n = int((labels.get_level_values("world") == world).sum())
            drawn.append(random.multinomial(n, np.full(n, 1 / n), ITERATIONS))
        return cls(labels, np.hstack(drawn).astype(float))

    def places(self, index: pd.Index) -> npt.NDArray[np.int64]:
        """Where the block of each row of a table stands."""
        places: npt.NDArray[np.int64] = self.labels.get_indexer(_of_blocks(index))
        return places

    def interval(self, values: Floats) -> tuple[float, float]:
        """The interval of a figure from its resamples, NaN where it could not be told or below ten blocks."""
        known = values[np.isfinite(values)]
        if len(known) == 0 or len(self.labels) < _FEWEST_BLOCKS:
            return np.nan, np.nan
        low, high = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        return float(low), float(high)


def over(part: float | Floats, whole: float | Floats) -> Floats:
    """The ratio; NaN where the whole is not above zero."""
    denominator = np.asarray(whole, dtype=float)
    return np.asarray(part) / np.where(denominator > 0, denominator, np.nan)


def _of_blocks(index: pd.Index) -> pd.Index:
    return pd.MultiIndex.from_arrays([index.get_level_values(name) for name in ("world", "block")])
