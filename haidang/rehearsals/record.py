"""The record that a rehearsal lives through: what is known at its start, and what becomes known day by day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from features.archive import CODED, READ, Archive
from features.entries import Batch
from features.errors import HaidangError
from features.settings import Settings
from features.sites import Sites
from haidang.rehearsals.faults import EntryFault


@dataclass(frozen=True)
class Handed:
    """A source of a rehearsal: it hands over what became known since it was asked last.

    Attributes:
        name: of the source in the record.
        entries: what it hands over: columns of `ENTRIES`.
    """

    name: str
    entries: pd.DataFrame

    latency = pd.Timedelta(0)
    licence = "that of the record"
    revisits = None

    @property
    def variables(self) -> Sequence[str]:
        """The variables of what it hands over."""
        return sorted(self.entries["variable"].unique())

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields all of it at once."""
        yield Batch(self.entries, read=len(self.entries))


class ToCome:
    """What becomes known after the start of a rehearsal, in the order in which it does."""

    def __init__(self, parts: Sequence[pa.Table]) -> None:
        """Sorts entries, the columns of `CODED`."""
        whole = pa.concat_tables([CODED.empty_table(), *parts]).unify_dictionaries()
        self._entries = whole.take(pc.sort_indices(whole, [("known_time", "ascending")])).combine_chunks()
        self._known = pd.DatetimeIndex(self._entries["known_time"].to_pandas())
        self._in = 0

    def known_by(self, moment: pd.Timestamp) -> list[Handed]:
        """What each source hands over at a moment: what became known by then, and is not in."""
        until = int(self._known.searchsorted(moment, side="right"))
        new = self._entries.slice(self._in, until - self._in).to_pandas()
        return [Handed(str(source), rows) for source, rows in new.groupby("source", observed=True)]

    def is_in(self, moment: pd.Timestamp) -> None:
        """Notes that what was known at a moment is in the archive."""
        self._in = int(self._known.searchsorted(moment, side="right"))


def part_at(settings: Settings, archive: Archive, faults: Sequence[EntryFault], start: pd.Timestamp) -> ToCome:
    """Fills an archive with what another one knew at a moment, variable by variable, and keeps the rest to come.

    Args:
        settings: of the deployment whose record it is.
        archive: where it goes.
        faults: what goes wrong with values on their way.
        start: the moment.

    Raises:
        HaidangError: if a fault touches no entry.
    """
    table = DeltaTable(str(settings.archive / "entries"))
    coming, idle = [], set(faults)
    for name in sorted(
        {row["partition.variable"] for row in pa.table(table.get_add_actions(flatten=True)).to_pylist()}
    ):
        held = table.to_pyarrow_dataset(
            parquet_read_options=READ, file_pruning_predicate=[("variable", "=", name)]
        ).to_table(CODED.names)
        entries = held.to_pandas()
        for fault in faults:
            bent = fault.bend(entries, archive.zone)
            if not bent.equals(entries):
                idle.discard(fault)
            entries = bent
        later = (entries["known_time"] > start).to_numpy()
        archive.append(entries[~later])
        coming.append(pa.Table.from_pandas(entries[later], CODED, preserve_index=False))
    if idle:
        raise HaidangError(
            f"{next(iter(idle))} touches no entry: name a variable, a source and a site that the archive holds"
        )
    archive.compact()
    return ToCome(coming)
