"""Hindsight: what came of a question, as far as later questions of the same record tell it.

A row of a later issue time says what fell the day before and how wet the ground was that morning. So what a driver of
an event did is learned from the rows themselves: nothing is read that was not known at the last of their issue times.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.given import Lead
from models.exceedance import Floats

LEAD = Lead().name


def told_later(X: pd.DataFrame, columns: Sequence[str], *, days: int) -> Floats:
    """What some columns said when it was asked again, some days after each period began.

    Args:
        X: rows of a hazard's `ask`, with their index; the lead is among the columns.
        columns: names of columns that are the same in all periods of a question, as those of the past are.
        days: 0 for the questions of the morning of the period's first day, 1 for those of the morning after.

    Returns:
        Shape (n, column); NaN where nothing was asked that day, or nothing was told.
    """
    asked = pd.DatetimeIndex(X.index.get_level_values("issue_time")).floor("D")
    site = X.index.get_level_values("site")
    period = X.index.get_level_values("period").to_numpy()
    first = period == period.min()
    times, sites = asked.unique().sort_values(), site.unique().sort_values()
    told = np.full((len(times) + 1, len(sites), len(columns)), np.nan)  # the last place is for what was not asked
    told[times.get_indexer(asked[first]), sites.get_indexer(site[first])] = X.loc[first, list(columns)].to_numpy(float)
    ahead = X[LEAD].to_numpy(float).astype(int) + days
    place = sites.get_indexer(site)
    later = np.full((len(X), len(columns)), np.nan)
    for by in np.unique(ahead):
        of_lead = ahead == by
        later[of_lead] = told[times.get_indexer(asked[of_lead] + pd.Timedelta(days=int(by))), place[of_lead]]
    return later
