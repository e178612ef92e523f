"""Promotion and roll-back on a small province: who is refused, kept out or promoted, and who answers meanwhile."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from tiny_deployment import ENDS, ISSUED, SMALL, TEST_FROM, a_copy, answering, opened, write_hazard

from features.database import open_database
from features.errors import HaidangError
from haidang.chain import backtesting, fitting
from haidang.champions.promoting import challenge, promote_by_force, roll_back
from models.exceedance import log_odds
from models.forecaster import Forecaster
from serving.access.audit import Audit, Entry
from serving.answering.answers import Answers
from serving.deployment import Deployment
from serving.schemas.answer_models import RiskQuestion
from serving.shelf import Shelf
from training.backtest import Backtest
from training.decision import Decision
from training.fit import fit
from training.tracking import open_tracking

NOW = ENDS
Change = Callable[[Backtest], Backtest]
# Whoever sees no forecast of the rain; whoever follows every drop of it.
POOR = ('        TotalAhead("rain"),\n', "")
OVERFITTED = (
    "model=Blend(members=(Climatology(), PerPeriod(member=Logistic())), folds=2)",
    "model=Boosted(max_depth=8, rounds=40, learning_rate=0.5, min_child_weight=0.0, subsample=1.0, ridge=0.0)",
)


CLEAN = "0123456789ab"
OTHER = ("Logistic()", "Logistic(C=0.9)")  # another forecaster with much the same answers


@pytest.fixture
def deployment(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Deployment:
    """A copy to change."""
    return opened(a_copy(tmp_path_factory, tmp_path / "home"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> tuple[Forecaster, Backtest]:
    """Another forecaster, fitted by clean code, with its backtest."""
    return fitted(declared(opened(a_copy(tmp_path_factory, tmp_path_factory.mktemp("other") / "home")), OTHER))


def declared(deployment: Deployment, change: tuple[str, str]) -> Deployment:
    """The same with another declaration of the hazard."""
    write_hazard(deployment.settings.home, SMALL)
    file = deployment.settings.home / "hazards" / f"{SMALL}.py"
    text = file.read_text(encoding="utf-8")
    assert change[0] in text
    boosted = "from models.boosted import Boosted\n"
    file.write_text(
        text.replace(*change).replace("from models.hazard", boosted + "from models.hazard"), encoding="utf-8"
    )
    return opened(deployment.settings.home)


def fitted(deployment: Deployment) -> tuple[Forecaster, Backtest]:
    hazard = deployment.hazard(SMALL)
    tested = backtesting.run_backtest(deployment, hazard, start=TEST_FROM, progress=lambda done, of: None)
    return with_code(fit(hazard, deployment.archive, moment=ENDS, tested=tested), CLEAN), tested


def with_code(forecaster: Forecaster, version: str) -> Forecaster:
    return replace(forecaster, card=forecaster.card.model_copy(update={"code_version": version}))


def tracked(deployment: Deployment, forecaster: Forecaster, tested: Backtest | None) -> str:
    return fitting.track(deployment, forecaster, tested).tracked.registered_version


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


def shown(decision: Decision) -> str:
    return "\n".join(f"{one.found}: {one.en}" for one in decision.findings)


def told(decision: Decision) -> str:
    return "; ".join(one.en for one in decision.reasons)


def test_a_better_one_is_promoted_and_every_figure_is_written_down(
    deployment: Deployment, other: tuple[Forecaster, Backtest]
) -> None:
    poor = declared(deployment, POOR)
    start = tracked(poor, *fitted(poor))
    promote_by_force(poor, poor.hazard(SMALL), start, NOW, reason="a poor start", by="Lan")
    first = poor.shelf.card(SMALL)
    better = declared(poor, OTHER)
    version = tracked(better, *other)
    decision = challenged(better, version)

    assert decision.verdict == "promote", shown(decision)
    assert decision.champion == first.version
    assert decision.figures["gain_champion_brier_low"] > 0
    assert better.shelf.card(SMALL).version == decision.challenger == other[0].version
    champion = open_tracking(better.settings).champion(SMALL)
    assert str(champion.version) == version
    run = mlflow.get_run(champion.run_id)
    assert run.data.metrics["gate_gain_champion_brier"] == pytest.approx(decision.figures["gain_champion_brier"])
    assert run.data.tags["gate_verdict"] == "promote"
    path = f"decisions/{first.version}.json"
    artifact = mlflow.artifacts.download_artifacts(run_id=champion.run_id, artifact_path=path)
    assert json.loads(Path(artifact).read_text(encoding="utf-8"))["figures"] == pytest.approx(decision.figures)
    told_of = entries(better)
    assert [(one.who, one.what) for one in told_of] == [("Lan", "promote by force"), ("haidang", "promote")]
    assert told_of[1].details["figures"] == pytest.approx(decision.figures)

    with pytest.raises(HaidangError, match="now has"):  # the poor one was declared otherwise
        roll_back(better, better.hazard(SMALL), NOW)
    assert better.shelf.card(SMALL).version == decision.challenger


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
    deployment: Deployment, other: tuple[Forecaster, Backtest], change: Change, verdict: str, why: str
) -> None:
    before = deployment.shelf.tag(SMALL)
    changed = declared(deployment, OTHER)
    version = tracked(changed, other[0], change(other[1]))
    decision = challenged(changed, version)
    assert decision.verdict == verdict, shown(decision)
    assert why in told(decision)
    assert changed.shelf.tag(SMALL) == before
    assert entries(changed)[-1].what == verdict
    shadow = open_tracking(changed.settings).challenger(SMALL)
    assert (shadow is not None and str(shadow.version) == version) == (verdict == "keep")


def test_an_overfitted_one_is_refused(deployment: Deployment) -> None:
    before = deployment.shelf.tag(SMALL)
    changed = declared(deployment, OVERFITTED)
    decision = challenged(changed, tracked(changed, *fitted(changed)), reason="newer data")
    assert decision.verdict == "refuse", shown(decision)
    assert "significantly worse at leads" in told(decision)
    assert changed.shelf.tag(SMALL) == before


def test_the_same_forecaster_is_not_promoted_over_itself(deployment: Deployment) -> None:
    before = deployment.shelf.tag(SMALL)
    decision = challenged(deployment, "1")
    assert decision.verdict in ("keep", "refuse")  # the latter in a checkout with changes
    assert "it is the champion already" in shown(decision)
    assert decision.figures["gain_champion_brier"] == pytest.approx(0, abs=1e-6)
    assert deployment.shelf.tag(SMALL) == before


def test_code_that_was_not_committed_promotes_nobody_but_where_a_person_says_so(
    deployment: Deployment, other: tuple[Forecaster, Backtest]
) -> None:
    changed = declared(deployment, OTHER)
    hazard = changed.hazard(SMALL)
    version = tracked(changed, with_code(other[0], f"{CLEAN}-dirty"), other[1])
    decision = challenged(changed, version)
    assert decision.verdict == "refuse"
    assert f"{CLEAN}-dirty" in told(decision)
    with pytest.raises(HaidangError, match="takes a reason and a name"):
        promote_by_force(changed, hazard, version, NOW, reason="now", by=" ")
    promote_by_force(changed, hazard, version, NOW, reason="a flood is coming", by="Lan")
    assert changed.shelf.card(SMALL).version == decision.challenger
    last = entries(changed)[-1]
    assert (last.who, last.what, last.details["reason"]) == ("Lan", "promote by force", "a flood is coming")
    assert last.details["verdict"] == "refuse"


def test_one_that_cannot_answer_the_hazard_as_it_is_declared_is_refused(deployment: Deployment) -> None:
    changed = declared(deployment, OTHER)
    decision = challenged(changed, "1")
    assert decision.verdict == "refuse"
    assert "it fails its exam" in told(decision)


def test_a_first_champion_beats_both_baselines_or_is_not_promoted(
    deployment: Deployment, other: tuple[Forecaster, Backtest], tmp_path: Path
) -> None:
    empty = replace(declared(deployment, OTHER), shelf=Shelf(tmp_path / "another shelf"))
    decision = challenged(empty, tracked(empty, other[0], None))
    assert (decision.verdict, decision.champion) == ("keep", None)
    assert "it was not backtested" in shown(decision)
    assert empty.shelf.tag(SMALL) is None
    decision = challenged(empty, tracked(empty, *other))
    assert (decision.verdict, decision.champion) == ("promote", None)
    assert "better than persistence" in told(decision)
    assert empty.shelf.card(SMALL).version == other[0].version


def test_going_back_wants_an_earlier_champion(deployment: Deployment) -> None:
    hazard = deployment.hazard(SMALL)
    with pytest.raises(HaidangError, match="has no earlier champion to go back to"):
        roll_back(deployment, hazard, NOW)
    with pytest.raises(HaidangError, match="version 7 of small_rain was never champion: there is 1"):
        roll_back(deployment, hazard, NOW, to="7")


def test_rolling_back_under_load_loses_no_query(deployment: Deployment) -> None:
    """Others ask all the time while champions come and go and the service refreshes."""
    hazard = deployment.hazard(SMALL)
    earlier = fit(hazard, deployment.archive, moment=ISSUED[0])
    version = tracked(deployment, earlier, None)
    first = deployment.shelf.card(SMALL).version
    promote_by_force(deployment, hazard, version, NOW, reason="a test", by="Lan")
    answers = answering(deployment.settings.home)
    now = datetime.fromisoformat("2023-07-01T12:00+07:00")
    ended = threading.Event()

    def ask() -> set[int]:
        asked = set()
        while not ended.is_set():
            asked.add(len(answers.risk(RiskQuestion(hazard=SMALL), now=now).forecasts))
        return asked

    with ThreadPoolExecutor(3) as pool:
        asking, refreshing = [pool.submit(ask) for _ in range(2)], pool.submit(refresh_until, answers, ended)
        for to in ("1", version, None):
            roll_back(deployment, hazard, NOW, to=to)
        ended.set()
    assert [future.result() for future in asking] == [{5}, {5}]
    assert refreshing.result() >= 1
    answers.refresh()
    assert deployment.shelf.card(SMALL).version == first
    assert answers._state.hazards[SMALL].forecaster.version == first
    assert [one.what for one in entries(deployment)] == ["promote by force", "roll back", "roll back", "roll back"]


def refresh_until(answers: Answers, ended: threading.Event) -> int:
    """How often something new was loaded until the end."""
    loaded = 0
    while not ended.is_set():
        loaded += answers.refresh()
    return loaded
