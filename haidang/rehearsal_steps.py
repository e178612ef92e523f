"""The daily steps of a rehearsal: what became known, and what is issued from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
from deltalake import DeltaTable

from features.errors import HaidangError
from features.snapshot import Snapshot
from haidang.handing_over import before_the_gate, rolling_test
from haidang.holding import hold_all
from haidang.rehearsal import Step, Tell
from haidang.rehearsal_folder import at_moment
from haidang.retraining import retrain_due
from haidang.verifying import settle, verified_forecasts
from haidang.watching import watch
from models.forecaster import Forecaster
from serving.deployment import Deployment
from serving.issue import Known, answers_to, records_of

INGEST_HOUR = 6
WATCHED_EVERY_DAYS = 7
AT_ONCE = 28
_DAY = pd.Timedelta(days=1)


def daily_steps(deployment: Deployment, names: Sequence[str], start: pd.Timestamp, end: pd.Timestamp) -> list[Step]:
    """What is done day by day, in this order at equal hours.

    Args:
        deployment: of the rehearsal.
        names: the hazards.
        start: first day.
        end: day after the last.
    """
    issue_hour = max(deployment.hazard(name).issue_hour for name in names)
    after = issue_hour + 1
    return [
        Step("ingest", INGEST_HOUR, 1, Ingesting(deployment)),
        Step("issue", issue_hour, 1, Issuing(deployment, names, start, end)),
        Step("verify", after, 1, partial(_verified, names)),
        Step("drift", after, WATCHED_EVERY_DAYS, partial(_watched, names)),
        Step("retrain", after, WATCHED_EVERY_DAYS, partial(_retrained, names)),
    ]


def _verified(names: Sequence[str], deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
    """Scores what has settled; the track record is told in the report."""
    for one in settle(deployment, now, names):
        if one.error is not None:
            tell("failed", f"verify: {one.hazard}", one.error)
        elif one.settled or one.changed:
            yield one.hazard, f"{one.settled:,} settled, {one.unknown:,} unknown, {one.changed:,} changed"


def _watched(names: Sequence[str], deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
    """Looks for drift, and holds champions to their band."""
    watched = watch(deployment, now, tell, verified=verified_forecasts(deployment, names), hazards=names)
    yield from hold_all(deployment, watched.performance, now, tell).items()


def _retrained(
    names: Sequence[str], deployment: Deployment, now: pd.Timestamp, tell: Tell
) -> Iterator[tuple[str, str]]:
    """Retrains what is due, and brings it before the gate."""
    verified = verified_forecasts(deployment, names)
    watched = watch(deployment, now, _nobody, verified=verified, hazards=names)
    gate = before_the_gate(verified)
    done = retrain_due(deployment, now, tell, challenge=gate, watched=watched, hazards=names, test=rolling_test)
    for one in done:
        yield one.hazard, f"retrained, as {one.reason.en}: {one.decision}"


def _nobody(kind: str, about: str, text: str) -> None:
    """What is told here was told by the step before."""


class Ingesting:
    """Tells how many entries of each source became known since the day before; they lie in the archive already."""

    def __init__(self, deployment: Deployment) -> None:
        """Counts the whole record once."""
        held = DeltaTable(str(deployment.settings.archive / "entries")).to_pyarrow_dataset()
        counted = (
            held.to_table(["source", "known_time"]).group_by(["source", "known_time"]).aggregate([([], "count_all")])
        )
        self._counted = counted.to_pandas()

    def __call__(self, deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
        """Gives each source and what came of it."""
        new = self._counted["known_time"].between(now - _DAY, now, inclusive="right")
        by_source = self._counted[new].groupby("source")["count_all"].sum()
        for source in sorted(self._counted["source"].unique()):
            yield source, f"{by_source.get(source, 0):,} entries became known"


@dataclass(frozen=True)
class _Asked:
    """The rows of a hazard at some issue times, and what was known at each of them."""

    known: Mapping[pd.Timestamp, Known]
    rows: pd.DataFrame


class Issuing:
    """Issues each hazard at its newest regular issue time, once, with what was known then; late ones too.

    The rows of several issue times are asked at once: they are the same, bit for bit, as if each were asked by itself,
    which the laws hold. They are answered issue by issue, as an answer may differ in its last bit with how many are
    given at once.
    """

    def __init__(self, deployment: Deployment, names: Sequence[str], start: pd.Timestamp, end: pd.Timestamp) -> None:
        """Lays out the issue times."""
        self._whole = deployment
        self._waiting = {name: expected(deployment, name, start, end) for name in names}
        self._read: dict[tuple[pd.Timestamp, ...], tuple[Snapshot, Mapping[pd.Timestamp, Known]]] = {}
        self._asked: dict[str, _Asked] = {}
        self._champions: dict[str, tuple[str | None, Forecaster]] = {}

    def __call__(self, deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
        """Gives each hazard that was issued; what cannot be is told as failed, and all others are issued."""
        self._read = {times: read for times, read in self._read.items() if times[-1] >= now}
        made = {}
        for name, times in self._waiting.items():
            come = int((times <= now).sum())
            if not come:
                continue
            try:
                made[name] = self._records(deployment, name, times[come - 1 :], now)
            except HaidangError as error:
                tell("failed", f"issue: {name}", str(error))
            self._waiting[name] = times[come:]
        if made:
            deployment.issued.add(list(made.values()))
        for name, records in made.items():
            yield name, f"{len(records):,} forecasts of {records['issue_time'].iloc[0].isoformat()} issued"

    def _records(self, deployment: Deployment, name: str, times: pd.DatetimeIndex, now: pd.Timestamp) -> pd.DataFrame:
        """The records of a hazard at the first of its coming issue times."""
        asked = self._asked.get(name)
        if asked is None or times[0] not in asked.known:
            snapshot, known = self._known(times[:AT_ONCE])
            asked = self._asked[name] = _Asked(known, deployment.hazard(name).rows(snapshot))
        champion = self._champion(deployment, name)
        told = answers_to(champion, asked.rows.loc[[times[0]]], deployment.settings.local_zone)
        return records_of(champion, told, asked.known[times[0]], issued_at=now)

    def _champion(self, deployment: Deployment, name: str) -> Forecaster:
        """The champion of today; a new one sits its exam once."""
        tag = deployment.shelf.tag(name)
        if name not in self._champions or self._champions[name][0] != tag:
            self._champions[name] = tag, deployment.shelf.champion(deployment.hazard(name))
        return self._champions[name][1]

    def _known(self, times: pd.DatetimeIndex) -> tuple[Snapshot, Mapping[pd.Timestamp, Known]]:
        """What was known at some issue times, read once for all hazards that are issued then."""
        if tuple(times) not in self._read:
            archive = at_moment(self._whole, times[-1]).archive
            snapshot = archive.as_of(times)
            alone = zip(times, snapshot.blocks(1), strict=True)
            self._read[tuple(times)] = snapshot, {time: Known(archive, time, one) for time, one in alone}
        return self._read[tuple(times)]


def expected(deployment: Deployment, name: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DatetimeIndex:
    """The regular issue times of a hazard in [start, end)."""
    hazard = deployment.hazard(name)
    return hazard.issue_times(start, end, deployment.settings.local_zone, every_days=hazard.issue_every_days)
