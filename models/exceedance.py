"""The estimator of exceedance probabilities, in scikit-learn's shape: `fit(X, y)` and `predict_exceedance(X)`."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from features.errors import HaidangError

Floats = npt.NDArray[np.float64]
SMALLEST = 1e-6


class UnexplainedError(HaidangError):
    """An estimator that cannot tell what its answers rest on."""


class Exceedance(BaseEstimator, ABC):
    """Learns `P(outcome >= cut)` for all cuts at once; never increasing with the cut.

    A cut with fewer than `min_events` events, or non-events, is not learned by itself: its probability is that of the
    next lower cut times the share of that cut's events that went on to reach it.

    Attributes:
        cuts: thresholds, rising; the hazard sets them.
        min_events: how many events, and non-events, a cut needs to be learned.
        feature_names_in_: columns seen in `fit`.
        learned_: which cuts were learned, shape (cut,).
        class_means_: mean outcome below the first cut, between cuts and above the last, shape (cut + 1,).
    """

    cuts: tuple[float, ...]
    min_events: int

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike) -> Self:
        """Learns from questions with known outcomes.

        Args:
            X: rows of a hazard's `ask`, with their index.
            y: outcomes in the target's unit, shape (n,); none is NaN.

        Raises:
            ValueError: if there is no row, an outcome is not finite, or the lengths differ.
        """
        outcome = self._seen(X, y)
        if self.learned_.any():
            with threadpool_limits(1, user_api="blas"):  # small matrices: more threads only wait for each other
                self._fit(X, outcome)
        return self

    def _seen(self, X: pd.DataFrame, y: npt.ArrayLike) -> Floats:
        """Notes what is seen in `fit`, and which cuts can be learned from it; the outcomes as floats."""
        outcome = np.asarray(y, dtype=float)
        if len(outcome) == 0 or len(outcome) != len(X) or not np.isfinite(outcome).all():
            raise ValueError(f"{len(X)} rows and {len(outcome)} outcomes: give one finite outcome to each row")
        if not self.cuts:
            raise ValueError("the estimator knows no cuts: take it from the hazard's `estimator()`")
        counts = events_at(outcome, self.cuts).sum(axis=0)
        self.feature_names_in_ = list(X.columns)
        self.learned_ = np.minimum(counts, len(outcome) - counts) >= self.min_events
        self.base_rates_ = (counts + 0.5) / (len(outcome) + 1)
        self.class_means_ = _class_means(outcome, np.asarray(self.cuts))
        return outcome

    @property
    def learned_cuts_(self) -> tuple[float, ...]:
        """The cuts that were learned."""
        return tuple(cut for cut, learned in zip(self.cuts, self.learned_, strict=True) if learned)

    def predict_exceedance(self, X: pd.DataFrame) -> Floats:
        """`P(outcome >= cut)`, shape (row, cut), within [0, 1] and never increasing along a row.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            ValueError: if the columns are not those of `fit`, in their order.
        """
        self._check(X)
        whole = np.tile(self.base_rates_, (len(X), 1))
        if self.learned_.any() and len(X):
            whole[:, self.learned_] = self._predict(X)
        for k in range(1, len(self.cuts)):
            if not self.learned_[k] and self.learned_[:k].any():
                whole[:, k] = whole[:, k - 1] * self.base_rates_[k] / self.base_rates_[k - 1]
        never_increasing: Floats = np.minimum.accumulate(np.clip(whole, SMALLEST, 1 - SMALLEST), axis=1)
        return never_increasing

    def contributions(self, X: pd.DataFrame) -> Floats:
        """What each column adds to the log-odds of what is typical, shape (row, cut, column).

        The rest of the log-odds is the answer where all inputs are usual. A cut that was not learned has the
        contributions of the next lower one.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            ValueError: if the columns are not those of `fit`, in their order.
            UnexplainedError: if an estimator of this kind cannot tell.
        """
        self._check(X)
        whole = np.zeros((len(X), len(self.cuts), X.shape[1]))
        if self.learned_.any() and len(X):
            whole[:, self.learned_] = self._contributions(X)
        for k in range(1, len(self.cuts)):
            if not self.learned_[k]:
                whole[:, k] = whole[:, k - 1]
        return whole

    def expected(self, probabilities: Floats) -> Floats:
        """Expected outcome from exceedance probabilities of shape (row, cut), by the class means that were learned."""
        ones, zeros = np.ones((len(probabilities), 1)), np.zeros((len(probabilities), 1))
        of_class = -np.diff(np.hstack([ones, probabilities, zeros]), axis=1)
        mean: Floats = of_class @ self.class_means_
        return mean

    @abstractmethod
    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        """Learns the cuts that have enough events."""

    @abstractmethod
    def _predict(self, X: pd.DataFrame) -> Floats:
        """Probabilities of the learned cuts, shape (row, learned cut)."""

    def _contributions(self, X: pd.DataFrame) -> Floats:
        """What each column adds to the log-odds of the learned cuts, shape (row, learned cut, column)."""
        raise UnexplainedError(f"{type(self).__name__} cannot tell what its answers rest on")

    def _check(self, X: pd.DataFrame) -> None:
        check_is_fitted(self, "learned_")
        if list(X.columns) != self.feature_names_in_:
            raise ValueError(f"fitted on the columns {self.feature_names_in_}, asked with {list(X.columns)}")


def events_at(outcome: Floats, cuts: tuple[float, ...]) -> npt.NDArray[np.bool_]:
    """Whether each outcome reached each cut, shape (row, cut)."""
    reached: npt.NDArray[np.bool_] = outcome[:, None] >= np.asarray(cuts)
    return reached


def log_odds(probabilities: Floats) -> Floats:
    """Log-odds, with probabilities kept away from 0 and 1."""
    clipped = np.clip(probabilities, SMALLEST, 1 - SMALLEST)
    odds: Floats = np.log(clipped / (1 - clipped))
    return odds


def _class_means(outcome: Floats, cuts: Floats) -> Floats:
    """Mean outcome of each class between cuts; an empty class takes the cut below it, the lowest the cut above."""
    of_class = np.searchsorted(cuts, outcome, side="right")
    counts = np.bincount(of_class, minlength=len(cuts) + 1)
    totals = np.bincount(of_class, weights=outcome, minlength=len(cuts) + 1)
    instead = np.concatenate([cuts[:1], cuts])
    means: Floats = np.where(counts > 0, totals / np.maximum(counts, 1), instead)
    return means
