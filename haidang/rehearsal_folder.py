"""The folder of a rehearsal: a deployment of its own, with the record that is lived through and its first champions."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds
from deltalake import DeltaTable

from features.archive import Archive
from features.archive_at import ArchiveAt
from features.errors import HaidangError
from features.settings import FILE_NAME, Settings
from haidang import jobs
from haidang.faults import EntryFault
from models.forecaster import Forecaster
from models.hazard import Hazard
from serving.deployment import Deployment, open_deployment
from training.fit import fit

_STATED = ("local_zone", "sites", "hazards", "boundaries")


def lay_out(base: Deployment, folder: Path, faults: Sequence[EntryFault]) -> Deployment:
    """Makes the folder of a rehearsal: settings, and the whole record of another deployment with faults in it.

    Entries of later days are there from the beginning; a step of the rehearsal does not see them, see `at_moment`.

    Raises:
        HaidangError: if the folder holds anything, or a fault touches no entry.
    """
    if folder.exists() and any(folder.iterdir()):
        raise HaidangError(f"{folder} is not empty: a rehearsal needs a folder of its own")
    folder.mkdir(parents=True, exist_ok=True)
    stated = {name: value for name in _STATED if (value := getattr(base.settings, name)) is not None}
    texts = {name: str(value.absolute() if isinstance(value, Path) else value) for name, value in stated.items()}
    told = "".join(f"{name} = {json.dumps(text, ensure_ascii=False)}\n" for name, text in texts.items())
    (folder / FILE_NAME).write_text(told, encoding="utf-8")
    settings = Settings(home=folder)
    if base.settings.simulated.exists():
        shutil.copy(base.settings.simulated, settings.simulated)
    if faults:
        empty = Archive(settings.archive, base.sites, settings.local_zone)
        _copy_with_faults(base.settings, settings.archive, empty, faults)
    else:
        shutil.copytree(base.settings.archive, settings.archive)
    return open_deployment(settings)


def at_moment(deployment: Deployment, moment: pd.Timestamp) -> Deployment:
    """The deployment as a step sees it at a moment: what becomes known later is not there."""
    settings = deployment.settings
    known = ArchiveAt(settings.archive, deployment.sites, settings.local_zone, moment=moment)
    return replace(deployment, archive=known)


def crown_first(
    base: Deployment,
    deployment: Deployment,
    names: Sequence[str],
    start: pd.Timestamp,
    *,
    same_record: bool,
    progress: Callable[[int, int], None],
) -> dict[str, HaidangError]:
    """Gives each hazard a champion that knows nothing after the start.

    A champion of the base deployment is taken over if it had read no later truth and the record is the same; another is
    fitted on what was known at the start.

    Returns:
        The hazards that cannot have one, and why.
    """
    begun, without = at_moment(deployment, start), {}
    for done, name in enumerate(names):
        hazard = deployment.hazard(name)
        try:
            taken = _taken_over(base, hazard, start) if same_record else None
            tracked = jobs.track(begun, taken or fit(hazard, begun.archive, moment=start), None).tracked
            jobs.promote(begun, hazard, tracked.registered_version)
        except HaidangError as error:
            without[name] = error
        progress(done + 1, len(names))
    return without


def _taken_over(base: Deployment, hazard: Hazard, start: pd.Timestamp) -> Forecaster | None:
    card = base.shelf.card(hazard.name)
    if card is None or pd.Timestamp(card.truth_read_at) > start or card.fingerprint != hazard.fingerprint:
        return None
    return base.shelf.champion(hazard)


def _copy_with_faults(source: Settings, to: Path, archive: Archive, faults: Sequence[EntryFault]) -> None:
    """Fills the archive in a folder variable by variable; the tables that are kept beside the entries are copied."""
    held = DeltaTable(str(source.archive / "entries")).to_pyarrow_dataset()
    names = sorted(pd.unique(held.to_table(["variable"])["variable"].to_pandas()))
    touched = dict.fromkeys(faults, False)
    for name in names:
        entries = held.to_table(filter=ds.field("variable") == name).to_pandas()
        for fault in faults:
            bent = fault.bend(entries, archive.zone)
            touched[fault] |= not bent.equals(entries)
            entries = bent
        archive.append(entries)
    for folder in source.archive.iterdir():
        if folder.name not in ("entries", "quarantine"):
            shutil.copytree(folder, to / folder.name, dirs_exist_ok=True)
    if idle := [fault for fault, has in touched.items() if not has]:
        raise HaidangError(f"{idle[0]} touches no entry: name a variable, a source and a site that the archive holds")
