"""Forecasts in normal-score space: what runs say is read as its rank in the climate, and regressed on the truth's.

With s the score of the truth in the climate of its season and site, s given the features is taken for normal:
`P(outcome >= cut) = Phi(features . weights - slope * score(cut))`. One slope and one set of weights serve all cuts, so
that rare cuts borrow from common ones and cuts beyond the record are extrapolated by the climate's tail.
Normal quantile transform of forecasts: Krzysztofowicz 1997, doi:10.1016/S0022-1694(96)03294-7; ordered regression:
McCullagh 1980, doi:10.1111/j.2517-6161.1980.tb01109.x. Days with a storm known ahead are told apart: weights are
learned on the others, and what the storm brings is added with an error of its own (`models/storm_part.py`).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtr

from models.blend import positions
from models.climate_law import ClimateLaw
from models.columns import places, standardised
from models.exceedance import Exceedance, Floats, log_odds
from models.season import SEASON, season
from models.storm_part import reached_with_storm, storm_part
from models.targets import Sense
from models.terms import from_score, gathered, with_flags

Integers = npt.NDArray[np.int64]
_CERTAIN, _SMALLEST, _FAR = 40.0, 1e-15, 6.0
_STORMY = 1.0


class NormalScores(Exceedance):
    """Ordered regression on normal scores, fitted to each period ahead by itself.

    Attributes:
        scored: prefixes of the columns that are in the target's unit; they are read as scores in the target's climate.
        columns: prefixes of further columns; they are read as anomalies from their season, in its spread.
        storm: name of the column that tells what of the outcome, and of the scored columns, a storm is to bring, in the
            target's unit; "" for none. It counts from 1 unit on; NaN is no storm.
        storm_periods: up to which period a storm is told apart; farther ahead the error of its track is larger than the
            reach of its rain, and no factor on it any more.
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
        storm: str = "",
        storm_periods: int = 2,
        sense: Sense = "at_least",
        shape: float = 0.1,
        ridge: float = 3.0,
        min_events: int = 0,
    ) -> None:
        self.cuts = cuts
        self.scored = scored
        self.columns = columns
        self.storm = storm
        self.storm_periods = storm_periods
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
        storm = self._of_storm(X)
        self.preparations_, self.weights_, self.parts_ = [], [], []
        for number in self.periods_:
            calm, stormy = ((period == number) & ((storm >= _STORMY) == whether) for whether in (False, True))
            preparation = standardised()
            prepared = preparation.fit_transform(features[calm])
            weights = _ordered(prepared, scores[calm], reached[calm], self.ridge)
            known = weights[0] + preparation.transform(features[stormy]) @ weights[2:] if stormy.any() else np.empty(0)
            slope = float(np.exp(weights[1]))
            self.preparations_.append(preparation)
            self.weights_.append(weights)
            self.parts_.append(
                storm_part(self.climate_, X[stormy], storm[stormy], known, slope, cuts, reached[stormy], self.ridge)
            )

    def _predict(self, X: pd.DataFrame) -> Floats:
        position, storm, cuts = positions(X, self.periods_), self._of_storm(X), np.array(self.learned_cuts_)
        features, scores = self._features(X), self.climate_.scores(X, cuts)
        probabilities = np.empty_like(scores)
        for k, (preparation, weights) in enumerate(zip(self.preparations_, self.weights_, strict=True)):
            of_period = position == k
            if of_period.any():
                known, slope = weights[0] + preparation.transform(features[of_period]) @ weights[2:], np.exp(weights[1])
                told = ndtr(known[:, None] - slope * scores[of_period])
                stormy = (brought := storm[of_period]) >= _STORMY
                if stormy.any():
                    told[stormy] = reached_with_storm(
                        self.parts_[k], self.climate_, X[of_period][stormy], brought[stormy], known[stormy], slope, cuts
                    )
                probabilities[of_period] = told
        return probabilities

    def _contributions(self, X: pd.DataFrame) -> Floats:
        position = positions(X, self.periods_)
        features, scores = self._features(X), self.climate_.scores(X, np.array(self.learned_cuts_))
        columns = [*places(X, self.scored), *places(X, self.columns), *places(X, (SEASON,))]
        contributions = np.zeros((*scores.shape, X.shape[1]))
        rest = np.empty_like(scores)
        for k, (preparation, weights) in enumerate(zip(self.preparations_, self.weights_, strict=True)):
            of_period = position == k
            if of_period.any():
                parts = preparation.transform(features[of_period]) * weights[2:]
                at = weights[0] - np.exp(weights[1]) * scores[of_period]
                shared = from_score(parts, at, ndtr)
                contributions[of_period] = gathered(shared, with_flags(columns, preparation[0]), X.shape[1])
                rest[of_period] = ndtr(at + parts.sum(axis=1)[:, None])
        if self.storm:
            contributions[:, :, X.columns.get_loc(self.storm)] += log_odds(self._predict(X)) - log_odds(rest)
        return contributions

    def _of_storm(self, X: pd.DataFrame) -> Floats:
        """What a storm is to bring, shape (n,); nothing where none is known, or it is too far ahead."""
        if not self.storm:
            return np.zeros(len(X))
        near = X.index.get_level_values("period").to_numpy() <= self.storm_periods
        return np.where(near, np.fmax(X[self.storm].to_numpy(float), 0.0), 0.0)

    def _features(self, X: pd.DataFrame) -> Floats:
        design = season(X)
        sign = 1 if self.sense == "at_least" else -1
        of_rest = _chosen(X, self.scored)
        if self.storm:
            of_rest = np.maximum(of_rest - self._of_storm(X)[:, None], 0.0)
        scored = self.climate_.scores(X, sign * of_rest)
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
