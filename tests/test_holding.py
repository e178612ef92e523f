"""The band: what becomes of a champion whose live calibration leaves it, and of a challenger in the shadow."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_deployment import ENDS, ISSUED, SMALL, a_copy, answering, local, opened

from features.database import open_database
from features.errors import HaidangError
from haidang.chain import fitting, issuing
from haidang.champions.holding import LiveCalibration, hold_to_band
from haidang.champions.promoting import promote_by_force
from serving.access.audit import Audit
from serving.access.refusals import WithheldError
from serving.deployment import Deployment
from serving.schemas.answer_models import RiskQuestion
from training.fit import fit
from training.live import in_the_shadow
from training.tracking import open_tracking

NOW = datetime.fromisoformat("2023-07-01T12:00+07:00")
Told = list[tuple[str, str, str]]


@pytest.fixture
def deployment(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Deployment:
    return opened(a_copy(tmp_path_factory, tmp_path / "home"))


def live(deployment: Deployment, **stated: object) -> LiveCalibration:
    told = {
        "forecaster": deployment.shelf.card(SMALL).version,
        "evidence": 5000.0,
        "level": 3650.0,
        "n": 400,
        "expected": 20,
        "observed": 60,
    }
    return LiveCalibration(**(told | stated))  # type: ignore[arg-type]


def held(deployment: Deployment, told: Told, **stated: object) -> str:
    return hold_to_band(
        deployment, deployment.hazard(SMALL), live(deployment, **stated), ENDS, lambda *alert: told.append(alert)
    )


def done(deployment: Deployment) -> list[str]:
    return [entry.what for entry in Audit(open_database(deployment.settings.database_address)).entries()]


@pytest.mark.parametrize("stated", [{"evidence": 3649.0}, {"n": 29}, {"forecaster": "another"}])
def test_within_the_band_nothing_is_done(deployment: Deployment, stated: dict[str, object]) -> None:
    told: Told = []
    assert held(deployment, told, **stated) == "kept"
    assert told == [] and done(deployment) == []


def test_where_nobody_was_before_it_is_held_back_and_nobody_is_answered(deployment: Deployment) -> None:
    told: Told = []
    answers = answering(deployment.settings.home)
    assert answers.risk(RiskQuestion(hazard=SMALL), now=NOW).forecasts
    assert held(deployment, told) == "held back"
    assert answers.refresh()
    with pytest.raises(WithheldError, match="held back: calibration left its band.*60 events where 20.0 were promised"):
        answers.risk(RiskQuestion(hazard=SMALL), now=NOW)
    assert answers.risk(RiskQuestion(hazard="coast_rain"), now=NOW).forecasts
    with pytest.raises(HaidangError, match="is held back"):
        issuing.issue_now(deployment, deployment.hazard(SMALL), ISSUED[1], ENDS)
    ((kind, about, text),) = told
    assert (kind, about) == ("calibration", SMALL) and "evidence 5e+03 of 3.65e+03, 400 issues" in text

    assert held(deployment, told) == "held back"  # again: nothing more is done
    assert len(told) == 1 and done(deployment) == ["hold back"]
    promote_by_force(deployment, deployment.hazard(SMALL), "1", ENDS, reason="the gauge was wrong", by="Lan")
    assert answers.refresh()
    assert answers.risk(RiskQuestion(hazard=SMALL), now=NOW).forecasts


def test_where_another_was_before_it_is_rolled_back(deployment: Deployment) -> None:
    told: Told = []
    hazard, first = deployment.hazard(SMALL), deployment.shelf.tag(SMALL)
    second = fit(hazard, deployment.archive, moment=ISSUED[0])
    number = fitting.track(deployment, second, None).tracked.registered_version
    promote_by_force(deployment, hazard, number, ENDS, reason="a test", by="Lan")
    said = live(deployment)
    assert held(deployment, told) == "rolled back"
    assert deployment.shelf.tag(SMALL) == first
    assert deployment.shelf.held_back(SMALL) is None
    assert f"rolled back to {first}" in told[0][2]
    # the same evidence once more speaks of who is gone already
    assert hold_to_band(deployment, hazard, said, ENDS, lambda *alert: told.append(alert)) == "kept"
    assert len(told) == 1


def test_a_challenger_forecasts_in_the_shadow_and_is_never_shown(deployment: Deployment) -> None:
    hazard, moment = deployment.hazard(SMALL), local("2023-06-29 07:00")
    assert issuing.issue_shadows(deployment, [hazard], moment, ENDS) == {}
    second = fit(hazard, deployment.archive, moment=ISSUED[0])
    number = fitting.track(deployment, second, None).tracked.registered_version
    tracking = open_tracking(deployment.settings)
    tracking.shade(SMALL, number)
    answers, before = answering(deployment.settings.home), deployment.issued.version
    shown = answers.risk(RiskQuestion(hazard=SMALL), now=NOW)

    assert issuing.issue_shadows(deployment, [hazard], moment, ENDS) == {SMALL: 10}
    assert issuing.issue_shadows(deployment, [hazard], moment, ENDS) == {SMALL: 0}
    assert set(deployment.shadow.at(SMALL, moment)["forecaster"]) == {second.version}
    assert deployment.issued.version == before
    assert not answers.refresh()
    assert answers.risk(RiskQuestion(hazard=SMALL), now=NOW) == shown
    with pytest.raises(HaidangError, match="lies in the future"):
        issuing.issue_shadows(deployment, [hazard], ENDS + pd.Timedelta(days=1), ENDS)
    tracking.shade(SMALL, None)
    assert tracking.challenger(SMALL) is None
    assert issuing.issue_shadows(deployment, [hazard], local("2023-06-30 07:00"), ENDS) == {}


def verified(hazard: str, challenger: float, champion: float, *, days: int) -> pd.DataFrame:
    """Every other day it rains hard; both say with which chance it does on such a day, and the opposite on others."""
    times = pd.date_range("2024-01-01", periods=days, freq="D", tz="UTC")
    rain = np.arange(days) % 2 == 0
    wobble = 0.02 * np.sin(np.arange(days))
    parts = []
    for name, chance in (("new", challenger), ("old", champion)):
        told = np.where(rain, chance + wobble, 1 - chance - wobble)
        common = {"hazard": hazard, "issue_time": times, "site": "S1", "period": 1, "forecaster": name}
        answers = {"cuts": [[5.0, 20.0, 40.0]] * days, "probabilities": [[p, p / 2, p / 4] for p in told]}
        parts.append(pd.DataFrame({**common, **answers, "outcome": np.where(rain, 50.0, 0.0), "shadow": name == "new"}))
    return pd.concat(parts, ignore_index=True)


def test_what_was_said_in_the_shadow_counts_after_four_weeks(deployment: Deployment) -> None:
    hazard = deployment.hazard(SMALL)
    assert list(in_the_shadow(hazard, verified(SMALL, 0.6, 0.8, days=27), "new", "old")) == []
    (worse,) = in_the_shadow(hazard, verified(SMALL, 0.6, 0.8, days=60), "new", "old")
    assert (worse.found, worse.figures["shadow_days"]) == ("unproven", 60)
    assert "60 days in the shadow" in worse.en
    (better,) = in_the_shadow(hazard, verified(SMALL, 0.8, 0.6, days=60), "new", "old")
    assert better.found == "holds"
    assert list(in_the_shadow(replace(hazard, name="other"), verified(SMALL, 0.6, 0.8, days=60), "new", "old")) == []
