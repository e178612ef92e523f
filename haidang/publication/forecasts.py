"""The shared rows of issued forecasts: their numbers, the levels they reach, and what came of them."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.variables import VARIABLES
from haidang.publication.parts import as_dataset
from models.quantiles import COVERED
from serving.catalogue.datasets import DATASETS
from serving.deployment import Deployment
from serving.issued.record_ids import KEY, ids_of

Read = Callable[[str], pa.Table]


def forecasts(deployment: Deployment, read: Read, name: str) -> pa.Table:
    """The numbers of the forecasts of a part, a row for each, rounded as answers round them."""
    table = _with_ids(read(name))
    rows = np.arange(len(table))
    with_ends = pc.is_valid(table["low"]).to_numpy(zero_copy_only=False)
    covered = pa.array(np.full(int(with_ends.sum()), COVERED))
    pieces = [
        ("probability", *_flat(table, "cuts", "probabilities", 6)),
        ("quantile", *_flat(table, "levels", "quantiles", 4)),
        *(
            (f"interval_{end}", pa.array(rows[with_ends]), covered, pc.round(table[end].filter(pa.array(with_ends)), 4))
            for end in ("low", "high")
        ),
    ]
    return pa.concat_tables(
        as_dataset("forecasts", _of_forecast(deployment, table.take(row), kind, at, value))
        for kind, row, at, value in pieces
    )


def warnings(read: Read, name: str) -> pa.Table:
    """The forecasts of a part that reach a declared level."""
    table = read(name)
    table = _with_ids(table.filter(pc.is_valid(table["level"])))
    return as_dataset("warnings", {one: table[one] for one in DATASETS["warnings"].schema.names})


def verified(deployment: Deployment, read: Read, name: str) -> pa.Table:
    """The verified forecasts of a part, the last truth of each, a row for each cut."""
    table = _with_ids(read(name))
    order = pa.array(np.argsort(table["verified_at"].cast(pa.int64()).to_numpy(), kind="stable"))
    ids = table["id"].take(order).to_pandas()
    table = table.take(order).filter(pa.array(~ids.duplicated(keep="last").to_numpy()))
    outcome, withheld = told(deployment, _variables(deployment, table), table["outcome"])
    row, cut, probability = _flat(table, "cuts", "probabilities", 6)
    of_row = table.take(row)
    own = {one: of_row[one] for one in DATASETS["verified_forecasts"].schema.names if one in table.column_names}
    return as_dataset(
        "verified_forecasts",
        own
        | {
            **_of_hazard(deployment, of_row),
            "cut": cut,
            "probability": probability,
            "climatology": _beside(table["climatology"].combine_chunks(), row, cut),
            "outcome": outcome.take(row),
            "withheld": withheld.take(row),
        },
    )


def told(deployment: Deployment, variables: list[str], values: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Values without small counts of what people report, and which those are."""
    counted = np.array([VARIABLES[one].unit == "count" and VARIABLES[one].subject == "reports" for one in variables])
    numbers = values.to_numpy(zero_copy_only=False).astype(float)
    hidden = counted.astype(bool) & (numbers > 0) & (numbers < deployment.hides.below)
    return pa.array(np.where(hidden, np.nan, numbers), from_pandas=True), pa.array(hidden)


def _flat(table: pa.Table, at: str, value: str, digits: int) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Of two lists of each row: the row that each pair is of, and the pairs, the second rounded as answers are."""
    lists, values = table[at].combine_chunks(), table[value].combine_chunks()
    return pc.list_parent_indices(lists), pc.list_flatten(lists), pc.round(pc.list_flatten(values), digits)


def _of_forecast(
    deployment: Deployment, table: pa.Table, kind: str, at: pa.Array, value: pa.Array
) -> dict[str, object]:
    own = {name: table[name] for name in DATASETS["forecasts"].schema.names if name in table.column_names}
    return own | {
        **_of_hazard(deployment, table),
        "kind": pa.array([kind] * len(table), pa.string()),
        "at": at,
        "value": value,
        "expected": pc.round(table["expected"], 4),
        "missing": pc.binary_join(table["missing"], "; "),
        "step": table["step"],
    }


def _of_hazard(deployment: Deployment, table: pa.Table) -> dict[str, object]:
    targets = {name: hazard.target for name, hazard in deployment.hazards.items()}
    names = table["hazard"].to_pylist()
    return {
        "unit": pa.array([targets[name].unit for name in names], pa.string()),
        "sense": pa.array([targets[name].sense for name in names], pa.string()),
    }


def _with_ids(table: pa.Table) -> pa.Table:
    keys = table.select(list(KEY)).to_pandas()
    table = table.append_column("id", pa.array(ids_of(keys), pa.string()))
    if "inputs" not in table.column_names:
        return table
    return table.append_column("simulated", pc.match_substring(table["inputs"], '"simulated": true'))


def _beside(lists: pa.Array, row: pa.Array, cut: pa.Array) -> pa.Array:
    """Values of lists at the rows and places of other lists; null where a row has none."""
    held = pc.list_parent_indices(lists).to_pandas()
    values = pd.Series(pc.list_flatten(lists).to_numpy(zero_copy_only=False))
    keyed = pd.Series(values.to_numpy(), pd.MultiIndex.from_arrays([held, held.groupby(held).cumcount()]))
    rows = row.to_pandas()
    wanted = pd.MultiIndex.from_arrays([rows, rows.groupby(rows).cumcount()])
    return pa.array(keyed.reindex(wanted).to_numpy(float), from_pandas=True)


def _variables(deployment: Deployment, table: pa.Table) -> list[str]:
    return [deployment.hazards[name].target.variable for name in table["hazard"].to_pylist()]
