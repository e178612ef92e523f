"""Decisions: what an alarm from any probability on brings, from which value, Murphy, ROC and PR curves are drawn.

All follow from hits, misses, false alarms and correct negatives at some probabilities, counted for each issue time.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scores.probability import relative_economic_value_from_rates
from sklearn.metrics import average_precision_score, roc_auc_score

from training.backtest import Backtest
from training.cells import block_days
from training.losses import reached
from training.scores import interval_of, resampled_weights

RATIOS = np.round(np.concatenate([[0.005], np.arange(0.01, 0.1, 0.01), np.arange(0.1, 0.951, 0.05)]), 3)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Decisions:
    """Alarms of one forecaster at one cut from each probability on.

    Attributes:
        thresholds: probabilities, rising; an alarm is given at or above them.
        hits: shape (issue_time, threshold), over all sites and periods.
        false_alarms: same shape.
        events: shape (issue_time,).
        quiet: questions without an event, shape (issue_time,).
    """

    thresholds: Floats
    hits: Floats
    false_alarms: Floats
    events: Floats
    quiet: Floats


def decisions(backtest: Backtest, cut: float, *, forecaster: str = "model", thresholds: Floats = RATIOS) -> Decisions:
    """Counts the outcomes of alarms."""
    place = backtest.issue_times.get_indexer(pd.DatetimeIndex(backtest.outcome.index.get_level_values("issue_time")))
    answer, came = backtest.probabilities[forecaster][cut].to_numpy(), reached(backtest, cut).astype(bool)
    bins, n = np.searchsorted(thresholds, answer, side="right"), len(thresholds) + 1

    def counted(which: npt.NDArray[np.bool_]) -> Floats:
        cells = np.bincount(place[which] * n + bins[which], minlength=len(backtest.issue_times) * n)
        at_or_above: Floats = cells.reshape(-1, n)[:, ::-1].cumsum(axis=1)[:, ::-1].astype(float)
        return at_or_above

    of_events, of_quiet = counted(came), counted(~came)
    return Decisions(thresholds, of_events[:, 1:], of_quiet[:, 1:], of_events[:, 0], of_quiet[:, 0])


def economic_value(backtest: Backtest, cut: float, *, forecaster: str = "model") -> pd.DataFrame:
    """Relative economic value of acting at a probability equal to one's ratio of cost to loss.

    1 is a perfect forecast, 0 the better of acting always and never; the Brier score is its mean over users with all
    ratios, so a miscalibrated forecast can be worth less than nothing (Richardson 2000, doi:10.1002/qj.49712656313).

    Returns:
        Index cost_loss_ratio; columns `value`, and `low` and `high`, the central 90 % of a block bootstrap.
    """
    told = decisions(backtest, cut, forecaster=forecaster)
    weights = resampled_weights(backtest.issue_times, block_days(backtest, cut))
    whole, drawn = _value(told, np.ones((1, len(backtest.issue_times))))[0], _value(told, weights)
    bounds = np.array([interval_of(column) for column in drawn.T])
    return pd.DataFrame(
        {"value": whole, "low": bounds[:, 0], "high": bounds[:, 1]}, pd.Index(RATIOS, name="cost_loss_ratio")
    )


def murphy_diagram(backtest: Backtest, cut: float) -> pd.DataFrame:
    """Elementary scores of each forecaster; who is lower everywhere is better by every proper score.

    Ehm et al. 2016, doi:10.1111/rssb.12154, for the mean of a binary outcome, with their factor of one half left out as
    `scores.probability.murphy_score` has it.

    Returns:
        Index threshold, one column per forecaster.
    """
    curves = {}
    for name in backtest.probabilities:
        told = decisions(backtest, cut, forecaster=name)
        missed = told.events.sum() - told.hits.sum(axis=0)
        n = told.events.sum() + told.quiet.sum()
        curves[name] = ((1 - RATIOS) * missed + RATIOS * told.false_alarms.sum(axis=0)) / (2 * n)
    return pd.DataFrame(curves, pd.Index(RATIOS, name="threshold"))


@dataclass(frozen=True)
class Discrimination:
    """How well a forecaster orders questions; a diagnostic, blind to calibration.

    Attributes:
        roc_area: area under the ROC curve.
        precision: average precision, the area under the precision-recall curve; the base rate without skill.
        curve: index threshold; columns detection (of the events), false_detection (of the rest), precision.
    """

    roc_area: float
    precision: float
    curve: pd.DataFrame


def discrimination(backtest: Backtest, cut: float, *, forecaster: str = "model") -> Discrimination:
    """ROC and precision-recall of a forecaster at a cut; NaN where all or no questions are events."""
    told, came = decisions(backtest, cut, forecaster=forecaster), reached(backtest, cut)
    hits, alarms = told.hits.sum(axis=0), (told.hits + told.false_alarms).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        curve = pd.DataFrame(
            {
                "detection": hits / told.events.sum(),
                "false_detection": told.false_alarms.sum(axis=0) / told.quiet.sum(),
                "precision": hits / alarms,
            },
            pd.Index(told.thresholds, name="threshold"),
        )
    if came.all() or not came.any():
        return Discrimination(np.nan, np.nan, curve)
    answer = backtest.probabilities[forecaster][cut].to_numpy()
    return Discrimination(float(roc_auc_score(came, answer)), float(average_precision_score(came, answer)), curve)


def _value(told: Decisions, weights: Floats) -> Floats:
    """Relative value at each threshold for the user whose ratio it is, shape (draw, threshold)."""
    events, quiet = weights @ told.events, weights @ told.quiet
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = (weights @ told.hits / events[:, None], weights @ told.false_alarms / quiet[:, None])
        value = relative_economic_value_from_rates(
            *(xr.DataArray(rate, dims=("draw", "threshold")) for rate in rates),
            xr.DataArray(events / (events + quiet), dims="draw"),
            list(told.thresholds),
        )
    of_each = value.transpose("draw", "threshold", "cost_loss_ratio").to_numpy()
    return np.diagonal(of_each, axis1=1, axis2=2)
