"""Terms: what each column adds to the log-odds of a fitted estimator, gathered from what was made of the columns."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr
from scipy.stats import norm
from sklearn.impute import SimpleImputer

from models.exceedance import Floats, log_odds

Integers = npt.NDArray[np.int64]
_NOTHING = 1e-9


def gathered(parts: Floats, origin: Sequence[int] | Integers, columns: int) -> Floats:
    """Sums parts of shape (..., part) by the column that each was made of, shape (..., column)."""
    summed: Floats = parts @ np.eye(columns)[np.asarray(origin, dtype=int)]
    return summed


def with_flags(columns: Sequence[int], imputer: SimpleImputer) -> list[int]:
    """The columns behind what an imputer makes: each itself, then those whose gaps it flags."""
    return [*columns, *(columns[k] for k in imputer.indicator_.features_)]


def from_normal(parts: Floats, at: Floats) -> Floats:
    """Log-odds of terms that add up in a normal score, `P = Phi(at + sum of parts)`.

    The change of the log-odds is shared out in proportion to the terms, which is the integral along the straight line
    from none of them to all (integrated gradients, Sundararajan et al. 2017, https://arxiv.org/abs/1703.01365).

    Args:
        parts: shape (row, part).
        at: the score without any, shape (row, cut).

    Returns:
        Shape (row, cut, part); over the parts it adds up to the change of the log-odds.
    """
    total = parts.sum(axis=1)[:, None]
    change = log_odds(ndtr(at + total)) - log_odds(ndtr(at))
    steepness = norm.pdf(at) / np.maximum(ndtr(at) * ndtr(-at), _NOTHING)
    far = np.abs(total) > _NOTHING
    rate = np.where(far, change / np.where(far, total, 1.0), steepness)
    shared: Floats = rate[:, :, None] * parts[:, None, :]
    return shared
