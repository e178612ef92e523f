"""The guard: it notes what was never seen in training, and keeps an answer from falling where an input is beyond it.

Outside the range of its training a model may do anything. Where more of an input is declared never to lower the risk,
the answer at the nearest input that was seen is a floor: the wettest day ever forecast must not be told as safer than
the one before it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from models.exceedance import Exceedance, Floats

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Outside:
    """An input beyond all that was seen in training.

    Attributes:
        column: name of the feature.
        value: what it is, in the feature's unit.
        low: lowest value in training.
        high: highest value in training.
    """

    column: str
    value: float
    low: float
    high: float


class Guarded(Exceedance):
    """An estimator that knows the range of what it learned from, and has floors beyond it.

    Attributes:
        member: the estimator.
        rising: columns with which the probability never falls.
        falling: columns with which it never rises.
        low_: lowest known value of each column in training; infinite where none was known, shape (column,).
        high_: the highest.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        member: Exceedance,
        rising: tuple[str, ...] = (),
        falling: tuple[str, ...] = (),
        min_events: int = 0,
    ) -> None:
        self.cuts = cuts
        self.member = member
        self.rising = rising
        self.falling = falling
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        values = X.to_numpy(float)
        self.low_ = np.where(np.isnan(values), np.inf, values).min(axis=0)
        self.high_ = np.where(np.isnan(values), -np.inf, values).max(axis=0)
        self.member_ = clone(self.member).set_params(cuts=self.learned_cuts_).fit(X, outcome)

    def _predict(self, X: pd.DataFrame) -> Floats:
        return self.answered(X)[0]

    def _contributions(self, X: pd.DataFrame) -> Floats:
        contributions = self.member_.contributions(X)
        beyond, seen = self._drawn_back(X)
        if beyond.any():
            raised = self.answered(X)[1][beyond]
            contributions[beyond] = np.where(raised[..., None], self.member_.contributions(seen), contributions[beyond])
        return contributions

    def answered(self, X: pd.DataFrame) -> tuple[Floats, Flags]:
        """Probabilities of shape (row, cut), and which of them are those of the floor, same shape."""
        probabilities = self.member_.predict_exceedance(X)
        raised = np.zeros(probabilities.shape, dtype=bool)
        beyond, seen = self._drawn_back(X)
        if beyond.any():
            floor = self.member_.predict_exceedance(seen)
            raised[beyond] = floor > probabilities[beyond]
            probabilities[beyond] = np.maximum(probabilities[beyond], floor)
        return probabilities, raised

    def raised(self, X: pd.DataFrame) -> Flags:
        """Rows of which a floor is the answer to any cut, shape (row,)."""
        beyond, seen = self._drawn_back(X)
        raised = np.zeros(len(X), dtype=bool)
        if beyond.any():
            floor, told = self.member_.predict_exceedance(seen), self.member_.predict_exceedance(X[beyond])
            raised[beyond] = (floor > told).any(axis=1)
        return raised

    def outside(self, X: pd.DataFrame) -> list[list[Outside]]:
        """What of each row lies beyond the range of training, in the order of the columns."""
        found: list[list[Outside]] = [[] for _ in range(len(X))]
        values = X.to_numpy(float)
        for row, column in zip(*np.nonzero((values < self.low_) | (values > self.high_)), strict=True):
            name, value = self.feature_names_in_[column], float(values[row, column])
            low, high = float(self.low_[column]), float(self.high_[column])
            if low <= high:
                found[row].append(Outside(name, value, low, high))
        return found

    def _drawn_back(self, X: pd.DataFrame) -> tuple[Flags, pd.DataFrame]:
        """Which rows go beyond in a declared direction, and these with the input drawn back to the nearest seen."""
        low = np.where([name in self.falling for name in X], self.low_, -np.inf)
        high = np.where([name in self.rising for name in X], self.high_, np.inf)
        values = X.to_numpy(float)
        declared = self.low_ <= self.high_
        beyond: Flags = (declared & ((values > high) | (values < low))).any(axis=1)
        drawn = np.where(declared, np.clip(values[beyond], low, high), values[beyond])
        return beyond, pd.DataFrame(drawn, X.index[beyond], X.columns)
