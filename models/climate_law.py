"""The climate of an outcome: how likely it is to reach any value, by season and site.

Between the values at which it is learned, normal scores are interpolated. Above the highest of them the excess follows
a generalised Pareto law whose scale moves with the season (Coles 2001, chapter 4, doi:10.1007/978-1-4471-3675-0); its
shape is drawn to an expected one, because the record of a place is short.
"""

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, ndtr, ndtri
from scipy.stats import norm
from sklearn.base import BaseEstimator

from features.given import Lead
from models.season import Floats, of_season, season, seasonal_odds

_SHARES = (0.05, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.87, 0.92, 0.955, 0.975, 0.985, 0.993)
_SHAPE_SPREAD, _SEASON_SPREAD = 0.1, 0.3
_ATOM_SHARE = 0.02
_RARE = 1e-12
_LEAD = Lead().name


class ClimateLaw(BaseEstimator):
    """`P(outcome >= value)` for any value, from the season and the site alone.

    Attributes:
        shape: expected shape of the tail: above 0 heavy as rain, below 0 bounded as temperature.
        C: inverse strength of the ridge on season and sites.
        values_: values at which the law is learned, rising, shape (value,).
        atom_: whether many outcomes are the lowest one, as on days without rain.
    """

    def __init__(self, *, shape: float = 0.1, C: float = 1.0) -> None:
        self.shape = shape
        self.C = C

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike) -> Self:
        """Learns from outcomes; a day of a site counts once, however often it was asked about.

        Args:
            X: rows of a hazard's `ask`, with their index; only the season's columns are read, and `lead`, the days
                from the issue to each period; without it the number of the period stands for them.
            y: outcomes, shape (n,); none is NaN.
        """
        first = _first_of_their_days(X)
        rows, outcome = X[first], np.asarray(y, dtype=float)[first]
        self.sites_ = sorted(X.index.unique("site"))
        at_lowest = outcome == outcome.min()
        self.atom_ = bool(at_lowest.mean() > _ATOM_SHARE)
        self.values_ = np.unique(np.quantile(outcome[~at_lowest] if self.atom_ else outcome, _SHARES))
        self.weights_ = seasonal_odds(rows, outcome[:, None] >= self.values_, self.sites_, self.C)
        beyond = outcome > self.values_[-1]
        self.tail_ = tail_of(season(rows)[beyond], outcome[beyond] - self.values_[-1], self.shape)
        return self

    def scores(self, X: pd.DataFrame, values: npt.ArrayLike) -> Floats:
        """Normal scores of values in the climate of each row: `P(outcome < value) = Phi(score)`.

        Args:
            X: rows of a hazard's `ask`, shape (n, ...).
            values: shape (n, k), or (k,) for the same values in all rows; NaN stays NaN.

        Returns:
            Shape (n, k). Where many outcomes are the lowest one, its score is the mean of those it stands for.
        """
        asked = np.broadcast_to(np.asarray(values, dtype=float), (len(X), np.shape(values)[-1]))
        reached = expit(of_season(X, self.sites_, self.weights_))
        at = np.maximum.accumulate(-ndtri(np.clip(reached, _RARE, 1 - _RARE)), axis=1)
        scale = np.exp(season(X) @ self.tail_[1:])
        return np.column_stack([self._score(at, scale, column) for column in asked.T])

    def _score(self, at: Floats, scale: Floats, value: Floats) -> Floats:
        known, rows = self.values_, np.arange(len(value))
        upper = np.clip(np.searchsorted(known, value), 1, len(known) - 1)
        share = (value - known[upper - 1]) / (known[upper] - known[upper - 1])
        score = at[rows, upper - 1] * (1 - share) + at[rows, upper] * share
        if self.atom_:
            below = at[:, 0]
            score = np.where(value < known[0], -norm.pdf(below) / ndtr(below), score)
        beyond = np.flatnonzero(value > known[-1])
        excess = 1 + self.tail_[0] * (value[beyond] - known[-1]) / scale[beyond]
        survival = ndtr(-at[beyond, -1]) * np.maximum(excess, _RARE) ** (-1 / self.tail_[0])
        score[beyond] = -ndtri(np.clip(survival, _RARE, 1 - _RARE))
        return np.where(np.isnan(value), np.nan, score)


def _first_of_their_days(X: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows are the first that speak of their site and day, shape (n,)."""
    index = X.index
    ahead = X[_LEAD].to_numpy(float) if _LEAD in X else index.get_level_values("period").to_numpy(float)
    day = pd.DatetimeIndex(index.get_level_values("issue_time")) + pd.to_timedelta(ahead, unit="D")
    first: npt.NDArray[np.bool_] = ~pd.MultiIndex.from_arrays([index.get_level_values("site"), day]).duplicated()
    return first


def tail_of(design: Floats, excess: Floats, expected_shape: float) -> Floats:
    """Shape, and weights of the log scale on the season, of greatest posterior density; shape (1 + season,)."""

    def loss(parameters: Floats) -> float:
        shape, weights = parameters[0], parameters[1:]
        log_scale = design @ weights
        inside = 1 + shape * excess / np.exp(log_scale)
        if (inside <= 0).any() or abs(shape) < _RARE:
            return np.inf
        prior = ((shape - expected_shape) / _SHAPE_SPREAD) ** 2 + ((weights[1:] / _SEASON_SPREAD) ** 2).sum()
        return float((log_scale + (1 / shape + 1) * np.log(inside)).sum() + prior / 2)

    if not len(excess):  # the record ends at the highest of the values, and the law with it
        return np.concatenate([[expected_shape], [np.log(_RARE)], np.zeros(design.shape[1] - 1)])
    holds_all = -1.1 * expected_shape * excess.max()  # a bounded law begins with a bound above the record
    scale = max(float(excess.mean()), holds_all)
    start = np.concatenate([[expected_shape], [np.log(scale)], np.zeros(design.shape[1] - 1)])
    found: Floats = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 4000, "maxfev": 4000}).x
    return found
