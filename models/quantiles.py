"""Quantiles of an amount: trees of the quantiles, a generalised Pareto tail above them, and conformal offsets.

Offsets are those of conformalised quantile regression (Romano et al. 2019, arXiv:1905.03222), each quantile by itself
and in its own width, learned for each season, period and step of the ladder from predictions of times later than any
that the trees had seen. Above the highest of them the excess, in the same width, follows one generalised Pareto law
(Coles 2001, chapter 4, doi:10.1007/978-1-4471-3675-0).
"""

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost
from sklearn.base import BaseEstimator

from models.blend import positions
from models.climate_law import tail_of
from models.exceedance import Floats
from models.ladder import periods_told, steps_of
from models.season import quarters

Flags = npt.NDArray[np.bool_]
LEARNED = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)
LEVELS = (*LEARNED, 0.99)
COVERED = 0.9
_MEDIAN, _HIGH = LEARNED.index(0.5), LEARNED.index(0.95)
_ATOM_SHARE, _NARROWEST, _TAIL_SHAPE, _RARE = 0.02, 0.02, 0.05, 1e-9
_LEARNED_SHARE, _FULL_WEIGHT, _FEWEST = 0.65, 20.0, 20


class Quantiles(BaseEstimator):
    """Quantiles of the severity of an outcome at `LEVELS`, never falling with the level.

    Where many outcomes are the lowest one, as on days without rain, these are spread below it by chance, so that all
    that is learned and measured is of a law without steps (randomised probability integral transform: Smith 1985,
    doi:10.1002/for.3980040305); what is told is never below the lowest.

    Attributes:
        gap_days: days left out between what the trees learn and what the offsets are learned from.
        forecasts: columns that forecasts of others tell.
        surveillance: columns that reports and samples tell.
        archived: all columns that something in the archive tells.
        rising: columns with which no quantile falls.
        falling: columns with which none rises.
        rows: of each stretch of time so many rows are learned from, taken by chance.
        rounds: number of boosting rounds.
        max_depth: depth of the trees.
        learning_rate: shrinkage of each round.
        hidden: share of the issue times in which a silent source is played, for each step of the ladder.
        seed: of all that is taken by chance.
        lowest_: the lowest outcome, where many are; minus infinity elsewhere.
        offsets_: in widths, for each step of the ladder shape (period, quarter, level).
        covered_: share of later outcomes within the interval, by quarter and then over all, shape (5,), NaN where none
            was asked about; of the second half of the later times, with offsets learned from the first half.
    """

    def __init__(
        self,
        *,
        gap_days: int = 0,
        forecasts: tuple[str, ...] = (),
        surveillance: tuple[str, ...] = (),
        archived: tuple[str, ...] = (),
        rising: tuple[str, ...] = (),
        falling: tuple[str, ...] = (),
        rows: int = 40_000,
        rounds: int = 80,
        max_depth: int = 4,
        learning_rate: float = 0.1,
        hidden: float = 0.1,
        seed: int = 0,
    ) -> None:
        self.gap_days = gap_days
        self.forecasts = forecasts
        self.surveillance = surveillance
        self.archived = archived
        self.rising = rising
        self.falling = falling
        self.rows = rows
        self.rounds = rounds
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.hidden = hidden
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike) -> Self:
        """Learns from questions with known outcomes.

        Args:
            X: rows of a hazard's `ask`, with their index.
            y: severities, shape (n,); none is NaN.

        Raises:
            ValueError: if the record is too short to predict later times from earlier ones.
        """
        severity, random = np.asarray(y, dtype=float), np.random.default_rng(self.seed)
        self.periods_ = [int(number) for number in np.unique(X.index.get_level_values("period"))]
        self.typical_ = max(float(severity.std()), _RARE)
        at_lowest = severity == severity.min()
        self.lowest_ = float(severity.min()) if at_lowest.mean() > _ATOM_SHARE else -np.inf
        if np.isfinite(self.lowest_) and not at_lowest.all():
            reach = float(np.median(severity[~at_lowest])) - self.lowest_
            severity = np.where(at_lowest, severity - reach * random.random(len(severity)), severity)
        self.silent_ = {
            step: list(columns)
            for step, columns in (("no_forecast_weather", self.forecasts), ("no_surveillance", self.surveillance))
            if columns and X[list(columns)].notna().any(axis=None)
        }
        self.heard_ = {step: periods_told(X, columns) for step, columns in self.silent_.items()}
        early, first, second = (self._some(flags, random) for flags in self._stretches(X))
        later = np.concatenate([first, second])
        self.booster_ = self._grown(X.iloc[early], severity[early])
        self.offsets_ = self._offsets(X.iloc[first], severity[first])
        self.covered_ = self._covered(X.iloc[second], severity[second])
        self.offsets_ = self._offsets(X.iloc[later], severity[later])
        raw, width = self._raw(X.iloc[later])
        excess = (severity[later] - self._moved(X.iloc[later], raw, width)[:, _HIGH]) / width
        self.tail_ = tail_of(np.ones((int((excess > 0).sum()), 1)), excess[excess > 0], _TAIL_SHAPE)
        return self

    def _some(self, chosen: Flags, random: np.random.Generator) -> npt.NDArray[np.int64]:
        """Where so many of the chosen rows stand as are learned from, taken by chance, in their order."""
        places = np.flatnonzero(chosen)
        return np.sort(random.choice(places, min(self.rows, len(places)), replace=False))

    def predict(self, X: pd.DataFrame) -> Floats:
        """Quantiles, shape (row, level), in the unit of severity."""
        raw, width = self._raw(X)
        learned = self._moved(X, raw, width)
        shape, log_scale = self.tail_
        rise = np.exp(log_scale) / shape * (((1 - LEARNED[-1]) / (1 - LEVELS[-1])) ** shape - 1)
        whole = np.column_stack([learned, learned[:, _HIGH] + width * rise])
        told: Floats = np.maximum(whole, self.lowest_)
        return told

    def _stretches(self, X: pd.DataFrame) -> tuple[Flags, Flags, Flags]:
        """Which rows the trees learn from, and which are of the first and of the second half of the later times."""
        times = pd.DatetimeIndex(X.index.get_level_values("issue_time"))
        distinct, gap = times.unique().sort_values(), pd.Timedelta(days=self.gap_days)
        start = distinct[int(_LEARNED_SHARE * len(distinct))]
        middle = distinct[int((1 + _LEARNED_SHARE) / 2 * len(distinct))]
        early, first, second = times < start - gap, (times >= start) & (times < middle), times >= middle
        if min(early.sum(), first.sum(), second.sum()) < _FEWEST:
            raise ValueError(
                f"quantiles are learned from {_FEWEST} questions or more, {self.gap_days} days before others on which "
                f"they are measured: {len(distinct)} issue times from {distinct[0]} to {distinct[-1]} are too few"
            )
        return np.asarray(early), np.asarray(first), np.asarray(second)

    def _grown(self, X: pd.DataFrame, severity: Floats) -> bytes:
        random = np.random.default_rng(self.seed)
        number, times = pd.factorize(X.index.get_level_values("issue_time"))
        shown = X.copy()
        for hidden in self._steps().values():
            silent = (random.random(len(times)) < self.hidden)[number]
            shown.loc[silent, hidden] = np.nan
        training = xgboost.QuantileDMatrix(shown.to_numpy(np.float32), severity)
        parameters = {
            "objective": "reg:quantileerror",
            "quantile_alpha": list(LEARNED),
            "tree_method": "hist",
            "max_depth": self.max_depth,
            "learning_rate": self.learning_rate,
            "min_child_weight": min(50.0, len(X) / 50),
            "subsample": 0.6,
            "monotone_constraints": tuple(int(name in self.rising) - int(name in self.falling) for name in X),
            "seed": self.seed,
            "nthread": 1,
        }
        return bytes(xgboost.train(parameters, training, self.rounds).save_raw("ubj"))

    def _raw(self, X: pd.DataFrame) -> tuple[Floats, Floats]:
        """Quantiles before the offsets, shape (row, learned level), and the width that offsets are told in, (row,)."""
        trees = xgboost.Booster(model_file=bytearray(self.booster_))
        told = trees.inplace_predict(X.to_numpy(np.float32))
        raw = np.sort(np.asarray(told, dtype=float).reshape(len(X), len(LEARNED)), axis=1)  # of no rows it is flat
        return raw, np.maximum(raw[:, _HIGH] - raw[:, _MEDIAN], _NARROWEST * self.typical_)

    def _moved(self, X: pd.DataFrame, raw: Floats, width: Floats) -> Floats:
        """The learned quantiles with their offsets, shape (row, learned level)."""
        period, quarter = self._period(X), quarters(X)
        steps = steps_of(X, self.silent_, self.heard_, self.archived)
        moved = np.empty_like(raw)
        for step in np.unique(steps):
            of = steps == step
            moved[of] = raw[of] + width[of, None] * self.offsets_[step][period[of], quarter[of]]
        return np.sort(moved, axis=1)

    def _offsets(self, X: pd.DataFrame, severity: Floats) -> dict[str, Floats]:
        """What brings the share of outcomes below each quantile to its level, in widths.

        A group of few issue times is drawn to the whole of its period.
        """
        period, quarter, times = self._period(X), quarters(X), X.index.get_level_values("issue_time")
        offsets = {}
        for step, hidden in self._steps().items():
            raw, width = self._raw(X.assign(**dict.fromkeys(hidden, np.nan)))
            errors = (severity[:, None] - raw) / width[:, None]
            of_step = np.zeros((len(self.periods_), 4, len(LEARNED)))
            for p, q in np.ndindex(of_step.shape[:2]):
                of_group, count = (period == p) & (quarter == q), 0
                whole = _at_levels(errors[period == p])
                if of_group.any():
                    count = len(times[of_group].unique())
                    trust = count / (count + _FULL_WEIGHT)
                    whole = trust * _at_levels(errors[of_group]) + (1 - trust) * whole
                of_step[p, q] = whole
            offsets[step] = of_step
        return offsets

    def _covered(self, X: pd.DataFrame, severity: Floats) -> Floats:
        told = self._moved(X, *self._raw(X))
        within = (severity > told[:, 0]) & (severity <= told[:, _HIGH])
        quarter = quarters(X)
        of = [quarter == q for q in range(4)]
        return np.array([within[chosen].mean() if chosen.any() else np.nan for chosen in (*of, np.full(len(X), True))])

    def _steps(self) -> dict[str, list[str]]:
        """The steps of the ladder that can be taken, each with the columns that are silent then."""
        lowest = {"climatology": list(self.archived)} if self.archived else {}
        return {"full": [], **self.silent_, **lowest}

    def _period(self, X: pd.DataFrame) -> npt.NDArray[np.int64]:
        return positions(X, self.periods_)


def _at_levels(errors: Floats) -> Floats:
    """The quantile of each column at its level; errors have shape (row, learned level)."""
    found = [np.quantile(column, level) for column, level in zip(errors.T, LEARNED, strict=True)]
    return np.array(found)
