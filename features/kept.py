"""What is kept beside the entries: events with all their dates, forecasts of others, projections of the climate."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable

from features.delta import add_new, equal, is_table
from features.entries import MOMENT
from features.errors import HaidangError, UnknownNameError


@dataclass(frozen=True)
class Layout:
    """How a kept table is laid out.

    Attributes:
        schema: its columns.
        key: columns in which no two rows agree; none is ever empty.
        partition_by: column by whose values files are kept apart.
    """

    schema: pa.Schema
    key: tuple[str, ...]
    partition_by: str


EVENTS = Layout(
    pa.schema(
        [
            ("source", pa.string()),
            ("event", pa.string()),
            ("known_time", MOMENT),
            ("dated", MOMENT),
            ("variable", pa.string()),
            ("site", pa.string()),
            ("valid_time", MOMENT),
            ("count", pa.float64()),
            ("onset", MOMENT),
            ("sampled", MOMENT),
            ("confirmed", MOMENT),
            ("reported", MOMENT),
            ("host", pa.string()),
            ("area_ha", pa.float64()),
            ("place", pa.string()),
            ("latitude", pa.float64()),
            ("longitude", pa.float64()),
            ("details", pa.string()),
        ]
    ),
    ("source", "event", "known_time", "variable", "site"),
    "source",
)
"""Events, one row for each version of each event at each site.

`count` is what the version adds to its variable, site and day (`valid_time`): 1 or more, a share where a place lies in
several communes, 0 for what is suspected or withdrawn. `dated` is when the source's own dates say that a version became
known; `known_time` is later where an earlier delivery should have held it and did not. `details` is JSON of further
declared columns.
"""

PEERS = Layout(
    pa.schema(
        [
            ("peer", pa.string()),
            ("target", pa.string()),
            ("location", pa.string()),
            ("site", pa.string()),
            ("issue_time", MOMENT),
            ("valid_from", MOMENT),
            ("valid_to", MOMENT),
            ("kind", pa.string()),
            ("at", pa.float64()),
            ("label", pa.string()),
            ("value", pa.float64()),
            ("unit", pa.string()),
            ("outcome", pa.float64()),
            ("outcome_time", MOMENT),
            ("source", pa.string()),
        ]
    ),
    ("source", "peer", "target", "location", "issue_time", "valid_from", "kind", "at", "label"),
    "source",
)
"""Forecasts of others.

`kind` is "quantile" (value at level `at`), "probability" (of reaching `at`), "class" (probability of class `label`),
"mean", "median", "sample" (number `at`); `at` is 0 and `label` "" where they say nothing. `outcome` is what the peer
says was measured, NaN where it does not say.
`site` is our code where the location is one of our sites, else null.
"""

PROJECTIONS = Layout(
    pa.schema(
        [
            ("source", pa.string()),
            ("model", pa.string()),
            ("scenario", pa.string()),
            ("member", pa.string()),
            ("variable", pa.string()),
            ("site", pa.string()),
            ("day", pa.date32()),
            ("value", pa.float64()),
        ]
    ),
    ("model", "scenario", "member", "variable", "site", "day"),
    "variable",
)
"""Daily values of climate models by model, scenario and member, in the variable's unit.

`day` is the model's own date; of a calendar with 30 February that day is left out.
"""

LAYOUTS = {"events": EVENTS, "peers": PEERS, "projections": PROJECTIONS}


class Kept:
    """One kept table, a Delta Lake table that only grows."""

    def __init__(self, folder: Path, name: str) -> None:
        """Names a table; nothing is written before the first row.

        Args:
            folder: the archive's folder.
            name: events, peers or projections.

        Raises:
            UnknownNameError: if there is no such table.
        """
        if name not in LAYOUTS:
            raise UnknownNameError("kept table", name, LAYOUTS)
        self.layout = LAYOUTS[name]
        self._folder = folder / name

    def add(self, rows: pd.DataFrame) -> int:
        """Adds rows, all or none; those that are held stay as they are.

        Args:
            rows: the columns of the layout.

        Returns:
            How many are new.

        Raises:
            HaidangError: if a column is missing, or the rows cannot be stored.
        """
        schema, key = self.layout.schema, list(self.layout.key)
        if missing := [name for name in schema.names if name not in rows]:
            raise HaidangError(f"rows for {self._folder.name} lack the columns {', '.join(missing)}")
        if rows.empty:
            return 0
        once = rows[schema.names].drop_duplicates(key)
        table = pa.Table.from_pandas(once, schema, preserve_index=False)
        return add_new(self._folder, table, schema, equal(key), partition_by=[self.layout.partition_by])

    def read_source(self, source: str) -> pd.DataFrame:
        """The rows that one source brought, in no order."""
        return self.read(ds.field("source") == source)

    def read(self, wanted: ds.Expression | None = None) -> pd.DataFrame:
        """The rows that meet an expression, all of them for None; in no order."""
        if not is_table(self._folder):
            return self.layout.schema.empty_table().to_pandas()
        return DeltaTable(str(self._folder)).to_pyarrow_dataset().to_table(filter=wanted).to_pandas()

    def table(self, wanted: ds.Expression | None = None, columns: list[str] | None = None) -> pa.Table:
        """The same as an Arrow table, of some columns only, with texts dictionary-encoded: for millions of rows."""
        names = self.layout.schema.names if columns is None else columns
        if not is_table(self._folder):
            return self.layout.schema.empty_table().select(names)
        texts = [field.name for field in self.layout.schema if pa.types.is_string(field.type)]
        encoded = ds.ParquetReadOptions(dictionary_columns=texts)
        return DeltaTable(str(self._folder)).to_pyarrow_dataset(parquet_read_options=encoded).to_table(names, wanted)
