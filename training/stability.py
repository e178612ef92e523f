"""Stability: how much a forecast of the same period swings from one issue to the next."""

import pandas as pd
import xarray as xr
from scores.continuous import flip_flop_index

from training.backtest import Backtest


def flip_flops(backtest: Backtest, cut: float, zone: str) -> pd.Series:
    """Mean flip-flop index of each forecaster's probability of a cut, over the leads at which a period is forecast.

    0 is a forecast that moves one way only as the period draws near (Griffiths et al. 2019, doi:10.1002/met.1732).

    Returns:
        By forecaster; empty where no period is forecast from three issue times at least.
    """
    index = backtest.outcome.index
    times = pd.DatetimeIndex(index.get_level_values("issue_time"))
    period = index.get_level_values("period").to_numpy()
    valid_from, _ = backtest.hazard.periods.bounds(times, period, zone)
    found = {}
    for name, answer in backtest.probabilities.items():
        told = pd.DataFrame(
            {"p": answer[cut].to_numpy(), "site": index.get_level_values("site"), "day": valid_from, "period": period}
        )
        whole = told.pivot_table(index=["site", "day"], columns="period", values="p").dropna().to_numpy()
        if whole.shape[0] > 0 and whole.shape[1] > 2:
            found[name] = float(flip_flop_index(xr.DataArray(whole, dims=("of", "lead")), "lead").mean())
    return pd.Series(found, dtype=float)
