"""The climatology of percentiles as the past years of the month and site had them, read from the rows."""

import numpy as np
import pandas as pd

from models.exceedance import Exceedance, Floats


class PastShares(Exceedance):
    """`P(percentile >= cut)` is the share that the rows tell of it, see `features/class_shares.py`; nothing is learned.

    Where a share is not known the chance is what the bounds of the class say.

    Attributes:
        columns: of each cut, the cut and the name of the column that tells its share.
    """

    def __init__(
        self, cuts: tuple[float, ...] = (), *, columns: tuple[tuple[float, str], ...] = (), min_events: int = 0
    ) -> None:
        self.cuts = cuts
        self.columns = columns
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        named = dict(self.columns)
        self.read_ = [named[cut] for cut in self.learned_cuts_]

    def _predict(self, X: pd.DataFrame) -> Floats:
        told = X[self.read_].to_numpy(float)
        return np.where(np.isnan(told), 1 - np.array(self.learned_cuts_) / 100, told)

    def _contributions(self, X: pd.DataFrame) -> Floats:
        return np.zeros((len(X), len(self.learned_cuts_), X.shape[1]))
