"""Regimes: one estimator where something is the case, such as a storm near by, and another where it is not."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from models.exceedance import Exceedance, Floats


class Regimes(Exceedance):
    """Fits and asks one estimator for the rows in which a column reaches a threshold, and another for the others.

    Attributes:
        column: name of the column; where it is not known the threshold is not reached.
        threshold: in the column's unit.
        within: the estimator of the rows that reach it.
        without: the estimator of the others; it answers all where none of the learned rows reaches it.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        column: str,
        threshold: float,
        within: Exceedance,
        without: Exceedance,
        min_events: int = 0,
    ) -> None:
        self.cuts = cuts
        self.column = column
        self.threshold = threshold
        self.within = within
        self.without = without
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        reaches = self._reaches(X)
        self.seen_ = bool(reaches.any() and not reaches.all())
        outside = ~reaches if self.seen_ else np.ones(len(X), dtype=bool)
        self.without_ = clone(self.without).set_params(cuts=self.learned_cuts_).fit(X[outside], outcome[outside])
        if self.seen_:
            self.within_ = clone(self.within).set_params(cuts=self.learned_cuts_).fit(X[reaches], outcome[reaches])

    def _predict(self, X: pd.DataFrame) -> Floats:
        found = np.empty((len(X), len(self.learned_cuts_)))
        for member, chosen in self._parts(X):
            found[chosen] = member.predict_exceedance(X[chosen])
        return found

    def _contributions(self, X: pd.DataFrame) -> Floats:
        found = np.zeros((len(X), len(self.learned_cuts_), X.shape[1]))
        for member, chosen in self._parts(X):
            found[chosen] = member.contributions(X[chosen])
        return found

    def _parts(self, X: pd.DataFrame) -> list[tuple[Exceedance, npt.NDArray[np.bool_]]]:
        """Who answers which rows."""
        reaches = self._reaches(X) & self.seen_
        parts = [(self.without_, ~reaches)] + ([(self.within_, reaches)] if self.seen_ else [])
        return [(member, chosen) for member, chosen in parts if chosen.any()]

    def _reaches(self, X: pd.DataFrame) -> npt.NDArray[np.bool_]:
        reaches: npt.NDArray[np.bool_] = X[self.column].to_numpy(float) >= self.threshold
        return reaches
