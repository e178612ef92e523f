"""A law of counts: cases of a week or month are negative binomial around a mean that features move.

`log mean = offset + weights . features`, the season among them, with one spread for each period ahead (Hilbe 2011,
Negative Binomial Regression, doi:10.1017/CBO9780511973420, form NB2). Every cut follows from the one law, so that rare
cuts borrow from common ones.
"""

from functools import partial

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import digamma, gammaln
from scipy.stats import nbinom

from models.blend import positions
from models.columns import places, standardised
from models.exceedance import Exceedance, Floats
from models.season import SEASON, season
from models.terms import from_score, gathered, with_flags

_LOWEST, _HIGHEST = -12.0, 14.0
_ROUNDING = 1e-9


class Counts(Exceedance):
    """Negative binomial regression, fitted to each period ahead by itself.

    Outcomes and cuts are multiples of a bound that the rows tell, as those of `OverUsual`; counts are their product.

    Attributes:
        usual: prefix of the column that tells the bound, in cases.
        counted: prefixes of the columns that are amounts above zero; they are read as log(1 + amount), as the bound is.
        columns: prefixes of further columns, read as they are.
        ridge: strength of the pull of the weights to zero, in nats.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        usual: str = "usual_ahead",
        counted: tuple[str, ...] = (),
        columns: tuple[str, ...] = (),
        ridge: float = 3.0,
        min_events: int = 0,
    ) -> None:
        self.cuts = cuts
        self.usual = usual
        self.counted = counted
        self.columns = columns
        self.ridge = ridge
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        counts = np.rint(outcome * self._bound(X))
        period = X.index.get_level_values("period").to_numpy()
        self.periods_ = [int(number) for number in np.unique(period)]
        features = self._features(X)
        self.preparations_, self.weights_ = [], []
        for number in self.periods_:
            of_period = (period == number) & np.isfinite(counts)
            preparation = standardised()
            prepared = preparation.fit_transform(features[of_period])
            self.preparations_.append(preparation)
            self.weights_.append(_negative_binomial(prepared, counts[of_period], self.ridge))

    def _predict(self, X: pd.DataFrame) -> Floats:
        mean, size = self._law(X)
        reached = _at_least(self._least(X), np.log(mean)[:, None], size[:, None])
        base: Floats = self.base_rates_[self.learned_]
        return np.where(np.isnan(reached), base, reached)

    def _contributions(self, X: pd.DataFrame) -> Floats:
        position, least, features = positions(X, self.periods_), self._least(X), self._features(X)
        columns = [*places(X, (self.usual, *self.counted)), *places(X, self.columns), *places(X, (SEASON,))]
        contributions = np.zeros((*least.shape, X.shape[1]))
        for k, (preparation, weights) in enumerate(zip(self.preparations_, self.weights_, strict=True)):
            of_period = position == k
            if of_period.any():
                parts = preparation.transform(features[of_period]) * weights[2:]
                chance = partial(_at_least, least[of_period], size=np.exp(weights[1]))
                shared = from_score(parts, np.full((len(parts), 1), weights[0]), chance)
                contributions[of_period] = gathered(shared, with_flags(columns, preparation[0]), X.shape[1])
        return np.where(np.isnan(least)[..., None], 0.0, contributions)

    def _law(self, X: pd.DataFrame) -> tuple[Floats, Floats]:
        """Mean and size of the negative binomial law of the cases of each row, both shape (n,).

        The variance is mean + mean ** 2 / size.
        """
        position, features = positions(X, self.periods_), self._features(X)
        mean, size = np.empty((2, len(X)))
        for k, (preparation, weights) in enumerate(zip(self.preparations_, self.weights_, strict=True)):
            of_period = position == k
            if of_period.any():
                moved = weights[0] + preparation.transform(features[of_period]) @ weights[2:]
                mean[of_period], size[of_period] = np.exp(np.clip(moved, _LOWEST, _HIGHEST)), np.exp(weights[1])
        return mean, size

    def _least(self, X: pd.DataFrame) -> Floats:
        """The fewest cases that reach each cut, shape (n, cut); NaN where the bound is not known."""
        least: Floats = np.ceil(self._bound(X)[:, None] * np.asarray(self.learned_cuts_) - _ROUNDING)
        return least

    def _bound(self, X: pd.DataFrame) -> Floats:
        (name,) = [name for name in X if str(name).startswith(self.usual)]
        return np.asarray(X[name], dtype=float)

    def _features(self, X: pd.DataFrame) -> Floats:
        values = X.to_numpy(float)
        amounts = values[:, places(X, (self.usual, *self.counted))]
        return np.hstack([np.log1p(np.maximum(amounts, 0.0)), values[:, places(X, self.columns)], season(X)[:, 1:]])


def _at_least(least: Floats, log_mean: Floats, size: Floats) -> Floats:
    """Chance of at least so many cases, shape (n, cut)."""
    mean = np.exp(np.clip(log_mean, _LOWEST, _HIGHEST))
    chance: Floats = nbinom.sf(least - 1, size, size / (size + mean))
    return chance


def _negative_binomial(features: Floats, counts: Floats, ridge: float) -> Floats:
    """Offset, log size and weights of greatest penalised likelihood.

    Args:
        features: shape (n, feature), standardised.
        counts: whole numbers, shape (n,).
        ridge: strength of the pull of the weights and of the log size to zero.
    """

    def loss(parameters: Floats) -> tuple[float, Floats]:
        size, weights = np.exp(parameters[1]), parameters[2:]
        moved = parameters[0] + features @ weights
        mean = np.exp(np.clip(moved, _LOWEST, _HIGHEST))
        share = np.log(size / (size + mean))
        nats = gammaln(counts + size) - gammaln(size) + size * share + counts * np.log(mean / (size + mean))
        rise = size * (counts - mean) / (size + mean)
        by_size = digamma(counts + size) - digamma(size) + share + (mean - counts) / (size + mean)
        slope = np.concatenate(
            [[rise.sum(), size * by_size.sum() - ridge * parameters[1]], features.T @ rise - 2 * ridge * weights]
        )
        penalty = ridge * ((weights**2).sum() + parameters[1] ** 2 / 2)
        return float(penalty - nats.sum()), -slope

    start = np.zeros(2 + features.shape[1])
    start[0] = np.log(max(counts.mean(), _ROUNDING))
    found: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200, "ftol": 1e-9}).x
    return found
