"""The shared datasets of a deployment, part by part, as everybody may see them.

Restricted sites, restricted variables, hazards of these, and small counts are left out before anything is written.
"""

import csv
from collections.abc import Iterable
from functools import partial

import pyarrow as pa
import pyarrow.dataset as ds

from features.places import CROSSWALK
from haidang.publication.forecasts import forecasts, verified, warnings
from haidang.publication.observations import observations
from haidang.publication.parts import (
    DAYS,
    MONTHS,
    PartToRead,
    TableToRead,
    parts_of,
    read_part,
    text_field,
    versions,
    whole,
)
from models.issued import ISSUED
from models.track_records import EVERYWHERE
from models.verified import VERIFIED
from serving.access.sharing import Sharing
from serving.catalogue.datasets import DATASETS
from serving.deployment import Deployment

ALL_SITES = "all"


def tables(deployment: Deployment, sharing: Sharing) -> dict[str, TableToRead]:
    """All datasets of a deployment as everybody sees it.

    Args:
        deployment: what `serving.answering.restricted.public` gave.
        sharing: which sources may be passed on.

    Raises:
        HaidangError: if a source is to be passed on that never may be.
    """
    settings, hazards = deployment.settings, _hazards(deployment)
    seen = text_field("hazard").isin(hazards) & text_field("site").isin(list(deployment.sites.codes))
    issued = partial(read_part, settings.issued, ISSUED, "issue_time", seen)
    truths = partial(read_part, settings.verified, VERIFIED, "issue_time", seen & ~ds.field("shadow"))
    by_issue = parts_of(settings.issued, "issue_time", "hazard", hazards)
    by_truth = parts_of(settings.verified, "issue_time", "hazard", hazards)
    of_issued = versions("issued forecasts", settings.issued)
    read = {
        "forecasts": (by_issue(DAYS), partial(forecasts, deployment, issued), of_issued),
        "warnings": (by_issue(MONTHS), partial(warnings, issued), of_issued),
        "verified_forecasts": (
            by_truth(MONTHS),
            partial(verified, deployment, truths),
            versions("verified forecasts", settings.verified),
        ),
    }
    return {
        **{
            name: TableToRead({part: PartToRead(state, partial(rows, part)) for part, state in parts.items()}, origins)
            for name, (parts, rows, origins) in read.items()
        },
        **{
            f"track_record_{kind}": whole(partial(_track_record, deployment, kind, hazards))
            for kind in ("scores", "skill", "alarms")
        },
        "observations": observations(deployment, sharing),
        "sites": whole(partial(_sites, deployment)),
        "old_communes": whole(partial(_old_communes, deployment)),
    }


def _hazards(deployment: Deployment) -> list[str]:
    """The hazards of which is shared: those whose outcome is no restricted variable."""
    return [
        name for name, hazard in deployment.hazards.items() if hazard.target.variable not in deployment.hides.variables
    ]


def _track_record(deployment: Deployment, kind: str, hazards: Iterable[str]) -> pa.Table:
    name = f"track_record_{kind}"
    schema = DATASETS[name].schema
    found, seen = [schema.empty_table()], {*deployment.sites.codes, EVERYWHERE}
    for hazard in hazards:
        record = deployment.track_records.read(hazard)
        if record is None:
            continue
        table = {"scores": record.scores, "skill": record.beside, "alarms": record.alarms}[kind]
        told = table[table["site"].isin(seen)].replace({"site": {EVERYWHERE: ALL_SITES}}).assign(hazard=hazard)
        found.append(pa.Table.from_pandas(told[schema.names], schema, preserve_index=False))
    return pa.concat_tables(found)


def _sites(deployment: Deployment) -> pa.Table:
    names = DATASETS["sites"].schema.names
    rows = [{name: getattr(site, name) for name in names} for site in deployment.sites.values()]
    return pa.Table.from_pylist(rows, DATASETS["sites"].schema)


def _old_communes(deployment: Deployment) -> pa.Table:
    with CROSSWALK.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["code"] in deployment.sites]
    weighed = [{**row, "weight": float(row["weight"])} for row in rows]
    return pa.Table.from_pylist(weighed, DATASETS["old_communes"].schema)
