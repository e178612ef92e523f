"""Odds of a climate class, moved by slow drivers such as El Niño, shrunk until the past says that they help.

log odds = those of the base, plus a shift, drivers that act alike all year, and drivers that act by season. All cuts
are moved together, which keeps their order (proportional odds, McCullagh 1980,
doi:10.1111/j.2517-6161.1980.tb01109.x). The shift is how the years that were learned from lay against the base: a
climate of thirty years lags behind one that warms, and what that adds is most of what is known of a season ahead
(Livezey et al. 2007, doi:10.1175/2007JAMC1666.1). It is drawn to zero only a little, so that a change of all years is
never shrunk for the sake of drivers that say nothing. The strength of the ridge on the drivers is the one that
forecasts left-out stretches of years best; they are read at the periods where they beat the shift by more than one
standard error over the stretches (Breiman et al. 1984, Classification and Regression Trees, page 80).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit
from sklearn.base import clone

from models.blend import positions
from models.columns import places
from models.exceedance import Exceedance, Floats, events_at, log_odds
from models.season import season
from models.terms import gathered

_FARTHEST = 4.0
_NEWTON_STEPS = 4
_STRENGTH_OF_SHIFT = 3.0


class ByDrivers(Exceedance):
    """Ridge regression of the log odds on drivers, fitted to each period ahead by itself.

    A driver that is not known moves nothing. Strengths count in issue times: sites and cuts of one time are one piece
    of evidence, however many there are.

    Attributes:
        base: unfitted estimator of the odds before the drivers.
        drivers: prefixes of the columns that move them alike all year.
        by_season: prefixes of further columns, which move them by season.
        strengths: of the ridge, to choose from.
        folds: how many stretches of time are left out in turn to choose the strength.
        gap_days: days left out beside them; the hazard sets them.
        weights_: shape (period, one and driver); zero for the drivers at periods where they do not help.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        base: Exceedance,
        drivers: tuple[str, ...] = (),
        by_season: tuple[str, ...] = (),
        strengths: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0),
        folds: int = 5,
        gap_days: int = 0,
        min_events: int = 20,
    ) -> None:
        self.cuts = cuts
        self.base = base
        self.drivers = drivers
        self.by_season = by_season
        self.strengths = strengths
        self.folds = folds
        self.gap_days = gap_days
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        events = events_at(outcome, self.learned_cuts_)
        period = X.index.get_level_values("period").to_numpy()
        self.periods_ = [int(number) for number in np.unique(period)]
        alone, seasonal = places(X, self.drivers), places(X, self.by_season)
        self.moving_, self.n_alone_ = alone + seasonal, len(alone)
        self.mean_, self.spread_ = _mean_and_spread(X.iloc[:, self.moving_].to_numpy(float))
        self.base_ = self._fitted_base(X, outcome)
        design, odds, losses = self._design(X), log_odds(self.base_.predict_exceedance(X)), self._left_out(X, outcome)
        best = 1 + int(np.argmin(losses[:, :, 1:].sum(axis=(0, 1))))
        gain = losses[:, :, 0] - losses[:, :, best]
        helps = gain.mean(axis=0) > gain.std(axis=0, ddof=1) / np.sqrt(len(gain))
        self.weights_ = np.zeros((len(self.periods_), design.shape[1]))
        for k, number in enumerate(self.periods_):
            here, read = period == number, design.shape[1] if helps[k] else 1
            nats = self._nats(self.strengths[best - 1], X, read)
            self.weights_[k, :read] = _moved(design[here, :read], odds[here], events[here], nats)

    def _predict(self, X: pd.DataFrame) -> Floats:
        moved = (self._design(X) * self.weights_[positions(X, self.periods_)]).sum(axis=1, keepdims=True)
        probabilities: Floats = expit(log_odds(self.base_.predict_exceedance(X)) + moved)
        return probabilities

    def _contributions(self, X: pd.DataFrame) -> Floats:
        parts = (self._design(X) * self.weights_[positions(X, self.periods_)])[:, 1:]
        alone, seasonal = self.moving_[: self.n_alone_], self.moving_[self.n_alone_ :]
        of_columns = gathered(parts, [*alone, *np.repeat(seasonal, season(X).shape[1])], X.shape[1])
        return np.repeat(of_columns[:, None], len(self.learned_cuts_), axis=1)

    def _left_out(self, X: pd.DataFrame, outcome: Floats) -> Floats:
        """Log loss of the shift and at each strength, by left-out stretch, shape (stretch, period, 1 + strength)."""
        events = events_at(outcome, self.learned_cuts_)
        times = pd.DatetimeIndex(X.index.get_level_values("issue_time"))
        period = X.index.get_level_values("period").to_numpy()
        gap, design, losses = pd.Timedelta(days=self.gap_days), self._design(X), []
        tried = [(1, 0.0), *((design.shape[1], strength) for strength in self.strengths)]
        for stretch in np.array_split(times.unique().sort_values(), self.folds):
            if len(stretch) == 0:
                continue
            left_out = np.asarray((times >= stretch[0]) & (times <= stretch[-1]))
            learned = np.asarray((times < stretch[0] - gap) | (times > stretch[-1] + gap))
            if not learned.any():
                continue
            odds = log_odds(self._fitted_base(X[learned], outcome[learned]).predict_exceedance(X))
            of_stretch = np.zeros((len(self.periods_), len(tried)))
            for k, number in enumerate(self.periods_):
                here, there = learned & (period == number), left_out & (period == number)
                for s, (read, strength) in enumerate(tried):
                    weights = _moved(design[here, :read], odds[here], events[here], self._nats(strength, X, read))
                    moved = odds[there] + (design[there, :read] @ weights)[:, None]
                    of_stretch[k, s] = _log_loss(moved, events[there])
            losses.append(of_stretch)
        return np.array(losses)

    def _fitted_base(self, X: pd.DataFrame, outcome: Floats) -> Exceedance:
        return clone(self.base).set_params(cuts=self.learned_cuts_, min_events=0).fit(X, outcome)

    def _nats(self, strength: float, X: pd.DataFrame, read: int) -> Floats:
        """The ridge on the shift and on the drivers, shape (read,).

        At one issue time the log loss has a term for each site and each cut.
        """
        terms_per_time = len(X.index.unique("site")) * len(self.learned_cuts_)
        return terms_per_time * np.append(_STRENGTH_OF_SHIFT, np.full(read - 1, strength))

    def _design(self, X: pd.DataFrame) -> Floats:
        """One, the drivers, and those that act by season times the season, shape (n, weight)."""
        standard = (X.iloc[:, self.moving_].to_numpy(float) - self.mean_) / self.spread_
        moving = np.where(np.isnan(standard), 0.0, np.clip(standard, -_FARTHEST, _FARTHEST))
        alone, seasonal = moving[:, : self.n_alone_], moving[:, self.n_alone_ :, None]
        return np.hstack([np.ones((len(X), 1)), alone, (seasonal * season(X)[:, None, :]).reshape(len(X), -1)])


def _mean_and_spread(columns: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column; 0 and 1 where nothing is known or nothing differs."""
    known = np.isfinite(columns)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, columns, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, columns - mean, 0.0) ** 2).sum(axis=0) / count)
    return mean, np.where(spread > 1e-9 * np.maximum(np.abs(mean), 1e-9), spread, 1.0)


def _moved(design: Floats, odds: Floats, events: npt.NDArray[np.bool_], nats: Floats) -> Floats:
    """Weights of least penalised log loss of all cuts together, by Newton steps, shape (weight,)."""
    weights = np.zeros(design.shape[1])
    for _ in range(_NEWTON_STEPS):
        given = expit(odds + (design @ weights)[:, None])
        slope = design.T @ (events - given).sum(axis=1) - nats * weights
        bend = (design * (given * (1 - given)).sum(axis=1)[:, None]).T @ design + np.diag(nats)
        weights = weights + np.linalg.solve(bend, slope)
    return weights


def _log_loss(odds: Floats, events: npt.NDArray[np.bool_]) -> float:
    return float((np.logaddexp(0, odds) - events * odds).sum())
