"""Scores of a number instead of probabilities: the expected outcome, or the median, beside what is the case now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import bottleneck
import numpy as np
import pandas as pd
from scipy.special import ndtri

from features.archive import Archive
from features.local_days import day_starts
from features.months import Months, month_numbers, month_starts
from features.table import rows
from models.exceedance import SMALLEST
from training.backtest import Backtest
from training.scores import CONFIDENCE, resampled_weights

Measure = Literal["MAE", "RMSE"]
AS_MEASURED = "as_measured"
_WIDEST = 3.0


@dataclass(frozen=True)
class PointScore:
    """How far off a lead was, beside what season and place tell and beside what was the case at the issue time.

    Attributes:
        lead: days.
        n: questions of which all forecasts are known.
        model: mean absolute, or root mean square, error, in the unit of the outcome.
        climatology: the same of the climatology.
        persistence: the same of the present value itself, without any learning.
        skill_climatology: 1 - model / climatology, with the ends of the central 90 % of the block bootstrap.
        skill_persistence: 1 - model / persistence, with the same.
    """

    lead: int
    n: int
    model: float
    climatology: float
    persistence: float
    skill_climatology: tuple[float, float, float]
    skill_persistence: tuple[float, float, float]


def as_measured(backtest: Backtest, archive: Archive) -> pd.Series:
    """The present value at each question, as known at its issue time, in the target's unit; NaN where none is."""
    hazard = backtest.hazard
    told = rows(archive.as_of(backtest.issue_times), (hazard.persistence,), hazard.periods, where=hazard.where)
    return told[hazard.persistence.name].reindex(backtest.outcome.index)


def running(backtest: Backtest, archive: Archive) -> pd.Series:
    """What came of the month, or of as many days as a period has, that ran at each issue time and was not over yet.

    Nobody knew it. Persistence of it, a period further for each period ahead, is what forecasts are often set beside.

    Returns:
        The highest value told in it, in the unit of the target's variable; NaN where none was.
    """
    hazard, times = backtest.hazard, backtest.issue_times
    periods = hazard.periods
    first = periods.first_days(times, archive.zone)[:, 0]
    if isinstance(periods, Months):
        days = month_starts(month_numbers(first) - 1)[:, None]
    else:
        days = first[:, None] - periods.days + np.arange(periods.days)
    start, end = day_starts([days.min(), days.max()], archive.zone)
    observed = archive.observed(hazard.target.variable, by=archive.ends(), start=start, end=end).to_numpy()
    highest = bottleneck.nanmax(observed[:, days - days.min()], axis=-1)
    index = backtest.outcome.index
    row = times.get_indexer(index.get_level_values("issue_time"))
    site = pd.Index(archive.sites.codes).get_indexer(index.get_level_values("site"))
    return pd.Series(highest[site, row], index)


def medians(probabilities: pd.DataFrame) -> pd.Series:
    """The median outcome of exceedance probabilities whose columns are cuts above zero.

    Between two cuts, and beyond the last of them, the logarithm of the outcome is taken for normal; beyond, its
    standard deviation is that between the nearest two cuts, at most 3.

    Raises:
        ValueError: if there are fewer than two cuts, or one is not above zero.
    """
    cuts = np.asarray(probabilities.columns, dtype=float)
    if len(cuts) < 2 or cuts[0] <= 0:
        raise ValueError(f"a median is found between cuts above zero, not {list(cuts)}")
    score = ndtri(np.clip(probabilities.to_numpy(float), SMALLEST, 1 - SMALLEST))
    upper = np.clip((score > 0).sum(axis=1), 1, len(cuts) - 1)
    row = np.arange(len(score))
    low, high, log = score[row, upper - 1], score[row, upper], np.log(cuts)
    slope = (low - high) / (log[upper] - log[upper - 1])
    fall = np.where((low > 0) & (high <= 0), slope, np.maximum(slope, 1 / _WIDEST))
    above = high > 0
    from_cut, at = np.where(above, log[upper], log[upper - 1]), np.where(above, high, low)
    return pd.Series(np.exp(from_cut + at / fall), probabilities.index, name="median")


def point_scores(
    backtest: Backtest,
    forecasts: Mapping[str, pd.Series],
    outcome: pd.Series,
    *,
    measure: Measure,
    block_days: int = 30,
) -> tuple[PointScore, ...]:
    """Scores numbers by lead.

    Args:
        backtest: where they were forecast.
        forecasts: of "model", "climatology" and "as_measured"; index (issue_time, site, period).
        outcome: what came, in the same unit and with the same index.
        measure: mean absolute or root mean square error.
        block_days: length of the blocks of the bootstrap, at least as far as the periods reach.
    """
    table = pd.DataFrame({name: forecasts[name] for name in ("model", "climatology", AS_MEASURED)})
    table = table.assign(outcome=outcome).dropna()
    power = 1 if measure == "MAE" else 2
    times = backtest.issue_times
    weights = resampled_weights(times, max(block_days, backtest.hazard.periods.reach))
    leads = backtest.hazard.leads(table.index)
    found = []
    for lead in np.unique(leads):
        of_lead = table[leads == lead]
        errors = of_lead.drop(columns="outcome").sub(of_lead["outcome"], axis=0)
        sums = (errors.abs() ** power).groupby(level="issue_time").sum().reindex(times, fill_value=0.0)
        mean = (sums.sum() / len(of_lead)) ** (1 / power)
        drawn = pd.DataFrame((weights @ sums.to_numpy()) ** (1 / power), columns=sums.columns)
        found.append(
            PointScore(
                lead=int(lead),
                n=len(of_lead),
                model=float(mean["model"]),
                climatology=float(mean["climatology"]),
                persistence=float(mean[AS_MEASURED]),
                skill_climatology=_skill(mean, drawn, "climatology"),
                skill_persistence=_skill(mean, drawn, AS_MEASURED),
            )
        )
    return tuple(found)


def _skill(mean: pd.Series, drawn: pd.DataFrame, reference: str) -> tuple[float, float, float]:
    """Skill of the model with its interval; 0 against a reference that never errs, as nothing can be gained on it."""
    if mean[reference] == 0:
        return 0.0, 0.0, 0.0
    tail = (1 - CONFIDENCE) / 2
    skills = 1 - drawn["model"] / drawn[reference].where(drawn[reference] > 0)
    low, high = skills.quantile([tail, 1 - tail])
    return float(1 - mean["model"] / mean[reference]), float(low), float(high)
