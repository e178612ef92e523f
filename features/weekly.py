"""Numbers of weeks, each told at one day of it, as known at an issue time or as observed.

The weeks are counted from the issue day: the newest ends with it, the first week ahead begins on the day after it. So
every week holds one day of each name, and the weeks of earlier years lie beside those ahead.
"""

from weakref import WeakKeyDictionary

import bottleneck
import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from features.archive import Archive
from features.local_days import Days, day_starts
from features.snapshot import Snapshot

Floats = npt.NDArray[np.float64]
WEEK_DAYS = 7
WEEKS_PER_YEAR = 365.2425 / WEEK_DAYS
_MADE: WeakKeyDictionary[Snapshot, dict[tuple[str, int], Floats]] = WeakKeyDictionary()
"""Weeks that features of one snapshot share, for as long as it lives."""


def weeks_before(snapshot: Snapshot, variable: str, weeks: int) -> Floats:
    """The highest value told in each of the weeks that end with the issue day, as known at the issue time.

    Args:
        snapshot: what was known.
        variable: a declared variable.
        weeks: how many to look back.

    Returns:
        Shape (issue_time, site, week), the newest week last, not to be written to; NaN where nothing was known.
    """
    made = _MADE.setdefault(snapshot, {})
    if (variable, weeks) not in made:
        made[variable, weeks] = _made(snapshot, variable, weeks)
    return made[variable, weeks]


def _made(snapshot: Snapshot, variable: str, weeks: int) -> Floats:
    found = np.empty((len(snapshot.issue_times), len(snapshot.sites), weeks))
    days = np.full((len(snapshot.sites), weeks * WEEK_DAYS), np.nan)
    for row, one in enumerate(snapshot.blocks(1)):
        days[:, :-1] = one.past(variable, weeks * WEEK_DAYS - 1).to_numpy()[0, :, ::-1]
        found[row] = bottleneck.nanmax(days.reshape(len(days), weeks, WEEK_DAYS), axis=-1)
    found.setflags(write=False)
    return found


def weeks_observed(archive: Archive, variable: str, first_days: Days, *, by: pd.Timestamp) -> Floats:
    """The highest value told in weeks, as known at a moment.

    Args:
        archive: where the observations lie.
        variable: a declared variable.
        first_days: local day numbers at which the weeks begin, shape (...).
        by: the moment at which the truth is read.

    Returns:
        Shape (site, ...); NaN where nothing was known.
    """
    first, last = int(first_days.min()), int(first_days.max()) + WEEK_DAYS - 1
    start, end = day_starts([first, last], archive.zone)
    days = archive.observed(variable, by=by, start=start, end=end).to_numpy()
    highest: Floats = bottleneck.nanmax(sliding_window_view(days, WEEK_DAYS, axis=-1), axis=-1)
    return highest[:, first_days - first]
