"""Ingest: from a source into the archive, batch by batch, each whole or not at all."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import pandas as pd

from features.archive import Archive
from features.entries import Batch, Receipt, rejected
from features.errors import HaidangError
from features.event_counts import as_delivered, counted, last_told, no_longer_listed, not_counted_yet
from features.sites import Sites
from features.variables import variable_named


class Source(Protocol):
    """Somewhere values come from.

    Attributes:
        name: short name, written into each entry.
        variables: the declared variables that it brings.
        latency: how long after the end of its stretch a value is usually known.
        licence: under which terms the provider gives the values.
        revisits: how long after its day a value may still come or change. A scheduled ingest begins that long before
            the newest value held; None where everything is read each time, such as a file.
    """

    @property
    def name(self) -> str: ...

    @property
    def variables(self) -> Sequence[str]: ...

    @property
    def latency(self) -> pd.Timedelta: ...

    @property
    def licence(self) -> str: ...

    @property
    def revisits(self) -> pd.Timedelta | None: ...

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields batches of entries whose valid time lies in [start, end), in the order of time where it can."""
        ...


def ingest(
    source: Source,
    archive: Archive,
    start: pd.Timestamp,
    end: pd.Timestamp,
    *,
    now: pd.Timestamp | None = None,
    sites: Sites | None = None,
    progress: Callable[[Receipt, pd.Timestamp | None], None] = lambda receipt, until: None,
) -> Receipt:
    """Brings what a source has into the archive; run twice it changes nothing, killed it can be run again.

    After several batches their small files are joined; those of one are left to the next time, or to the job.

    Args:
        source: where the values come from.
        archive: where they go.
        start: first moment, with a zone.
        end: moment after the last, with a zone.
        now: the present moment. What it does not allow is set aside: values of days that have not come, and values
            that by the source's latency cannot be known yet. None where the past is made up, as in a simulation.
        sites: the sites that are asked for; all sites of the archive for None.
        progress: is told the receipt of each batch once it is stored, and until when all is stored, if that is known.

    Returns:
        The receipt of all batches; rows that the source could not read count as quarantined.

    Raises:
        HaidangError: if the stretch is empty, the source brings a variable that is not declared, the source fails, or
            a batch cannot be stored.
    """
    if not start < end:
        raise HaidangError(f"nothing lies between {start} and {end}: the start comes before the end")
    for name in source.variables:
        variable_named(name)
    whole, batches = Receipt(), 0
    asked = archive.sites if sites is None else sites
    for batch in _one_ahead(source.fetch(asked, start, end)):
        if "events" in batch.tables and len(asked) < len(archive.sites):
            raise HaidangError(
                f"{source.name} is a list of events: it is read for all sites at once, or the records of the others "
                "would look as if they had come late; leave out --sites"
            )
        receipt = _store(batch, source, archive, now)
        progress(receipt, batch.delivered_until)
        whole, batches = whole + receipt, batches + 1
    if archive.exists and batches > 1:
        archive.compact()
    return whole


def _store(batch: Batch, source: Source, archive: Archive, now: pd.Timestamp | None) -> Receipt:
    """Takes a batch in; its entries come last, so that what explains them is there when they are read."""
    archive.quarantine(batch.rejected)
    kept = {name: archive.kept(name).add(rows) for name, rows in batch.tables.items() if name != "events"}
    entries, remarks = batch.entries, batch.remarks
    if "events" in batch.tables:
        entries, kept["events"], told = _counted(batch, source, archive, now)
        remarks += told
    early = rejected(entries.iloc[:0], [])
    waiting: dict[str, int] = {}
    if now is not None:
        entries, early, waiting = _known_by(now, entries)
        archive.quarantine(early)
    taken = archive.append(entries)
    return taken + Receipt(
        quarantined=len(batch.rejected) + len(early),
        read=batch.read,
        unread=batch.unread,
        passed_over=dict(batch.passed_over),
        remarks=remarks + tuple(f"{count:,} values {why}" for why, count in waiting.items()),
        kept=kept,
    )


def _counted(
    batch: Batch, source: Source, archive: Archive, now: pd.Timestamp | None
) -> tuple[pd.DataFrame, int, tuple[str, ...]]:
    """Keeps the events of a batch; the entries that it then makes, how many rows are new, and what is to be told."""
    events, brought = archive.kept("events"), batch.tables["events"]
    held = events.read_source(source.name)
    if brought.empty:
        return not_counted_yet(batch.entries, counted(held)), 0, ()
    told_of = set(archive.variables())
    newest = [archive.newest_rows(name, 1) for name in source.variables if name in told_of]
    added = as_delivered(brought, held, last_told(held, newest, source.name, now), now)
    new = events.add(added)
    counts = counted(events.read_source(source.name))
    remarks = {
        "events are known so from now on only: earlier deliveries said otherwise or nothing": int(
            added.loc[added["known_time"] > added["dated"], "event"].nunique()
        ),
        "events still count that the list no longer holds: withdraw by their status what was wrong": no_longer_listed(
            brought, held
        ),
    }
    told = tuple(f"{count:,} {text}" for text, count in remarks.items() if count)
    return pd.concat([not_counted_yet(batch.entries, counts), counts], ignore_index=True), new, told


def _known_by(now: pd.Timestamp, entries: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """Entries that can be known now, those of a clock that runs ahead, and how many are not known yet, and why."""
    late = entries["known_time"] > now
    ahead = late & (entries["valid_time"] > now)
    reason = f"speaks of a day that has not come at {now.isoformat()}: a clock runs ahead, the provider's or this one's"
    waiting = int((late & ~ahead).sum())
    told = {"are not known yet by the latency of the source; a later ingest brings them": waiting} if waiting else {}
    return entries[~late], rejected(entries[ahead], reason), told


def _one_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches; the next one is fetched while one is being stored."""
    with ThreadPoolExecutor(1) as fetching:
        coming = fetching.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = fetching.submit(next, batches, None)
            yield batch
