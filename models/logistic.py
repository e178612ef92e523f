"""Logistic regression of exceedance probabilities, one for each cut, on tamed and imputed features."""

from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from models.columns import gaps_flagged, places
from models.exceedance import Exceedance, Floats, events_at
from models.terms import gathered, with_flags


class Taming(TransformerMixin, BaseEstimator):
    """Centres on the median, scales by the spread and bends the tails: arcsinh((x - median) / spread).

    Near the median it is linear, far out logarithmic, so that one storm does not rule the fit and a stronger one still
    counts for more. The spread is the interquartile range, or the standard deviation where that is zero. NaN stays NaN.
    """

    def fit(self, X: Floats, y: object = None) -> Self:
        """Learns median and spread of each column; a column that is all NaN or constant gets spread 1."""
        columns = np.asarray(X, dtype=float)
        empty = np.isnan(columns).all(axis=0)
        shown = np.where(empty, 0.0, columns)
        low, self.median_, high = np.nanquantile(shown, [0.25, 0.5, 0.75], axis=0)
        deviation = np.nanstd(shown, axis=0)
        spread = np.where(high > low, high - low, deviation)
        self.spread_ = np.where(spread > 0, spread, 1.0)
        return self

    def transform(self, X: Floats) -> Floats:
        """Bends the columns."""
        bent: Floats = np.arcsinh((np.asarray(X, dtype=float) - self.median_) / self.spread_)
        return bent


class Logistic(Exceedance):
    """Ridge logistic regression per cut; a missing feature counts as its median and raises a flag of its own.

    Attributes:
        columns: prefixes of the columns it reads; all of them for None.
        C: inverse strength of the ridge.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        columns: tuple[str, ...] | None = None,
        C: float = 1.0,
        min_events: int = 20,
    ) -> None:
        self.cuts = cuts
        self.columns = columns
        self.C = C
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        self.preparation_ = make_pipeline(Taming(), gaps_flagged()).fit(self._chosen(X))
        prepared = self._prepared(X)
        self.typical_ = prepared.mean(axis=0)
        regression = LogisticRegression(C=self.C, solver="newton-cholesky", max_iter=200)
        self.regressions_ = [
            clone(regression).fit(prepared, event) for event in events_at(outcome, self.learned_cuts_).T
        ]

    def _predict(self, X: pd.DataFrame) -> Floats:
        prepared = self._prepared(X)
        return np.column_stack([fitted.predict_proba(prepared)[:, 1] for fitted in self.regressions_])

    def _contributions(self, X: pd.DataFrame) -> Floats:
        unlike = self._prepared(X) - self.typical_
        weights = np.concatenate([fitted.coef_ for fitted in self.regressions_])
        origin = with_flags(self._positions(X), self.preparation_[-1])
        return gathered(unlike[:, None, :] * weights, origin, X.shape[1])

    def _chosen(self, X: pd.DataFrame) -> Floats:
        return X.to_numpy(float)[:, self._positions(X)]

    def _positions(self, X: pd.DataFrame) -> list[int]:
        return places(X, ("",) if self.columns is None else self.columns)

    def _prepared(self, X: pd.DataFrame) -> Floats:
        preparation: Pipeline = self.preparation_
        return np.asarray(preparation.transform(self._chosen(X)), dtype=float)
