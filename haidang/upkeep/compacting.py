"""Compacting: the small files that daily work leaves in the tables at rest are joined; no row is changed."""

from pathlib import Path

from features.delta import is_table, join_files, remove_joined
from serving.deployment import Deployment

ENTRIES = "entries"


def tables(deployment: Deployment) -> dict[str, Path]:
    """The tables that grow day by day, by name, of those that there are."""
    settings = deployment.settings
    folders = {
        ENTRIES: settings.archive / "entries",
        "issued": settings.issued,
        "shadow": settings.shadow,
        "verified": settings.verified,
    }
    return {name: folder for name, folder in folders.items() if is_table(folder)}


def compact(name: str, folder: Path) -> str:
    """Joins the small files of a table, and removes those that were joined a week ago or longer; says how many.

    Of the entries none is removed: forecasts are replayed from the versions that they read.

    Raises:
        HaidangError: if another process was writing there at the same time, or the disk is full; run it again.
    """
    joined = join_files(folder)
    removed = 0 if name == ENTRIES else remove_joined(folder)
    return f"{joined:,} files joined, {removed:,} joined earlier removed"
