"""The archive: the append-only table of all entries, each with the day it speaks of and the moment it became known."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import xarray as xr
from deltalake import DeltaTable

from features.delta import add_new, equal, is_table, join_files
from features.entries import ENTRIES, KEY, NAMES, QUARANTINE, SIMULATED, Receipt, inspect, rejected
from features.errors import HaidangError
from features.kept import Kept
from features.local_days import Days, day_numbers, day_starts, days_after, moments
from features.sites import Sites
from features.snapshot import Snapshot
from features.variables import variable_named
from features.vintages import Vintages, lay_out

CODED = pa.schema(
    [field.with_type(pa.dictionary(pa.int32(), field.type)) if field.name in NAMES else field for field in ENTRIES]
)
READ = ds.ParquetReadOptions(dictionary_columns=NAMES)
_TIMES = ("valid_time", "known_time")
_TOLD_TO = timedelta(milliseconds=1)  # how exactly the log of a table tells of moments


class Archive:
    """Two Delta Lake tables in a folder: the entries, and the quarantine of rows that were refused at the door.

    Appends are atomic: a killed process leaves the table as it was. They are idempotent too: an entry that is held
    already is not written again. Nothing is ever changed or removed.
    """

    def __init__(self, folder: Path, sites: Sites, zone: str, *, held: DeltaTable | None = None) -> None:
        """Opens the archive in a folder, or prepares a new one; nothing is written before the first append.

        Args:
            folder: the archive's folder.
            sites: the deployment's sites.
            zone: IANA zone of the local day.
            held: the table of entries in the version that is read; for None the newest one, each time anew.

        Raises:
            HaidangError: if the archive was made for another zone.
        """
        self.sites, self.zone, self._held = sites, zone, held
        self._entries, self._quarantine = folder / "entries", folder / "quarantine"
        self._files: dict[str, ds.Dataset] = {}
        self._begins: pd.Timestamp | None = None
        made_for = json.loads(self._table().metadata().description)["zone"] if self.exists else zone
        if made_for != zone:
            raise HaidangError(f"the archive in {folder} counts days in {made_for}, not in {zone}: set the local zone")

    @property
    def exists(self) -> bool:
        """Whether anything was ever appended."""
        return is_table(self._entries)

    @property
    def version(self) -> int:
        """Version of the Delta table of entries; each append that brought anything adds one."""
        return self._table().version()

    def at_version(self, version: int) -> "Archive":
        """The archive as it lay in a version of its table of entries, to read from."""
        return self._as_in(DeltaTable(str(self._entries), version=version))

    def pinned(self) -> "Archive":
        """The archive as it lies now, to read from: its log, and which files hold what, are read once.

        Raises:
            HaidangError: if nothing was ever appended.
        """
        return self if self._held is not None else self._as_in(self._table())

    def append(self, entries: pd.DataFrame) -> Receipt:
        """Checks entries at the door, takes the good ones and sets the others aside with the reason.

        Args:
            entries: columns site, variable, valid_time, known_time, value, source.

        Raises:
            HaidangError: if a column is missing.
        """
        checked = inspect(entries, self.sites, self.zone)
        held = self._held_values(checked.entries)
        torn = held.notna() & (held != checked.entries["value"])
        reason = (
            "the archive holds " + held[torn].astype(str) + " for this entry: a correction needs a later known_time"
        )
        aside = pd.concat([checked.rejected, rejected(checked.entries[torn], reason)], ignore_index=True)
        self.quarantine(aside)
        accepted = self._take(checked.entries[held.isna()])
        return Receipt(accepted, len(entries) - accepted - len(aside), len(aside))

    def quarantine(self, rows: pd.DataFrame) -> None:
        """Sets refused rows aside: columns source, reason, row; rows that lie there already are not written again."""
        if not rows.empty:
            distinct = pa.Table.from_pandas(rows.drop_duplicates(), QUARANTINE, preserve_index=False)
            add_new(self._quarantine, distinct, QUARANTINE, equal(QUARANTINE.names))

    def quarantined(self) -> pd.DataFrame:
        """All refused rows: columns source, reason, row (JSON of the row as it came)."""
        if not is_table(self._quarantine):
            return QUARANTINE.empty_table().to_pandas()
        return DeltaTable(str(self._quarantine)).to_pandas()

    def kept(self, name: str) -> Kept:
        """A table that is kept beside the entries: events, peers or projections."""
        return Kept(self._entries.parent, name)

    def compact(self) -> None:
        """Joins small files into larger ones, about a million entries each; the entries stay the same.

        The small files are kept: what was issued is replayed from the version of then.
        """
        join_files(self._entries)

    def as_of(self, issue_times: pd.Timestamp | Iterable[pd.Timestamp]) -> Snapshot:
        """What was known at one or more issue times, and nothing else.

        Args:
            issue_times: moments with a time zone.

        Raises:
            HaidangError: if a moment has no zone or lies before the first entry was known.
        """
        times, pinned = moments(issue_times), self.pinned()
        if not pinned.begun_by(times[0]):
            begins = self._local(pinned.begins())
            raise HaidangError(f"the archive begins at {begins}: {self._local(times[0])} is before it")
        return Snapshot(times, self.sites, self.zone, partial(pinned.vintages, times[-1]))

    def begins(self) -> pd.Timestamp:
        """When the first entry became known.

        Raises:
            HaidangError: if the archive is empty.
        """
        if self._held is None:
            return self._extreme("known_time", "min")
        if self._begins is None:
            self._begins = self._extreme("known_time", "min")
        return self._begins

    def begun_by(self, moment: pd.Timestamp) -> bool:
        """Whether any entry was known at a moment; the log alone tells, but of the first millisecond.

        Raises:
            HaidangError: if the archive is empty.
        """
        return moment > self._bound("known_time", "min") + _TOLD_TO or moment >= self.begins()

    def ends(self, variable: str | None = None) -> pd.Timestamp:
        """When the last entry, of a variable or of any, became known.

        Raises:
            HaidangError: if there is none.
        """
        return self._extreme("known_time", "max", variable)

    def newest_known(self) -> dict[str, pd.Timestamp]:
        """For each variable that any value is held of, when the newest one became known."""
        if not self.exists:
            return {}
        told = pa.table(self._table().get_add_actions(flatten=True))
        newest = told.group_by("partition.variable").aggregate([("max.known_time", "max")]).to_pylist()
        return {row["partition.variable"]: pd.Timestamp(row["max.known_time_max"]) for row in newest}

    def variables(self) -> list[str]:
        """The variables that any value is held of."""
        return sorted({row["partition.variable"] for row in self._actions()}) if self.exists else []

    def newest_rows(self, variable: str, days: int) -> pd.DataFrame:
        """What each source told of a variable in the last days before the newest that it told of.

        Returns:
            Columns source, site, valid_time, known_time; one row per entry.
        """
        columns = ["source", "site", "valid_time", "known_time"]
        held = self._dataset(variable)
        told = held.to_table(["source", "valid_time"]).unify_dictionaries().group_by("source")
        first = pc.min(told.aggregate([("valid_time", "max")])["valid_time_max"]).as_py()
        wanted = None if first is None else ds.field("valid_time") > first - timedelta(days=days)
        table = held.to_table(columns, filter=wanted).to_pandas()
        newest = table.groupby("source", observed=True)["valid_time"].transform("max")
        return table[table["valid_time"] > newest - pd.Timedelta(days=days)]

    def newest_day(self, variable: str, source: str) -> pd.Timestamp | None:
        """The newest valid time of a source's values of a variable; None where there is none."""
        if not self.exists:
            return None
        of_source = self._dataset(variable).scanner(["valid_time"], filter=ds.field("source") == source)
        newest = pc.max(of_source.to_table()["valid_time"]).as_py()
        return None if newest is None else pd.Timestamp(newest)

    def observed(self, variable: str, *, by: pd.Timestamp, start: pd.Timestamp, end: pd.Timestamp) -> xr.DataArray:
        """Truth: daily values known after their stretch was over, as they stood at a moment; never a forecast.

        Args:
            variable: a declared variable.
            by: the moment at which the truth is read; later corrections do not count.
            start: first day, the one that holds this moment.
            end: last day, the one that holds this moment.

        Returns:
            Dims (site, time), in the variable's unit; time is the local date. NaN where nobody looked.
        """
        first, last = day_numbers(moments([start, end], "day"), self.zone)[[0, -1]]
        days = np.arange(first, last + 1)
        moment = moments(by, "moment")
        wanted = (ds.field("known_time") <= moment[0]) & (ds.field("valid_time") < day_starts([last + 1], self.zone)[0])
        held = self._laid_out(variable, wanted, int(first), observed=True)
        values = held.last_known(moment.asi8, days[None, :])[0]
        dates = days.astype("datetime64[D]").astype("datetime64[s]")
        coordinates = {"site": list(self.sites.codes), "time": dates}
        return xr.DataArray(
            values, coordinates, ("site", "time"), name=variable, attrs={"units": variable_named(variable).unit}
        )

    def simulated(self, variable: str) -> bool:
        """Whether any value of a variable came from the simulated province, so that answers must say so."""
        if not self.exists:
            return False
        of_variable = pc.field("partition.variable") == variable
        told = pa.table(self._table().get_add_actions(flatten=True)).filter(of_variable)
        spans = set(zip(told["min.source"].to_pylist(), told["max.source"].to_pylist(), strict=True))
        if any(SIMULATED in span for span in spans):
            return True
        if not any(first is None or first < SIMULATED < last for first, last in spans):
            return False
        batches = self._dataset(variable).to_batches(columns=["source"])
        return any(SIMULATED in pc.unique(batch["source"]).to_pylist() for batch in batches)

    def vintages(self, known_by: pd.Timestamp, variable: str, first_day: int | None) -> Vintages:
        """Values of a variable that were known by a moment: forecasts, observations and corrections.

        Args:
            known_by: the moment.
            variable: a declared variable.
            first_day: values of earlier local days are left out; none for None.
        """
        return self._laid_out(variable, ds.field("known_time") <= known_by, first_day)

    def _laid_out(
        self, variable: str, wanted: ds.Expression, first_day: int | None, *, observed: bool = False
    ) -> Vintages:
        span_days = variable_named(variable).span_days
        if first_day is not None:
            wanted &= ds.field("valid_time") >= day_starts([first_day], self.zone)[0]
        columns = ["site", "valid_time", "known_time", "value", "source"]
        table = self._dataset(variable).to_table(columns, filter=wanted)
        site, days = _for_each(table["site"], self._positions), _for_each(table["valid_time"], self._days)
        known = table["known_time"].cast(pa.int64()).to_numpy()
        kept = site >= 0
        if observed:
            kept &= known >= _for_each(table["valid_time"], partial(self._over, span_days))
        rows = slice(None) if kept.all() else kept
        value, source = table["value"].to_numpy(), _for_each(table["source"], _small_ranks)
        return lay_out(site[rows], days[rows], known[rows], value[rows], source[rows], n_sites=len(self.sites))

    def _days(self, times: pa.TimestampArray) -> Days:
        return day_numbers(pd.DatetimeIndex(times.to_numpy(zero_copy_only=False)).tz_localize("UTC"), self.zone)

    def _over(self, span_days: int, times: pa.TimestampArray) -> npt.NDArray[np.int64]:
        return day_starts(days_after(self._days(times), span_days), self.zone).asi8

    def _positions(self, names: pa.StringArray) -> npt.NDArray[np.int64]:
        """Where names stand in the list of sites; -1 where they do not."""
        found = pc.index_in(names, pa.array(self.sites.codes, pa.string()))
        return pc.fill_null(found, -1).cast(pa.int64()).to_numpy()

    def _held_values(self, entries: pd.DataFrame) -> pd.Series:
        """What the archive holds for the keys of some entries; NaN where it holds nothing."""
        if entries.empty or not self.exists:
            return pd.Series(np.nan, index=entries.index)
        bounds = [(ds.field(name), entries[name].min(), entries[name].max()) for name in _TIMES]
        (valid, first, last), (known, earliest, latest) = bounds
        between = (valid >= first) & (valid <= last) & (known >= earliest) & (known <= latest)
        table = self._dataset(where=_stretch(entries)).to_table([*KEY, "value"], filter=between)
        held = table.to_pandas().astype(entries.dtypes[NAMES])
        both = entries[KEY].merge(held, on=KEY, how="left")
        return both["value"].set_axis(entries.index)

    def _take(self, entries: pd.DataFrame) -> int:
        """Writes the entries that are not held; the stretch lets Delta pass over the files that cannot hold them."""
        if entries.empty:
            return 0
        same = f"{equal(KEY)} and {_stretch(entries, 'held.')}"
        rows = pa.Table.from_pandas(entries, CODED, preserve_index=False)
        return add_new(self._entries, rows, ENTRIES, same, partition_by=["variable"], about={"zone": self.zone})

    def _table(self) -> DeltaTable:
        """The table of entries, in the version that is held or the newest."""
        if self._held is not None:
            return self._held
        if not self.exists:
            raise HaidangError(f"there is no archive in {self._entries.parent} yet: run `haidang ingest` first")
        return DeltaTable(str(self._entries))

    def _as_in(self, table: DeltaTable) -> "Archive":
        return Archive(self._entries.parent, self.sites, self.zone, held=table)

    def _dataset(self, variable: str | None = None, *, where: str | None = None) -> ds.Dataset:
        """The files of a variable, or those that may hold what a predicate tells of; all for None of both."""
        if variable is not None and variable in self._files:
            return self._files[variable]
        files = where if variable is None else [("variable", "=", variable)]
        made = self._table().to_pyarrow_dataset(parquet_read_options=READ, file_pruning_predicate=files)
        if variable is not None and self._held is not None:
            self._files[variable] = made
        return made

    def _actions(self) -> list[dict[str, str]]:
        return pa.table(self._table().get_add_actions(flatten=True)).select(["partition.variable"]).to_pylist()

    def _extreme(self, column: str, which: str, variable: str | None = None) -> pd.Timestamp:
        """The first or last moment in a column, from the files that may hold it by what the log tells."""
        bound, at = self._bound(column, which, variable), ds.field(column)
        near = at <= bound + _TOLD_TO if which == "min" else at >= bound - _TOLD_TO
        fragments = self._dataset(variable).get_fragments(near)
        groups = (group for fragment in fragments for group in fragment.row_groups)
        found: list[datetime] = [group.statistics[column][which] for group in groups]
        return pd.Timestamp(min(found) if which == "min" else max(found))

    def _bound(self, column: str, which: str, variable: str | None = None) -> datetime:
        """The first or last moment in a column as the log tells it, to the millisecond."""
        told = pa.table(self._table().get_add_actions(flatten=True))
        if variable is not None:
            told = told.filter(pc.field("partition.variable") == variable)
        if not len(told):
            raise HaidangError(f"the archive in {self._entries.parent} holds no {variable or 'entry'} yet: ingest some")
        bound: datetime = pc.min_max(told[f"{which}.{column}"])[which].as_py()
        return bound

    def _local(self, moment: pd.Timestamp) -> str:
        return moment.tz_convert(self.zone).isoformat()


def _for_each(column: pa.ChunkedArray, function: Callable[[pa.Array], npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """What a function says of each value of a column; it is asked once about the distinct ones."""
    whole = column.combine_chunks().dictionary_encode()
    return function(whole.dictionary)[whole.indices.to_numpy()]


def _small_ranks(names: pa.StringArray) -> npt.NDArray[Any]:
    """Ranks of distinct names, in the smallest type that holds them: of these a sort is quick."""
    return pc.rank(names).to_numpy().astype(np.min_scalar_type(len(names)))


def _stretch(entries: pd.DataFrame, table: str = "") -> str:
    """In SQL: the variables of some entries, from the first valid time and known time to the last."""
    names = ", ".join(f"'{name}'" for name in entries["variable"].unique())
    told = [f"{table}variable in ({names})"]
    for time in _TIMES:
        first, last = (moment.isoformat() for moment in entries[time].agg(["min", "max"]))
        told.append(f"{table}{time} between '{first}' and '{last}'")
    return " and ".join(told)
