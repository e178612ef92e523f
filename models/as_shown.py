"""Verified forecasts as people were shown them: no shadows, and of several issues of one moment the last."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.local_days import day_numbers

BASELINES = ("climatology", "persistence")
COLUMNS = [
    "issue_time", "site", "lead", "valid_from", "valid_to", "issued_at", "forecaster", "cuts", "probabilities",
    *BASELINES, "level", "shadow", "outcome",
]  # fmt: skip
"""Which columns of `VERIFIED` are read."""
_QUESTION = ["issue_time", "site", "valid_from"]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def as_shown(verified: pa.Table, zone: str) -> pd.DataFrame:
    """One row per question that was answered to people, without lists; `row` is where it stands among the verified.

    Args:
        verified: the columns `COLUMNS`, each record once.
        zone: IANA zone of the local day.

    Returns:
        The other columns, with the local day numbers `issued`, `first` and `end` (exclusive).
    """
    plain = [name for name in COLUMNS if name not in ("cuts", "probabilities", *BASELINES)]
    table = verified.select(plain).to_pandas().assign(row=np.arange(len(verified)))
    table = table[~table["shadow"].to_numpy(bool)].sort_values("issued_at", kind="stable")
    last = table.groupby("issue_time")["issued_at"].transform("max")
    table = table[table["issued_at"] == last].drop_duplicates(_QUESTION, keep="last")
    days = {
        "issued": day_numbers(pd.DatetimeIndex(table["issue_time"]), zone),
        "first": day_numbers(pd.DatetimeIndex(table["valid_from"]), zone),
        "end": day_numbers(pd.DatetimeIndex(table["valid_to"]), zone),
    }
    return table.assign(**days, site=table["site"].astype(str)).reset_index(drop=True)


def by_cut(lists: pa.Table) -> tuple[Integers, Floats, dict[str, Floats]]:
    """What was told at each cut.

    Args:
        lists: the columns cuts, probabilities and `BASELINES` of `VERIFIED`.

    Returns:
        For each cut of each record, shape (m,): its row, the cut, and by name what was told of it; NaN where a list is
        missing or shorter.
    """
    cuts = lists["cuts"].combine_chunks()
    row = pc.list_parent_indices(cuts).to_numpy()
    length = pc.list_value_length(cuts).fill_null(0).to_numpy()
    column = np.arange(len(row)) - np.repeat(length.cumsum() - length, length)
    names = ("probabilities", *BASELINES)
    told = {name: _aligned(lists[name].combine_chunks(), row, column) for name in names}
    return row, pc.list_flatten(cuts).to_numpy(zero_copy_only=False), told


def _aligned(values: pa.ListArray, row: Integers, column: Integers) -> Floats:
    """The values of lists at rows and places in them; NaN where a list is missing or shorter."""
    length = pc.list_value_length(values).fill_null(0).to_numpy()
    start = length.cumsum() - length
    flat = pc.list_flatten(values).to_numpy(zero_copy_only=False).astype(float)
    there = column < length[row]
    return np.where(there, np.append(flat, np.nan)[np.where(there, start[row] + column, -1)], np.nan)
