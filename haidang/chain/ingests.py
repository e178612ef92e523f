"""Ingests as an operator runs them: logged, gone on with after an interruption, and each source failing by itself."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from features.database import open_database
from features.entries import SIMULATED, Receipt
from features.errors import HaidangError
from features.ingest import Source, ingest
from features.ingest_log import IngestLog
from features.sites import Sites
from features.sources.catalogue import source_named
from serving.deployment import Deployment

LONG_AGO, FAR_AHEAD = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
Told = Callable[[Receipt, pd.Timestamp | None], None]


@dataclass(frozen=True)
class Asked:
    """What an operator asks a source for.

    Attributes:
        start: first day; the beginning for None.
        end: day after the last; the end for None.
        sites: codes of the sites; all of them for None.
    """

    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    sites: tuple[str, ...] | None = None

    @property
    def text(self) -> str:
        """The question as the log keeps it."""
        return json.dumps([str(self.start), str(self.end), self.sites])


def sources_of(deployment: Deployment, names: Sequence[str], stated: dict[str, object]) -> list[Source]:
    """Sources by their names; all that the settings name, where none is given.

    Raises:
        HaidangError: if there is no such source, none is named by the settings, or a setting of one is wrong.
    """
    if SIMULATED in names:
        raise HaidangError("simulated data are not ingested from a source: `haidang simulate` makes them")
    chosen = list(names) or list(deployment.settings.sources)
    if not chosen:
        raise HaidangError("the settings name no sources: name one, or add [sources.NAME] to haidang.toml")
    return [source_named(name, deployment.settings, stated) for name in chosen]


def ingest_logged(
    deployment: Deployment,
    source: Source,
    asked: Asked,
    *,
    clock: Callable[[], pd.Timestamp],
    force: bool = False,
    progress: Told,
) -> Receipt:
    """Brings in what is asked; an interrupted run of the same question goes on from where it was.

    Args:
        deployment: where the values go.
        source: where they come from.
        asked: what is wanted.
        clock: tells the present moment.
        force: ask the source although it rests after failures.
        progress: is told the receipt of each stored batch, and until when all is stored.

    Raises:
        HaidangError: if the source rests, fails, or a batch cannot be stored; the log says so too.
    """
    log, now = IngestLog(open_database(deployment.settings.database_address)), clock()
    if not force and (rest := log.rests_until(source.name, now)) is not None:
        until, error = rest.tz_convert(deployment.settings.local_zone), log.last(source.name)[0].error
        raise HaidangError(f"{source.name} failed three times in a row and rests until {until:%H:%M%z}; last: {error}")
    start, end = asked.start or LONG_AGO, asked.end or FAR_AHEAD
    if asked.start is None and source.revisits is not None:
        newest = [deployment.archive.newest_day(variable, source.name) for variable in source.variables]
        held = [day for day in newest if day is not None and day <= now]
        start = min(held) - source.revisits if held else start
    begins = max(start, log.goes_on_from(source.name, asked.text) or start)
    sites = deployment.sites
    if asked.sites is not None:
        sites = Sites([sites.find(text) for text in asked.sites])
    run = log.begin(source.name, asked.text, source.latency, now)
    if begins > start:
        log.reached(run, begins)

    def told(receipt: Receipt, until: pd.Timestamp | None) -> None:
        if until is not None:
            log.reached(run, until)
        progress(receipt, until)

    try:
        receipt = ingest(source, deployment.archive, begins, end, now=now, sites=sites, progress=told)
    except HaidangError as error:
        log.fail(run, str(error), clock())
        raise
    log.finish(run, receipt, clock())
    return receipt
