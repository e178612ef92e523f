"""Counts from events: how many events of a kind a site had on a day, as it was known after each report.

An event is a record of somebody's list with several dates. A later version of it (confirmed, withdrawn, of another
kind, moved to another day or commune) takes the place of the earlier one from the moment it became known; so counts
rise and fall with what was known, and nothing is overwritten.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa

from features.entries import ENTRIES
from features.kept import EVENTS

_CELL = ["variable", "site", "valid_time"]
_VERSION = ["event", "known_time"]
_SAID = [name for name in EVENTS.schema.names if name not in ("source", "known_time", "dated")]
_A_MOMENT = pd.Timedelta(microseconds=1)


def last_told(
    held: pd.DataFrame, newest: Iterable[pd.DataFrame], source: str, now: pd.Timestamp | None
) -> pd.Timestamp | None:
    """Until when earlier deliveries of a source have spoken: when the last of what they told became known.

    Args:
        held: the versions of events that they brought.
        newest: entries with their source and known_time, the newest of each variable at least.
        source: the source's name.
        now: the present moment; what is not known yet does not count. None where the past is made up.
    """
    parts = [held["known_time"], *(rows.loc[rows["source"] == source, "known_time"] for rows in newest)]
    known = pd.concat(parts).astype("datetime64[us, UTC]")
    last = known.max() if now is None else known[known <= now].max()
    return None if pd.isna(last) else last


def as_delivered(
    events: pd.DataFrame, held: pd.DataFrame, told: pd.Timestamp | None, now: pd.Timestamp | None
) -> pd.DataFrame:
    """The versions of events that a delivery adds to those held, each known from when it was known here.

    A version that an earlier delivery should have held by its date, and did not, was not known at its date: it is known
    from now on. So is a change of a record whose date of report stays the same. What a delivery repeats is left out;
    where it says of an event what was held of it before, but not last, that is a change too, unless it is older.

    Args:
        events: versions as the source dates them, the columns of the kept table `events`; `known_time` is `dated`.
        held: the versions that earlier deliveries of the source brought.
        told: until when these have spoken, see `last_told`; None for the first delivery.
        now: the present moment; None leaves all dates as they are.
    """
    versions, before = _versions(events), _versions(held)
    last = before.drop_duplicates("event", keep="last").set_index("event").reindex(versions["event"])
    last.index = versions.index
    said = pd.MultiIndex.from_frame(versions[["event", "said"]]).isin(
        pd.MultiIndex.from_frame(before[["event", "said"]])
    )
    newest = ~versions.duplicated("event", keep="last")
    again = newest & (versions["said"] != last["said"]) & (versions["dated"] >= last["dated"])
    known = versions["known_time"]
    if told is not None and now is not None:
        known = known.mask(known <= told, now)
    known = known.mask(known <= last["known_time"], last["known_time"] + _A_MOMENT)
    added = versions.assign(known_here=known)[~said | again]
    backwards = added.iloc[::-1]
    followed_at = backwards.groupby("event")["known_here"].cummin().groupby(backwards["event"]).shift()
    standing = added[~(followed_at.reindex(added.index) <= added["known_here"])]
    rows = events.merge(standing[[*_VERSION, "known_here"]], on=_VERSION)
    return rows.assign(known_time=rows["known_here"])[list(events.columns)]


def _versions(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per version, in the order of event and known time, with its date and a digest of what it says."""
    plain = pa.Table.from_pandas(rows[EVENTS.schema.names], EVENTS.schema, preserve_index=False).to_pandas()
    said = pd.util.hash_pandas_object(plain[_SAID], index=False)
    versions = plain.assign(said=said).groupby(_VERSION, as_index=False).agg({"dated": "max", "said": "sum"})
    return versions.astype({"said": str})


def no_longer_listed(events: pd.DataFrame, held: pd.DataFrame) -> int:
    """How many events count, and lie within the days of a delivery, which does not hold them.

    Args:
        events: what is delivered.
        held: the versions that earlier deliveries of the source brought.
    """
    last = held[held["known_time"] == held.groupby("event")["known_time"].transform("max")]
    within = last["valid_time"].between(events["valid_time"].min(), events["valid_time"].max())
    return int(last.loc[within & (last["count"] > 0) & ~last["event"].isin(events["event"]), "event"].nunique())


def counted(events: pd.DataFrame) -> pd.DataFrame:
    """Entries with the count of each variable, site and day after each change of it.

    A count that was never above zero is no entry: a suspected or negative record is not a count of none.

    Args:
        events: all versions of all events of one source, the columns of the kept table `events`.

    Returns:
        Columns site, variable, valid_time, known_time, value, source.
    """
    versions = events[_VERSION].drop_duplicates().sort_values(_VERSION)
    versions["replaced_at"] = versions.groupby("event")["known_time"].shift(-1)
    leaving = events.merge(versions[versions["replaced_at"].notna()], on=_VERSION)
    leaving = leaving.assign(known_time=leaving["replaced_at"], count=-leaving["count"])
    changes = pd.concat([events, leaving]).groupby([*_CELL, "known_time"])["count"].sum()
    value = changes.groupby(level=_CELL).cumsum().round(9) + 0.0
    changed = value != value.groupby(level=_CELL).shift(fill_value=0.0)
    entries = value[changed].rename("value").reset_index()
    return entries.assign(source=events["source"].iloc[0] if len(events) else "")[ENTRIES.names]


def not_counted_yet(zeros: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """The zeros of days of which no count was known when they became known.

    Args:
        zeros: entries that say that nothing was recorded.
        counts: entries of `counted`.
    """
    first = counts.groupby(_CELL, as_index=False).agg(counted_at=("known_time", "min"))
    counted_at = zeros[_CELL].merge(first, on=_CELL, how="left")["counted_at"]
    return zeros[~np.asarray(counted_at <= zeros["known_time"].set_axis(counted_at.index))]
