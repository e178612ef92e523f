"""What share of outcomes the 90 % intervals of an amount cover, from the tallies of several worlds taken together.

It is the interval as it is told, drawn to between the cuts as the probabilities put it, and it is judged where it holds
more than one amount, as in `training/spread_scores.py`: where both its ends are the same, as on days that will surely
be dry, it covers whatever it is sure of, and says nothing of how wide it should be.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from training.blocks import Blocks, over
from training.pooled import ALL_YEAR
from training.tallies import Tally

ALL_LEADS = "all"


def coverage(tallies: Sequence[Tally]) -> pd.DataFrame:
    """Coverage of one hazard by season and lead, over the year, and over all leads.

    Args:
        tallies: of the same hazard, one for each world.

    Returns:
        Columns season ("all" for the year), lead ("all" for all of them), n, the questions with an outcome; told, those
        whose interval holds more than one amount; covered, the share of these within it, with `_low` and `_high`, NaN
        where none is. Empty where no interval was told.
    """
    worlds = pd.concat([one.coverage for one in tallies], keys=range(len(tallies)), names=["world"])
    if worlds.empty:
        return pd.DataFrame()
    blocks = Blocks.of(worlds.index)
    found = []
    for season, of_season in [(ALL_YEAR, worlds), *worlds.groupby(level="season")]:
        for lead, group in [(ALL_LEADS, of_season), *of_season.groupby(level="lead")]:
            drawn = blocks.drawn[:, blocks.places(group.index)]
            told, within = (group[name].to_numpy(float) for name in ("told", "within"))
            low, high = blocks.interval(over(drawn @ within, drawn @ told))
            row = {"season": season, "lead": lead, "n": int(group["n"].sum()), "told": int(told.sum())}
            share = float(over(within.sum(), np.asarray(told.sum())))
            found.append(row | {"covered": share, "covered_low": low, "covered_high": high})
    return pd.DataFrame(found)
