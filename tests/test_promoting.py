"""Promotion and roll-back on a small province: who is refused, kept out or promoted, and who answers meanwhile."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from tiny_deployment import ENDS, ISSUED, SMALL, TEST_FROM, a_copy, answering, opened

from features.database import open_database
from features.errors import HaidangError
from haidang import jobs
from haidang.promoting import challenge, promote_by_force, roll_back
from models.exceedance import log_odds
from serving.audit import Audit, Entry
from serving.deployment import Deployment
from serving.questions import RiskQuestion
from training.backtest import Backtest
from training.decision import Decision

NOW = ENDS
Change = Callable[[Backtest], Backtest]
# Whoever sees no forecast of the rain; whoever follows every drop of it.
POOR = ('        TotalAhead("rain"),\n', "")
OVERFITTED = (
    "model=Blend(members=(Climatology(), PerPeriod(member=Logistic())), folds=2)",
    "model=Boosted(trees=400, depth=10, min_child_weight=0.0, reg_lambda=0.0, learning_rate=0.5)",
)


@pytest.fixture
def deployment(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A copy to change, in which forecasters are fitted by clean code."""
    monkeypatch.setattr("training.fit.code_version", lambda: "0123456789ab")
    return opened(a_copy(tmp_path_factory, tmp_path / "home"))


def declared(deployment: Deployment, change: tuple[str, str]) -> Deployment:
    """The same with another declaration of the hazard."""
    file = deployment.settings.home / "hazards" / f"{SMALL}.py"
    text = file.read_text(encoding="utf-8")
    assert change[0] in text
    boosted = "from models.boosted import Boosted\n"
    file.write_text(text.replace(*change).replace("from models.hazard", boosted + "from models.hazard"), encoding="utf-8")
    return opened(deployment.settings.home)


def trained(deployment: Deployment, change: Change = lambda tested: tested) -> str:
    """Trains a version whose backtest is changed before it is kept."""
    hazard = deployment.hazard(SMALL)
    tested = jobs.run_backtest(deployment, hazard, start=TEST_FROM, progress=lambda done, of: None)
    return jobs.train(deployment, hazard, change(tested)).tracked.registered_version


def with_answers(tested: Backtest, answers: pd.DataFrame) -> Backtest:
    return replace(tested, probabilities={**tested.probabilities, "model": answers})


def miscalibrated(tested: Backtest) -> Backtest:
    model = tested.probabilities["model"]
    return with_answers(tested, pd.DataFrame(expit(2.5 * log_odds(model.to_numpy())), model.index, model.columns))


def leaky(tested: Backtest) -> Backtest:
    """Answers that know what came, from fits that learned until the end."""
    model = tested.probabilities["model"]
    known = np.where(tested.hazard.target.reached(tested.outcome), 0.99, 0.01)
    learned_until = pd.Series(tested.issue_times[-1], tested.outcome.index)
    return replace(with_answers(tested, pd.DataFrame(known, model.index, model.columns)), learned_until=learned_until)


def different(tested: Backtest) -> Backtest:
    model = tested.probabilities["model"]
    noise = 0.02 * np.random.default_rng(3).standard_normal((len(model), 1))
    return with_answers(tested, pd.DataFrame(expit(log_odds(model.to_numpy()) + noise), model.index, model.columns))


def challenged(deployment: Deployment, version: str, **stated: object) -> Decision:
    return challenge(deployment, deployment.hazard(SMALL), version, NOW, **stated)  # type: ignore[arg-type]


def entries(deployment: Deployment) -> list[Entry]:
    audit = Audit(open_database(deployment.settings.database_address))
    assert audit.verify().faults == ()
    return audit.entries()


def told(decision: Decision) -> str:
    return "; ".join(one.en for one in decision.reasons)


def test_a_better_one_is_promoted_written_down_and_can_be_rolled_back(deployment: Deployment) -> None:
    poor = declared(deployment, POOR)
    promote_by_force(poor, poor.hazard(SMALL), trained(poor), NOW, reason="a poor start", by="Lan")
    better = declared(poor, ("        TotalOver", POOR[0] + "        TotalOver"))
    first = better.shelf.card(SMALL)
    version = trained(better)
    decision = challenged(better, version)

    assert decision.verdict == "promote", decision
    assert decision.champion == first.version
    assert decision.figures["gain_champion_brier_low"] > 0
    assert better.shelf.card(SMALL).version == decision.challenger
    tracking = jobs.open_tracking(better.settings)
    champion = tracking.champion(SMALL)
    assert str(champion.version) == version
    run = mlflow.get_run(champion.run_id)
    assert run.data.metrics["gate_gain_champion_brier"] == pytest.approx(decision.figures["gain_champion_brier"])
    assert run.data.tags["gate_verdict"] == "promote"
    artifact = mlflow.artifacts.download_artifacts(run_id=champion.run_id, artifact_path=f"decisions/{first.version}.json")
    assert json.loads(Path(artifact).read_text(encoding="utf-8"))["figures"] == pytest.approx(decision.figures)
    assert [(one.who, one.what, one.about) for one in entries(better)] == [
        ("Lan", "promote by force", SMALL),
        ("haidang", "promote", SMALL),
    ]
    assert entries(better)[1].details["figures"] == pytest.approx(decision.figures)

    with pytest.raises(HaidangError, match="now has"):  # the poor one was declared otherwise
        roll_back(better, better.hazard(SMALL), NOW)
    assert better.shelf.card(SMALL).version == decision.challenger
    again = roll_back(better, better.hazard(SMALL), NOW, to="1", by="Lan", reason="alarms")
    assert better.shelf.tag(SMALL) == again.tag
    assert str(tracking.champion(SMALL).version) == "1"
    assert entries(better)[-1].what == "roll back"


@pytest.mark.parametrize(
    ("change", "verdict", "why"),
    [
        (different, "keep", "not shown to be better than the champion"),
        (miscalibrated, "refuse", "calibration is worse"),
        (leaky, "refuse", "answers are of fits that had learned until the question"),
    ],
    ids=["different", "miscalibrated", "leaky"],
)
def test_a_challenger_is_refused_or_kept_out_as_the_rules_say(
    deployment: Deployment, change: Change, verdict: str, why: str
) -> None:
    before = deployment.shelf.tag(SMALL)
    # another strength of the ridge, so that it is another forecaster with much the same answers
    other = declared(deployment, ("Logistic()", "Logistic(C=0.9)"))
    version = trained(other, change)
    decision = challenged(other, version)
    assert decision.verdict == verdict, decision
    assert why in told(decision)
    assert other.shelf.tag(SMALL) == before
    assert entries(other)[-1].what == verdict
    shadow = jobs.open_tracking(other.settings).challenger(SMALL)
    assert (shadow is not None and str(shadow.version) == version) == (verdict == "keep")


def test_an_overfitted_one_is_refused(deployment: Deployment) -> None:
    before = deployment.shelf.tag(SMALL)
    other = declared(deployment, OVERFITTED)
    decision = challenged(other, trained(other), reason="newer data")
    assert decision.verdict == "refuse", decision
    assert "significantly worse at leads" in told(decision)
    assert other.shelf.tag(SMALL) == before
