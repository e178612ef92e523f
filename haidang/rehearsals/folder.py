"""The folder of a rehearsal: a deployment of its own, with what was known at the start and its first champions."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from features.settings import FILE_NAME, Settings
from haidang.chain import fitting
from haidang.champions import crowning
from haidang.rehearsals.faults import EntryFault
from haidang.rehearsals.record import ToCome, part_at
from serving.deployment import Deployment, open_deployment
from training.fit import fit

_STATED = ("local_zone", "sites", "hazards", "boundaries")


def lay_out(
    base: Deployment, folder: Path, start: pd.Timestamp, faults: Sequence[EntryFault]
) -> tuple[Deployment, ToCome]:
    """Makes the folder of a rehearsal: settings, and what another deployment knew at the start, with faults in it.

    Tables that are kept beside the entries are copied whole.

    Returns:
        The deployment, and what it is to ingest day by day.

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
    to_come = part_at(base.settings, Archive(settings.archive, base.sites, settings.local_zone), faults, start)
    for beside in base.settings.archive.iterdir():
        if beside.name not in ("entries", "quarantine"):
            shutil.copytree(beside, settings.archive / beside.name, dirs_exist_ok=True)
    return open_deployment(settings), to_come


def crown_first(
    deployment: Deployment, names: Sequence[str], start: pd.Timestamp, *, progress: Callable[[int, int], None]
) -> dict[str, HaidangError]:
    """Fits a first champion of each hazard on what was known at the start.

    Returns:
        The hazards that cannot have one, and why.
    """
    without = {}
    for done, name in enumerate(names):
        hazard = deployment.hazard(name)
        try:
            tracked = fitting.track(deployment, fit(hazard, deployment.archive, moment=start), None).tracked
            crowning.promote(deployment, hazard, tracked.registered_version)
        except HaidangError as error:
            without[name] = error
        progress(done + 1, len(names))
    return without
