"""The stores of the deployment's database live on PostgreSQL as on SQLite."""

from collections.abc import Iterator

import pandas as pd
import pytest
from postgres_server import a_postgres
from sqlalchemy import Engine

from features.database import open_database
from features.entries import Receipt
from features.ingest_log import IngestLog
from haidang.operations.alerts import Alerts
from haidang.operations.job_log import LEASE, JobLog
from serving.access.keys import Keys, key_of

NOW = pd.Timestamp("2026-07-01T00:00Z")
HOUR = pd.Timedelta(hours=1)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with a_postgres() as address:
        engine = open_database(address)
        yield engine
        engine.dispose()


def test_ingests_are_logged_with_their_receipts(engine: Engine) -> None:
    log = IngestLog(engine)
    log.fail(log.begin("gauges", "all", HOUR, NOW), "no answer", NOW)
    receipt = Receipt(accepted=3, remarks=("Hạ Long",))
    log.finish(log.begin("gauges", "all", HOUR, NOW), receipt, NOW + HOUR)
    assert [run.outcome for run in log.last("gauges", 5)] == ["finished", "failed"]
    assert log.last("gauges")[0].receipt == receipt
    assert log.sources() == ["gauges"]


def test_an_open_alert_stays_one_and_a_settled_one_opens_anew(engine: Engine) -> None:
    alerts = Alerts(engine)
    assert alerts.raise_alert("silence", "heavy_rain", "không có", NOW)
    assert not alerts.raise_alert("silence", "heavy_rain", "vẫn không có", NOW + HOUR)
    assert [one.text for one in alerts.open_alerts()] == ["vẫn không có"]
    assert alerts.settle("silence", "heavy_rain", NOW + HOUR)
    assert alerts.raise_alert("silence", "heavy_rain", "không có", NOW + 2 * HOUR)


def test_a_job_is_locked_until_it_ends_or_its_lease_lapses(engine: Engine) -> None:
    log = JobLog(engine)
    run = log.begin("ingest", NOW, HOUR)
    assert run is not None
    assert log.begin("ingest", NOW + LEASE, HOUR) is None
    assert log.renew(run, NOW + LEASE)
    assert log.begin("ingest", NOW + 3 * LEASE, HOUR) is not None
    assert not log.renew(run, NOW + 3 * LEASE)
    assert [one.outcome for one in log.last("ingest", 2)] == ["running", "interrupted"]


def test_a_key_is_known_until_it_is_revoked(engine: Engine) -> None:
    keys = Keys(engine)
    key, text = keys.make("Sở Y tế", "agency", NOW, expires_at=NOW + HOUR)
    assert key_of(text, keys.all(), NOW) == key
    assert keys.revoke(key.id, NOW).revoked_at == NOW
    assert key_of(text, Keys(engine).all(), NOW) is None


def test_next_runs_are_kept(engine: Engine) -> None:
    from test_next_runs import started

    started(engine, "10 * * * *", NOW).shutdown()
    again = started(engine, "10 * * * *", NOW + HOUR)
    assert again.get_job("ingest").next_run_time == NOW
    again.shutdown()
