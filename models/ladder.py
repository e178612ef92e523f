"""The ladder of fallbacks: who answers a question when a whole source is silent.

Four steps: `full`, the hazard's own model; `no_forecast_weather` and `no_surveillance`, where nothing is known of what
forecasts of others, or reports and samples, tell; `climatology`, where nothing at all is known. A step is taken for
each row by itself, and only for a source that was known when the model learned, in the same period: what is never told
of the third week is not missed there. A model reads the typical value of its inputs into a gap; where forecasts of rain
are gone, it forecasts worse than the climatology then. So the lower steps are shallow trees on the climatology that
never saw the silent source, unless the model loses little by the gap and is clearly better all the same, as where the
silent source matters little.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from models.baselines import Climatology
from models.boosted import Boosted
from models.columns import evenly_thinned
from models.exceedance import Exceedance, Floats, events_at, log_odds
from models.terms import gathered

Step = Literal["full", "no_forecast_weather", "no_surveillance", "climatology"]
STEPS: tuple[Step, ...] = ("full", "no_forecast_weather", "no_surveillance", "climatology")
_ROWS, _ROWS_TO_COMPARE = 500_000, 100_000
_FORECASTS_HIDDEN = 0.2
_CLEARLY_BETTER = 0.98


class Ladder(Exceedance):
    """A model and what answers in its place.

    Where surveillance is silent, forecasts may be so too: that step learns with forecasts hidden in a fifth of the
    issue times. Other gaps are the business of who answers.

    Attributes:
        full: the hazard's own model, which answers where no source is silent.
        climatology: the estimator of what season and place alone tell; `Climatology()` for None.
        forecasts: columns that forecasts of others tell.
        surveillance: columns that reports and samples tell.
        archived: all columns that something in the archive tells, the above among them.
        rising: columns with which the probability never falls.
        falling: columns with which it never rises.
        rows: the lower steps learn from about so many rows, of issue times evenly apart.
        lower_: the trees of each lower step that can be taken; None where the model itself answers, gap and all.
        heard_: the periods in which each step's source was known while learning.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        full: Exceedance,
        climatology: Exceedance | None = None,
        forecasts: tuple[str, ...] = (),
        surveillance: tuple[str, ...] = (),
        archived: tuple[str, ...] = (),
        rising: tuple[str, ...] = (),
        falling: tuple[str, ...] = (),
        rows: int = _ROWS,
        min_events: int = 0,
    ) -> None:
        self.cuts = cuts
        self.full = full
        self.climatology = climatology
        self.forecasts = forecasts
        self.surveillance = surveillance
        self.archived = archived
        self.rising = rising
        self.falling = falling
        self.rows = rows
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        cuts = self.learned_cuts_
        self.full_ = clone(self.full).set_params(cuts=cuts).fit(X, outcome)
        climatology = Climatology() if self.climatology is None else clone(self.climatology)
        self.climatology_ = climatology.set_params(cuts=cuts).fit(X, outcome)
        self.lower_: dict[str, Boosted | None] = {}
        self.heard_: dict[str, list[int]] = {}
        thin = evenly_thinned(X, self.rows)
        margin = log_odds(self.climatology_.predict_exceedance(X[thin]))
        for step, silent in (("no_forecast_weather", self.forecasts), ("no_surveillance", self.surveillance)):
            heard = [name for name in self.archived if name not in silent]
            told_of = periods_told(X, silent)
            if heard and told_of:
                self.heard_[step] = told_of
                hidden = tuple(name for name in self.forecasts if name in heard)
                trees = self._trees((hidden,) if hidden else ()).set_params(cuts=cuts)
                trees.fit_from(margin, X[thin].drop(columns=list(silent)), outcome[thin])
                self.lower_[step] = self._the_better(trees, margin, X[thin], silent, outcome[thin])

    def _the_better(
        self, trees: Boosted, margin: Floats, X: pd.DataFrame, silent: tuple[str, ...], outcome: Floats
    ) -> Boosted | None:
        """The trees, or None where the model with the source hidden has clearly less log loss on what both learned."""
        some = evenly_thinned(X, _ROWS_TO_COMPARE)
        events = events_at(outcome[some], self.learned_cuts_)
        of_model = self.full_.predict_exceedance(X[some].assign(**dict.fromkeys(silent, np.nan)))
        of_trees = trees.predict_from(margin[some], X.loc[some, trees.feature_names_in_])
        return None if _nats(of_model, events) < _CLEARLY_BETTER * _nats(of_trees, events) else trees

    def _trees(self, dropped: tuple[tuple[str, ...], ...]) -> Boosted:
        return Boosted(
            max_depth=2,
            rounds=60,
            learning_rate=0.08,
            rising=self.rising,
            falling=self.falling,
            dropped=dropped,
            dropout=_FORECASTS_HIDDEN,
        )

    def _predict(self, X: pd.DataFrame) -> Floats:
        steps = self.steps(X)
        probabilities = np.empty((len(X), len(self.learned_cuts_)))
        for step in np.unique(steps):
            chosen = steps == step
            probabilities[chosen] = self.at_step(step, X[chosen])
        return probabilities

    def at_step(self, step: str, X: pd.DataFrame) -> Floats:
        """Probabilities as one step gives them, shape (row, cut)."""
        if step == "full":
            return self.full_.predict_exceedance(X)
        climate = self.climatology_.predict_exceedance(X)
        if step == "climatology":
            return climate
        trees = self.lower_[step]
        if trees is None:
            return self.full_.predict_exceedance(X)
        return trees.predict_from(log_odds(climate), X[trees.feature_names_in_])

    def _contributions(self, X: pd.DataFrame) -> Floats:
        steps = self.steps(X)
        contributions = np.zeros((len(X), len(self.learned_cuts_), X.shape[1]))
        for step, trees in {"full": None, **self.lower_}.items():
            chosen = steps == step
            if not chosen.any():
                continue
            if trees is None:
                contributions[chosen] = self.full_.contributions(X[chosen])
            else:
                read = [list(X).index(name) for name in trees.feature_names_in_]
                contributions[chosen] = gathered(trees.corrections(X.iloc[chosen, read]), read, X.shape[1])
        return contributions

    def steps(self, X: pd.DataFrame) -> npt.NDArray[np.str_]:
        """The step that answers each row, shape (row,)."""
        silent = {"no_forecast_weather": self.forecasts, "no_surveillance": self.surveillance}
        held = {step: columns for step, columns in silent.items() if step in self.lower_}
        return steps_of(X, held, self.heard_, self.archived)


