"""How strongly neighbouring days of a forecast err together: the parameter of the copula in time.

What counts is the dependence that is left once the forecast is given, not that of the weather: after a good forecast
little is left of it.
"""

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import multivariate_normal

_CERTAIN, _STRONGEST = 1e-9, 0.999


def neighbour_correlation(probability: npt.ArrayLike, came: npt.ArrayLike) -> float:
    """The correlation of neighbouring days at which as many pairs of event days are expected as came.

    Under the copula `P(both days) = Phi2(Phi^-1(p1), Phi^-1(p2); correlation)`, the tetrachoric model (Pearson 1900,
    doi:10.1098/rsta.1900.0022), which rises with the correlation.

    Args:
        probability: of an event on each day ahead, as forecast, shape (..., lead), leads one day apart.
        came: whether the event came: 1, 0, or NaN where nobody looked; same shape. Some ten thousand pairs suffice:
            thin the issue times of a long record.

    Returns:
        Within -0.999 and 0.999.

    Raises:
        ValueError: if the shapes differ or no pair of neighbouring days is known.
    """
    forecast, outcome = np.asarray(probability, dtype=float), np.asarray(came, dtype=float)
    if forecast.shape != outcome.shape:
        raise ValueError(f"probabilities of shape {forecast.shape} do not fit outcomes of shape {outcome.shape}")
    pairs = np.stack([forecast[..., :-1], forecast[..., 1:]], axis=-1).reshape(-1, 2)
    both = (outcome[..., :-1] * outcome[..., 1:]).ravel()
    known = np.isfinite(pairs).all(axis=-1) & np.isfinite(both)
    if not known.any():
        raise ValueError("no two neighbouring days have both a forecast and an outcome")
    scores = ndtri(np.clip(pairs[known], _CERTAIN, 1 - _CERTAIN))

    def too_many(correlation: float) -> float:
        law = multivariate_normal(mean=[0, 0], cov=[[1, correlation], [correlation, 1]])
        return float(np.sum(law.cdf(scores)) - both[known].sum())

    if too_many(-_STRONGEST) >= 0:
        return -_STRONGEST
    if too_many(_STRONGEST) <= 0:
        return _STRONGEST
    return float(brentq(too_many, -_STRONGEST, _STRONGEST, xtol=1e-6))
