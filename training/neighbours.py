"""How strongly neighbouring days of a forecast err together: the parameter of the copula in time.

What counts is the dependence that is left once the forecast is given, not that of the weather: after a good forecast
little is left of it.
"""

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from models.forecaster import EVENTS_TO_JUDGE
from models.law.legal_rule import steps_of_past
from training.backtest import Backtest

_CERTAIN, _STRONGEST = 1e-9, 0.999
_TELLING, _ROWS = 0.01, 4000


def of_backtest(tested: Backtest) -> float | None:
    """The correlation at the mildest bound of the matrix by which the hazard is read, of courses that may reach it.

    Some 4,000 courses are taken evenly from those with a day at 1 % or more, chosen by the forecast alone.

    Returns:
        At least 0, as weather does not alternate; None where the hazard has no matrix that counts days, or fewer than
        30 event days came.
    """
    hazard = tested.hazard
    if hazard.law is None or hazard.law.told_by is not None:
        return None
    table = hazard.law.read(hazard)
    if steps_of_past(table) == 0:
        return None
    came = tested.outcome.unstack("period")
    bound = hazard.target.cuts.index(table.bounds[0])
    events = np.where(came.isna(), np.nan, hazard.target.reached(came)[..., bound])
    probability = tested.probabilities["model"].iloc[:, bound].unstack("period").to_numpy()
    telling = np.flatnonzero((probability >= _TELLING).any(axis=1))
    telling = telling[:: max(1, len(telling) // _ROWS)]
    if np.nansum(events[telling]) < EVENTS_TO_JUDGE:
        return None
    return max(0.0, neighbour_correlation(probability[telling], events[telling]))


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
