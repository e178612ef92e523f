"""Counts from events: how many events of a kind a site had on a day, as it was known after each report.

An event is a row of somebody's list with several dates. A later version of it (confirmed, withdrawn, moved to another
day or commune) takes the place of the earlier one from the moment it became known; so counts rise and fall with what
was known, and nothing is overwritten.
"""

import numpy as np
import pandas as pd

from features.entries import ENTRIES

_CELL = ["variable", "site", "valid_time"]


def as_delivered(events: pd.DataFrame, held: pd.DataFrame, now: pd.Timestamp | None) -> pd.DataFrame:
    """When each version of an event was really known here.

    A row of a list that reaches back behind what an earlier delivery told, and that the earlier delivery lacked, was
    not known at its own date: it is known from now on. Rows that are held already stay as they are.

    Args:
        events: versions as the source dates them, the columns of the kept table `events`.
        held: the versions that earlier deliveries of the source brought.
        now: the present moment; None leaves all dates as they are.
    """
    if held.empty or now is None:
        return events
    keys = ["event", "variable", "site", "count", "valid_time"]
    known_here = pd.MultiIndex.from_frame(held[keys]).unique()
    new = ~pd.MultiIndex.from_frame(events[keys]).isin(known_here)
    missed = new & (events["known_time"] <= held["known_time"].max()).to_numpy()
    return events.assign(known_time=events["known_time"].mask(missed, now))[new]


def counted(events: pd.DataFrame) -> pd.DataFrame:
    """Entries with the count of each variable, site and day after each change of it.

    Args:
        events: all versions of all events of one source, the columns of the kept table `events`.

    Returns:
        Columns site, variable, valid_time, known_time, value, source.
    """
    if events.empty:
        return pd.DataFrame(columns=ENTRIES.names)
    versions = events.sort_values(["known_time"], kind="stable")
    whole = ["event", "variable"]
    before = versions.groupby([*whole, "known_time"], sort=False).ngroup()
    first_of_next = _replaced_at(versions, whole, before)
    leaving = versions[first_of_next.notna()].assign(
        known_time=first_of_next.dropna(), count=-versions.loc[first_of_next.notna(), "count"]
    )
    changes = pd.concat([versions, leaving]).groupby([*_CELL, "known_time"], sort=True)["count"].sum()
    value = changes.groupby(level=_CELL).cumsum().round(9)
    entries = value.rename("value").reset_index().assign(source=events["source"].iloc[0])
    changed = np.r_[True, entries["value"].to_numpy()[1:] != entries["value"].to_numpy()[:-1]]
    same_cell = entries.duplicated(_CELL)
    return entries[changed | ~same_cell][ENTRIES.names].reset_index(drop=True)


def _replaced_at(versions: pd.DataFrame, whole: list[str], number: pd.Series) -> pd.Series:
    """When the next version of the same event became known; NaT for the last one."""
    distinct = versions.assign(number=number).drop_duplicates("number")[[*whole, "known_time", "number"]]
    following = distinct.groupby(whole, sort=False)["known_time"].shift(-1)
    return number.map(following.set_axis(distinct["number"]))
