"""Retraining: what starts it, what never does, its written reason, its rest, and that a killed one changes nothing."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tiny_deployment import ENDS, SMALL, a_copy, local, opened

from features.database import open_database
from features.errors import HaidangError
from haidang.champions import crowning
from haidang.champions.retraining import ANNOUNCED, BIAS, CALENDAR, NEW_DATA, PERFORMANCE, due, rescalings, retrain_due
from haidang.champions.retraining_log import ModelChange, Reason, RetrainingLog
from haidang.champions.watching import Watched, watch
from models.hazard import Hazard
from serving.deployment import Deployment
from training.data_quality import QualityAlarm
from training.drift import Drift, FeatureDrift
from training.fit import fit
from training.forecast_bias import ForecastBias, VariableBias
from training.performance import Performance
from training.tracking import open_tracking

SOON, LATER = ENDS + pd.Timedelta(days=30), ENDS + pd.Timedelta(days=130)  # the calendar says 120 days
SINCE = local("2023-06-20")
KILLED = """
import sys, time
import pandas as pd
from pathlib import Path
from features.settings import Settings
from haidang.champions.retraining import retrain_due
from serving.deployment import open_deployment

def gate(deployment, hazard, version, now, reason):
    print("fitted", flush=True)
    time.sleep(60)

now = pd.Timestamp(sys.argv[2])
retrain_due(open_deployment(Settings(home=Path(sys.argv[1]))), now, print, challenge=gate, hazards=("small_rain",))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_copy(tmp_path_factory, tmp_path_factory.mktemp("retraining") / "home")


@pytest.fixture
def deployment(home: Path) -> Deployment:
    """The deployment with no retraining written down."""
    engine = open_database(opened(home).settings.database_address)
    RetrainingLog(engine)
    with engine.begin() as connection:
        for name in ("retrainings", "forecast_model_changes"):
            connection.exec_driver_sql(f"DELETE FROM {name}")
    return opened(home)


def seldom(deployment: Deployment) -> Hazard:
    """The hazard with a calendar that never comes."""
    return replace(deployment.hazard(SMALL), refit_every_days=9999)


def log_of(deployment: Deployment) -> RetrainingLog:
    return RetrainingLog(open_database(deployment.settings.database_address))


def nothing_found() -> Watched:
    return Watched(SOON, (), {}, None, {}, ())


def biased(variable: str, factor: float) -> Watched:
    told = VariableBias(variable, 1e7, factor, 1.0)
    return replace(nothing_found(), bias=ForecastBias(1e7, SINCE, SINCE, (told,), 30))


def quiet(kind: str, about: str, text: str) -> None:
    raise AssertionError(f"nobody expected {kind} about {about}: {text}")


def kept(deployment: Deployment, hazard: Hazard, version: str, now: pd.Timestamp, reason: Reason) -> str:
    return "keep"


def test_nothing_is_due_before_the_calendar_says_so(deployment: Deployment) -> None:
    assert due(deployment, deployment.hazard(SMALL), SOON, nothing_found()) is None


def test_covariate_drift_and_data_quality_start_nothing(deployment: Deployment) -> None:
    feature = FeatureDrift("mean_over(rain, days=7)", 0.9, 0.1, (0.001, 0.001), 0.001)
    drift = {SMALL: Drift(SINCE, ENDS, 8, (feature,))}
    assert feature.alarm
    late = (QualityAlarm("late", "rain", "small", (), SINCE),)
    assert due(deployment, deployment.hazard(SMALL), SOON, replace(nothing_found(), drift=drift, quality=late)) is None


def test_a_bias_of_forecasts_that_the_hazard_reads_is_a_reason(deployment: Deployment) -> None:
    reason = due(deployment, deployment.hazard(SMALL), SOON, biased("rain", 1.2))
    assert reason is not None
    assert (reason.kind, reason.change_since, reason.factors["rain"]) == (BIAS, SINCE, 1.2)
    assert "rain × 1.20" in reason.en
    assert "rain × 1.20" in reason.vi
    assert due(deployment, deployment.hazard(SMALL), SOON, biased("wind_speed", 1.2)) is None


