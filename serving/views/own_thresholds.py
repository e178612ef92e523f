"""Thresholds of the caller's own: probabilities interpolated between the cuts that a hazard is forecast at."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from models.exceedance import log_odds
from models.targets import Sense
from serving.schemas.forecast_models import Exceedance, SiteForecast, Undercut
from serving.schemas.likelihood import in_words


def at_thresholds(
    sense: Sense, thresholds: Sequence[float], probabilities: Sequence[float]
) -> list[Exceedance | Undercut]:
    """How likely an outcome beyond each threshold is, in the sense of a hazard, with the words for it."""
    rounded = [(cut, round(float(p), 6)) for cut, p in zip(thresholds, probabilities, strict=True)]
    if sense == "at_least":
        return [Exceedance(at_least=cut, probability=p, likelihood=in_words(p).term) for cut, p in rounded]
    return [Undercut(at_most=cut, probability=p, likelihood=in_words(p).term) for cut, p in rounded]


def with_thresholds(forecasts: Sequence[SiteForecast], thresholds: Sequence[float]) -> list[SiteForecast]:
    """Adds the caller's thresholds: log-odds interpolated between cuts, on the signed square root of the outcome.

    Args:
        forecasts: of one issue of one hazard, so that all have the same cuts.
        thresholds: in the hazard's unit, between the lowest and the highest cut.
    """
    periods = [period for forecast in forecasts for period in forecast.periods]
    if not periods or not thresholds:
        return list(forecasts)
    cuts = [one.threshold for one in periods[0].probabilities]
    order = np.argsort(cuts)
    told = np.array([[one.probability for one in period.probabilities] for period in periods])[:, order]
    between = expit(_interpolated(_root(thresholds), _root(np.array(cuts)[order]), log_odds(told)))
    sense: Sense = "at_least" if isinstance(periods[0].probabilities[0], Exceedance) else "at_most"
    rows = iter(between.tolist())
    return [
        forecast.model_copy(
            update={
                "periods": [
                    period.model_copy(update={"thresholds": at_thresholds(sense, thresholds, next(rows))})
                    for period in forecast.periods
                ]
            }
        )
        for forecast in forecasts
    ]


def _interpolated(at: np.ndarray, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of shape (row, knot) between rising knots, linearly, at points within them; shape (row, point)."""
    if len(knots) == 1:
        return np.repeat(values, len(at), axis=1)
    left = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    share = (at - knots[left]) / (knots[left + 1] - knots[left])
    return values[:, left] * (1 - share) + values[:, left + 1] * share


def _root(values: npt.ArrayLike) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    return np.sign(values) * np.sqrt(np.abs(values))
