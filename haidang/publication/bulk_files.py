"""Writing bulk files: Parquet and zipped CSV of the same rows, their checksums, and the rows in which states differ."""

import hashlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from features.errors import HaidangError
from serving.catalogue.datasets import Dataset
from serving.catalogue.publication import ENDINGS, BulkFile, BulkFormat

CHANGE, COMMIT = "_change_type", "_commit_version"
"""Columns of files that tell of altered rows, named as in the change data feed of Delta Lake."""
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_HOW = {"left_only": "insert", "both": "update_postimage", "right_only": "delete"}


def write_bulk(folder: Path, part: str, version: int, rows: pa.Table, *, changes: bool = False) -> tuple[BulkFile, ...]:
    """Writes the rows of a part in every format.

    Args:
        folder: of the dataset.
        part: its name.
        version: in which it is written.
        rows: what to write, in order.
        changes: whether the rows tell of changes; only the name of the files depends on it.
    """
    stem = f"{part}{'.changes' if changes else ''}.v{version}"
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_written(folder / f"{stem}.{ENDINGS[form]}", form, part, version, rows) for form in ENDINGS)


def sorted_rows(dataset: Dataset, rows: pa.Table) -> pa.Table:
    """Rows by their key.

    Raises:
        HaidangError: if two have the same key.
    """
    ordered = rows.sort_by([(name, "ascending") for name in dataset.key]).combine_chunks()
    keys = ordered.select(dataset.key).to_pandas()
    if (twice := keys.duplicated()).any():
        raise HaidangError(f"{dataset.name}: two rows have the key {keys[twice].iloc[0].to_dict()}")
    return ordered


def altered_rows(dataset: Dataset, before: pa.Table, after: pa.Table, version: int) -> pa.Table:
    """The rows that came, changed (as they are now) or went (as they were), with `_change_type` and `_commit_version`.

    Rows are compared by a 64-bit digest of all their values.

    Args:
        dataset: whose key tells rows apart.
        before: the rows as they were.
        after: the rows as they are.
        version: which brings the change.
    """
    key = dataset.key
    both = _digested(after, key).merge(_digested(before, key), on=key, how="outer", indicator="found")
    both = both[(both["found"] != "both") | (both["digest_x"] != both["digest_y"])]
    pieces = []
    for found, how in _HOW.items():
        table, row = (before, "row_y") if how == "delete" else (after, "row_x")
        taken = table.take(pa.array(both.loc[both["found"] == found, row].astype("int64")))
        pieces.append(taken.append_column(CHANGE, pa.array([how] * len(taken), pa.string())))
    whole = pa.concat_tables(pieces)
    return whole.append_column(COMMIT, pa.array([version] * len(whole), pa.int64()))


def write_manifest(file: Path, text: str) -> None:
    """Puts a text in place of the one before, as a whole."""
    partial = file.with_name(f".{file.name}.partial")
    file.parent.mkdir(parents=True, exist_ok=True)
    partial.write_text(text, encoding="utf-8")
    partial.replace(file)


def _digested(table: pa.Table, key: list[str]) -> pd.DataFrame:
    frame = table.to_pandas()
    told = frame[key].copy()
    told["digest"] = pd.util.hash_pandas_object(frame, index=False)
    return told.assign(row=range(len(frame)))


def _written(file: Path, form: BulkFormat, part: str, version: int, rows: pa.Table) -> BulkFile:
    partial = file.with_name(f".{file.name}.partial")
    if form == "parquet":
        pq.write_table(rows, partial, compression="zstd")
    else:
        with pa.CompressedOutputStream(str(partial), "gzip") as zipped:
            pacsv.write_csv(_as_text(rows), zipped)
    with partial.open("rb") as written:
        content = hashlib.file_digest(written, "sha256").hexdigest()
    partial.replace(file)
    return BulkFile(
        name=file.name,
        part=part,
        format=form,
        version=version,
        rows=len(rows),
        bytes=file.stat().st_size,
        sha256=content,
    )


def _as_text(rows: pa.Table) -> pa.Table:
    """Moments as ISO 8601 to the microsecond."""
    for number, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            rows = rows.set_column(number, field.name, pc.strftime(rows[field.name], _MOMENT))
    return rows
