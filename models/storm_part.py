"""The part of an outcome that a storm brings: it comes on top of the rest, with an error of its own.

Where a storm passes is what is least known of it, and its rain falls off with the distance from its track about
exponentially; an error of the track is then a factor on the rain. So the part is taken for log-normal around what was
foreseen, `foreseen * exp(shift + spread * N(0, 1))`, and the law of the whole is the mean over it of the law of the
rest, asked for the cut less the part (law of total probability, by Gauss-Hermite quadrature). Rain by distance from
the track: the R-CLIPER climatology, Tuleya et al. 2007, doi:10.1175/WAF972.1.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtr

from models.climate_law import ClimateLaw
from models.exceedance import Floats

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
_CHANCES = _WEIGHTS / _WEIGHTS.sum()
_EXPECTED = np.array([-0.2, -0.7])
_CERTAIN, _SMALLEST = -40.0, 1e-15


def reached_with_storm(
    part: Floats, climate: ClimateLaw, X: pd.DataFrame, foreseen: Floats, known: Floats, slope: float, cuts: Floats
) -> Floats:
    """P(rest and part together reach each cut), shape (row, cut).

    Args:
        part: shift, and logarithm of the spread, of the factor on what was foreseen, shape (2,).
        climate: of the outcome.
        X: rows of a hazard's `ask`.
        foreseen: what the storm is to bring, in the target's unit, shape (row,).
        known: what is known of the rest, `P(rest >= value) = Phi(known - slope * score(value))`, shape (row,).
        slope: as above.
        cuts: shape (cut,).
    """
    brought = foreseen[:, None] * np.exp(part[0] + np.exp(part[1]) * _NODES)
    left = cuts - brought[:, :, None]
    scores = climate.scores(X, left.reshape(len(X), -1)).reshape(left.shape)
    rest = ndtr(known[:, None, None] - slope * np.where(left > 0, scores, _CERTAIN))
    whole: Floats = np.einsum("rnc,n->rc", rest, _CHANCES)
    return whole


def storm_part(
    climate: ClimateLaw,
    X: pd.DataFrame,
    foreseen: Floats,
    known: Floats,
    slope: float,
    cuts: Floats,
    classes: npt.NDArray[np.int64],
    ridge: float,
) -> Floats:
    """The part of greatest penalised likelihood, shape (2,); without rows it is the expected one.

    Args:
        climate: see `reached_with_storm`, as all that is not told of here.
        X: rows of days with a storm.
        foreseen: shape (row,).
        known: shape (row,).
        slope: of the score.
        cuts: shape (cut,).
        classes: how many cuts the outcome reached, shape (row,).
        ridge: strength of the pull to the expected part, in nats.
    """
    if not len(X):
        return _EXPECTED
    rows = np.arange(len(X))

    def loss(part: Floats) -> float:
        reached = reached_with_storm(part, climate, X, foreseen, known, slope, cuts)
        whole = np.hstack([np.ones((len(X), 1)), reached, np.zeros((len(X), 1))])
        within = np.maximum(whole[rows, classes] - whole[rows, classes + 1], _SMALLEST)
        return float(ridge * ((part - _EXPECTED) ** 2).sum() - np.log(within).sum())

    options = {"maxfev": 60, "xatol": 0.01, "fatol": 0.5}
    found: Floats = minimize(loss, _EXPECTED, method="Nelder-Mead", options=options).x
    return found