def periods_told(X: pd.DataFrame, columns: Sequence[str]) -> list[int]:
    """The periods of which any of some columns tells anything in any row."""
    told = X[list(columns)].notna().any(axis=1).to_numpy()
    return [int(number) for number in np.unique(X.index.get_level_values("period")[told])]


def steps_of(
    X: pd.DataFrame,
    silent: Mapping[str, Sequence[str]],
    heard: Mapping[str, Sequence[int]],
    archived: Sequence[str],
) -> npt.NDArray[np.str_]:
    """The step that answers each row, shape (row,).

    Args:
        X: rows of a hazard's `ask`.
        silent: for each lower step the columns of which none is known then, the last to hold.
        heard: for each of them the periods of which those columns ever told; in others nobody misses them.
        archived: all columns that something in the archive tells; the climatology answers where none is known.
    """
    known, period = X.notna(), X.index.get_level_values("period")
    steps = np.full(len(X), "full", dtype="U20")
    for step, columns in silent.items():
        missed = ~known[list(columns)].any(axis=1).to_numpy() & np.asarray(period.isin(heard[step]))
        steps[missed] = step
    if archived:
        steps[~known[list(archived)].any(axis=1).to_numpy()] = "climatology"
    return steps


def _nats(probabilities: Floats, events: npt.NDArray[np.bool_]) -> float:
    odds = log_odds(probabilities)
    return float((np.logaddexp(0, odds) - events * odds).mean())
