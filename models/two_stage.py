"""Two stages: how an event answers to its driver, and what the driver will do.

`P(event) = sum over bins of the driver of P(event | driver, state of the place) P(driver in the bin | forecasts)`. The
first stage, the response, is learned from all past days with what was measured then, and needs no forecast. Fed with
forecasts as if they were measurements it would be a perfect prognosis, too sure of itself and biased with the
forecasts; so it is never fed with a forecast, but integrated over the law of the forecast's error, the second stage,
which is learned on forecasts as they were issued. Law of total probability over the driver, as in Krzysztofowicz 1999,
doi:10.1029/1999WR900099.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from models.blend import positions
from models.columns import evenly_thinned, gaps_flagged, places, standardised
from models.exceedance import Exceedance, Floats, events_at, log_odds
from models.hindsight import told_later
from models.logistic import Taming
from models.response import Response, chance
from models.terms import from_score, gathered, with_flags

_NO_CHANGE = 1e-12


class TwoStage(Exceedance):
    """A response to the driver, integrated over the law of the driver given the forecasts.

    What the driver did on a past day, and the state of the ground on its morning, are read from later questions
    (`models.hindsight`); the state is foreseen by a linear regression for each period ahead. Where no later question
    tells of at least `min_events` events, as where it is not asked every day, only the base rate is known.

    Attributes:
        law: the estimator of `P(driver >= value)`, with its values as cuts; it reads forecasts as they were issued.
        driver: name of the column that tells of the day before the issue day what the driver did.
        ground: names of columns that tell the state on the issue day; they may look back, never ahead.
        foresight: prefixes of the columns from which that state is foreseen for the mornings ahead.
        place: prefixes of columns that hold for all days.
        ridge: of the response.
        rows: the law learns from about so many rows, of issue times evenly apart.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        law: Exceedance,
        driver: str,
        ground: tuple[str, ...] = (),
        foresight: tuple[str, ...] = (),
        place: tuple[str, ...] = (),
        ridge: float = 1.0,
        rows: int = 1_500_000,
        min_events: int = 20,
    ) -> None:
        self.cuts = cuts
        self.law = law
        self.driver = driver
        self.ground = ground
        self.foresight = foresight
        self.place = place
        self.ridge = ridge
        self.rows = rows
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        driver, ground = told_later(X, [self.driver], days=1)[:, 0], told_later(X, self.ground, days=0)
        came = np.isfinite(driver)
        period = X.index.get_level_values("period").to_numpy()
        of_day = (period == period.min()) & came & np.isfinite(ground).all(axis=1)
        events = events_at(outcome, self.learned_cuts_)
        self.told_ = bool((events[of_day].sum(axis=0) >= max(self.min_events, 1)).all())
        if not self.told_:
            return
        enough = came & evenly_thinned(X, self.rows)
        self.law_ = clone(self.law).fit(X[enough], driver[enough])
        self.tamed_ = Taming().fit(ground[of_day])
        self.placed_ = standardised().fit(self._at(X[of_day], self.place))
        self._learn_foresight(X, self.tamed_.transform(ground), period)
        state = np.hstack(
            [self.tamed_.transform(ground[of_day]), self.placed_.transform(self._at(X[of_day], self.place))]
        )
        known = np.column_stack([np.maximum(driver[of_day], 0.0), state])
        self.responses_ = [Response(ridge=self.ridge).fit(known, event) for event in events[of_day].T]

    def _learn_foresight(self, X: pd.DataFrame, ground: Floats, period: npt.NDArray[np.int64]) -> None:
        self.periods_ = [int(number) for number in np.unique(period)]
        told = np.isfinite(ground).all(axis=1)
        self.foresights_, self.usual_ = [], []
        for number in self.periods_:
            of_period = told & (period == number)
            foresight = make_pipeline(Taming(), gaps_flagged(), LinearRegression())
            seen = self._at(X[of_period], self.foresight)
            self.foresights_.append(foresight.fit(seen, ground[of_period]))
            self.usual_.append(foresight[:-1].transform(seen).mean(axis=0))

    def _predict(self, X: pd.DataFrame) -> Floats:
        if not self.told_:
            return np.tile(self.base_rates_[self.learned_], (len(X), 1))
        reached, state = self.law_.predict_exceedance(X), self._foreseen(X)
        return np.column_stack(
            [self._integrated(response, response.of_state(state), reached) for response in self.responses_]
        )

    def _integrated(self, response: Response, of_state: Floats, reached: Floats) -> Floats:
        """The response over the bins of the driver, shape (n,)."""
        lowest, rises = self._bins(response, of_state)
        return lowest + np.einsum("rd,rd->r", rises, reached)

    def _bins(self, response: Response, of_state: Floats) -> tuple[Floats, Floats]:
        """The response in the lowest bin, shape (n,), and by how much it rises at each value, shape (n, value)."""
        values = np.asarray(self.law_.cuts)
        middles = np.concatenate([values[:1] / 4, np.sqrt(values[:-1] * values[1:]), values[-1:]])
        in_bins = chance(of_state[:, None] + response.of_driver(middles))
        return in_bins[:, 0], np.diff(in_bins, axis=1)

    def _foreseen(self, X: pd.DataFrame) -> Floats:
        """The state on the morning of the period's first day as it is foreseen, shape (n, state)."""
        position, seen = positions(X, self.periods_), self._at(X, self.foresight)
        ground = np.empty((len(X), len(self.ground)))
        for k, foresight in enumerate(self.foresights_):
            if (of_period := position == k).any():
                ground[of_period] = foresight.predict(seen[of_period])
        return np.hstack([ground, self.placed_.transform(self._at(X, self.place))])

    def _contributions(self, X: pd.DataFrame) -> Floats:
        contributions = np.zeros((len(X), len(self.learned_cuts_), X.shape[1]))
        if not self.told_:
            return contributions
        reached, state, told = self.law_.predict_exceedance(X), self._foreseen(X), self.law_.contributions(X)
        usually = expit(log_odds(reached) - told.sum(axis=-1))
        for k, response in enumerate(self.responses_):
            of_ground = self._of_ground(X, response)
            usual = response.of_state(state) - of_ground.sum(axis=1)

            def given(log_rate: Floats, response: Response = response) -> Floats:
                return self._integrated(response, log_rate[:, 0], reached)[:, None]

            contributions[:, k] = from_score(of_ground, usual[:, None], given)[:, 0]
            contributions[:, k] += self._of_driver(response, usual, usually, reached, told)
        return contributions

    def _of_ground(self, X: pd.DataFrame, response: Response) -> Floats:
        """What each column adds to the log rate by the state, against what is usual, shape (n, column)."""
        position, seen, n_ground = positions(X, self.periods_), self._at(X, self.foresight), len(self.ground)
        placed = self.placed_.transform(self._at(X, self.place)) * response.weights_[n_ground:]
        added = gathered(placed, with_flags(places(X, self.place), self.placed_[0]), X.shape[1])
        for k, (foresight, usual) in enumerate(zip(self.foresights_, self.usual_, strict=True)):
            if (of_period := position == k).any():
                weights = response.weights_[:n_ground] @ foresight[-1].coef_
                parts = (foresight[:-1].transform(seen[of_period]) - usual) * weights
                origin = with_flags(places(X, self.foresight), foresight[1])
                added[of_period] += gathered(parts, origin, X.shape[1])
        return added

    def _of_driver(
        self, response: Response, of_state: Floats, usually: Floats, reached: Floats, told: Floats
    ) -> Floats:
        """What each column adds to the log-odds by the law of the driver, shape (n, column).

        The probability is a sum over the values of the driver; the change of each of its terms is shared out as the
        law shares out the change of its log-odds there, of shape (n, value, column) in `told`.
        """
        lowest, rises = self._bins(response, of_state)
        whole = told.sum(axis=-1, keepdims=True)
        share = told / np.where(np.abs(whole) > _NO_CHANGE, whole, np.inf)
        parts = np.einsum("rd,rdc->rc", rises * (reached - usually), share)
        before = lowest + np.einsum("rd,rd->r", rises, usually)
        change = parts.sum(axis=1)
        changed = np.abs(change) > _NO_CHANGE
        rate = (log_odds(before + change) - log_odds(before)) / np.where(changed, change, 1.0)
        added: Floats = np.where(changed, rate, 0.0)[:, None] * parts
        return added

    @staticmethod
    def _at(X: pd.DataFrame, prefixes: tuple[str, ...]) -> Floats:
        return X.to_numpy(float)[:, places(X, prefixes)]
