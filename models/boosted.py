"""Boosted trees of exceedance probabilities: one xgboost model for all cuts, kept in xgboost's own format."""

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost
from sklearn.base import clone

from models.exceedance import Exceedance, Floats, events_at, log_odds

_ROWS_WORTH_A_THREAD = 20_000


class Boosted(Exceedance):
    """Gradient-boosted trees on the log-odds, started from a backbone or from the base rates.

    Events are never re-weighted: the probabilities would not be right any more
    (xgboost, "Notes on Parameter Tuning": handle imbalanced data; van den Goorbergh 2022, doi:10.1093/jamia/ocac093).

    Attributes:
        backbone: a plain estimator whose log-odds the trees correct; base rates for None.
        max_depth: depth of the trees.
        rounds: number of boosting rounds.
        learning_rate: shrinkage of each round.
        min_child_weight: least total weight of a leaf.
        subsample: share of rows that each tree sees.
        ridge: L2 penalty of the leaf weights.
        rising: prefixes of columns with which the probability never falls, such as the rain that is forecast.
        falling: prefixes of columns with which it never rises.
        dropped: groups of prefixes of columns that come from one source; in a share of the issue times a group is
            hidden while learning, so that the trees know what to do when the source is silent.
        dropout: that share, for each group by itself.
        seed: of the row samples and of what is hidden.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        backbone: Exceedance | None = None,
        max_depth: int = 3,
        rounds: int = 120,
        learning_rate: float = 0.05,
        min_child_weight: float = 20.0,
        subsample: float = 0.6,
        ridge: float = 10.0,
        rising: tuple[str, ...] = (),
        falling: tuple[str, ...] = (),
        dropped: tuple[tuple[str, ...], ...] = (),
        dropout: float = 0.1,
        seed: int = 0,
        min_events: int = 20,
    ) -> None:
        self.cuts = cuts
        self.backbone = backbone
        self.max_depth = max_depth
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.ridge = ridge
        self.rising = rising
        self.falling = falling
        self.dropped = dropped
        self.dropout = dropout
        self.seed = seed
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        if self.backbone is not None:
            self.backbone_ = clone(self.backbone).set_params(cuts=self.learned_cuts_).fit(X, outcome)
        self._grow(self._margin(X), X, outcome)

    def _predict(self, X: pd.DataFrame) -> Floats:
        return self.predict_from(self._margin(X), X)

    def fit_from(self, margin: Floats, X: pd.DataFrame, y: npt.ArrayLike) -> Self:
        """Learns to correct given log-odds of shape (row, cut), of all cuts, however few events they have."""
        self.set_params(min_events=0)
        self._grow(margin, X, self._seen(X, y))
        return self

    def _grow(self, margin: Floats, X: pd.DataFrame, outcome: Floats) -> None:
        events = events_at(outcome, self.learned_cuts_)
        training = xgboost.QuantileDMatrix(
            self._with_gaps(X).to_numpy(np.float32), events.astype(np.float32), base_margin=margin
        )
        parameters = {
            "objective": "binary:logistic",
            "tree_method": "hist",
            "base_score": 0.5,
            "max_depth": self.max_depth,
            "learning_rate": self.learning_rate,
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "lambda": self.ridge,
            "max_delta_step": 1,
            "monotone_constraints": tuple(
                int(str(name).startswith(self.rising)) - int(str(name).startswith(self.falling)) for name in X
            ),
            "seed": self.seed,
            "nthread": 1 if len(X) < _ROWS_WORTH_A_THREAD else 0,
        }
        self.booster_ = bytes(xgboost.train(parameters, training, self.rounds).save_raw("ubj"))

    def predict_from(self, margin: Floats, X: pd.DataFrame) -> Floats:
        """Probabilities of the learned cuts, given log-odds of shape (row, learned cut)."""
        probabilities = self.trees.inplace_predict(X.to_numpy(np.float32), base_margin=margin)
        return np.asarray(probabilities, dtype=float).reshape(len(X), -1)

    def _contributions(self, X: pd.DataFrame) -> Floats:
        corrections = self.corrections(X)
        return corrections if self.backbone is None else corrections + self.backbone_.contributions(X)

    def corrections(self, X: pd.DataFrame) -> Floats:
        """What each column adds by the trees to the log-odds of the learned cuts, shape (row, learned cut, column).

        Exact Shapley values of the trees (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9).
        """
        told = self.trees.predict(xgboost.DMatrix(X.to_numpy(np.float32)), pred_contribs=True)
        return np.asarray(told, dtype=float).reshape(len(X), -1, X.shape[1] + 1)[..., :-1]

    @property
    def trees(self) -> xgboost.Booster:
        """The trees as xgboost has them."""
        return xgboost.Booster(model_file=bytearray(self.booster_))

    def _with_gaps(self, X: pd.DataFrame) -> pd.DataFrame:
        """The rows with whole groups of columns hidden in some issue times."""
        if not self.dropped or not self.dropout:
            return X
        random = np.random.default_rng(self.seed)
        times = X.index.get_level_values("issue_time")
        codes, distinct = pd.factorize(times)
        shown = X.copy()
        for group in self.dropped:
            hidden = (random.random(len(distinct)) < self.dropout)[codes]
            shown.loc[hidden, [name for name in X if str(name).startswith(group)]] = np.nan
        return shown

    def _margin(self, X: pd.DataFrame) -> Floats:
        """Log-odds to start from, shape (row, learned cut)."""
        if self.backbone is None:
            return np.tile(log_odds(self.base_rates_[self.learned_]), (len(X), 1))
        return log_odds(self.backbone_.predict_exceedance(X))
