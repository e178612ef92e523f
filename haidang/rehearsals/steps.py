"""The daily steps of a rehearsal: what became known, and what is issued from it."""

from collections.abc import Iterator, Sequence
from functools import partial

import pandas as pd

from features.errors import HaidangError
from features.ingest import ingest
from haidang.chain.ingests import FAR_AHEAD, LONG_AGO
from haidang.chain.verifying import settle, verified_forecasts
from haidang.champions.handing_over import before_the_gate, rolling_test
from haidang.champions.holding import hold_all
from haidang.champions.retraining import retrain_due
from haidang.champions.watching import Watched, watch
from haidang.rehearsals.day_by_day import Step, Tell
from haidang.rehearsals.record import ToCome
from haidang.upkeep.compacting import compact, tables
from models.forecaster import Forecaster
from serving.deployment import Deployment
from serving.issued.issue import Known, issue_from

WATCHED_EVERY_DAYS, COMPACTED_EVERY_DAYS = 7, 7


def daily_steps(
    deployment: Deployment, to_come: ToCome, names: Sequence[str], start: pd.Timestamp, end: pd.Timestamp
) -> list[Step]:
    """What is done day by day, in this order at equal hours.

    Args:
        deployment: of the rehearsal.
        to_come: what is to be ingested.
        names: the hazards.
        start: first day.
        end: day after the last.
    """
    issue_hour = max(deployment.hazard(name).issue_hour for name in names)
    after, watching = issue_hour + 1, Watching(names)
    return [
        Step("ingest", issue_hour, 1, Ingesting(to_come)),
        Step("issue", issue_hour, 1, Issuing(deployment, names, start, end)),
        Step("verify", after, 1, partial(_verified, names)),
        Step("compact", after, COMPACTED_EVERY_DAYS, _compacted),
        Step("drift", after, WATCHED_EVERY_DAYS, watching.watch),
        Step("retrain", after, WATCHED_EVERY_DAYS, watching.retrain),
    ]


def _verified(names: Sequence[str], deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
    """Scores what has settled; the track record is told in the report."""
    for one in settle(deployment, now, names):
        if one.error is not None:
            tell("failed", f"verify: {one.hazard}", one.error)
        elif one.settled or one.changed:
            yield one.hazard, f"{one.settled:,} settled, {one.unknown:,} unknown, {one.changed:,} changed"


def _compacted(deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
    """Joins small files, as they would slow down every reading."""
    for name, folder in tables(deployment).items():
        yield name, compact(name, folder)


class Watching:
    """Looks for drift and holds champions to their band; on the same day, retrains what is due for what was found."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._verified: pd.DataFrame | None = None
        self._watched: Watched | None = None

    def watch(self, deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
        """Gives each champion that was rolled back or held back."""
        self._verified = verified_forecasts(deployment, self._names)
        self._watched = watch(deployment, now, tell, verified=self._verified, hazards=self._names, before=self._watched)
        yield from hold_all(deployment, self._watched.performance, now, tell).items()

    def retrain(self, deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
        """Gives each hazard that was retrained, why, and what the gate decided."""
        done = retrain_due(
            deployment,
            now,
            tell,
            challenge=before_the_gate(self._verified),
            watched=self._watched,
            hazards=self._names,
            test=rolling_test,
        )
        for one in done:
            yield one.hazard, f"retrained, as {one.reason.en}: {one.decision}"


class Ingesting:
    """Ingests what each source has told since the day before; a day on which it dies is made up for by the next."""

    def __init__(self, to_come: ToCome) -> None:
        self._to_come = to_come

    def __call__(self, deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
        """Gives each source that told anything, and what came of it."""
        for source in self._to_come.known_by(now):
            receipt = ingest(source, deployment.archive, LONG_AGO, FAR_AHEAD, now=now)
            yield source.name, f"{receipt.accepted:,} entries accepted, {receipt.quarantined:,} quarantined"
        self._to_come.is_in(now)


class Issuing:
    """Issues each hazard at its newest regular issue time, once, with what was known then; late ones too.

    Those of one issue time are asked from one reading.
    """

    def __init__(self, deployment: Deployment, names: Sequence[str], start: pd.Timestamp, end: pd.Timestamp) -> None:
        """Lays out the issue times."""
        self._waiting = {name: expected(deployment, name, start, end) for name in names}
        self._champions: dict[str, tuple[str | None, Forecaster]] = {}

    def __call__(self, deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
        """Gives each hazard that was issued; what cannot be is told as failed, and all others are issued."""
        known: dict[pd.Timestamp, Known] = {}
        made = {}
        for name, times in self._waiting.items():
            come = int((times <= now).sum())
            if not come:
                continue
            time = times[come - 1]
            try:
                if time not in known:
                    known[time] = Known(deployment.archive, time)
                made[name] = issue_from(self._champion(deployment, name), known[time], issued_at=now)
            except HaidangError as error:
                tell("failed", f"issue: {name}", str(error))
            self._waiting[name] = times[come:]
        if made:
            deployment.issued.add(list(made.values()))
        for name, records in made.items():
            yield name, f"{len(records):,} forecasts of {records['issue_time'].iloc[0].isoformat()} issued"

    def _champion(self, deployment: Deployment, name: str) -> Forecaster:
        """The champion of today; a new one sits its exam once."""
        tag = deployment.shelf.tag(name)
        if name not in self._champions or self._champions[name][0] != tag:
            self._champions[name] = tag, deployment.shelf.champion(deployment.hazard(name))
        return self._champions[name][1]


def expected(deployment: Deployment, name: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DatetimeIndex:
    """The regular issue times of a hazard in [start, end)."""
    hazard = deployment.hazard(name)
    return hazard.issue_times(start, end, deployment.settings.local_zone, every_days=hazard.issue_every_days)
