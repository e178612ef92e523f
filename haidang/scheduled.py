"""What the scheduled jobs do: the parts of each, from the data at rest."""

import time
from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from features.settings import Settings
from haidang.parts import Part

KEPT_BACKUPS = 7
Tell = Callable[[str, str, str], None]


def ingest(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """A part for each source of the settings: it goes on from the newest value held."""
    from haidang.ingests import Asked, ingest_logged, sources_of
    from serving.deployment import open_deployment

    deployment, clock = open_deployment(settings), _clock_from(now)

    def bring(name: str) -> str:
        (source,) = sources_of(deployment, [name], {})
        receipt = ingest_logged(deployment, source, Asked(), clock=clock, progress=lambda receipt, until: None)
        counts = f"{receipt.accepted:,} entries accepted, {receipt.duplicates:,} held already"
        return f"{counts}, {receipt.quarantined:,} quarantined"

    return {name: partial(bring, name) for name in settings.sources}


def issue(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """All that is due together, from one reading; then a part for each hazard, which issues what that left out."""
    from haidang.issuing import champions, issue_all_due, issue_due
    from serving.deployment import open_deployment

    deployment, clock = open_deployment(settings), _clock_from(now)
    together: dict[str, Part] = {"together": partial(issue_all_due, deployment, clock)}
    return together | {name: partial(issue_due, deployment, name, clock) for name in champions(deployment)}


def silence(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """One part: what was expected and is missing is told."""
    from haidang.schedule import JOBS
    from haidang.silence import tell_silences
    from serving.deployment import open_deployment

    def look() -> str:
        found = tell_silences(open_deployment(settings), JOBS, now)
        return "; ".join(f"{about}: {text}" for about, text in found.items()) or "nothing is missing"

    return {"expected": look}


def back_up(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """One part: a back-up beside the deployment's folder; the last seven are kept."""
    from haidang import backup

    home = settings.home.absolute()
    to = home.with_name(f"{home.name}-backups")
    return {"home": lambda: str(backup.back_up(settings, to, now, keep=KEPT_BACKUPS))}


def _clock_from(now: pd.Timestamp) -> Callable[[], pd.Timestamp]:
    """A clock that says `now` at first, and runs."""
    begun = time.monotonic()
    return lambda: now + pd.Timedelta(seconds=time.monotonic() - begun)
