"""Definitions for Dagster over the same commands: assets, days to fill back, and a page for operators. Optional.

`pip install 'haidang[dagster]'`, then `HAIDANG_HOME=... dagster dev -m haidang.operations.dagster_definitions`. Each
job is an asset with the schedule that `haidang run` gives it; run one or the other, not both. Past days are filled
back by the two assets that have a partition for each day.
"""

import subprocess
import sys

import dagster as dg
import pandas as pd

from features.settings import Settings
from haidang.operations.job import Job
from haidang.operations.schedule import JOBS

FIRST_DAY = "2000-01-01"
_settings = Settings()
_days = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, timezone=_settings.local_zone)


def _haidang(context: dg.AssetExecutionContext, *words: str) -> None:
    """Runs a command of Hải Đăng; what it says goes to the log of the run."""
    command = [sys.executable, "-m", "haidang.cli", "--home", str(_settings.home), *words]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (no shell, our own)
    context.log.info(ended.stdout)
    if ended.returncode:
        raise dg.Failure(ended.stderr or ended.stdout)


@dg.asset(partitions_def=_days)
def entries_of_day(context: dg.AssetExecutionContext) -> None:
    """The values of a day, from all sources of the settings: `haidang ingest --from --to`."""
    day = pd.Timestamp(context.partition_key)
    _haidang(context, "ingest", "--from", f"{day:%Y-%m-%d}", "--to", f"{day + pd.Timedelta(days=1):%Y-%m-%d}")


@dg.asset(partitions_def=_days, deps=[entries_of_day])
def forecasts_of_day(context: dg.AssetExecutionContext) -> None:
    """The forecasts of all champions as of seven in the morning of a day: `haidang issue --at`."""
    _haidang(context, "issue", "--at", f"{context.partition_key}T07:00")


def _asset(job: Job) -> dg.AssetsDefinition:
    @dg.asset(name=job.name, description=f"{job.title_vi} / {job.title_en}: `haidang due --run {job.name}`")
    def done(context: dg.AssetExecutionContext) -> None:
        _haidang(context, "due", "--run", job.name)

    return done


def _scheduled(job: Job, asset: dg.AssetsDefinition) -> dg.ScheduleDefinition:
    zone = _settings.local_zone
    return dg.ScheduleDefinition(name=job.name, cron_schedule=job.cron, execution_timezone=zone, target=[asset])


_jobs = {job: _asset(job) for job in JOBS}
definitions = dg.Definitions(
    assets=[entries_of_day, forecasts_of_day, *_jobs.values()],
    schedules=[_scheduled(job, asset) for job, asset in _jobs.items()],
)
