"""Quantiles of the baselines that those of a model must beat: of the climate, and of what is the case now."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.season import month_of_year, quarters

_FEWEST = 20


def climate_quantiles(
    rows: pd.DataFrame, outcome: pd.Series, questions: pd.DataFrame, levels: Sequence[float]
) -> pd.DataFrame:
    """Quantiles of the outcomes of the same site and month of the year, or of the month alone where these are few.

    Args:
        rows: rows of `ask` that are learned from.
        outcome: their outcomes, same index.
        questions: rows of `ask`.
        levels: between 0 and 1.

    Returns:
        One column per level; index of the questions.
    """
    site = rows.index.get_level_values("site")
    own = _grouped(outcome.to_numpy(), [site, month_of_year(rows)], levels)
    whole = _grouped(outcome.to_numpy(), [month_of_year(rows)], levels)
    asked_month, asked_site = month_of_year(questions), questions.index.get_level_values("site")
    found = own.reindex(pd.MultiIndex.from_arrays([asked_site, asked_month])).to_numpy()
    found = np.where(np.isnan(found), whole.reindex(asked_month).to_numpy(), found)
    return pd.DataFrame(found, questions.index, list(levels))


def persistent_quantiles(
    rows: pd.DataFrame, outcome: pd.Series, questions: pd.DataFrame, levels: Sequence[float], *, now: str
) -> pd.DataFrame:
    """The line of least squares through the present value for each period, and the quantiles of its errors by season.

    Where the present value is not known, that of the mean is taken. No amount is told below the lowest outcome.

    Args:
        rows: rows of `ask` that are learned from.
        outcome: their outcomes, same index.
        questions: rows of `ask`.
        levels: between 0 and 1.
        now: the column with what is the case now.

    Returns:
        One column per level; index of the questions.
    """
    period, asked = (frame.index.get_level_values("period").to_numpy() for frame in (rows, questions))
    value, came = rows[now].to_numpy(float), outcome.to_numpy(float)
    fitted, expected = np.full(len(rows), came.mean()), np.full(len(questions), came.mean())
    for number in np.unique(period):
        known = (period == number) & np.isfinite(value)
        if not known.any():
            continue
        design = np.column_stack([np.ones(known.sum()), value[known]])
        line = np.linalg.lstsq(design, came[known])[0]
        for values, of_period, into in (
            (value, period == number, fitted),
            (questions[now].to_numpy(float), asked == number, expected),
        ):
            filled = np.where(np.isnan(values[of_period]), value[known].mean(), values[of_period])
            into[of_period] = line[0] + line[1] * filled
    errors = _grouped(came - fitted, [period, quarters(rows)], levels)
    whole = np.quantile(came - fitted, levels)
    found = errors.reindex(pd.MultiIndex.from_arrays([asked, quarters(questions)])).to_numpy()
    told = expected[:, None] + np.where(np.isnan(found), whole, found)
    return pd.DataFrame(np.maximum(told, came.min()), questions.index, list(levels))


def _grouped(values: np.ndarray, keys: Sequence[object], levels: Sequence[float]) -> pd.DataFrame:
    """Quantiles of each group with values enough, one column per level."""
    groups = pd.Series(values).groupby(list(keys))
    by_level = pd.DataFrame({level: groups.quantile(level) for level in levels})
    return by_level[groups.size() >= _FEWEST]
