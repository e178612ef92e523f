"""The table: features of a snapshot as the rows that a model reads."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.feature import AnyFeature
from features.periods import Periods
from features.snapshot import Snapshot

# Issue times per block: keeps the largest array of a block, issue_time x site x days back, near 100 MB.
_VALUES_PER_BLOCK = 12_000_000
_LONGEST_LOOK_BACK = 366
_DIMS = ("issue_time", "site", "period")


def rows(
    snapshot: Snapshot, features: Sequence[AnyFeature], periods: Periods, *, where: str | None = None
) -> pd.DataFrame:
    """One row per issue time, site and period; one column per feature, in their order.

    Args:
        snapshot: what was known.
        features: the columns.
        periods: the periods ahead.
        where: a site attribute; only sites where it is true are asked about. All of them for None.

    Returns:
        Floats; index (issue_time, site, period), sorted; NaN where a feature could not be known.
    """
    chosen = np.flatnonzero(snapshot.sites.having(where))
    size = max(1, _VALUES_PER_BLOCK // (max(len(snapshot.sites), 1) * _LONGEST_LOOK_BACK))
    blocks = [_block(block, features, periods, chosen) for block in snapshot.blocks(size)]
    codes = np.array(snapshot.sites.codes, dtype=object)[chosen]
    index = pd.MultiIndex.from_product([snapshot.issue_times, codes, periods.numbers], names=_DIMS)
    return pd.DataFrame(np.concatenate(blocks), index, [feature.name for feature in features])


def _block(snapshot: Snapshot, features: Sequence[AnyFeature], periods: Periods, chosen: np.ndarray) -> np.ndarray:
    shape = (len(snapshot.issue_times), len(chosen), periods.count)
    table = np.empty((*shape, len(features)))
    for column, feature in enumerate(features):
        values = feature(snapshot, periods)
        if "site" in values.dims:
            values = values.isel(site=chosen)
        missing = [dim for dim in _DIMS if dim not in values.dims]
        table[..., column] = values.expand_dims(missing).transpose(*_DIMS).to_numpy()
    return table.reshape(-1, len(features))
