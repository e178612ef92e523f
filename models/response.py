"""The response: how often an event comes, given what its driver did and the state of the place.

Events are taken for a Poisson process whose rate is a power of the driver above a scale, times the exponential of the
state: `rate = exp(offset + state . weights) (1 + driver / scale) ** power`, and `P(at least one) = 1 - exp(-rate)`;
generalised linear models with the complementary log-log link, McCullagh and Nelder 1989, chapter 4,
doi:10.1007/978-1-4899-3242-6.
"""

from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.base import BaseEstimator

Floats = npt.NDArray[np.float64]
_HIGHEST_POWER, _SMALLEST, _LARGEST = 8.0, 1e-300, 30.0
_SCALES = (0.02, 2.0)
"""Least and greatest scale, as a share of the driver on the mean day of an event."""


class Response(BaseEstimator):
    """Rate of events from a driver and a state, of greatest penalised likelihood.

    Attributes:
        ridge: strength of the pull of the weights of the state to zero, in nats.
        offset_: log rate without the driver, where the state is zero.
        power_: of the driver; at least zero, so that more of it never lowers the risk.
        scale_: in the driver's unit.
        weights_: of the state, shape (state,).
    """

    def __init__(self, *, ridge: float = 1.0) -> None:
        self.ridge = ridge

    def fit(self, X: Floats, y: npt.ArrayLike) -> Self:
        """Learns from days of which all is known.

        Args:
            X: what the driver did, at least zero, then the state, standardised; shape (n, 1 + state).
            y: whether an event came, shape (n,); at least one did.
        """
        driver, state, event = X[:, 0], X[:, 1:], np.asarray(y, dtype=bool)
        usual = max(float(driver[event].mean()), _SMALLEST)
        low, high = np.log(np.array(_SCALES) * usual)

        def loss(parameters: Floats) -> tuple[float, Floats]:
            offset, power, log_scale, weights = parameters[0], parameters[1], parameters[2], parameters[3:]
            ratio = driver / np.exp(log_scale)
            bent = np.log1p(ratio)
            rate = np.exp(np.minimum(offset + power * bent + state @ weights, _LARGEST))
            some = np.maximum(-np.expm1(-rate[event]), _SMALLEST)
            slope = rate.copy()
            slope[event] *= -np.exp(-rate[event]) / some
            by_scale = -power * (slope @ (ratio / (1 + ratio)))
            gradient = np.concatenate([[slope.sum(), slope @ bent, by_scale], slope @ state + 2 * self.ridge * weights])
            nats = rate[~event].sum() - np.log(some).sum()
            return float(nats + self.ridge * (weights**2).sum()), gradient

        start = np.concatenate([[np.log(event.mean()), 1.0, (low + high) / 2], np.zeros(state.shape[1])])
        bounds = [(None, None), (0, _HIGHEST_POWER), (low, high), *[(None, None)] * state.shape[1]]
        found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 500}).x
        self.offset_, self.power_, self.scale_ = float(found[0]), float(found[1]), float(np.exp(found[2]))
        self.weights_: Floats = found[3:]
        return self

    def of_driver(self, driver: npt.ArrayLike) -> Floats:
        """What the driver adds to the log rate, of its shape."""
        added: Floats = self.power_ * np.log1p(np.asarray(driver, dtype=float) / self.scale_)
        return added

    def of_state(self, state: Floats) -> Floats:
        """Log rate without the driver, shape (n,), of states of shape (n, state)."""
        log_rate: Floats = self.offset_ + state @ self.weights_
        return log_rate


def chance(log_rate: Floats) -> Floats:
    """Probability of at least one event, of the log rate's shape."""
    probability: Floats = -np.expm1(-np.exp(np.minimum(log_rate, _LARGEST)))
    return probability
