"""How an amount may turn out: quantiles and an interval beside the probabilities, which they never contradict.

A quantile at level u lies at or above a cut that is reached with more than 1 - u, and at or below one that is reached
with less. Where the forecast's lower end is the lowest outcome that there is, as on days without rain, the interval is
one-sided: what it covers is counted from the lowest outcome up.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from models.exceedance import Exceedance, Floats
from models.guard import Guarded
from models.quantiles import COVERED, LEVELS, Quantiles
from models.season import SEASONS
from models.targets import Target

LOW, HIGH = "low", "high"
_LOWER, _UPPER, _ONE_SIDED = (LEVELS.index(level) for level in (0.05, 0.95, COVERED))


class Spread(Guarded):
    """A guarded estimator that tells quantiles too.

    Attributes:
        quantiles: the unfitted learner of the quantiles.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        member: Exceedance,
        quantiles: Quantiles,
        rising: tuple[str, ...] = (),
        falling: tuple[str, ...] = (),
        min_events: int = 0,
    ) -> None:
        super().__init__(cuts, member=member, rising=rising, falling=falling, min_events=min_events)
        self.quantiles = quantiles

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike) -> "Spread":
        """Learns the probabilities, see `Exceedance.fit`, and the quantiles, see `Quantiles.fit`."""
        super().fit(X, y)
        self.quantiles_ = clone(self.quantiles).fit(X, y)
        return self

    def told(self, X: pd.DataFrame, probabilities: Floats) -> tuple[Floats, Floats]:
        """Quantiles, shape (row, level), and the ends of the interval, shape (row, 2), as severities.

        Args:
            X: rows of a hazard's `ask`.
            probabilities: what `predict_exceedance` says of them.
        """
        quantiles = coherent(self.quantiles_.predict(X), LEVELS, self.cuts, probabilities)
        one_sided = quantiles[:, _LOWER] <= self.quantiles_.lowest_
        upper = np.where(one_sided, quantiles[:, _ONE_SIDED], quantiles[:, _UPPER])
        return quantiles, np.column_stack([quantiles[:, _LOWER], upper])


def spread_of(target: Target, estimator: Exceedance, X: pd.DataFrame, probabilities: Floats) -> pd.DataFrame | None:
    """What an estimator tells of the amounts, in the target's unit; None where it tells none.

    Returns:
        Columns `low` and `high`, the ends of the interval, and one per level, rising; same index as the rows.
    """
    if not isinstance(estimator, Spread):
        return None
    quantiles, ends = estimator.told(X, probabilities)
    amounts, bounds = target.severity(quantiles), np.sort(target.severity(ends), axis=1)
    levels = list(LEVELS) if target.sense == "at_least" else [round(1 - level, 6) for level in LEVELS]
    by_level = pd.DataFrame(amounts, X.index, levels).sort_index(axis=1)
    return pd.concat([pd.DataFrame(bounds, X.index, [LOW, HIGH]), by_level], axis=1)


def covered_of(estimator: Exceedance) -> dict[str, float]:
    """Share of later outcomes within the interval, by season and over all; empty where none is told."""
    if not isinstance(estimator, Spread):
        return {}
    shares = zip((*SEASONS, "all"), estimator.quantiles_.covered_, strict=True)
    return {season: round(float(share), 4) for season, share in shares if np.isfinite(share)}


def coherent(quantiles: Floats, levels: tuple[float, ...], cuts: tuple[float, ...], probabilities: Floats) -> Floats:
    """Quantiles drawn to between the cuts between which the probabilities put them.

    Args:
        quantiles: shape (row, level), never falling along a row.
        levels: rising.
        cuts: rising.
        probabilities: of reaching each cut, shape (row, cut), never rising along a row.
    """
    bounds = np.concatenate([[-np.inf], cuts, [np.inf]])
    drawn = np.empty_like(quantiles)
    for k, level in enumerate(levels):
        reached = (probabilities > 1 - level).sum(axis=1)
        missed = len(cuts) - (probabilities < 1 - level).sum(axis=1)
        drawn[:, k] = np.clip(quantiles[:, k], bounds[reached], bounds[missed + 1])
    return drawn
