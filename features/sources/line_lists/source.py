"""Line lists: events and cases one by one, from files, counted by site and day as they were known."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import BeforeValidator

from features.boundaries import read_boundaries
from features.entries import ENTRIES, Batch
from features.kept import EVENTS
from features.places import CROSSWALK, read_crosswalk
from features.sites import Sites
from features.sources.line_lists.completeness import is_meant, unread_speak_of, zeros
from features.sources.line_lists.mapping import LineListMapping, check_counted, read_line_list_mapping
from features.sources.line_lists.personal_data import looks_personal
from features.sources.line_lists.places import Finder
from features.sources.line_lists.records import Reader
from features.sources.tables.files import Table, read_table


def _read(stated: object) -> object:
    return read_line_list_mapping(stated) if isinstance(stated, str | Path) else stated


def _present() -> pd.Timestamp:
    return pd.Timestamp.now("UTC")


@dataclass(frozen=True)
class LineListSource:
    """Events and disease line lists of a file, read by a declared mapping and counted by site and day.

    Every record is kept as an event with all its dates; what is counted changes when a later delivery of the list says
    otherwise, see `features/event_counts.py`. A row is never known before the end of the last date in it. A record that
    a list no longer holds stays what it was: it is withdrawn by its status.

    A list is taken whole, whatever stretch is asked for: what were left out would look late when it comes.

    No record is no count: zeros are given only in stretches that the mapping declares complete, and not for a site and
    day that a record which cannot be read speaks of.

    Attributes:
        file: a .csv, .csv.gz, .parquet or .xlsx file; it is read when events are fetched.
        mapping: what its columns mean; in settings the file of the mapping, or the name of a built-in one.
        zone: IANA zone of the local day, and of times without an offset.
        boundaries: GeoJSON of the sites' areas, in which positions are looked for; without it sites are points.
        crosswalk: CSV of what became of old communes and districts.
        name: the source's name; the mapping's for "".
        licence: under which terms the list is given.
        clock: tells the present moment; nothing of a list lies after it.
    """

    file: Path
    mapping: Annotated[LineListMapping, BeforeValidator(_read)]
    zone: str
    boundaries: Path | None = None
    crosswalk: Path = CROSSWALK
    name: str = ""
    licence: str = "as the owner of the list says"
    clock: Callable[[], pd.Timestamp] = _present
    revisits: None = None

    def __post_init__(self) -> None:
        """Checks what is counted.

        Raises:
            HaidangError: if a variable is not declared, or is no count of a day.
        """
        check_counted(self.mapping)
        object.__setattr__(self, "name", self.name or self.mapping.name)

    @property
    def variables(self) -> tuple[str, ...]:
        return self.mapping.variables

    @property
    def latency(self) -> pd.Timedelta:
        return pd.Timedelta(days=max(self.mapping.delay_days, self.mapping.latency_days))

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields all events first, then zeros of [start, end) by years.

        Raises:
            HaidangError: if a file cannot be read, or the list lacks a column.
        """
        table, now = read_table(self.file, self.mapping), self.clock()
        areas = None if self.boundaries is None else read_boundaries(self.boundaries, sites)
        finder = Finder(self.mapping, sites, areas, read_crosswalk(self.crosswalk))
        rows, cells = Reader(finder, self.zone, now).read(table)
        events = self._events(rows[(rows["reason"] == "") & (rows["aside"] == "")])
        refused = rows[rows["reason"] != ""]
        yield Batch(
            ENTRIES.empty_table().to_pandas(),
            self._rejected(table, cells, refused["reason"]),
            read=len(rows),
            unread=len(refused),
            passed_over=dict(Counter(rows.loc[(rows["reason"] == "") & (rows["aside"] != ""), "aside"])),
            remarks=tuple(self._remarks(table, sites)),
            tables={"events": events},
        )
        for stretch in self.mapping.complete:
            if stretch.end is None and events.empty:
                continue
            until = now if stretch.end is not None else min(now, events["known_time"].max())
            for year in zeros(stretch, sites, self.variables, self.name, self.zone, until):
                asked = (year["valid_time"] >= start) & (year["valid_time"] < end)
                yield Batch(year[asked & ~unread_speak_of(year, refused)], tables={"events": events.iloc[:0]})

    def _events(self, records: pd.DataFrame) -> pd.DataFrame:
        """One row for each record and site that it counts at: the columns of the kept table `events`."""
        parts = records.assign(part=records["shares"].map(lambda shares: list(shares.items()))).explode("part")
        sites, shares = parts["part"].str[0], parts["part"].str[1].astype(float)
        events = parts.assign(source=self.name, dated=parts["known_time"], site=sites, count=parts["count"] * shares)
        return events[EVENTS.schema.names].reset_index(drop=True)

    def _rejected(self, table: Table, cells: pd.DataFrame, reasons: pd.Series) -> pd.DataFrame:
        """The rows that were refused: of their cells those that the mapping reads, and nothing that looks personal."""
        places = reasons.index.to_series()
        where = [f"{self.file.name}, line {line}: " for line in table.line[places]]
        rows = replaced(table, cells=cells, surplus={}).rows(places)
        reason = [at + text for at, text in zip(where, reasons, strict=True)]
        return pd.DataFrame({"source": self.name, "reason": reason, "row": rows}, dtype=str)

    def _remarks(self, table: Table, sites: Sites) -> Iterator[str]:
        mapping, header = self.mapping, list(table.cells.columns)
        if dropped := [repr(column) for column in header if column in mapping.personal]:
            yield f"dropped from {len(table.cells):,} rows, as declared: {', '.join(dropped)}"
        known = {*mapping.personal, *mapping.not_personal, *mapping.read_columns}
        if found := [repr(column) for column in header if column not in known and looks_personal(column)]:
            yield f"not read, and seem to speak of persons: {', '.join(found)}; name them in `personal`"
        for name in dict.fromkeys(name for stretch in mapping.complete for name in stretch.where):
            if not any(any(is_meant(site, (name,))) for site in sites.values()):
                yield f"`complete` names {name!r}, which is no site that is asked for"
