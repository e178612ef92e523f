"""Tables kept beside the entries."""

from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds
import pytest

from features.errors import HaidangError, UnknownNameError
from features.kept import LAYOUTS, Kept

DAY = pd.Timestamp("2050-06-01").date()


def projected(**changes: object) -> dict[str, object]:
    row = {"source": "cmip6", "model": "MPI", "scenario": "ssp245", "member": "r1i1p1f1", "variable": "rain"}
    return row | {"site": "S1", "day": DAY, "value": 3.5} | changes


def test_rows_are_kept_once_and_never_changed(tmp_path: Path) -> None:
    kept = Kept(tmp_path, "projections")
    assert kept.read().empty
    assert kept.add(pd.DataFrame([projected(), projected(site="S2"), projected()])) == 2
    assert kept.add(pd.DataFrame([projected(value=9.0), projected(model="IPSL")])) == 1
    held = kept.read(ds.field("model") == "MPI").set_index("site")["value"]
    assert held.to_dict() == {"S1": 3.5, "S2": 3.5}
    assert set(kept.read_source("cmip6")["model"]) == {"MPI", "IPSL"}


def test_no_rows_make_no_table(tmp_path: Path) -> None:
    kept = Kept(tmp_path, "projections")
    assert kept.add(pd.DataFrame([projected()]).iloc[:0]) == 0
    assert not list(tmp_path.iterdir())


def test_an_unknown_table_and_a_missing_column_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown kept table 'event': there is events, "):
        Kept(tmp_path, "event")
    with pytest.raises(HaidangError, match="projections lack the columns model"):
        Kept(tmp_path, "projections").add(pd.DataFrame([projected()]).drop(columns="model"))


@pytest.mark.parametrize("name", LAYOUTS)
def test_keys_and_partitions_are_columns(name: str) -> None:
    layout = LAYOUTS[name]
    assert {*layout.key, layout.partition_by, "source"} <= set(layout.schema.names)
