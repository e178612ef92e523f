"""Where APScheduler keeps when each job runs next: plain text in the deployment's database.

APScheduler's own store in a database keeps pickles, which run whatever code somebody has written there. Here a row
holds a name, a cron line and a moment; what a job does comes from the program alone.
"""

from datetime import datetime

from apscheduler.job import Job
from apscheduler.jobstores.memory import MemoryJobStore
from sqlalchemy import Column, MetaData, String, Table, delete, insert, select
from sqlalchemy.engine import Engine

from features.database import make_tables

_NEXT = Table(
    "job_next_runs",
    MetaData(),
    Column("job", String(40), primary_key=True),
    Column("trigger", String(200), nullable=False),
    Column("next_run_at", String(40), nullable=False),
)


class NextRuns(MemoryJobStore):
    """A job store that goes on after a restart where it was: a run that was missed meanwhile is done at once."""

    def __init__(self, engine: Engine) -> None:
        """Opens the table, and makes it where there is none."""
        super().__init__()
        make_tables(_NEXT.metadata, engine)
        self._engine = engine

    def add_job(self, job: Job) -> None:
        """Adds a job; its next run is the one that was kept, if it was kept for the same cron line."""
        with self._engine.connect() as connection:
            kept = connection.execute(select(_NEXT).where(_NEXT.c.job == job.id)).first()
        if kept is not None and kept.trigger == str(job.trigger):
            job.next_run_time = datetime.fromisoformat(kept.next_run_at).astimezone(job.next_run_time.tzinfo)
        super().add_job(job)
        self._keep(job)

    def update_job(self, job: Job) -> None:
        super().update_job(job)
        self._keep(job)

    def _keep(self, job: Job) -> None:
        row = {"job": job.id, "trigger": str(job.trigger), "next_run_at": job.next_run_time.isoformat()}
        with self._engine.begin() as connection:
            connection.execute(delete(_NEXT).where(_NEXT.c.job == job.id))
            connection.execute(insert(_NEXT).values(row))
