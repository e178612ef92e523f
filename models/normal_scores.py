"""Forecasts in normal-score space: what runs say is read as its rank in the climate, and regressed on the truth's.

With s the score of the truth in the climate of its season and site, s given the features is taken for normal:
`P(outcome >= cut) = Phi(features . weights - slope * score(cut))`. One slope and one set of weights serve all cuts, so
that rare cuts borrow from common ones and cuts beyond the record are extrapolated by the climate's tail.
Normal quantile transform of forecasts: Krzysztofowicz 1997, doi:10.1016/S0022-1694(96)03294-7; ordered regression:
McCullagh 1980, doi:10.1111/j.2517-6161.1980.tb01109.x.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtr

from models.blend import positions
from models.climate_law import ClimateLaw
from models.columns import places, standardised
from models.exceedance import Exceedance, Floats
from models.season import SEASON, season
from models.targets import Sense
from models.terms import from_score, gathered, with_flags

Integers = npt.NDArray[np.int64]
_CERTAIN, _SMALLEST, _FAR = 40.0, 1e-15, 6.0


class NormalScores(Exceedance):
    """Ordered regression on normal scores, fitted to each period ahead by itself.

    Attributes:
        scored: prefixes of the columns that are in the target's unit; they are read as scores in the target's climate.
        columns: prefixes of further columns; they are read as anomalies from their season, in its spread.
        sense: the target's; where it is "at_most", the scored columns are read with the opposite sign, as outcomes are.
        shape: expected shape of the climate's tail, see `ClimateLaw`.
        ridge: strength of the pull of the weights to zero, in nats.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        scored: tuple[str, ...] = (),
        columns: tuple[str, ...] = (),
        sense: Sense = "at_least",
        shape: float = 0.1,
        ridge: float = 3.0,
        min_events: int = 0,
    ) -> None:
        self.cuts = cuts
        self.scored = scored
        self.columns = columns
        self.sense = sense
        self.shape = shape
        self.ridge = ridge
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        cuts = np.array(self.learned_cuts_)
        self.climate_ = ClimateLaw(shape=self.shape).fit(X, outcome)
        self.mean_, self.spread_ = _by_season(season(X), _chosen(X, self.columns))
        period = X.index.get_level_values("period").to_numpy()
        self.periods_ = [int(number) for number in np.unique(period)]
        features, scores = self._features(X), self.climate_.scores(X, cuts)
        reached = np.searchsorted(cuts, outcome, side="right")
        self.preparations_, self.weights_ = [], []
        for number in self.periods_:
            of_period = period == number
            preparation = standardised()
            prepared = preparation.fit_transform(features[of_period])
            self.preparations_.append(preparation)
            self.weights_.append(_ordered(prepared, scores[of_period], reached[of_period], self.ridge))

    def _predict(self, X: pd.DataFrame) -> Floats:
        position = positions(X, self.periods_)
        features, scores = self._features(X), self.climate_.scores(X, np.array(self.learned_cuts_))
        probabilities = np.empty_like(scores)
        for k, (preparation, weights) in enumerate(zip(self.preparations_, self.weights_, strict=True)):
            of_period = position == k
            if of_period.any():
                known = weights[0] + preparation.transform(features[of_period]) @ weights[2:]
                probabilities[of_period] = ndtr(known[:, None] - np.exp(weights[1]) * scores[of_period])
        return probabilities

    def _contributions(self, X: pd.DataFrame) -> Floats:
        position = positions(X, self.periods_)
        features, scores = self._features(X), self.climate_.scores(X, np.array(self.learned_cuts_))
        columns = [*places(X, self.scored), *places(X, self.columns), *places(X, (SEASON,))]
        contributions = np.zeros((*scores.shape, X.shape[1]))
        for k, (preparation, weights) in enumerate(zip(self.preparations_, self.weights_, strict=True)):
            of_period = position == k
            if of_period.any():
                parts = preparation.transform(features[of_period]) * weights[2:]
                shared = from_score(parts, weights[0] - np.exp(weights[1]) * scores[of_period], ndtr)
                contributions[of_period] = gathered(shared, with_flags(columns, preparation[0]), X.shape[1])
        return contributions

    def _features(self, X: pd.DataFrame) -> Floats:
        design = season(X)
        sign = 1 if self.sense == "at_least" else -1
        scored = self.climate_.scores(X, sign * _chosen(X, self.scored))
        spread = np.maximum(design @ self.spread_, _SMALLEST)
        anomaly = (_chosen(X, self.columns) - design @ self.mean_) / spread
        return np.hstack([scored, np.clip(anomaly, -_FAR, _FAR), design[:, 1:]])


def _chosen(X: pd.DataFrame, prefixes: tuple[str, ...]) -> Floats:
    return X.to_numpy(float)[:, places(X, prefixes)]


def _by_season(design: Floats, columns: Floats) -> tuple[Floats, Floats]:
    """Weights of the mean and of the mean absolute anomaly of each column on the season, both (season, column)."""
    mean, spread = np.zeros((2, design.shape[1], columns.shape[1]))
    for k, column in enumerate(columns.T):
        known = np.isfinite(column)
        if known.any():
            mean[:, k] = np.linalg.lstsq(design[known], column[known])[0]
            spread[:, k] = np.linalg.lstsq(design[known], np.abs(column[known] - design[known] @ mean[:, k]))[0]
    return mean, spread


def _ordered(features: Floats, scores: Floats, reached: Integers, ridge: float) -> Floats:
    """Offset, log slope and weights of greatest penalised likelihood.

    Args:
        features: shape (n, feature), standardised.
        scores: of the cuts in the climate of each row, rising, shape (n, cut).
        reached: how many cuts the outcome reached, shape (n,).
        ridge: strength of the pull of the weights to zero.
    """
    rows, last = np.arange(len(features)), scores.shape[1] - 1
    above, below = reached > 0, reached <= last
    reached_score = scores[rows, np.maximum(reached - 1, 0)]
    missed_score = scores[rows, np.minimum(reached, last)]

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slope, weights = np.exp(parameters[1]), parameters[2:]
        known = parameters[0] + features @ weights
        upper = np.where(above, known - slope * reached_score, _CERTAIN)
        lower = np.where(below, known - slope * missed_score, -_CERTAIN)
        within = np.where(lower > 0, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower))
        within = np.maximum(within, _SMALLEST)
        at_upper = np.where(above, _density(upper), 0) / within
        at_lower = np.where(below, _density(lower), 0) / within
        rise = at_upper - at_lower
        by_slope = slope * (at_lower * missed_score - at_upper * reached_score).sum()
        gradient = np.concatenate([[rise.sum(), by_slope], features.T @ rise - 2 * ridge * weights])
        return float(ridge * (weights**2).sum() - np.log(within).sum()), -gradient

    start = np.zeros(2 + features.shape[1])
    found: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300, "ftol": 1e-8}).x
    return found


def _density(score: Floats) -> Floats:
    return np.exp(-(score**2) / 2) / np.sqrt(2 * np.pi)
