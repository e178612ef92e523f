"""Scores of the quantiles of an amount, by lead, beside those of both baselines, and what the intervals cover."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scores.continuous import quantile_score

from models.forecaster import SpreadSkill
from models.season import SEASONS
from models.spread import HIGH, LOW
from training.backtest import FORECASTERS, Backtest
from training.scores import BLOCK_DAYS, resampled_weights, skill_against, skill_interval

Floats = npt.NDArray[np.float64]
_WEIGHED = (0.05, 0.25, 0.5, 0.75, 0.95)


def spread_skill(backtest: Backtest) -> tuple[SpreadSkill, ...]:
    """Weighted interval score and coverage for each lead; empty where no quantiles were told.

    Returns:
        One row per lead; intervals of the skill are the central 90 % of a circular block bootstrap over issue times, in
        blocks of 30 days, or as far as the periods reach.
    """
    if not backtest.quantiles or backtest.quarter is None:
        return ()
    scores = pd.DataFrame(
        {name: weighted_interval_scores(backtest.outcome.to_numpy(), backtest.quantiles[name]) for name in FORECASTERS},
        backtest.outcome.index,
    )
    weights = resampled_weights(backtest.issue_times, max(BLOCK_DAYS, backtest.hazard.periods.reach))
    leads, season = backtest.hazard.leads(scores.index), backtest.quarter.to_numpy()
    interval, found = backtest.quantiles["model"][[LOW, HIGH]].to_numpy(), []
    outcome, told = backtest.outcome.to_numpy(), interval[:, 0] < interval[:, 1]
    within = (outcome >= interval[:, 0]) & (outcome <= interval[:, 1])
    beyond = _beyond(backtest)
    for lead in np.unique(leads):
        chosen = leads == lead
        by_time = scores[chosen].groupby("issue_time").sum().reindex(backtest.issue_times, fill_value=0.0)
        total = by_time.sum()
        of_season = {name: chosen & told & (season == k) for k, name in enumerate(SEASONS)}
        skills: dict[str, float] = {}
        for name in FORECASTERS[1:]:
            skills[f"score_{name}"] = float(total[name] / chosen.sum())
            skills[f"skill_{name}"] = skill_against(float(total["model"]), float(total[name]))
            bounds = skill_interval(*(weights @ by_time[which].to_numpy() for which in ("model", name)))
            skills[f"skill_{name}_low"], skills[f"skill_{name}_high"] = bounds
        found.append(
            SpreadSkill(
                lead=int(lead),
                n=int(chosen.sum()),
                score=float(total["model"] / chosen.sum()),
                told=int((chosen & told).sum()),
                covered=float(within[chosen & told].mean()) if (chosen & told).any() else None,
                covered_by_season={name: float(within[of].mean()) for name, of in of_season.items() if of.any()},
                told_by_season={name: int(of.sum()) for name, of in of_season.items()},
                beyond=float(beyond[chosen].mean()),
                width=float(np.diff(interval[chosen], axis=1).mean()),
                **skills,
            )
        )
    return tuple(found)


def weighted_interval_scores(outcome: Floats, quantiles: pd.DataFrame) -> Floats:
    """Scores from the median and the central 50 and 90 %, shape (n,), in the unit of the outcome; lower is better.

    Twice the mean quantile score of their five levels (Bracher et al. 2021, doi:10.1371/journal.pcbi.1008618).
    """
    came = xr.DataArray(outcome, dims="question")
    scores = [
        quantile_score(
            xr.DataArray(quantiles[level].to_numpy(float), dims="question"), came, level, preserve_dims="all"
        )
        for level in _WEIGHED
    ]
    return 2 * np.mean(scores, axis=0)


def _beyond(backtest: Backtest) -> npt.NDArray[np.bool_]:
    """Whether each outcome lies beyond the outermost quantile on the side of the event."""
    by_level = backtest.quantiles["model"].drop(columns=[LOW, HIGH])
    if backtest.hazard.target.sense == "at_least":
        return backtest.outcome.to_numpy() > by_level.iloc[:, -1].to_numpy()
    return backtest.outcome.to_numpy() < by_level.iloc[:, 0].to_numpy()
