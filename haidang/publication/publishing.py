"""Publishing: the shared datasets are brought up to date in the folder of bulk files; run twice it changes nothing.

Only parts are read of which something has changed at rest, and only parts are written whose rows differ. A version is
a publication that brought, altered or removed any row; from the files that tell of these a reader can follow. Where
something has become restricted, the history before is removed with the files that tell of it.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import HaidangError
from haidang.publication.bulk_files import altered_rows, sorted_rows, write_bulk, write_manifest
from haidang.publication.parts import PartToRead, TableToRead, digest
from haidang.publication.tables import tables
from haidang.upkeep.alone import alone_in
from serving.access.service_settings import ServiceSettings
from serving.access.sharing import Sharing
from serving.answering.restricted import public
from serving.catalogue.datasets import DATASETS, Dataset
from serving.catalogue.publication import (
    MANIFEST,
    BulkFile,
    Change,
    Part,
    Publication,
    Published,
    read_publication,
    rules_of,
)
from serving.deployment import Deployment

_UNSTATED = (
    "this deployment does not say whose its data are: state [sharing] in service.toml, with owner_vi, owner_en, "
    "contact, address and licence"
)


def publish(deployment: Deployment, service: ServiceSettings, now: pd.Timestamp) -> dict[str, Published]:
    """Brings the bulk files of a deployment up to date, as everybody may see it.

    Args:
        deployment: with all that is restricted; it is left out here.
        service: who may see what, and under whose name and licence.
        now: the present moment.

    Returns:
        The state of each dataset.

    Raises:
        HaidangError: if owner and licence are not stated, or somebody else is publishing.
    """
    if service.sharing is None:
        raise HaidangError(_UNSTATED)
    seen, sharing, folder = public(deployment, service), service.sharing, deployment.settings.published
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder, f"somebody else is publishing into {folder}: try again when it is done"):
        held = read_publication(folder)
        rules = rules_of(seen, sharing.observations)
        stricter = held is not None and rules.keep_back(held.rules)
        published = {}
        for name, table in tables(seen, sharing).items():
            before = Published() if held is None else held.datasets.get(name, Published())
            lost = not all((folder / name / file.name).is_file() for file in before.every_file())
            if lost:
                before = Published(version=before.version)
            under = digest(rules.model_dump())
            new = brought_up_to_date(folder / name, DATASETS[name], before, table, now, under, anew=stricter or lost)
            published[name] = _without_old(new, now, sharing)
        manifest = Publication(
            published_at=_plain(now),
            rules=rules,
            sharing=sharing,
            public=service.public,
            simulated=deployment.settings.simulated.exists(),
            box=_box(seen),
            datasets=published,
        )
        write_manifest(folder / MANIFEST, manifest.model_dump_json(indent=1))
        for name, one in published.items():
            _sweep(folder / name, one)
    return published


def brought_up_to_date(
    folder: Path,
    dataset: Dataset,
    held: Published,
    table: TableToRead,
    now: pd.Timestamp,
    rules: str = "",
    *,
    anew: bool = False,
) -> Published:
    """Writes what is new of one dataset; the manifest that names it is not written here.

    Args:
        folder: of the dataset.
        dataset: which.
        held: its state so far.
        table: its parts as they are now.
        now: the present moment.
        rules: a digest of what may be shared; where it is another one, every part is read again.
        anew: whether its history ends here, because something of it may not be seen any more, or is lost.
    """
    version, parts = held.version + 1, dict[str, Part]()
    inserted, altered, superseded = list[BulkFile](), list[BulkFile](), list[BulkFile]()
    for name in sorted({*held.parts, *table.parts}):
        before, read = held.parts.get(name), table.parts.get(name, PartToRead("", dataset.schema.empty_table))
        state = digest([read.state, str(dataset.schema), rules])
        if before is not None and read.state and before.state == state:
            parts[name] = before
            continue
        rows = sorted_rows(dataset, read.rows())
        if before is not None:
            changes = altered_rows(dataset, _read(folder, dataset, before), rows, version)
            if not len(changes):
                parts[name] = before.model_copy(update={"state": state})
                continue
            altered += write_bulk(folder, name, version, changes, changes=True)
            superseded += before.files
        if len(rows):
            parts[name] = Part(state=state, files=write_bulk(folder, name, version, rows))
            inserted += parts[name].files if before is None else ()
    told: dict[str, object] = {"origins": table.origins, "parts": parts}
    if inserted or altered:
        change = Change(version=version, published_at=_plain(now), inserted=tuple(inserted), altered=tuple(altered))
        begins, ends = _reach(parts)
        told |= {"version": version, "modified_at": _plain(now), "begins": _plain(begins), "ends": _plain(ends)}
        told |= {"superseded": tuple(superseded), "changes": (*held.changes, change)}
    if anew:
        told |= {"oldest": told.get("version", held.version), "superseded": (), "changes": ()}
    return held.model_copy(update=told)


def _read(folder: Path, dataset: Dataset, part: Part) -> pa.Table:
    """The rows of a part as they were published, with the columns that the dataset has today."""
    file = next(file for file in part.files if file.format == "parquet")
    held = pq.read_table(folder / file.name)
    names = [name for name in dataset.schema.names if name in held.column_names]
    return pa.concat_tables([dataset.schema.empty_table(), held.select(names)], promote_options="permissive")


def _reach(parts: Mapping[str, Part]) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """From when to when the parts of a dataset reach, by their names; None where it has one part."""
    names = [name for name in sorted(parts) if name[0].isdigit()]
    if not names:
        return None, None
    last = pd.Timestamp(names[-1], tz="UTC")
    length = pd.Timedelta(days=1) if names[-1].count("-") == 2 else pd.DateOffset(months=1)
    return pd.Timestamp(names[0], tz="UTC"), last + length


def _without_old(published: Published, now: pd.Timestamp, sharing: Sharing) -> Published:
    """The state of a dataset without changes that are older than they are kept."""
    since = now - pd.Timedelta(days=sharing.changes_days)
    kept = tuple(change for change in published.changes if pd.Timestamp(change.published_at) >= since)
    if len(kept) == len(published.changes):
        return published
    oldest = published.changes[-len(kept) - 1].version
    return published.model_copy(update={"changes": kept, "oldest": oldest})


def _plain(moment: pd.Timestamp | None) -> datetime | None:
    return None if moment is None else moment.tz_convert("UTC").to_pydatetime()


def _box(seen: Deployment) -> tuple[float, float, float, float]:
    latitude, longitude = (seen.sites.attribute(name) for name in ("latitude", "longitude"))
    return longitude.min(), latitude.min(), longitude.max(), latitude.max()


def _sweep(folder: Path, published: Published) -> None:
    """Removes the files that the manifest names no more."""
    named = {file.name for file in published.every_file()}
    for file in folder.glob("*") if folder.is_dir() else ():
        if file.name not in named:
            file.unlink()
