"""The climatology of an outcome whose law is known beforehand: nothing is learned."""

from abc import abstractmethod

import numpy as np
import pandas as pd

from models.exceedance import Exceedance, Floats


class KnownChance(Exceedance):
    """The same chance of each cut, whatever the rows say."""

    def __init__(self, cuts: tuple[float, ...] = (), *, min_events: int = 0) -> None:
        self.cuts = cuts
        self.min_events = min_events

    @abstractmethod
    def _chance(self, cuts: Floats) -> Floats:
        """`P(outcome >= cut)` of each cut."""

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        pass

    def _predict(self, X: pd.DataFrame) -> Floats:
        return np.tile(self._chance(np.array(self.learned_cuts_)), (len(X), 1))

    def _contributions(self, X: pd.DataFrame) -> Floats:
        return np.zeros((len(X), len(self.learned_cuts_), X.shape[1]))
