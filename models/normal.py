"""Forecasts whose spread is told too: where a storm may hit or miss, the same wind is not equally sure.

The outcome given the features is taken for normal, on its own scale or on that of a logarithm; its mean and the
logarithm of its deviation are linear in them, and a cut beyond the record needs no event of its own. Nonhomogeneous
regression: Gneiting et al. 2005, doi:10.1175/MWR2904.1. Learned from the class between cuts that each outcome fell
into, so that outcomes far below all cuts do not rule the fit.
"""

from abc import abstractmethod

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtr
from scipy.stats import norm

from models.blend import positions
from models.columns import places, standardised
from models.exceedance import Exceedance, Floats
from models.terms import from_score, gathered, with_flags

Integers = npt.NDArray[np.int64]
_CERTAIN, _SMALLEST, _FARTHEST = 40.0, 1e-15, 2.0


class MeanAndSpread(Exceedance):
    """Ordered regression with a spread of its own for each row, fitted to each period by itself.

    Attributes:
        location: prefixes of the columns that the mean hangs on.
        bent: prefixes of those among them whose square counts too.
        scale: prefixes of the columns that the deviation hangs on.
        ridge: strength of the pull of the weights to zero, in nats.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        location: tuple[str, ...] = (),
        bent: tuple[str, ...] = (),
        scale: tuple[str, ...] = (),
        ridge: float = 20.0,
        min_events: int = 0,
    ) -> None:
        self.cuts = cuts
        self.location = location
        self.bent = bent
        self.scale = scale
        self.ridge = ridge
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        cuts = np.array(self.learned_cuts_)
        reached = np.searchsorted(cuts, outcome, side="right")
        period = X.index.get_level_values("period").to_numpy()
        self.periods_ = [int(number) for number in np.unique(period)]
        self.of_location_, self.of_scale_, self.weights_ = [], [], []
        for number in self.periods_:
            of_period = period == number
            location, scale = standardised(), standardised()
            means = location.fit_transform(self._chosen(X[of_period])[0])
            spreads = scale.fit_transform(self._chosen(X[of_period])[1])
            self.of_location_.append(location)
            self.of_scale_.append(scale)
            self.weights_.append(_likeliest(means, spreads, self._measured(cuts), reached[of_period], self.ridge))

    def _predict(self, X: pd.DataFrame) -> Floats:
        probabilities = np.empty((len(X), len(self.learned_cuts_)))
        for k in range(len(self.periods_)):
            of_period = positions(X, self.periods_) == k
            if of_period.any():
                parts, at = self._terms(k, X[of_period])
                probabilities[of_period] = ndtr(at + parts.sum(axis=1)[:, None])
        return probabilities

    def _contributions(self, X: pd.DataFrame) -> Floats:
        contributions = np.zeros((len(X), len(self.learned_cuts_), X.shape[1]))
        mean, bent = (places(X, prefixes) for prefixes in (self.location, self.bent))
        for k in range(len(self.periods_)):
            of_period = positions(X, self.periods_) == k
            if of_period.any():
                parts, at = self._terms(k, X[of_period])
                origin = with_flags([*mean, *bent], self.of_location_[k][0])
                contributions[of_period] = gathered(from_score(parts, at, ndtr), origin, X.shape[1])
        return contributions

    @abstractmethod
    def _measured(self, cuts: Floats) -> Floats:
        """The cuts on the scale on which the outcome is normal."""

    def _terms(self, k: int, X: pd.DataFrame) -> tuple[Floats, Floats]:
        """What each part adds to the normal score, shape (row, part), and the score without any, (row, cut)."""
        means, spreads = self._chosen(X)
        parts, tells = self.of_location_[k].transform(means), self.of_scale_[k].transform(spreads)
        offset, log_scale, weights, widths = _split(self.weights_[k], parts.shape[1])
        deviation = np.exp(log_scale + np.clip(tells @ widths, -_FARTHEST, _FARTHEST))[:, None]
        at = (offset - self._measured(np.array(self.learned_cuts_))) / deviation
        return parts * weights / deviation, at

    def _chosen(self, X: pd.DataFrame) -> tuple[Floats, Floats]:
        """What the mean and what the deviation hangs on."""
        values = X.to_numpy(float)
        mean, bent, spread = (values[:, places(X, names)] for names in (self.location, self.bent, self.scale))
        return np.hstack([mean, bent**2]), spread


class Normal(MeanAndSpread):
    """The outcome itself is normal, such as a temperature, a water level or a salinity.

    The ridge acts on the scale on which the outcomes that were learned have mean 0 and standard deviation 1.
    """

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        self.centre_, self.unit_ = float(outcome.mean()), float(outcome.std()) or 1.0
        super()._fit(X, outcome)

    def _measured(self, cuts: Floats) -> Floats:
        return (cuts - self.centre_) / self.unit_


def _split(parameters: Floats, parts: int) -> tuple[float, float, Floats, Floats]:
    return float(parameters[0]), float(parameters[1]), parameters[2 : 2 + parts], parameters[2 + parts :]


def _likeliest(means: Floats, spreads: Floats, cuts: Floats, reached: Integers, ridge: float) -> Floats:
    """Offset, log deviation, weights of the mean and of the log deviation of greatest penalised likelihood.

    Args:
        means: what the mean hangs on, standardised, shape (n, part).
        spreads: what the deviation hangs on, standardised, shape (n, tell).
        cuts: on the scale of the mean, rising.
        reached: how many cuts the outcome reached, shape (n,).
        ridge: strength of the pull of both kinds of weights to zero.
    """
    last, parts = len(cuts) - 1, means.shape[1]
    above, below = reached > 0, reached <= last
    reached_cut, missed_cut = cuts[np.maximum(reached - 1, 0)], cuts[np.minimum(reached, last)]

    def loss(parameters: Floats) -> tuple[float, Floats]:
        offset, log_scale, weights, widths = _split(parameters, parts)
        told = spreads @ widths
        inside = np.abs(told) < _FARTHEST
        deviation = np.exp(log_scale + np.clip(told, -_FARTHEST, _FARTHEST))
        known = offset + means @ weights
        upper = np.where(above, (known - reached_cut) / deviation, _CERTAIN)
        lower = np.where(below, (known - missed_cut) / deviation, -_CERTAIN)
        within = np.where(lower > 0, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower))
        within = np.maximum(within, _SMALLEST)
        at_upper, at_lower = norm.pdf(upper) * above / within, norm.pdf(lower) * below / within
        rise = (at_upper - at_lower) / deviation
        widening = at_lower * lower - at_upper * upper
        of_weights = means.T @ rise - 2 * ridge * weights
        of_widths = spreads.T @ (widening * inside) - 2 * ridge * widths
        gradient = np.concatenate([[rise.sum(), widening.sum()], of_weights, of_widths])
        penalty = ridge * ((weights**2).sum() + (widths**2).sum())
        return float(penalty - np.log(within).sum()), -gradient

    start = np.concatenate([[cuts[0] - 0.5, -1.0], np.zeros(parts + spreads.shape[1])])
    found: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300, "ftol": 1e-8}).x
    return found
