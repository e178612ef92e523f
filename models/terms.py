"""Terms: what each column adds to the log-odds of a fitted estimator, gathered from what was made of the columns."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from sklearn.impute import SimpleImputer

from models.exceedance import Floats, log_odds

Integers = npt.NDArray[np.int64]
_NOTHING, _STEP = 1e-9, 1e-4


def gathered(parts: Floats, origin: Sequence[int] | Integers, columns: int) -> Floats:
    """Sums parts of shape (..., part) by the column that each was made of, shape (..., column)."""
    summed: Floats = parts @ np.eye(columns)[np.asarray(origin, dtype=int)]
    return summed


def with_flags(columns: Sequence[int], imputer: SimpleImputer) -> list[int]:
    """The columns behind what an imputer makes: each itself, then those whose gaps it flags."""
    return [*columns, *(columns[k] for k in imputer.indicator_.features_)]


def from_score(parts: Floats, at: Floats, chance: Callable[[Floats], Floats]) -> Floats:
    """Log-odds of terms that add up in a score on which the probability hangs, `P = chance(at + sum of parts)`.

    The change of the log-odds is shared out in proportion to the terms, which is the integral along the straight line
    from none of them to all (integrated gradients, Sundararajan et al. 2017, https://arxiv.org/abs/1703.01365).

    Args:
        parts: shape (row, part).
        at: the score without any, shape (row, cut), or (row, 1) where it is the same for all cuts.
        chance: from scores to probabilities of shape (row, cut), such as the normal law.

    Returns:
        Shape (row, cut, part); over the parts it adds up to the change of the log-odds.
    """
    total = parts.sum(axis=1)[:, None]
    change = log_odds(chance(at + total)) - log_odds(chance(at))
    steepness = (log_odds(chance(at + _STEP)) - log_odds(chance(at - _STEP))) / (2 * _STEP)
    far = np.abs(total) > _NOTHING
    rate = np.where(far, change / np.where(far, total, 1.0), steepness)
    shared: Floats = rate[:, :, None] * parts[:, None, :]
    return shared
