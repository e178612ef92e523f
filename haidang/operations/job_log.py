"""The log of jobs: what ran when and how it ended, and the lock by which two runs of a job never overlap."""

import json
import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Column, ColumnElement, Integer, MetaData, String, Table, Text, delete, insert, select, update
from sqlalchemy.engine import Engine, Row
from sqlalchemy.exc import IntegrityError

from features.database import make_tables

LEASE = pd.Timedelta(seconds=90)
FINISHED, PARTLY, FAILED, INTERRUPTED, OVERRAN = "finished", "partly", "failed", "interrupted", "overran"
_RUNNING = "running"
_METADATA = MetaData()
_RUNS = Table(
    "job_runs",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("job", String(40), nullable=False, index=True),
    Column("owner", String(300), nullable=False),
    Column("started_at", String(40), nullable=False),
    Column("deadline_at", String(40), nullable=False),
    Column("ended_at", String(40)),
    Column("outcome", String(20), nullable=False),
    Column("tries", Integer),
    Column("told", Text),
    Column("error", Text),
)
_LOCKS = Table(
    "job_locks",
    _METADATA,
    Column("job", String(40), primary_key=True),
    Column("owner", String(300), nullable=False),
    Column("leased_until", String(40), nullable=False),
)


@dataclass(frozen=True)
class JobRun:
    """One run of a job.

    Attributes:
        id: number of the run.
        job: its name.
        owner: machine and process that ran it, and a token of this run.
        started_at: when.
        deadline_at: when it is killed.
        ended_at: when; None while it runs, and where it was killed.
        outcome: running, finished, partly (some of its parts failed), failed, interrupted or overran (killed at its
            deadline).
        tries: how often the part that was tried most was tried.
        told: what each part did.
        error: what went wrong.
    """

    id: int
    job: str
    owner: str
    started_at: pd.Timestamp
    deadline_at: pd.Timestamp
    ended_at: pd.Timestamp | None
    outcome: str
    tries: int | None
    told: Mapping[str, str]
    error: str | None


class JobLog:
    """Two tables in the deployment's database.

    A lock is a row with a lease: its owner renews it while the job runs, so that the lock of one that died is free
    after at most `LEASE`. Clocks of machines that share a database may differ by less than that.
    """

    def __init__(self, engine: Engine) -> None:
        """Opens the tables, and makes them where there are none."""
        make_tables(_METADATA, engine)
        self._engine = engine

    def begin(self, job: str, now: pd.Timestamp, deadline: pd.Timedelta) -> JobRun | None:
        """Takes the lock of a job and writes down that it begins; a run that died before is called interrupted.

        Returns:
            The run; None if another process has the lock.
        """
        owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"
        try:
            with self._engine.begin() as connection:
                lapsed = (_LOCKS.c.job == job) & (_LOCKS.c.leased_until < _text(now))
                connection.execute(delete(_LOCKS).where(lapsed))
                connection.execute(insert(_LOCKS).values(job=job, owner=owner, leased_until=_text(now + LEASE)))
                died = (_RUNS.c.job == job) & (_RUNS.c.outcome == _RUNNING)
                connection.execute(update(_RUNS).where(died).values(outcome=INTERRUPTED))
                row = {
                    "job": job,
                    "owner": owner,
                    "started_at": _text(now),
                    "deadline_at": _text(now + deadline),
                    "outcome": _RUNNING,
                }
                connection.execute(insert(_RUNS).values(row))
        except IntegrityError:
            return None
        return self._runs(_RUNS.c.owner == owner, 1)[0]

    def renew(self, run: JobRun, now: pd.Timestamp) -> bool:
        """Renews the lease; False if the lock was lost, so that the run has to stop."""
        mine = (_LOCKS.c.job == run.job) & (_LOCKS.c.owner == run.owner)
        with self._engine.begin() as connection:
            renewed = update(_LOCKS).where(mine).values(leased_until=_text(now + LEASE))
            return connection.execute(renewed).rowcount > 0

    def end(
        self,
        run: JobRun,
        now: pd.Timestamp,
        outcome: str,
        *,
        tries: int = 1,
        told: Mapping[str, str] | None = None,
        error: str | None = None,
    ) -> JobRun:
        """Writes down how a run ended, and frees the lock if it is still this run's."""
        ended = {
            "ended_at": _text(now),
            "outcome": outcome,
            "tries": tries,
            "told": json.dumps(dict(told or {}), ensure_ascii=False),
            "error": error,
        }
        with self._engine.begin() as connection:
            connection.execute(update(_RUNS).where(_RUNS.c.id == run.id).values(ended))
            connection.execute(delete(_LOCKS).where((_LOCKS.c.job == run.job) & (_LOCKS.c.owner == run.owner)))
        return self._runs(_RUNS.c.id == run.id, 1)[0]

    def last(self, job: str, count: int = 1) -> Sequence[JobRun]:
        """The newest runs of a job, the newest first."""
        return self._runs(_RUNS.c.job == job, count)

    def last_good(self, job: str) -> JobRun | None:
        """The newest run of a job that did all of its parts, or some."""
        good = (_RUNS.c.job == job) & _RUNS.c.outcome.in_((FINISHED, PARTLY))
        return next(iter(self._runs(good, 1)), None)

    def first_started(self) -> pd.Timestamp | None:
        """When the first of all jobs ran; None if none ever did."""
        with self._engine.connect() as connection:
            first = connection.scalar(select(_RUNS.c.started_at).order_by(_RUNS.c.id).limit(1))
        return None if first is None else pd.Timestamp(first)

    def runs_now(self, job: str, now: pd.Timestamp) -> bool:
        """Whether a process has the lock of a job."""
        held = (_LOCKS.c.job == job) & (_LOCKS.c.leased_until >= _text(now))
        with self._engine.connect() as connection:
            return connection.execute(select(_LOCKS.c.owner).where(held)).first() is not None

    def _runs(self, wanted: ColumnElement[bool], count: int) -> Sequence[JobRun]:
        found = select(_RUNS).where(wanted).order_by(_RUNS.c.id.desc()).limit(count)
        with self._engine.connect() as connection:
            return [_run(row) for row in connection.execute(found)]


def _run(row: Row[tuple[object, ...]]) -> JobRun:
    held = row._mapping  # noqa: SLF001  (SQLAlchemy's documented view of a row)
    return JobRun(
        held["id"],
        held["job"],
        held["owner"],
        pd.Timestamp(held["started_at"]),
        pd.Timestamp(held["deadline_at"]),
        None if held["ended_at"] is None else pd.Timestamp(held["ended_at"]),
        held["outcome"],
        held["tries"],
        json.loads(held["told"] or "{}"),
        held["error"],
    )


def _text(moment: pd.Timestamp) -> str:
    """A moment in UTC, of one width, so that texts compare as moments do."""
    return moment.tz_convert("UTC").isoformat(timespec="microseconds")
