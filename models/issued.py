"""The store of issued forecasts: each is written once, never changed, and kept for ever."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

from features.delta import add_new, equal, is_table
from features.entries import MOMENT

ISSUED = pa.schema(
    [
        ("hazard", pa.string()),
        ("issue_time", MOMENT),
        ("site", pa.string()),
        ("period", pa.int64()),
        ("lead", pa.int64()),
        ("valid_from", MOMENT),
        ("valid_to", MOMENT),
        ("cuts", pa.list_(pa.float64())),
        ("probabilities", pa.list_(pa.float64())),
        ("expected", pa.float64()),
        ("level", pa.string()),
        ("missing", pa.list_(pa.string())),
        ("forecaster", pa.string()),
        ("fingerprint", pa.string()),
        ("archive_version", pa.int64()),
        ("inputs", pa.string()),
        ("issued_at", MOMENT),
        ("step", pa.string()),
        ("outside", pa.string()),
        ("raised", pa.bool_()),
        ("levels", pa.list_(pa.float64())),
        ("quantiles", pa.list_(pa.float64())),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("climatology", pa.list_(pa.float64())),
        ("persistence", pa.list_(pa.float64())),
    ]
)
_KEY = ("hazard", "issue_time", "site", "period", "forecaster")


class IssuedForecasts:
    """A Delta Lake table: one record for each hazard, issue time, site, period and forecaster.

    `missing` names the features that could not be known; `inputs` is JSON: for each variable the newest day with a
    value (`data_until`) and when that value was known (`known_at`). `step` is that of the ladder of fallbacks;
    `outside` is JSON: inputs beyond training, each with `column`, `value`, `low` and `high`; `raised` says whether a
    probability is a floor. `quantiles` are those of an amount at the `levels`, `low` and `high` the ends of its 90 %
    interval. Records from before these were kept, and those of events, have none. `climatology` and `persistence` are
    the probabilities that the baselines gave for the same question at the same moment; none beside a published rule.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def exists(self) -> bool:
        """Whether anything was ever issued."""
        return is_table(self._folder)

    @property
    def version(self) -> int:
        """Version of the table; -1 while nothing was issued."""
        return DeltaTable(str(self._folder)).version() if self.exists else -1

    def add(self, records: pd.DataFrame | Sequence[pd.DataFrame]) -> int:
        """Stores records, all or none; those that were issued before stay as they were.

        Args:
            records: the columns of `ISSUED`; one table, or one for each hazard.

        Returns:
            How many are new.
        """
        tables = [records] if isinstance(records, pd.DataFrame) else records
        rows = pa.concat_tables(pa.Table.from_pandas(one, ISSUED, preserve_index=False) for one in tables)
        first = pc.min(rows["issue_time"]).as_py().isoformat()  # lets Delta pass over the files of earlier issues
        same = f"{equal(_KEY)} and held.issue_time >= '{first}'"
        return add_new(self._folder, rows, ISSUED, same, partition_by=["hazard"])

    def hazards(self) -> list[str]:
        """The hazards that were ever issued, by name."""
        if not self.exists:
            return []
        told = pa.table(DeltaTable(str(self._folder)).get_add_actions(flatten=True))
        return sorted(told["partition.hazard"].unique().to_pylist())

    def issue_times(self, hazard: str) -> pd.DatetimeIndex:
        """When forecasts of a hazard were issued, rising, UTC."""
        if not self.exists:
            return pd.DatetimeIndex([], tz="UTC")
        table = self._table(ds.field("hazard") == hazard, ["issue_time"])
        return pd.DatetimeIndex(table["issue_time"].unique()).sort_values()

    def at(self, hazard: str, issue_time: pd.Timestamp) -> pd.DataFrame:
        """The records of one issue, sorted by site and period; of several forecasters the one that issued last."""
        if not self.exists:
            return ISSUED.empty_table().to_pandas()
        wanted = (ds.field("hazard") == hazard) & (ds.field("issue_time") == issue_time)
        records = self._table(wanted, ISSUED.names)
        return _last(records)

    def latest(self, hazard: str) -> pd.DataFrame:
        """The records of the newest issue of a hazard; empty if there is none."""
        return self.newest([hazard])[hazard]

    def newest(self, hazards: Iterable[str]) -> dict[str, pd.DataFrame]:
        """The same of several hazards in one reading."""
        if not self.exists:
            return {hazard: ISSUED.empty_table().to_pandas() for hazard in hazards}
        held, found = DeltaTable(str(self._folder)).to_pyarrow_dataset(), {}
        for hazard in hazards:
            of_hazard = ds.field("hazard") == hazard
            newest = pc.max(held.to_table(["issue_time"], filter=of_hazard)["issue_time"])
            found[hazard] = _last(_read(held, of_hazard & (ds.field("issue_time") == newest), ISSUED.names))
        return found

    def ended(self, asked: Mapping[str, tuple[pd.Timestamp, pd.Timestamp | None]]) -> dict[str, pa.Table]:
        """The records of periods that ended, of several hazards in one reading.

        Args:
            asked: for each hazard until when its periods ended, and since when they ended or were issued; None for
                all that were ever issued.

        Returns:
            For each hazard the columns of `ISSUED`, in no order; null in records from before a column was kept.
        """
        if not self.exists or not asked:
            return dict.fromkeys(asked, ISSUED.empty_table())
        stretches = []
        for hazard, (until, since) in asked.items():
            begun = f" and (valid_to >= '{since.isoformat()}' or issued_at >= '{since.isoformat()}')" if since else ""
            stretches.append(f"(hazard = '{hazard}' and valid_to <= '{until.isoformat()}'{begun})")
        held = DeltaTable(str(self._folder)).to_pyarrow_dataset(file_pruning_predicate=" or ".join(stretches))
        names = [name for name in ISSUED.names if name in held.schema.names]
        found = {}
        for hazard, (until, since) in asked.items():
            wanted = (ds.field("hazard") == hazard) & (ds.field("valid_to") <= until)
            if since is not None:
                wanted &= (ds.field("valid_to") >= since) | (ds.field("issued_at") >= since)
            part = held.to_table(names, filter=wanted)
            found[hazard] = pa.concat_tables([ISSUED.empty_table(), part], promote_options="permissive")
        return found

    def _table(self, wanted: ds.Expression, columns: list[str]) -> pd.DataFrame:
        return _read(DeltaTable(str(self._folder)).to_pyarrow_dataset(), wanted, columns)


def _read(held: ds.Dataset, wanted: ds.Expression, columns: list[str]) -> pd.DataFrame:
    found = held.to_table([name for name in columns if name in held.schema.names], filter=wanted).to_pandas()
    return found.reindex(columns=columns)


def _last(records: pd.DataFrame) -> pd.DataFrame:
    """Those of the forecaster that issued last, by site and period."""
    last = records[records["issued_at"] == records["issued_at"].max()]
    return last.sort_values(["site", "period"], ignore_index=True)