def test_lost_performance_of_the_champion_is_a_reason_and_of_another_forecaster_is_not(deployment: Deployment) -> None:
    card = deployment.shelf.card(SMALL)
    assert card is not None
    lost = Performance(card.version, 90, ENDS, 5000.0, 10.0, 3650.0, 20.0, 60.0)
    reason = due(deployment, deployment.hazard(SMALL), SOON, replace(nothing_found(), performance={SMALL: lost}))
    assert reason is not None
    assert reason.kind == PERFORMANCE
    other = replace(lost, forecaster="another")
    assert due(deployment, deployment.hazard(SMALL), SOON, replace(nothing_found(), performance={SMALL: other})) is None


def test_an_announced_change_is_a_reason_once_thirty_days_of_it_are_known(deployment: Deployment) -> None:
    hazard = deployment.hazard(SMALL)
    for _ in range(2):
        log_of(deployment).announce(ModelChange("small", ENDS, "cycle 50"), ENDS)
    assert len(log_of(deployment).announced()) == 1
    assert due(deployment, hazard, ENDS + pd.Timedelta(days=29), None) is None
    reason = due(deployment, hazard, ENDS + pd.Timedelta(days=30), None)
    assert reason is not None
    assert (reason.kind, reason.change_since) == (ANNOUNCED, ENDS)
    assert "cycle 50" in reason.text


def test_new_settled_data_past_a_quarter_are_a_reason(deployment: Deployment) -> None:
    hazard, archive = seldom(deployment), deployment.archive
    assert due(deployment, hazard, LATER, None) is None  # nothing came since the fit
    early = fit(hazard, archive, moment=local("2022-06-01"))  # 17 of 30 months
    folder = deployment.settings.home / "early"
    early.save(folder)
    deployment.shelf.put(folder, early)
    try:
        reason = due(deployment, hazard, ENDS, None)
        assert reason is not None
        assert reason.kind == NEW_DATA
        assert due(deployment, hazard, local("2022-07-01"), None) is None
    finally:
        version = open_tracking(deployment.settings).champion(SMALL)
        assert version is not None
        crowning.promote(deployment, deployment.hazard(SMALL), str(version.version))


def test_a_retraining_hands_its_version_to_the_gate_with_its_reason_and_rests(deployment: Deployment) -> None:
    handed = []

    def gate(of: Deployment, hazard: Hazard, version: str, now: pd.Timestamp, reason: Reason) -> str:
        handed.append((hazard.name, version, now))
        return "keep"

    champion = deployment.shelf.tag(SMALL)
    (done,) = retrain_due(deployment, LATER, quiet, challenge=gate, hazards=(SMALL,))
    assert (done.reason.kind, done.decision) == (CALENDAR, "keep")
    assert handed == [(SMALL, done.version, LATER)]
    assert deployment.shelf.tag(SMALL) == champion
    tracking = open_tracking(deployment.settings)
    (newest, *_) = tracking.versions(SMALL)
    assert str(newest.version) == done.version
    tags = tracking.tags(str(newest.run_id))
    assert "130 days since the last training" in tags["reason"]
    assert "đã 130 ngày" in tags["reason"]
    start = log_of(deployment).starts(SMALL)[0]
    assert (start.outcome, start.reason.kind) == ("finished", CALENDAR)
    assert due(deployment, deployment.hazard(SMALL), LATER + pd.Timedelta(days=6), biased("rain", 1.2)) is None
    assert due(deployment, deployment.hazard(SMALL), LATER + pd.Timedelta(days=7), biased("rain", 1.2)) is not None
    assert retrain_due(deployment, LATER, quiet, challenge=gate, hazards=(SMALL,)) == []


