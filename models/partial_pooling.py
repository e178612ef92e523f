"""How much the climatology of a place is borrowed from the other places.

The offset of a site is drawn to that of the province by a ridge. By Laplace's approximation its posterior mean is a
mean of the province's and the site's own record, in which the province weighs `1 / (1 + C * information)`, where the
information of a site is the sum of `p * (1 - p)` over its questions: the pooling factor of Gelman and Pardoe 2006,
doi:10.1198/004017005000000517, for one site.
"""

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from models.baselines import Climatology
from models.exceedance import Exceedance

_SITES_TOLD = 100


class Borrowed(BaseModel):
    """What the climatology borrows at one cut: 0 where a site's own record alone speaks, 1 where only the province's.

    `by_site` is empty where there are more than a hundred sites.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cut: float
    median: float
    low: float
    high: float
    by_site: dict[str, float]


def borrowed_at(climatology: Exceedance, X: pd.DataFrame, cuts: tuple[float, ...]) -> tuple[Borrowed, ...]:
    """What a fitted climatology borrows at each cut that it learned; nothing for a climatology of another kind.

    Args:
        climatology: fitted on the rows.
        X: the rows that it learned from.
        cuts: as they are told, in the order of the estimator's.
    """
    if not isinstance(climatology, Climatology) or not climatology.learned_.any():
        return ()
    shares = 1 / (1 + climatology.C * climatology.information(X))
    told = np.array(cuts)[climatology.learned_]
    return tuple(
        Borrowed(
            cut=float(cut),
            median=round(float(np.median(share)), 4),
            low=round(float(share.min()), 4),
            high=round(float(share.max()), 4),
            by_site=dict(zip(climatology.sites_, share.round(4).tolist(), strict=True))
            if len(share) <= _SITES_TOLD
            else {},
        )
        for cut, share in zip(told, shares.T, strict=True)
    )
