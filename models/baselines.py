"""The baselines that every forecast must beat: climatology and persistence, both calibrated on the training years."""

import numpy as np
import pandas as pd
from scipy.special import expit

from models.exceedance import Exceedance, Floats, events_at
from models.logistic import Logistic
from models.season import of_season, seasonal_odds, site_information
from models.terms import gathered


class Climatology(Exceedance):
    """The season and the place: two harmonics and a shrunk offset of each site, on the log-odds.

    Nothing that was observed lately enters.

    Attributes:
        C: inverse strength of the ridge.
    """

    def __init__(self, cuts: tuple[float, ...] = (), *, C: float = 1.0, min_events: int = 20) -> None:
        self.cuts = cuts
        self.C = C
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        self.sites_ = sorted(X.index.unique("site"))
        self.weights_ = seasonal_odds(X, events_at(outcome, self.learned_cuts_), self.sites_, self.C)

    def _predict(self, X: pd.DataFrame) -> Floats:
        probabilities: Floats = expit(of_season(X, self.sites_, self.weights_))
        return probabilities

    def information(self, X: pd.DataFrame) -> Floats:
        """What the rows that it learned from tell of each site's own offset, shape (site, learned cut)."""
        return site_information(X, self.sites_, self.weights_)

    def _contributions(self, X: pd.DataFrame) -> Floats:
        return np.zeros((len(X), len(self.learned_cuts_), X.shape[1]))


class Persistence(Exceedance):
    """What is the case now goes on, with a trust that was learned for each lead; the place and season do not enter.

    Attributes:
        column: name of the feature that says what is the case now.
    """

    def __init__(self, cuts: tuple[float, ...] = (), *, column: str = "", min_events: int = 20) -> None:
        self.cuts = cuts
        self.column = column
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        self.bent_ = bool(not (X[self.column] < 0).any() and X[self.column].max() > 10 * X[self.column].median())
        self.now_ = Logistic(self.learned_cuts_, C=10.0, min_events=self.min_events).fit(self._now(X), outcome)

    def _predict(self, X: pd.DataFrame) -> Floats:
        return self.now_.predict_exceedance(self._now(X))

    def _contributions(self, X: pd.DataFrame) -> Floats:
        of_now = self.now_.contributions(self._now(X))[..., :2].sum(axis=-1, keepdims=True)
        return gathered(of_now, [list(X).index(self.column)], X.shape[1])

    def _now(self, X: pd.DataFrame) -> pd.DataFrame:
        """The present value, bent where a few are far above the others, and how its weight fades with the period."""
        now = np.log1p(np.maximum(X[self.column], 0.0)) if self.bent_ else X[self.column]
        period = X.index.get_level_values("period").to_numpy(float)
        return pd.DataFrame({"now": now, "fading": now / period, "period": period}, index=X.index)
