"""The store of verified forecasts: issued ones as they were issued, each with what came of it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

from features.delta import add_new, equal, is_table
from features.entries import MOMENT
from models.issued import ISSUED

_AS_ISSUED = (
    "hazard", "issue_time", "site", "period", "lead", "valid_from", "valid_to", "forecaster", "issued_at", "cuts",
    "probabilities", "climatology", "persistence", "level", "expected", "levels", "quantiles", "low", "high",
)  # fmt: skip
VERIFIED = pa.schema(
    [
        *(ISSUED.field(name) for name in _AS_ISSUED),
        ("shadow", pa.bool_()),
        ("outcome", pa.float64()),
        ("truth_known_at", MOMENT),
        ("verified_at", MOMENT),
    ]
)
RECORD = ("issue_time", "site", "period", "forecaster", "shadow")
"""The columns that make a record of one hazard."""
_TEXTS = ["site", "forecaster"]
Rows = npt.NDArray[np.int64]


class VerifiedForecasts:
    """A Delta Lake table beside the issued forecasts that only grows.

    `outcome` is what came, in the target's unit, null where nobody looked. A record whose outcome is told later, or
    corrected, stands there again with another `verified_at`, and the last one holds. `truth_known_at` is when the
    truth was settled, or, where it came later, when it was first seen. `shadow` says that a forecast was never shown.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def exists(self) -> bool:
        """Whether anything was ever verified."""
        return is_table(self._folder)

    def add(self, rows: pa.Table) -> int:
        """Stores rows that were verified at one moment, all or none; what is held stays as it is.

        Args:
            rows: the columns of `VERIFIED`.

        Returns:
            How many are new.
        """
        if not len(rows):
            return 0
        same = equal(["hazard", *RECORD, "verified_at"])
        first = pc.min(rows["verified_at"]).as_py().isoformat()
        return add_new(
            self._folder,
            rows.select(VERIFIED.names).cast(VERIFIED),
            VERIFIED,
            f"{same} and held.verified_at >= '{first}'",
            partition_by=["hazard"],
        )

    def verified_until(self) -> dict[str, pd.Timestamp]:
        """For each hazard when its forecasts were verified last."""
        if not self.exists:
            return {}
        told = pa.table(DeltaTable(str(self._folder)).get_add_actions(flatten=True))
        newest = told.group_by("partition.hazard").aggregate([("max.verified_at", "max")]).to_pylist()
        return {row["partition.hazard"]: pd.Timestamp(row["max.verified_at_max"]) for row in newest}

    def read(self, hazard: str, *, columns: list[str] | None = None) -> pa.Table:
        """The records of a hazard with what is held of them last, in no order.

        Args:
            hazard: its name.
            columns: which of `VERIFIED`; all for None.
        """
        return self.ended_since({hazard: None}, columns=columns)[hazard]

    def ended_since(
        self, asked: Mapping[str, pd.Timestamp | None], *, columns: list[str] | None = None
    ) -> dict[str, pa.Table]:
        """The same of several hazards in one reading, of periods that ended since a moment; all for None."""
        names = VERIFIED.names if columns is None else columns
        if not self.exists or not asked:
            return dict.fromkeys(asked, VERIFIED.empty_table().select(names))
        stretches = [
            f"(hazard = '{hazard}'" + (f" and valid_to >= '{since.isoformat()}')" if since else ")")
            for hazard, since in asked.items()
        ]
        held = DeltaTable(str(self._folder)).to_pyarrow_dataset(
            file_pruning_predicate=" or ".join(stretches),
            parquet_read_options=ds.ParquetReadOptions(dictionary_columns=_TEXTS),
        )
        read = list(dict.fromkeys([*names, *RECORD, "verified_at"]))
        found = {}
        for hazard, since in asked.items():
            wanted = ds.field("hazard") == hazard
            if since is not None:
                wanted &= ds.field("valid_to") >= since
            table = held.to_table(read, filter=wanted)
            found[hazard] = table.take(_last(table)).select(names)
        return found


def record_keys(tables: list[pa.Table]) -> list[Rows]:
    """Numbers that are equal where the rows of tables of one hazard are of one record."""
    keys = np.zeros(sum(map(len, tables)), dtype=np.int64)
    for name in RECORD:
        parts = [table[name].cast(pa.string()) if name in _TEXTS else table[name] for table in tables]
        encoded = pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type).combine_chunks()
        told = encoded.dictionary_encode()
        keys = keys * max(len(told.dictionary), 1) + told.indices.to_numpy()
    return np.split(keys, np.cumsum([len(table) for table in tables])[:-1])


def _last(table: pa.Table) -> Rows:
    """Rows of the last version of each record."""
    (keys,) = record_keys([table])
    order = np.argsort(table["verified_at"].cast(pa.int64()).to_numpy(), kind="stable")
    superseded = pd.Series(keys[order]).duplicated(keep="last").to_numpy()
    return np.sort(order[~superseded])
