"""Losses of each question: what a score is the mean of, so that any group of questions can be judged.

Every loss is a table with the index of the questions and one column per forecaster; lower is better.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr
from scores.categorical import firm
from scores.continuous import quantile_score

from models.exceedance import log_odds
from models.spread import HIGH, LOW
from training.backtest import Backtest
from training.spread_scores import weighted_interval_scores

Loss = Callable[[Backtest], pd.DataFrame]


def brier(backtest: Backtest, *, cut: float) -> pd.DataFrame:
    """Squared error of the probability of a cut (Brier 1950)."""
    came = reached(backtest, cut)
    return _of_answers(backtest, lambda answer: (answer[cut].to_numpy() - came) ** 2)


def log_score(backtest: Backtest, *, cut: float) -> pd.DataFrame:
    """Negative logarithm of the probability that was given to what came, nats; as far from 0 and 1 as `log_odds`."""
    came = reached(backtest, cut)

    def of(answer: pd.DataFrame) -> np.ndarray:
        odds = log_odds(answer[cut].to_numpy())
        return np.logaddexp(0, odds) - came * odds

    return _of_answers(backtest, of)


def ranked_probability(backtest: Backtest) -> pd.DataFrame:
    """Ranked probability score over the classes between cuts, the sum of the cuts' Brier scores (Epstein 1969)."""
    came = backtest.hazard.target.reached(backtest.outcome).astype(float)
    return _of_answers(backtest, lambda answer: ((answer.to_numpy() - came) ** 2).sum(axis=1))


def ranked_probability_scores(backtest: Backtest) -> pd.DataFrame:
    """Mean ranked probability score over the classes between cuts; index lead, one column per forecaster."""
    leads = backtest.hazard.leads(backtest.outcome.index)
    return ranked_probability(backtest).groupby(pd.Index(leads, name="lead")).mean()


def levels(backtest: Backtest) -> pd.DataFrame:
    """FIRM: penalty for each level that is told and not reached, or reached and not told (Taggart et al. 2022).

    The risk of a level is its own: a miss costs 1 - trigger and a false alarm the trigger, for which telling the level
    at that probability is the best that can be done (QJRMS 148, 1389-1406).
    """
    total = pd.DataFrame(0.0, backtest.outcome.index, list(backtest.probabilities))
    for rule in backtest.hazard.levels.values():
        came = _questions(reached(backtest, rule.cut))
        for name, answer in backtest.probabilities.items():
            told = _questions((answer[rule.cut].to_numpy() >= rule.probability).astype(float))
            total[name] += firm(told, came, 1 - rule.probability, [0.5], [1.0], preserve_dims="all").to_numpy()
    return total


def continuous(backtest: Backtest, *, above: float | None = None) -> pd.DataFrame:
    """CRPS of an amount from its quantiles, in its unit; threshold-weighted where a threshold is given.

    Twice the quantile score, integrated over the levels from the lowest told to the highest (Gneiting and Ranjan 2011,
    doi:10.1198/jbes.2010.08110). With a threshold, amounts count as far as they are beyond it only: the chaining
    function of Allen et al. 2023 (doi:10.1137/22M1532184).

    Raises:
        ValueError: if no quantiles were told.
    """
    if not backtest.quantiles:
        raise ValueError(f"{backtest.hazard.name} told no quantiles: its outcome is no amount")
    beyond = np.maximum if backtest.hazard.target.sense == "at_least" else np.minimum

    def weighted(values: np.ndarray) -> xr.DataArray:
        return _questions(values if above is None else beyond(values, above))

    came, scored = weighted(backtest.outcome.to_numpy()), {}
    for name, told in backtest.quantiles.items():
        by_level = told.drop(columns=[LOW, HIGH], errors="ignore")
        at = by_level.columns.astype(float).to_numpy()
        scores = [
            quantile_score(weighted(by_level[level].to_numpy(float)), came, alpha, preserve_dims="all").to_numpy()
            for level, alpha in zip(by_level, at, strict=True)
        ]
        scored[name] = 2 * np.trapezoid(np.stack(scores), at, axis=0)
    return pd.DataFrame(scored, backtest.outcome.index)


def weighted_interval(backtest: Backtest) -> pd.DataFrame:
    """Weighted interval score of an amount, in its unit; see `weighted_interval_scores`."""
    outcome = backtest.outcome.to_numpy()
    told = {name: weighted_interval_scores(outcome, quantiles) for name, quantiles in backtest.quantiles.items()}
    return pd.DataFrame(told, backtest.outcome.index)


def losses_of(backtest: Backtest) -> dict[str, Loss]:
    """All losses that a hazard can be judged by, each by its name."""
    target = backtest.hazard.target
    found: dict[str, Loss] = {}
    for cut in target.cuts:
        found[f"Brier {cut:g}"] = partial(brier, cut=cut)
        found[f"log {cut:g}"] = partial(log_score, cut=cut)
    found |= {"RPS": ranked_probability, "FIRM": levels}
    if backtest.quantiles:
        found |= {"CRPS": continuous, "WIS": weighted_interval}
        found |= {f"twCRPS {cut:g}": partial(continuous, above=cut) for cut in target.cuts}
    return found


def reached(backtest: Backtest, cut: float) -> np.ndarray:
    """Whether each outcome is an event of a cut, as 0 and 1."""
    target = backtest.hazard.target
    came: np.ndarray = target.reached(backtest.outcome)[:, target.cuts.index(cut)].astype(float)
    return came


def _of_answers(backtest: Backtest, loss: Callable[[pd.DataFrame], np.ndarray]) -> pd.DataFrame:
    told = {name: loss(answer) for name, answer in backtest.probabilities.items()}
    return pd.DataFrame(told, backtest.outcome.index)


def _questions(values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, dims="question")
