"""The log of ingests: when each source was asked for what, how it ended, and from where an interrupted run goes on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, insert, select, update
from sqlalchemy.engine import Engine, Row

from features.database import make_tables
from features.entries import Receipt

FAILURES_TO_REST = 3
REST = pd.Timedelta(minutes=30)
_LOOKED_BACK = 200
_RUNS = Table(
    "ingest_runs",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("source", String(200), nullable=False, index=True),
    Column("asked", Text, nullable=False),
    Column("promised", Text, nullable=False),
    Column("started_at", String(40), nullable=False),
    Column("ended_at", String(40)),
    Column("outcome", String(20), nullable=False),
    Column("delivered_until", String(40)),
    Column("receipt", Text),
    Column("error", Text),
)


@dataclass(frozen=True)
class Run:
    """One ingest of one source.

    Attributes:
        id: number of the run.
        source: its name.
        asked: what was asked for: the stretch and the sites.
        promised: the latency that the source promises, days.
        started_at: when.
        ended_at: when; None while it runs, and where it was killed.
        outcome: running, finished, failed, or interrupted.
        delivered_until: everything before this moment of what was asked is stored.
        receipt: what became of the records, for a finished run.
        error: why it failed.
    """

    id: int
    source: str
    asked: str
    promised: float
    started_at: pd.Timestamp
    ended_at: pd.Timestamp | None
    outcome: str
    delivered_until: pd.Timestamp | None
    receipt: Receipt | None
    error: str | None


class IngestLog:
    """A table in the deployment's database."""

    def __init__(self, engine: Engine) -> None:
        """Opens the table, and makes it where there is none."""
        make_tables(_RUNS.metadata, engine)
        self._engine = engine

    def begin(self, source: str, asked: str, latency: pd.Timedelta, now: pd.Timestamp) -> Run:
        """Writes down that a run begins; runs of the source that never ended are called interrupted."""
        with self._engine.begin() as connection:
            unended = (_RUNS.c.source == source) & (_RUNS.c.outcome == "running")
            connection.execute(update(_RUNS).where(unended).values(outcome="interrupted"))
            row = {
                "source": source,
                "asked": asked,
                "promised": str(latency / pd.Timedelta(days=1)),
                "started_at": now.isoformat(),
                "outcome": "running",
            }
            connection.execute(insert(_RUNS).values(row))
        return self.last(source)[0]

    def reached(self, run: Run, delivered_until: pd.Timestamp) -> None:
        """Writes down how far a run has come."""
        self._set(run, delivered_until=delivered_until.isoformat())

    def finish(self, run: Run, receipt: Receipt, now: pd.Timestamp) -> None:
        """Writes down that a run came to its end."""
        self._set(run, outcome="finished", ended_at=now.isoformat(), receipt=json.dumps(asdict(receipt)))

    def fail(self, run: Run, error: str, now: pd.Timestamp) -> None:
        """Writes down that a run could not go on, and why."""
        self._set(run, outcome="failed", ended_at=now.isoformat(), error=error)

    def last(self, source: str, count: int = 1) -> Sequence[Run]:
        """The newest runs of a source, the newest first."""
        found = select(_RUNS).where(_RUNS.c.source == source).order_by(_RUNS.c.id.desc()).limit(count)
        with self._engine.connect() as connection:
            return [_run(row) for row in connection.execute(found)]

    def last_failure(self, source: str) -> Run | None:
        """The newest run of a source that failed."""
        return next((run for run in self.last(source, _LOOKED_BACK) if run.outcome == "failed"), None)

    def sources(self) -> Sequence[str]:
        """The sources that were ever asked."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(_RUNS.c.source).distinct().order_by(_RUNS.c.source)))

    def goes_on_from(self, source: str, asked: str) -> pd.Timestamp | None:
        """From where the same question goes on, if its last run did not come to its end; None for the beginning."""
        runs = self.last(source)
        return runs[0].delivered_until if runs and runs[0].outcome != "finished" and runs[0].asked == asked else None

    def rests_until(self, source: str, now: pd.Timestamp) -> pd.Timestamp | None:
        """Until when a source is left alone because it failed three times in a row; None if it is not."""
        runs = self.last(source, FAILURES_TO_REST)
        if len(runs) < FAILURES_TO_REST or any(run.outcome != "failed" for run in runs):
            return None
        until = (runs[0].ended_at or runs[0].started_at) + REST
        return until if now < until else None

    def _set(self, run: Run, **values: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(_RUNS).where(_RUNS.c.id == run.id).values(values))


def _run(row: Row[tuple[object, ...]]) -> Run:
    held = row._mapping  # noqa: SLF001  (SQLAlchemy's documented view of a row)
    return Run(
        held["id"],
        held["source"],
        held["asked"],
        float(held["promised"]),
        pd.Timestamp(held["started_at"]),
        _moment(held["ended_at"]),
        held["outcome"],
        _moment(held["delivered_until"]),
        None if held["receipt"] is None else _receipt(held["receipt"]),
        held["error"],
    )


def _receipt(text: str) -> Receipt:
    told = json.loads(text)
    return Receipt(**{**told, "remarks": tuple(told["remarks"])})


def _moment(text: str | None) -> pd.Timestamp | None:
    return None if text is None else pd.Timestamp(datetime.fromisoformat(text))
