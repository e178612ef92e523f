"""Boosted trees of exceedance probabilities: one xgboost model for all cuts, kept in xgboost's own format."""

import numpy as np
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
        seed: of the row samples.
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
        self.seed = seed
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        if self.backbone is not None:
            self.backbone_ = clone(self.backbone).set_params(cuts=self.learned_cuts_).fit(X, outcome)
        events = events_at(outcome, self.learned_cuts_)
        training = xgboost.QuantileDMatrix(
            X.to_numpy(np.float32), events.astype(np.float32), base_margin=self._margin(X)
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
            "seed": self.seed,
            "nthread": 1 if len(X) < _ROWS_WORTH_A_THREAD else 0,
        }
        self.booster_ = bytes(xgboost.train(parameters, training, self.rounds).save_raw("ubj"))

    def _predict(self, X: pd.DataFrame) -> Floats:
        booster = xgboost.Booster(model_file=bytearray(self.booster_))
        probabilities = booster.inplace_predict(X.to_numpy(np.float32), base_margin=self._margin(X))
        return np.asarray(probabilities, dtype=float).reshape(len(X), -1)

    def _margin(self, X: pd.DataFrame) -> Floats:
        """Log-odds to start from, shape (row, learned cut)."""
        if self.backbone is None:
            return np.tile(log_odds(self.base_rates_[self.learned_]), (len(X), 1))
        return log_odds(self.backbone_.predict_exceedance(X))
