"""Calibration: how often events come after each probability, with a band, and what miscalibration costs.

The CORP reliability curve and the decomposition of the Brier score (Dimitriadis et al. 2021,
doi:10.1073/pnas.2016191118), from counts in fine bins of log-odds, so that blocks of days can be resampled.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import isotonic_regression

from models.exceedance import log_odds
from training.backtest import Backtest
from training.cells import block_days
from training.losses import reached
from training.scores import interval_of, resampled_weights

_BINS_PER_LOG_ODD = 20
_DRAWS = 200
Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Calibration:
    """Calibration of one forecaster at one cut, over all leads and sites.

    Attributes:
        curve: columns forecast, frequency of the event given it, `low` and `high` of the central 90 % of a block
            bootstrap, and `n`; one row for each bin, rising.
        miscalibration: part of the Brier score that recalibration would remove.
        miscalibration_interval: central 90 %; even a calibrated forecast shows some, as the curve fits the noise.
        discrimination: part that the recalibrated forecast gains over the base rate.
        uncertainty: Brier score of the base rate; Brier = miscalibration - discrimination + uncertainty.
    """

    curve: pd.DataFrame
    miscalibration: float
    miscalibration_interval: Interval
    discrimination: float
    uncertainty: float


def calibration(backtest: Backtest, cut: float, *, forecaster: str = "model") -> Calibration:
    """Calibration of a forecaster at a cut."""
    place = backtest.issue_times.get_indexer(pd.DatetimeIndex(backtest.outcome.index.get_level_values("issue_time")))
    answer, came = backtest.probabilities[forecaster][cut].to_numpy(), reached(backtest, cut)
    _, which = np.unique(np.rint(_BINS_PER_LOG_ODD * log_odds(answer)), return_inverse=True)
    shape = (len(backtest.issue_times), int(which.max()) + 1)

    def summed(values: Floats) -> Floats:
        sums: Floats = np.bincount(place * shape[1] + which, values, shape[0] * shape[1]).astype(float).reshape(shape)
        return sums

    n, events, squares = (summed(values) for values in (np.ones_like(came), came, (answer - came) ** 2))
    weights = resampled_weights(backtest.issue_times, block_days(backtest, cut))[:_DRAWS]
    told = [_recalibrated(*(draw @ sums for sums in (n, events, squares))) for draw in weights]
    frequency, miscalibration, best = _recalibrated(*(sums.sum(axis=0) for sums in (n, events, squares)))
    low, high = np.nanquantile([one[0] for one in told], [0.05, 0.95], axis=0)
    forecast = summed(answer).sum(axis=0) / n.sum(axis=0)
    rate = float(came.mean())
    return Calibration(
        pd.DataFrame({"forecast": forecast, "frequency": frequency, "low": low, "high": high, "n": n.sum(axis=0)}),
        miscalibration,
        interval_of(np.array([one[1] for one in told])),
        rate * (1 - rate) - best,
        rate * (1 - rate),
    )


def _recalibrated(n: Floats, events: Floats, squares: Floats) -> tuple[Floats, float, float]:
    """Frequency for each bin, miscalibration, and the Brier score after recalibration, from sums over rising bins."""
    held = n > 0
    fitted = isotonic_regression(events[held] / n[held], weights=n[held]).x
    best = float((n[held] * fitted**2 - 2 * fitted * events[held] + events[held]).sum() / n.sum())
    places = np.arange(len(n))
    return np.interp(places, places[held], fitted), float(squares.sum() / n.sum()) - best, best