def test_after_a_bias_the_new_forecaster_passes_its_exam_and_later_ones_know_of_the_change(
    deployment: Deployment,
) -> None:
    def gate(of: Deployment, hazard: Hazard, version: str, now: pd.Timestamp, reason: Reason) -> str:
        crowning.promote(of, hazard, version)
        return "promote"

    before = deployment.shelf.card(SMALL)
    (done,) = retrain_due(deployment, SOON, quiet, challenge=gate, watched=biased("rain", 1.2), hazards=(SMALL,))
    after = deployment.shelf.card(SMALL)
    assert before is not None
    assert after is not None
    assert after.version != before.version
    (change,) = rescalings(log_of(deployment), deployment.hazard(SMALL), replace(done.reason, factors={}))
    assert (change.at, change.factors["rain"]) == (SINCE, 1.2)


def test_a_gate_that_fails_is_told_and_written_down(deployment: Deployment) -> None:
    def gate(of: Deployment, hazard: Hazard, version: str, now: pd.Timestamp, reason: Reason) -> str:
        raise HaidangError("no questions to judge on")

    told: list[tuple[str, str, str]] = []
    later = SOON + pd.Timedelta(days=200)
    (done,) = retrain_due(deployment, later, lambda *alert: told.append(alert), challenge=gate, hazards=(SMALL,))
    assert done.version is None
    assert [(kind, about) for kind, about, _ in told] == [("retraining_failed", SMALL)]
    assert log_of(deployment).starts(SMALL)[0].outcome == "failed"


def test_a_killed_retraining_leaves_the_champion_in_service_and_is_begun_again(deployment: Deployment) -> None:
    champion, later = deployment.shelf.tag(SMALL), LATER + pd.Timedelta(days=200)
    command = [sys.executable, "-c", KILLED, str(deployment.settings.home), later.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as retraining:
        assert retraining.stdout is not None
        assert retraining.stdout.readline() == "fitted\n"
        retraining.send_signal(signal.SIGKILL)
    assert deployment.shelf.tag(SMALL) == champion
    deployment.shelf.champion(deployment.hazard(SMALL))  # it passes its exam
    assert log_of(deployment).starts(SMALL)[0].outcome == "running"
    (again,) = retrain_due(deployment, later, quiet, challenge=kept, hazards=(SMALL,))
    assert again.decision == "keep"
    assert [start.outcome for start in log_of(deployment).starts(SMALL)] == ["finished", "interrupted"]


def test_watching_tells_what_holds_and_settles_what_does_not(deployment: Deployment) -> None:
    told: list[tuple[str, str, str]] = []
    settled: list[tuple[str, str]] = []
    now = local("2023-06-30 12:00")
    found = watch(
        deployment,
        now,
        lambda *alert: told.append(alert),
        settle=lambda kind, about: settled.append((kind, about)),
        open_alerts=[("data_quality", "late: rain, gone"), ("job_failed", "ingest"), ("covariate_drift", "other: x")],
        hazards=(SMALL,),
    )
    assert settled == [("data_quality", "late: rain, gone")]
    assert [(alarm.kind, alarm.about, alarm.text) for alarm in found.alarms] == told
    assert found.drift[SMALL].years < 5  # too few to judge
    assert found.drift[SMALL].alarms == ()
    assert found.bias is not None
    assert not found.bias.alarm
    again = watch(deployment, now + pd.Timedelta(days=1), quiet, hazards=(SMALL,), before=found)
    assert again.drift[SMALL] is found.drift[SMALL]  # the window is the same, and so is the champion
    other = replace(found.drift[SMALL], end=found.drift[SMALL].end - pd.Timedelta(days=30))
    later = watch(deployment, now, quiet, hazards=(SMALL,), before=replace(found, drift={SMALL: other}))
    assert later.drift[SMALL].end == found.drift[SMALL].end
