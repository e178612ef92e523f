"""The climatology of percentiles: the chance of a class is what its bounds say, 67 % above the lower tercile."""

import numpy as np
import pandas as pd

from models.exceedance import Exceedance, Floats


class ClassChance(Exceedance):
    """`P(percentile >= cut) = 1 - cut / 100`, whatever the rows say; nothing is learned."""

    def __init__(self, cuts: tuple[float, ...] = (), *, min_events: int = 0) -> None:
        self.cuts = cuts
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        pass

    def _predict(self, X: pd.DataFrame) -> Floats:
        return np.tile(1 - np.array(self.learned_cuts_) / 100, (len(X), 1))

    def _contributions(self, X: pd.DataFrame) -> Floats:
        return np.zeros((len(X), len(self.learned_cuts_), X.shape[1]))
