"""A pool of members by shares, for events that are few and come in clusters."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from models.blend import Blend
from models.exceedance import Floats

_FARTHEST = 5.0


class SharedBlend(Blend):
    """A blend by shares that sum to one, which leaves the level to its members: `logit p = sum of share * logit p`.

    A few hundred events on some dozens of days, in years wetter or drier than those before, cannot tell of the level or
    the sharpness of a pool, only of who in it is to be trusted. So an offset is learned with the shares, for the years
    that they are learned on to be no argument, and then left out. Weights that sum to one: the logarithmic opinion
    pool, Genest and Zidek 1986, doi:10.1214/ss/1177013825.
    """

    def _pooled(self, predictions: Floats, events: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
        n_members, _, n_cuts = predictions.shape
        equal = np.full(n_members, 1 / n_members)

        def loss(parameters: Floats) -> tuple[float, Floats]:
            shares, level = parameters[:n_members], parameters[n_members:]
            score = np.tensordot(shares, predictions, 1) + level
            error = expit(score) - events
            nats = float((np.logaddexp(0, score) - events * score).sum())
            slope = np.tensordot(predictions, error, 2) + 2 * self.ridge * (shares - equal)
            return nats + self.ridge * float(((shares - equal) ** 2).sum()), np.concatenate([slope, error.sum(axis=0)])

        found: Floats = minimize(
            loss,
            np.concatenate([equal, np.zeros(n_cuts)]),
            jac=True,
            method="SLSQP",
            bounds=[(0, 1)] * n_members + [(-_FARTHEST, _FARTHEST)] * n_cuts,
            constraints={"type": "eq", "fun": lambda parameters: parameters[:n_members].sum() - 1},
        ).x
        shares = np.clip(found[:n_members], 0, None)
        return shares / shares.sum(), np.zeros(n_cuts)
