"""Parts of shared datasets: what may have to be written, read from tables that only grow."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

from features.delta import is_table
from serving.catalogue.datasets import DATASETS
from serving.catalogue.publication import Origin

DAYS, MONTHS = "%Y-%m-%d", "%Y-%m"
"""Forms of the names of parts."""
Rows = Callable[[], pa.Table]


@dataclass(frozen=True)
class PartToRead:
    """A part of a dataset that may have to be written.

    Attributes:
        state: tells when what it is made of has changed.
        rows: reads its rows, with the columns of the dataset.
    """

    state: str
    rows: Rows


@dataclass(frozen=True)
class TableToRead:
    """A dataset as it is now.

    Attributes:
        parts: by name.
        origins: what it is made of.
    """

    parts: Mapping[str, PartToRead]
    origins: tuple[Origin, ...] = ()


def whole(rows: Rows) -> TableToRead:
    """A small table in one part, which is read each time."""
    table = rows()
    return TableToRead({"all": PartToRead("", lambda: table)} if len(table) else {})


def versions(title: str, folder: Path) -> tuple[Origin, ...]:
    """The version of a Delta table, as what a dataset is made of; nothing where there is no table."""
    return (Origin(title=title, version=str(DeltaTable(str(folder)).version())),) if is_table(folder) else ()


def parts_of(folder: Path, column: str, partition: str, wanted: Iterable[str]) -> Callable[[str], dict[str, str]]:
    """Tells for a form of days or months the parts of a table, each with a digest of the files that it may lie in."""
    found: list[tuple[str, pd.Timestamp, pd.Timestamp]] = []
    if is_table(folder):
        told = pa.table(DeltaTable(str(folder)).get_add_actions(flatten=True))
        told = told.filter(pc.field(f"partition.{partition}").isin(list(wanted)))
        columns = (told[name].to_pylist() for name in ("path", f"min.{column}", f"max.{column}"))
        found = [(path, pd.Timestamp(first), pd.Timestamp(last)) for path, first, last in zip(*columns, strict=True)]

    def parts(form: str) -> dict[str, str]:
        files: dict[str, list[str]] = defaultdict(list)
        for path, first, last in found:
            days = pd.date_range(first.normalize(), last.normalize(), freq="D")
            for name in dict.fromkeys(days.strftime(form)):
                files[name].append(path)
        return {name: digest(sorted(paths)) for name, paths in sorted(files.items())}

    return parts


def digest(told: object) -> str:
    """A digest of what JSON can tell."""
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def text_field(name: str) -> ds.Expression:
    """A column of texts, which Delta reads as a view."""
    return ds.field(name).cast(pa.string())


def between(column: str, name: str) -> ds.Expression:
    """The rows of a part, by its name."""
    begins = pd.Timestamp(name, tz="UTC")
    ends = begins + (pd.Timedelta(days=1) if name.count("-") == 2 else pd.DateOffset(months=1))
    return (ds.field(column) >= begins) & (ds.field(column) < ends)


def read_part(folder: Path, schema: pa.Schema, column: str, wanted: ds.Expression, name: str) -> pa.Table:
    """The rows of a part of a table, with null in columns that it did not keep yet."""
    held = DeltaTable(str(folder)).to_pyarrow_dataset()
    names = [one for one in schema.names if one in held.schema.names]
    found = held.to_table(names, filter=wanted & between(column, name))
    return pa.concat_tables([schema.empty_table(), found], promote_options="permissive").combine_chunks()


def as_dataset(dataset: str, columns: Mapping[str, object]) -> pa.Table:
    """Columns as the table of a dataset; what it has no column for is left out."""
    schema = DATASETS[dataset].schema
    return pa.table([columns[name] for name in schema.names], schema.names).cast(schema)
