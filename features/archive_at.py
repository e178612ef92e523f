"""The archive as it was at a moment: entries that became known later are not there, whoever asks and whatever for."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.dataset as ds

from features.archive import Archive
from features.errors import HaidangError
from features.sites import Sites

_Pruning = str | list[tuple[str, str, str]] | None


class ArchiveAt(Archive):
    """An archive to read from, that holds what was known at a moment.

    A past can so be lived through in an archive that was filled long ago: whatever asks how far the archive reaches is
    told what it would have been told then. Tables that are kept beside the entries, and the quarantine, are seen whole.
    """

    def __init__(
        self, folder: Path, sites: Sites, zone: str, *, moment: pd.Timestamp, version: int | None = None
    ) -> None:
        """Opens the archive in a folder.

        Args:
            folder: the archive's folder.
            sites: the deployment's sites.
            zone: IANA zone of the local day.
            moment: what became known later is not there.
            version: reads the entries as they lay in this version of the table; the newest for None.
        """
        super().__init__(folder, sites, zone, version=version)
        self.moment = moment

    def at_version(self, version: int) -> "ArchiveAt":
        """The same in an earlier version of the table of entries."""
        return ArchiveAt(self._entries.parent, self.sites, self.zone, moment=self.moment, version=version)

    def newest_known(self) -> dict[str, pd.Timestamp]:
        """For each variable that any value was known of, when the newest one became known."""
        known = {name: list(self._known_spans([("variable", "=", name)])) for name in super().variables()}
        return {name: max(last for _, last in spans) for name, spans in known.items() if spans}

    def variables(self) -> list[str]:
        """The variables that any value was known of."""
        return sorted(self.newest_known())

    def _dataset(self, files: _Pruning) -> ds.Dataset:
        return super()._dataset(files).filter(ds.field("known_time") <= self.moment)

    def _extreme(self, column: str, which: str, variable: str | None = None) -> pd.Timestamp:
        spans = list(self._known_spans(None if variable is None else [("variable", "=", variable)]))
        if not spans:
            raise HaidangError(f"no {variable or 'entry'} was known at {self._local(self.moment)}: take a later moment")
        return min(first for first, _ in spans) if which == "min" else max(last for _, last in spans)

    def _known_spans(self, files: _Pruning) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
        """The first and last known time in each file that was begun by the moment; a file is read if it goes on."""
        by_then = ds.field("known_time") <= self.moment
        for fragment in super()._dataset(files).get_fragments(by_then):
            told = [group.statistics["known_time"] for group in fragment.row_groups]
            first, last = min(one["min"] for one in told), max(one["max"] for one in told)
            if last <= self.moment:
                yield pd.Timestamp(first), pd.Timestamp(last)
            elif first <= self.moment:
                found = pc.min_max(fragment.to_table(columns=["known_time"], filter=by_then)["known_time"]).as_py()
                yield pd.Timestamp(found["min"]), pd.Timestamp(found["max"])
