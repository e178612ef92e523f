"""Published rules, for hazards of which a province has no outcomes yet: they learn nothing and are marked as rules."""

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.feature import AnyFeature
from models.exceedance import Exceedance, Floats
from models.targets import Sense

Flags = npt.NDArray[np.bool_]
Condition = tuple[str, Sense, float]
Clause = tuple[int, float, tuple[Condition, ...]]


class Rule(Exceedance):
    """Thresholds that somebody published: where all conditions of a clause hold, it tells the chance of an event.

    A chance of 1 says that the condition of the rule is met, and 0 that it is not; it is what the rule says, not a
    probability that anybody verified. Where an input is missing and could change the answer, the answer is NaN.

    Attributes:
        clauses: each says how many cuts are reached, the mildest first, with what chance, and where: conditions on
            columns, `(column, "at_least" or "at_most", bound)`, all of which must hold. The highest chance counts.
        reference: where the rule is published.
    """

    def __init__(
        self, cuts: tuple[float, ...] = (), *, clauses: tuple[Clause, ...], reference: str, min_events: int = 0
    ) -> None:
        self.cuts = cuts
        self.clauses = clauses
        self.reference = reference
        self.min_events = min_events

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that its conditions read, in order of first use."""
        return tuple(dict.fromkeys(column for _, _, conditions in self.clauses for column, _, _ in conditions))

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike | None = None) -> Self:
        """Notes the columns; there is nothing to learn."""
        self.feature_names_in_ = list(X.columns)
        self.learned_ = np.ones(len(self.cuts), dtype=bool)
        self.class_means_ = np.full(len(self.cuts) + 1, np.nan)
        return self

    def predict_exceedance(self, X: pd.DataFrame) -> Floats:
        """What the rule says, shape (row, cut); NaN in rows where a missing input could change it."""
        if list(X.columns) != self.feature_names_in_:
            raise ValueError(f"made for the columns {self.feature_names_in_}, asked with {list(X.columns)}")
        return self._predict(X)

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        """Nothing is learned."""

    def _predict(self, X: pd.DataFrame) -> Floats:
        told, possible = np.zeros((2, len(X), len(self.cuts)))
        for reached, chance, conditions in self.clauses:
            holds, may_hold = _all_hold(X, conditions)
            told[:, :reached] = np.maximum(told[:, :reached], chance * holds[:, None])
            possible[:, :reached] = np.maximum(possible[:, :reached], chance * may_hold[:, None])
        told[(told != possible).any(axis=1)] = np.nan
        return told


def at_least(feature: AnyFeature, bound: float) -> Condition:
    """The condition that a feature is at least a bound, in the feature's unit."""
    return (feature.name, "at_least", bound)


def at_most(feature: AnyFeature, bound: float) -> Condition:
    """The condition that a feature is at most a bound, in the feature's unit."""
    return (feature.name, "at_most", bound)


def _all_hold(X: pd.DataFrame, conditions: tuple[Condition, ...]) -> tuple[Flags, Flags]:
    """Whether all conditions are known to hold, and whether none is known not to, both shape (row,)."""
    holds, may_hold = np.ones((2, len(X)), dtype=bool)
    for column, sense, bound in conditions:
        values = X[column].to_numpy(float)
        met = values >= bound if sense == "at_least" else values <= bound
        holds &= met
        may_hold &= met | np.isnan(values)
    return holds, may_hold
