"""Figures of the table of skill, from the tallies of several simulated worlds taken together.

Intervals are those of `training/blocks.py`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from training.blocks import Blocks, Floats, over
from training.tallies import Tally

CALIBRATION_ITERATIONS = 200
ALL_YEAR = "all"
BASELINES = ("climatology", "persistence")


def figures(tallies: Sequence[Tally]) -> pd.DataFrame:
    """Skill and shares of one hazard by season, lead and cut; calibration over the whole year.

    Args:
        tallies: of the same hazard, one for each world.

    Returns:
        Columns season ("all" for the year), lead, cut, n, events, and each figure with its `_low` and `_high`:
        `skill_climatology`, `skill_persistence` (Brier skill), `share` of the achievable skill, `share_persistence`,
        `share_*` of peers, `gain_*`, the share above that of a peer, and `of_ceiling`, the share of the observable
        ceiling. `miscalibration` is MCB / UNC (Dimitriadis et al. 2021, doi:10.1073/pnas.2016191118), and
        `miscalibration_beyond` what of it is beyond sampling. NaN where a figure cannot be told; intervals are NaN
        below ten blocks.
    """
    worlds = pd.concat([one.scores for one in tallies], keys=range(len(tallies)), names=["world"])
    blocks = Blocks.of(worlds.index)
    seasons = [(season, part) for season, part in worlds.groupby(level="season")]
    found = []
    for season, part in [(ALL_YEAR, worlds), *seasons]:
        for (lead, cut), group in part.groupby(level=["lead", "cut"]):
            row = {"season": season, "lead": lead, "cut": cut, "n": group["n"].sum(), "events": group["events"].sum()}
            found.append(row | _scores(group, blocks))
    table = pd.DataFrame(found)
    calibration = pd.concat([one.calibration for one in tallies], keys=range(len(tallies)), names=["world"])
    return table.merge(_calibration(calibration, blocks), on=["season", "lead", "cut"], how="left")


def _scores(group: pd.DataFrame, blocks: Blocks) -> dict[str, float]:
    sums = {str(name): column.to_numpy(float) for name, column in group.items()}
    weights = np.take(blocks.drawn, blocks.places(group.index), axis=1)
    whole = {name: column.sum() for name, column in sums.items()}
    resampled = {name: weights @ column for name, column in sums.items()}
    once, many = _ratios(whole), _ratios(resampled)
    row: dict[str, float] = {}
    for name, value in once.items():
        low, high = blocks.interval(many[name])
        row |= {name: float(value), f"{name}_low": low, f"{name}_high": high}
    return row


def _ratios(sums: Mapping[str, float] | Mapping[str, Floats]) -> dict[str, Floats]:
    """All figures that are ratios of sums."""
    told = {f"skill_{name}": 1 - over(sums["brier_model"], sums[f"brier_{name}"]) for name in BASELINES}
    if "regret_model" not in sums:
        return told
    achievable = sums["regret_climatology"]
    share = {
        name.removeprefix("regret_"): 1 - over(regret, achievable)
        for name, regret in sums.items()
        if name.startswith("regret_")
    }
    told |= {"share": share["model"], "share_persistence": share["persistence"]}
    for peer in sorted(share.keys() - {"model", "ceiling", *BASELINES}):
        told |= {f"share_{peer}": share[peer], f"gain_{peer}": share["model"] - share[peer]}
    if "ceiling" in share:
        told["of_ceiling"] = over(share["model"], share["ceiling"])
    return told


def _calibration(bins: pd.DataFrame, blocks: Blocks) -> pd.DataFrame:
    """Miscalibration by lead and cut, and what of it is beyond sampling.

    Even a calibrated forecast shows some, as the recalibration fits the noise. A resample adds as much noise again to
    that of the sample, so the mean of the resamples less the sample estimates it (bootstrap estimate of bias, Efron
    and Tibshirani 1993, chapter 10). UNC is that of the sample, so that a resample of few events does not rule.
    """
    found = []
    for (lead, cut), group in bins.groupby(level=["lead", "cut"]):
        bin_of, bin_values = pd.factorize(group.index.get_level_values("bin"), sort=True)
        place, sums = blocks.places(group.index), group.to_numpy()
        weights = np.vstack([np.ones(len(blocks.labels)), blocks.drawn[:CALIBRATION_ITERATIONS]])[:, place]
        parts = [
            miscalibrated(*(np.bincount(bin_of, drawn * column, len(bin_values)).astype(float) for column in sums.T))
            for drawn in weights
        ]
        rate = sums[:, 1].sum() / sums[:, 0].sum()
        uncertainty = rate * (1 - rate) if 0 < rate < 1 else np.nan
        told, resampled = parts[0] / uncertainty, np.array(parts[1:]) / uncertainty
        noise = float(resampled.mean()) - told
        low, high = blocks.interval(resampled)
        row = {"season": ALL_YEAR, "lead": lead, "cut": cut, "miscalibration": told}
        row |= {"miscalibration_low": low, "miscalibration_high": high, "miscalibration_beyond": told - noise}
        row |= {"miscalibration_beyond_low": low - 2 * noise, "miscalibration_beyond_high": high - 2 * noise}
        found.append(row)
    return pd.DataFrame(found)


def miscalibrated(n: Floats, events: Floats, brier: Floats) -> float:
    """MCB from sums over bins of rising forecasts: what recalibration would take from the Brier score."""
    held = n > 0
    best = isotonic_regression(events[held] / n[held], weights=n[held]).x
    recalibrated = (n[held] * best**2 - 2 * best * events[held] + events[held]).sum()
    return float((brier.sum() - recalibrated) / n.sum())
