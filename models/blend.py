"""Blending and calibration: a pool of members in log-odds, its weights learned on later out-of-fold predictions."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import clone

from models.boosted import Boosted
from models.exceedance import Exceedance, Floats, events_at, log_odds


class PerPeriod(Exceedance):
    """Fits a clone of one estimator to each period ahead by itself.

    Attributes:
        member: the estimator.
    """

    def __init__(self, cuts: tuple[float, ...] = (), *, member: Exceedance, min_events: int = 20) -> None:
        self.cuts = cuts
        self.member = member
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        period = X.index.get_level_values("period").to_numpy()
        self.periods_ = [int(number) for number in np.unique(period)]
        self.members_ = [
            clone(self.member).set_params(cuts=self.learned_cuts_).fit(X[period == number], outcome[period == number])
            for number in self.periods_
        ]

    def _predict(self, X: pd.DataFrame) -> Floats:
        position = positions(X, self.periods_)
        probabilities = np.empty((len(X), len(self.learned_cuts_)))
        for k, member in enumerate(self.members_):
            if (of_period := position == k).any():
                probabilities[of_period] = member.predict_exceedance(X[of_period])
        return probabilities

    def _contributions(self, X: pd.DataFrame) -> Floats:
        position = positions(X, self.periods_)
        contributions = np.zeros((len(X), len(self.learned_cuts_), X.shape[1]))
        for k, member in enumerate(self.members_):
            if (of_period := position == k).any():
                contributions[of_period] = member.contributions(X[of_period])
        return contributions


class Blend(Exceedance):
    """A calibrated pool: `logit p = offset(cut) + sum of weight(member) * logit p(member)`, weights at least zero.

    Trees, where there are some, correct the last member and are one more member. Offsets and weights are learned for
    each period on predictions for times later than any the members had seen, with a gap between. A ridge draws the
    weights to equal shares and the offsets to zero, so that few events cannot overturn them. With one member it is a
    calibration of that member. Linear pools in log-odds: Satopää et al. 2014, doi:10.1016/j.ijforecast.2013.09.009.

    Attributes:
        members: the estimators.
        trees: what corrects the last of them; its own backbone is not used.
        folds: how many later stretches are predicted.
        gap_days: days left out between what the members learn and what they predict; the hazard sets them.
        ridge: strength of the pull to equal shares, in nats.
        weights_: shape (period, member).
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        members: tuple[Exceedance, ...],
        trees: Boosted | None = None,
        folds: int = 3,
        gap_days: int = 0,
        ridge: float = 10.0,
        min_events: int = 20,
    ) -> None:
        self.cuts = cuts
        self.members = members
        self.trees = trees
        self.folds = folds
        self.gap_days = gap_days
        self.ridge = ridge
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        events = events_at(outcome, self.learned_cuts_)
        later, predictions = self._out_of_fold(X, outcome)
        period = X.index.get_level_values("period").to_numpy()
        self.periods_ = [int(number) for number in np.unique(period)]
        self.weights_, self.offsets_ = (
            np.empty((len(self.periods_), len(predictions))),
            np.empty((len(self.periods_), len(self.learned_cuts_))),
        )
        for k, number in enumerate(self.periods_):
            chosen = period[later] == number
            self.weights_[k], self.offsets_[k] = self._pooled(predictions[:, chosen], events[later][chosen])
        self.members_, self.trees_ = self._fitted(X, outcome)

    def _predict(self, X: pd.DataFrame) -> Floats:
        k = positions(X, self.periods_)
        pooled = np.einsum("mrc,rm->rc", self.log_odds_of_members(X), self.weights_[k])
        probabilities: Floats = expit(pooled + self.offsets_[k])
        return probabilities

    def _contributions(self, X: pd.DataFrame) -> Floats:
        weights = self.weights_[positions(X, self.periods_)]
        told = [member.contributions(X) for member in self.members_]
        if self.trees_ is not None:
            told.append(told[-1] + self.trees_.corrections(X))
        pooled: Floats = np.einsum("mrcx,rm->rcx", np.stack(told), weights)
        return pooled

    def log_odds_of_members(self, X: pd.DataFrame) -> Floats:
        """What each member says, shape (member, row, learned cut)."""
        return _log_odds(self.members_, self.trees_, X)

    def _pooled(self, predictions: Floats, events: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Weights (member,) and offsets (cut,) of one period, from log-odds of shape (member, row, cut)."""
        return _pool(predictions, events, self.ridge)

    def _fitted(self, X: pd.DataFrame, outcome: Floats) -> tuple[list[Exceedance], Boosted | None]:
        """Fresh members and trees, fitted."""
        members = [clone(member).set_params(cuts=self.learned_cuts_).fit(X, outcome) for member in self.members]
        if self.trees is None:
            return members, None
        margin = log_odds(members[-1].predict_exceedance(X))
        return members, clone(self.trees).set_params(cuts=self.learned_cuts_).fit_from(margin, X, outcome)

    def _out_of_fold(self, X: pd.DataFrame, outcome: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
        """Rows that were predicted by members fitted on earlier times only, and their log-odds (member, row, cut)."""
        times = pd.DatetimeIndex(X.index.get_level_values("issue_time"))
        stretches = np.array_split(times.unique().sort_values(), self.folds + 1)
        edges = [stretch[0] for stretch in stretches[1:]] + [times.max() + pd.Timedelta(days=1)]
        rows, predictions = [], []
        for start, end in pairwise(edges):
            before = np.asarray(times < start - pd.Timedelta(days=self.gap_days))
            within = np.flatnonzero((times >= start) & (times < end))
            if not before.any():
                raise ValueError(f"no row lies {self.gap_days} days before {start}: the blend needs a longer record")
            predictions.append(_log_odds(*self._fitted(X[before], outcome[before]), X.iloc[within]))
            rows.append(within)
        return np.concatenate(rows), np.concatenate(predictions, axis=1)


def _log_odds(members: Sequence[Exceedance], trees: Boosted | None, X: pd.DataFrame) -> Floats:
    odds = [log_odds(member.predict_exceedance(X)) for member in members]
    if trees is not None:
        odds.append(log_odds(trees.predict_from(odds[-1], X)))
    return np.stack(odds)


def positions(X: pd.DataFrame, periods: list[int]) -> npt.NDArray[np.int64]:
    """Where the period of each row stands among the periods that were learned."""
    period = X.index.get_level_values("period").to_numpy()
    unknown = sorted(set(period.tolist()) - set(periods))
    if unknown:
        raise ValueError(f"fitted for the periods {periods}, asked about {unknown}")
    return np.searchsorted(periods, period)


def _pool(predictions: Floats, events: npt.NDArray[np.bool_], ridge: float) -> tuple[Floats, Floats]:
    """Weights (member,) and offsets (cut,) of least log loss, from log-odds of shape (member, row, cut)."""
    n_members, _, n_cuts = predictions.shape
    share = np.full(n_members, 1 / n_members)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights, offsets = parameters[:n_members], parameters[n_members:]
        score = np.tensordot(weights, predictions, 1) + offsets
        error = expit(score) - events
        nats = np.logaddexp(0, score) - events * score
        penalty = ridge * (((weights - share) ** 2).sum() + (offsets**2).sum())
        slope = np.concatenate([np.tensordot(predictions, error, 2), error.sum(axis=0)])
        slope += 2 * ridge * np.concatenate([weights - share, offsets])
        return float(nats.sum() + penalty), slope

    start = np.concatenate([share, np.zeros(n_cuts)])
    bounds = [(0, None)] * n_members + [(None, None)] * n_cuts
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    return found[:n_members], found[n_members:]
