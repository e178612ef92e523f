"""Back-ups: a whole copy of a deployment's folder while it is at work, with checksums, and the way back.

What points (databases, the logs of Delta tables, the champions on the shelf) is copied before what it points to, and
the archive's log last of it, since the others speak of its versions. What is pointed to is never changed. So a copy
holds together, whatever is written meanwhile.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
from sqlalchemy.engine import make_url

from features.errors import HaidangError
from features.settings import Settings
from haidang.upkeep.alone import alone_in
from serving.catalogue.publication import MANIFEST

CHECKSUMS, ABOUT = "SHA256SUMS", "backup.json"
_NAME = re.compile(r"\d{8}T\d{6}Z")
_LEFT_OUT = (".db-wal", ".db-shm", ".db-journal", "_last_checkpoint")
# Where MLflow keeps absolute paths of artifacts in its SQLite store.
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def back_up(settings: Settings, to: Path, now: pd.Timestamp, *, keep: int) -> Path:
    """Copies a deployment's folder into a new folder in `to`, named by the moment.

    It has that name only once it is whole; one that was killed half way is removed by the next.

    Args:
        settings: of the deployment.
        to: folder of the back-ups, outside of the deployment's.
        now: the present moment.
        keep: how many of the newest back-ups are kept.

    Returns:
        The folder of the back-up.

    Raises:
        HaidangError: if `to` lies in the deployment, there is no deployment, or another back-up is being written.
    """
    home, to = settings.home.resolve(), to.resolve()
    if not home.is_dir():
        raise HaidangError(f"there is no deployment in {home}: name its folder with --home")
    if to.is_relative_to(home):
        raise HaidangError(f"{to} lies in the deployment that is backed up: name a folder outside of {home}")
    to.mkdir(parents=True, exist_ok=True)
    with alone_in(to, f"another back-up is being written into {to}: try again when it is done"):
        for left in to.glob(".unfinished-*"):
            shutil.rmtree(left)
        whole = to / f"{now.tz_convert('UTC'):%Y%m%dT%H%M%SZ}"
        if whole.exists():
            raise HaidangError(f"there is a back-up {whole} already: wait a second")
        unfinished = to / f".unfinished-{whole.name}"
        unfinished.mkdir(mode=0o700)
        for top in sorted(home.iterdir(), key=lambda path: path.name == settings.archive.name):
            _copy(home, [file for file in _files(top) if _points(file)], unfinished)
        _copy(home, [file for file in _files(home) if not _points(file)], unfinished)
        about = {"home": str(home), "at": now.isoformat(), "not_in_it": outside(settings)}
        (unfinished / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")
        told = "".join(f"{digest}  {name}\n" for name, digest in sorted(_digests(unfinished).items()))
        (unfinished / CHECKSUMS).write_text(told, encoding="utf-8")
        os.sync()
        unfinished.rename(whole)
        for old in _whole_ones(to)[:-keep]:
            shutil.rmtree(old.rename(to / f".unfinished-{old.name}"))
    return whole


def verify_backup(folder: Path) -> int:
    """Checks every file of a back-up against its checksum.

    Returns:
        How many files it holds.

    Raises:
        HaidangError: if it is not whole, or a file is missing, added or changed.
    """
    if not (folder / CHECKSUMS).is_file():
        raise HaidangError(f"{folder} is no whole back-up: it has no {CHECKSUMS}; name one of its neighbours")
    lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    stated = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    found = _digests(folder)
    wrong = sorted(name for name in stated.keys() | found.keys() if stated.get(name) != found.get(name))
    if wrong:
        raise HaidangError(f"{folder} is damaged, take another back-up: {', '.join(wrong[:5])} ({len(wrong)} files)")
    return len(found)


def restore(folder: Path, to: Path) -> int:
    """Lays a back-up out as a deployment; where it comes to lie elsewhere, MLflow's paths are moved too.

    Args:
        folder: one back-up.
        to: the deployment's folder; it must not exist, or be empty.

    Returns:
        How many files were restored.

    Raises:
        HaidangError: if the back-up is damaged, or `to` holds something.
    """
    to = to.resolve()
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise HaidangError(f"{to} is not empty: a back-up is restored into a new folder; move the old one away first")
    verify_backup(folder)
    unfinished = to.with_name(f".unfinished-{to.name}")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    shutil.copytree(folder, unfinished)
    count = verify_backup(unfinished)
    home = json.loads((unfinished / ABOUT).read_text(encoding="utf-8"))["home"]
    if (unfinished / "mlflow.db").exists():
        _move_artifacts(unfinished / "mlflow.db", home, str(to))
    for name in (ABOUT, CHECKSUMS):
        (unfinished / name).unlink()
    os.sync()
    if to.exists():
        to.rmdir()
    unfinished.rename(to)
    return count - 1


def _files(top: Path) -> list[Path]:
    """The files beneath; what stands beside a database goes with it, and a hint at a checkpoint can be done without."""
    found = [path for path in top.rglob("*") if path.is_file()] if top.is_dir() else [top]
    return [path for path in found if not path.name.endswith(_LEFT_OUT)]


def _points(file: Path) -> bool:
    return file.suffix == ".db" or file.parent.name == "_delta_log" or file.name in ("latest", MANIFEST)


def _copy(home: Path, files: list[Path], to: Path) -> None:
    for file in files:
        copied = to / file.relative_to(home)
        copied.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".db":
            with closing(sqlite3.connect(file)) as database, closing(sqlite3.connect(copied)) as copy:
                database.backup(copy)
            continue
        try:
            shutil.copy2(file, copied)
        except FileNotFoundError:
            if file.exists():
                raise


def _digests(folder: Path) -> dict[str, str]:
    digests = {}
    for path in folder.rglob("*"):
        if path.is_file() and path != folder / CHECKSUMS:
            with path.open("rb") as content:
                digests[path.relative_to(folder).as_posix()] = hashlib.file_digest(content, "sha256").hexdigest()
    return digests


def _whole_ones(to: Path) -> list[Path]:
    return sorted(path for path in to.iterdir() if _NAME.fullmatch(path.name))


def outside(settings: Settings) -> list[str]:
    """What of a deployment lies elsewhere, and has to be backed up there: PostgreSQL by `pg_dump`."""
    stated = {"database": settings.database_url, "MLflow": settings.tracking_uri}
    return [f"{name}: {make_url(url).render_as_string()}" for name, url in stated.items() if url]


def _move_artifacts(database: Path, home: str, to: str) -> None:
    """Lets MLflow's store point to the artifacts where they lie now."""
    with closing(sqlite3.connect(database)) as store, store:
        for table, column in _PLACES:
            store.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (home, to))  # noqa: S608  (ours)
