"""Skill of every cell: by site, lead, season or any of them together, with n, an interval and a test for many cells.

A backtest that is cut into many cells shows skill somewhere by chance. So each cell has a p-value, and what is claimed
of cells is controlled by the false discovery rate (Benjamini and Hochberg 1995,
doi:10.1111/j.2517-6161.1995.tb02031.x).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import false_discovery_control

from models.forecaster import EVENTS_TO_JUDGE
from models.season import SEASONS
from training.backtest import Backtest
from training.losses import reached
from training.scores import BLOCK_DAYS, interval_of, resampled_weights, skill_against

FALSE_DISCOVERIES = 0.1
SEASON_DAYS = 91
Floats = npt.NDArray[np.float64]


def cells(backtest: Backtest, losses: pd.DataFrame, by: Sequence[str], *, cut: float) -> pd.DataFrame:
    """Mean losses and skill of each cell.

    Args:
        backtest: forecasts with outcomes.
        losses: a loss of each question, see `training.losses`.
        by: among "site", "lead" and "season"; none for all questions together.
        cut: whose events are counted, and make a cell one that can be judged.

    Returns:
        One row per cell, index `by`: `n`, `events`, the mean `loss_*` of each forecaster; for each rival
        of the model `skill_*` with `_low` and `_high`, the central 90 % of a block bootstrap over issue times, and
        `p_*`, of no difference, two-sided, from the same draws; `found_*`: "better", "worse" or "not told apart" at
        a false discovery rate of 10 % over the cells, "too few events" below 30, which are not tested.
    """
    keys = _keys(backtest, by)
    events = reached(backtest, cut)
    weights = resampled_weights(backtest.issue_times, block_days(backtest, cut))
    names = [str(name) for name in losses]
    references = [name for name in names if name != "model"]
    found = []
    for cell, places in _groups(keys):
        own = losses.iloc[places]
        by_time = own.groupby(level="issue_time").sum().reindex(backtest.issue_times, fill_value=0.0)
        mean = own.mean()
        row: dict[str, object] = dict(zip(by, cell, strict=True))
        row |= {"n": len(own), "events": int(events[places].sum())}
        row |= {f"loss_{name}": float(mean[name]) for name in names}
        drawn = {name: weights @ by_time[name].to_numpy() for name in names}
        for name in references:
            row[f"skill_{name}"] = skill_against(float(mean["model"]), float(mean[name]))
            ratio = 1 - drawn["model"] / np.where(drawn[name] > 0, drawn[name], np.nan)
            row[f"skill_{name}_low"], row[f"skill_{name}_high"] = interval_of(ratio)
            row[f"p_{name}"] = _p_value(drawn[name] - drawn["model"])
        found.append(row)
    table = pd.DataFrame(found)
    if "season" in by:
        table["season"] = table["season"].map(dict(enumerate(SEASONS)))
    for name in references:
        table[f"found_{name}"] = _findings(table, name)
    return table.set_index(list(by)) if by else table


def block_days(backtest: Backtest, cut: float) -> int:
    """Length of the blocks of a bootstrap: 30 days, or as far as the periods reach; a season for a rare event.

    An event is rare that came at fewer than 30 issue times: then it came with a few storms or in a few seasons, and
    shorter blocks would count one storm as many.
    """
    came = pd.Series(reached(backtest, cut), backtest.outcome.index).groupby(level="issue_time").max()
    return max(BLOCK_DAYS if came.sum() >= EVENTS_TO_JUDGE else SEASON_DAYS, backtest.hazard.periods.reach)


def _keys(backtest: Backtest, by: Sequence[str]) -> pd.DataFrame:
    index = backtest.outcome.index
    keys: dict[str, object] = {}
    for name in by:
        if name == "site":
            keys[name] = index.get_level_values("site")
        elif name == "lead":
            keys[name] = backtest.hazard.leads(index)
        elif name == "season" and backtest.quarter is not None:
            keys[name] = backtest.quarter.to_numpy()
        else:
            raise ValueError(f"cells are by site, lead or season, not by {name}")
    return pd.DataFrame(keys, pd.RangeIndex(len(index)))


def _groups(keys: pd.DataFrame) -> list[tuple[tuple[object, ...], npt.NDArray[np.int64]]]:
    """The cells with the places of their questions."""
    if keys.columns.empty:
        return [((), np.arange(len(keys)))]
    grouped = sorted(keys.groupby(list(keys.columns)).indices.items())
    return [(cell if isinstance(cell, tuple) else (cell,), np.asarray(places)) for cell, places in grouped]


def _p_value(gain: Floats) -> float:
    """Two-sided, by inverting the percentile interval; never below one in the number of draws and one."""
    below, above = (int(side.sum()) + 1 for side in (gain <= 0, gain >= 0))
    return min(1.0, 2 * min(below, above) / (len(gain) + 1))


def _findings(table: pd.DataFrame, rival: str) -> pd.Series:
    judged = table["events"] >= EVENTS_TO_JUDGE
    found = pd.Series("too few events", table.index)
    if judged.any():
        adjusted = pd.Series(false_discovery_control(table.loc[judged, f"p_{rival}"]), table.index[judged])
        better = table.loc[judged, f"skill_{rival}"] > 0
        verdict = np.where(adjusted > FALSE_DISCOVERIES, "not told apart", np.where(better, "better", "worse"))
        found[judged] = verdict
    return found
