"""The shared rows of observations: values of the sources whose licence allows to pass them on."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from deltalake import DeltaTable
from pyarrow.dataset import Expression

from features.errors import HaidangError
from features.local_days import day_numbers, day_starts, days_after
from features.sources.catalogue import KINDS, source_class
from features.variables import VARIABLES
from haidang.publication.forecasts import told
from haidang.publication.parts import (
    MONTHS,
    PartToRead,
    TableToRead,
    as_dataset,
    between,
    digest,
    parts_of,
    text_field,
    versions,
)
from serving.access.sharing import Sharing
from serving.catalogue.publication import Origin
from serving.deployment import Deployment

_NEVER_SHARED = frozenset({"line_list"})


def observations(deployment: Deployment, sharing: Sharing) -> TableToRead:
    """Values of the sources that may be passed on, known after their stretch was over."""
    sources = dict(_passed_on(deployment, sharing))
    folder = deployment.settings.archive / "entries"
    variables = [name for name in VARIABLES if name not in deployment.hides.variables]
    wanted = (
        text_field("source").isin(list(sources))
        & text_field("site").isin(list(deployment.sites.codes))
        & text_field("variable").isin(variables)
    )
    parts = parts_of(folder, "valid_time", "variable", variables)(MONTHS) if sources else {}
    sharing_state = sorted(sources)
    return TableToRead(
        {
            name: PartToRead(digest([state, sharing_state]), partial(_observed, deployment, folder, wanted, name))
            for name, state in parts.items()
        },
        (*sources.values(), *versions("archive of entries", folder)),
    )


def _passed_on(deployment: Deployment, sharing: Sharing) -> Iterator[tuple[str, Origin]]:
    for name, licence in sharing.observations.items():
        kind = str(deployment.settings.sources.get(name, {}).get("kind", name))
        if kind in _NEVER_SHARED:
            raise HaidangError(f"sharing.observations: {name} is a line list of people, which is never passed on")
        yield name, Origin(title=name, licence=licence, terms=_terms(kind))


def _terms(kind: str) -> str | None:
    """What a kind of source says of its licence; None where it is no kind that is known."""
    return str(source_class(kind).licence) if kind in KINDS else None


def _observed(deployment: Deployment, folder: Path, wanted: Expression, name: str) -> pa.Table:
    table = DeltaTable(str(folder)).to_pyarrow_dataset().to_table(filter=wanted & between("valid_time", name))
    variables = table["variable"].to_pylist()
    zone, spans = deployment.settings.local_zone, np.array([VARIABLES[one].span_days for one in variables], np.int64)
    days = day_numbers(pd.DatetimeIndex(table["valid_time"].to_pandas()), zone)
    over = day_starts(days_after(days, spans), zone)
    seen = pd.DatetimeIndex(table["known_time"].to_pandas()) >= over
    table, variables = table.filter(pa.array(seen)), [one for one, kept in zip(variables, seen, strict=True) if kept]
    value, withheld = told(deployment, variables, table["value"])
    units = pa.array([VARIABLES[one].unit for one in variables], pa.string())
    own = {one: table[one] for one in table.column_names}
    return as_dataset("observations", own | {"value": value, "unit": units, "withheld": withheld})
