"""Delta Lake tables that only grow: rows that are new by their key are added in one atomic commit, nothing changes."""

import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, WriterProperties
from deltalake.exceptions import CommitFailedError, DeltaError

from features.errors import HaidangError

WRITTEN = WriterProperties(compression="ZSTD", max_row_group_size=2**17)
FILE_BYTES = 2**20
KEPT_HOURS = 7 * 24
_LOG_IS_KEPT = {"delta.enableExpiredLogCleanup": "false"}


def is_table(folder: Path) -> bool:
    """Whether a folder holds a Delta table."""
    return DeltaTable.is_deltatable(str(folder))


def add_new(
    folder: Path,
    rows: pa.Table,
    schema: pa.Schema,
    same: str,
    *,
    partition_by: list[str] | None = None,
    about: dict[str, str] | None = None,
) -> int:
    """Adds the rows that the table does not hold, all in one commit, and makes the table where there is none.

    A table from before a column was kept gets it, empty in the rows that it holds.

    Args:
        folder: the table's folder.
        rows: what to add; their columns are those of the schema, names may be dictionary-encoded.
        schema: of the table.
        same: in SQL, when a row `new` and a row `held` are one, see `equal`.
        partition_by: columns by whose values files are kept apart, for a new table.
        about: facts to keep with a new table.

    Returns:
        How many rows are new.

    Raises:
        HaidangError: if the rows cannot be stored, for instance because the disk is full; then none of them is.
    """
    try:
        if not is_table(folder):
            DeltaTable.create(
                str(folder),
                schema,
                mode="ignore",
                partition_by=partition_by,
                description=json.dumps(about or {}),
                configuration={"delta.appendOnly": "true"} | _LOG_IS_KEPT,
            )
        merge = DeltaTable(str(folder)).merge(
            rows, same, source_alias="new", target_alias="held", merge_schema=True, writer_properties=WRITTEN
        )
        return int(merge.when_not_matched_insert_all().execute()["num_target_rows_inserted"])
    except CommitFailedError as error:
        raise HaidangError(
            f"{len(rows):,} rows could not be stored in {folder}, and none of them is: another process was writing "
            "there at the same time; run the command again"
        ) from error
    except (OSError, DeltaError) as error:
        raise HaidangError(
            f"{len(rows):,} rows could not be stored in {folder}, and none of them is: {error}; see that the disk has "
            "room and can be written, then run the command again"
        ) from error


def join_files(folder: Path) -> int:
    """Joins the small files of each partition into files of about a megabyte; no row is changed, lost or added.

    What the log tells up to here is summed up in one file too, so that opening the table reads no further back.

    Who reads an earlier version, or is reading while it is done, goes on: the small files stay where they are until
    `remove_joined`. The log of the table is kept from now on, so that every version can be read.

    Returns:
        How many files were joined.

    Raises:
        HaidangError: if another process was writing there at the same time, or the disk is full; then none is joined.
    """
    try:
        table = DeltaTable(str(folder))
        if not _LOG_IS_KEPT.items() <= table.metadata().configuration.items():
            table.alter.set_table_properties(_LOG_IS_KEPT)
        told = table.optimize.compact(target_size=FILE_BYTES, writer_properties=WRITTEN)
        table.create_checkpoint()
    except (OSError, DeltaError) as error:
        raise HaidangError(f"the files in {folder} could not be joined, and stay as they are: {error}") from error
    return int(told["numFilesRemoved"])


def remove_joined(folder: Path, *, kept_hours: int = KEPT_HOURS) -> int:
    """Removes files that were joined into others long ago; only for tables of which no earlier version is ever read.

    Args:
        folder: the table's folder.
        kept_hours: how long they are left for those who may still be reading them.

    Returns:
        How many files were removed.
    """
    table = DeltaTable(str(folder))
    if not table.vacuum(kept_hours, dry_run=True, enforce_retention_duration=False):
        return 0
    return len(table.vacuum(kept_hours, dry_run=False, enforce_retention_duration=False))


def equal(columns: Iterable[str]) -> str:
    """In SQL: a held and a new row agree in these columns, none of which is empty."""
    return " and ".join(f"held.{name} = new.{name}" for name in columns)
