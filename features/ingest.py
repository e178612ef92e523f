"""Ingest: from a source into the archive, batch by batch, each whole or not at all."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import pandas as pd

from features.archive import Archive
from features.entries import Batch, Receipt
from features.errors import HaidangError
from features.sites import Sites
from features.variables import variable_named


class Source(Protocol):
    """Somewhere values come from.

    Attributes:
        name: short name, written into each entry.
        variables: the declared variables that it brings.
        latency: how long after the end of its stretch a value is usually known.
    """

    @property
    def name(self) -> str: ...

    @property
    def variables(self) -> Sequence[str]: ...

    @property
    def latency(self) -> pd.Timedelta: ...

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields batches of entries whose valid time lies in [start, end)."""
        ...


def ingest(
    source: Source,
    archive: Archive,
    start: pd.Timestamp,
    end: pd.Timestamp,
    *,
    progress: Callable[[Receipt], None] = lambda receipt: None,
) -> Receipt:
    """Brings what a source has into the archive; run twice it changes nothing, killed it can be run again.

    Args:
        source: where the values come from.
        archive: where they go.
        start: first moment, with a zone.
        end: moment after the last, with a zone.
        progress: is told the receipt of each batch.

    Returns:
        The receipt of all batches; rows that the source could not read count as quarantined.

    Raises:
        HaidangError: if the stretch is empty, or the source brings a variable that is not declared.
    """
    if not start < end:
        raise HaidangError(f"nothing lies between {start} and {end}: the start comes before the end")
    for name in source.variables:
        variable_named(name)
    whole = Receipt()
    for batch in _one_ahead(source.fetch(archive.sites, start, end)):
        archive.quarantine(batch.rejected)
        receipt = archive.append(batch.entries) + Receipt(quarantined=len(batch.rejected))
        progress(receipt)
        whole += receipt
    if archive.exists:
        archive.compact()
    return whole


def _one_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches; the next one is fetched while one is being stored."""
    with ThreadPoolExecutor(1) as fetching:
        coming = fetching.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = fetching.submit(next, batches, None)
            yield batch
