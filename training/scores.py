"""Scores of a backtest, by lead and cut, each beside climatology and persistence, with n and an interval."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scores.categorical import BinaryContingencyManager
from scores.probability import brier_score, isotonic_fit

from models.block_sums import BLOCK_DAYS as BLOCK_DAYS
from models.block_sums import CONFIDENCE as CONFIDENCE
from models.block_sums import ITERATIONS as ITERATIONS
from models.block_sums import SEED as SEED
from models.forecaster import Skill
from training.backtest import FORECASTERS, Backtest

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reliability:
    """CORP reliability of one forecaster at one cut (Dimitriadis et al. 2021, doi:10.1073/pnas.2016191118).

    Attributes:
        forecast: forecast probabilities, sorted.
        conditional: event frequency given the forecast, by isotonic regression, same shape.
        miscalibration: part of the Brier score that recalibration would remove.
        discrimination: part that the recalibrated forecast gains over the base rate.
        uncertainty: Brier score of the base rate; Brier = miscalibration - discrimination + uncertainty.
    """

    forecast: Floats
    conditional: Floats
    miscalibration: float
    discrimination: float
    uncertainty: float


def skill_by_lead(backtest: Backtest, *, block_days: int | None = None) -> tuple[Skill, ...]:
    """Brier score and Brier skill for each lead and cut.

    Args:
        backtest: forecasts with outcomes.
        block_days: length of the blocks of the bootstrap, which hold all sites; for None 30 days, or as far as the
            periods reach, whose answers share what happens in them.

    Returns:
        One row per lead and cut; intervals are the central 90 % of a circular block bootstrap over issue times.
    """
    totals, counts, events = _squared_errors(backtest)
    periods = backtest.hazard.periods
    blocks = max(BLOCK_DAYS, periods.reach) if block_days is None else block_days
    weights = resampled_weights(backtest.issue_times, blocks)
    found = []
    for p, lead in enumerate(periods.leads):
        for k, cut in enumerate(backtest.hazard.target.cuts):
            n = counts[:, p].sum()
            if n == 0:
                continue
            of = {name: totals[name][:, p, k] for name in FORECASTERS}
            mean = {name: float(total.sum() / n) for name, total in of.items()}
            resampled = {name: weights @ total for name, total in of.items()}
            row: dict[str, float] = {}
            for name in FORECASTERS[1:]:
                row[f"brier_{name}"] = mean[name]
                row[f"skill_{name}"] = skill_against(mean["model"], mean[name])
                low, high = skill_interval(resampled["model"], resampled[name])
                row[f"skill_{name}_low"], row[f"skill_{name}_high"] = low, high
            found.append(Skill(lead=int(lead), cut=cut, n=int(n), events=int(events[p, k]), brier=mean["model"], **row))
    return tuple(found)


def contingency(backtest: Backtest, cut: float, probability: float) -> pd.DataFrame:
    """Hits, misses, false alarms and correct negatives of an alarm at a trigger; index lead."""
    leads = backtest.hazard.leads(backtest.outcome.index)
    alarm, event = backtest.probabilities["model"][cut] >= probability, _reached(backtest, cut)
    tables = {}
    for lead in np.unique(leads):
        chosen = leads == lead
        manager = BinaryContingencyManager(_flags(alarm[chosen]), _flags(event[chosen]))
        counts = manager.transform().get_counts()
        tables[int(lead)] = {
            "hits": int(counts["tp_count"]),
            "misses": int(counts["fn_count"]),
            "false_alarms": int(counts["fp_count"]),
            "correct_negatives": int(counts["tn_count"]),
        }
    return pd.DataFrame(tables).T.rename_axis("lead")


def reliability(backtest: Backtest, cut: float, *, forecaster: str = "model") -> Reliability:
    """CORP reliability and decomposition at a cut, over all leads and sites."""
    forecast = backtest.probabilities[forecaster][cut].to_numpy()
    event = _reached(backtest, cut).to_numpy(float)
    fitted = isotonic_fit(forecast, event)
    recalibrated = fitted["regression_func"](forecast)
    uncertainty = float(event.mean() * (1 - event.mean()))
    brier, best = float(np.mean((forecast - event) ** 2)), float(np.mean((recalibrated - event) ** 2))
    return Reliability(
        fitted["fcst_sorted"], fitted["regression_values"], brier - best, uncertainty - best, uncertainty
    )


def expected_value_scores(backtest: Backtest) -> pd.DataFrame:
    """R2 against the mean of the tested outcomes, and mean absolute error, of the expected outcome; by lead.

    Persistence "as measured" takes the latest value itself for the expected outcome, without learning anything.
    """
    leads = pd.Index(backtest.hazard.leads(backtest.outcome.index), name="lead")
    outcome = backtest.outcome.to_numpy()[:, None]
    error = backtest.expected - outcome
    spread = (backtest.outcome - backtest.outcome.groupby(leads).transform("mean").to_numpy()) ** 2
    r2 = 1 - (error**2).groupby(leads).sum().div(spread.groupby(leads).sum(), axis=0)
    mae = error.abs().groupby(leads).mean()
    n = backtest.outcome.groupby(leads).size().rename("n")
    return pd.concat([n, r2.add_prefix("r2_"), mae.add_prefix("mae_")], axis=1)


def _squared_errors(backtest: Backtest) -> tuple[dict[str, Floats], Floats, Floats]:
    """Sums over sites of the squared error (issue_time, period, cut), questions (issue_time, period), events."""
    cuts = list(backtest.hazard.target.cuts)
    numbers = backtest.hazard.periods.numbers
    outcome = backtest.outcome.to_xarray().reindex(period=numbers).transpose("issue_time", "site", "period")
    reached = xr.DataArray(
        backtest.hazard.target.reached(outcome), outcome.coords, (*outcome.dims, "cut")
    ).assign_coords(cut=cuts)
    event = reached.where(outcome.notnull())
    totals = {}
    for name, answer in backtest.probabilities.items():
        forecast = xr.concat(
            [answer[cut].to_xarray().reindex(period=numbers) for cut in cuts], pd.Index(cuts, name="cut")
        )
        errors = brier_score(forecast, event, preserve_dims="all")
        totals[name] = errors.sum("site", skipna=True).transpose("issue_time", "period", "cut").to_numpy()
    counts = outcome.count("site").to_numpy().astype(float)
    return totals, counts, event.sum(["issue_time", "site"]).transpose("period", "cut").to_numpy()


def _reached(backtest: Backtest, cut: float) -> pd.Series:
    """Whether each outcome is an event of a cut."""
    target = backtest.hazard.target
    return pd.Series(target.reached(backtest.outcome)[:, target.cuts.index(cut)], backtest.outcome.index)


def resampled_weights(issue_times: pd.DatetimeIndex, block_days: int) -> Floats:
    """How often each issue time is drawn in each iteration of a circular block bootstrap, (iteration, issue_time).

    Drawn once for all leads, cuts and forecasters, so that every comparison is paired.
    """
    n = len(issue_times)
    per_day = n / max((issue_times[-1] - issue_times[0]).days + 1, 1)
    length = int(np.clip(round(block_days * per_day), 1, n))
    generator = np.random.default_rng(SEED)
    starts = generator.integers(0, n, (ITERATIONS, -(-n // length)))
    drawn = ((starts[..., None] + np.arange(length)) % n).reshape(ITERATIONS, -1)[:, :n]
    return np.stack([np.bincount(row, minlength=n) for row in drawn]).astype(float)


def skill_interval(model: Floats, reference: Floats) -> tuple[float, float]:
    """Bounds of the central 90 % of the skill over the resampled totals of a model and a reference."""
    low, high = interval_of(1 - model / np.where(reference > 0, reference, np.nan))
    return (low, high) if np.isfinite(low) else (0.0, 0.0)


def interval_of(resampled: Floats) -> tuple[float, float]:
    """Bounds of the central 90 % of resampled figures; NaN where none is finite."""
    known = resampled[np.isfinite(resampled)]
    if known.size == 0:
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def skill_against(model: float, reference: float) -> float:
    """Skill of a score that is better the lower; 0 where the reference is perfect."""
    return 1 - model / reference if reference > 0 else 0.0


def _flags(events: pd.Series) -> xr.DataArray:
    return xr.DataArray(events.to_numpy(float), dims="question")
