"""The climatology of standard scores: the chance of an index such as the SPI is that of the normal law."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from models.exceedance import Exceedance, Floats


class NormalChance(Exceedance):
    """`P(score >= cut) = 1 - Phi(cut)`, whatever the rows say; nothing is learned."""

    def __init__(self, cuts: tuple[float, ...] = (), *, min_events: int = 0) -> None:
        self.cuts = cuts
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        pass

    def _predict(self, X: pd.DataFrame) -> Floats:
        return np.tile(ndtr(-np.array(self.learned_cuts_)), (len(X), 1))

    def _contributions(self, X: pd.DataFrame) -> Floats:
        return np.zeros((len(X), len(self.learned_cuts_), X.shape[1]))
