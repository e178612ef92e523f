"""An equal pool: the mean of what several estimators say, in log-odds.

Where a record holds too few events to learn weights from, equal ones do best; weights that are learned add their own
error (Smith and Wallis 2009, doi:10.1111/j.1468-0084.2008.00541.x).
"""

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import clone

from models.exceedance import Exceedance, Floats, log_odds


class EqualPool(Exceedance):
    """Fits several estimators to the same rows and answers with the mean of their log-odds.

    Attributes:
        members: the estimators.
    """

    def __init__(self, cuts: tuple[float, ...] = (), *, members: tuple[Exceedance, ...], min_events: int = 0) -> None:
        self.cuts = cuts
        self.members = members
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        self.members_ = [clone(member).set_params(cuts=self.learned_cuts_).fit(X, outcome) for member in self.members]

    def _predict(self, X: pd.DataFrame) -> Floats:
        pooled: Floats = expit(np.mean([log_odds(member.predict_exceedance(X)) for member in self.members_], axis=0))
        return pooled

    def _contributions(self, X: pd.DataFrame) -> Floats:
        mean: Floats = np.mean([member.contributions(X) for member in self.members_], axis=0)
        return mean
