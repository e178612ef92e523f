"""Scenarios: the issued forecast beside what would be said had other things been known, and the guard's verdict."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from api_client import Ask, client, problem_of
from scipy.special import expit
from tiny_deployment import COAST, ISSUED, SMALL, answering, the_deployment

from features.ahead import TotalAhead
from models.exceedance import Exceedance, Floats
from models.forecaster import Forecaster
from models.guard import Guarded
from serving.access.hides import Hides
from serving.access.refusals import FieldError, WithheldError
from serving.answering.answers import Answers
from serving.answering.held import Held
from serving.scenarios.change_models import ScenarioQuestion
from serving.scenarios.scenario import scenario
from serving.scenarios.scenario_models import HazardScenario, ScenarioAnswer
from serving.schemas.answer_models import RiskQuestion

NOW = datetime.fromisoformat("2023-07-01T12:00+07:00")
EARLY, WET = ISSUED[0].isoformat(), "2022-07-20T07:00+07:00"
AHEAD = TotalAhead("rain").name
MORE = {"kind": "scale", "driver": "rain_ahead", "percent": 50}
NONE = [{"kind": "scale", "variable": "rain", "factor": 1.0}, {"kind": "shift", "variable": "rain", "by": 0, "days": 9}]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return answering(the_deployment(tmp_path_factory))


@pytest.fixture(scope="module")
def ask(answers: Answers) -> Ask:
    return client(answers)


def what_if(answers: Answers, *changes: dict[str, object], **stated: object) -> ScenarioAnswer:
    asked = {"changes": changes} | ({} if "hazards" in stated else {"hazard": SMALL}) | stated
    return scenario(answers, ScenarioQuestion.model_validate(asked), now=NOW)


def one(answers: Answers, *changes: dict[str, object], **stated: object) -> HazardScenario:
    (told,) = what_if(answers, *changes, **stated).answers
    return told


def champion(answers: Answers) -> Forecaster:
    found = answers.champion(answers.deployment.hazard(SMALL))
    assert found is not None
    return found


def rows(answers: Answers, moment: str) -> pd.DataFrame:
    return answers.deployment.hazard(SMALL).ask(answers.deployment.archive, pd.Timestamp(moment))


def told(answer: HazardScenario, which: str) -> np.ndarray:
    return np.array(
        [[getattr(one, which) for one in period.probabilities] for site in answer.forecasts for period in site.periods]
    )


# What is asked of the forecaster.


@pytest.mark.parametrize("moment", [None, EARLY, WET])
def test_no_effective_change_gives_exactly_what_was_issued(answers: Answers, moment: str | None) -> None:
    answer = one(answers, *NONE, issue_time=moment)
    issued = answers.risk(RiskQuestion(hazard=SMALL, issue_time=moment), now=NOW)
    assert answer.origin == issued.origin
    for site, forecast in zip(answer.forecasts, issued.forecasts, strict=True):
        for period, said in zip(site.periods, forecast.periods, strict=True):
            assert [p.issued for p in period.probabilities] == [p.probability for p in said.probabilities]
            assert [p.scenario for p in period.probabilities] == [p.probability for p in said.probabilities]
            assert {p.difference for p in period.probabilities} == {0.0}
            assert period.expected is not None
            assert period.expected.scenario == said.expected
            assert (period.level_scenario, period.moved, period.promise) == (said.level, [], "none")


def test_half_as_much_rain_again_is_the_forecasters_answer_to_half_as_much_again(answers: Answers) -> None:
    answer = one(answers, MORE, issue_time=EARLY)
    before = rows(answers, EARLY)
    expected = champion(answers).answer(before.assign(**{AHEAD: before[AHEAD] * 1.5}))
    np.testing.assert_allclose(told(answer, "scenario"), expected.to_numpy(), atol=5e-7)
    np.testing.assert_allclose(told(answer, "issued"), champion(answers).answer(before).to_numpy(), atol=5e-7)
    np.testing.assert_allclose(told(answer, "difference"), told(answer, "scenario") - told(answer, "issued"), atol=1e-9)
    wet = (before[AHEAD] > 0).to_numpy()
    moved = [period.moved for site in answer.forecasts for period in site.periods]
    assert moved == [[AHEAD] if rains else [] for rains in wet]
    assert wet.any()


def test_what_was_observed_is_changed_in_the_last_days_alone(answers: Answers) -> None:
    answer = one(answers, {"kind": "scale", "variable": "rain", "factor": 2, "days": 1}, issue_time=WET)
    before = rows(answers, WET)
    day = before["total_over(rain, days=1, coverage=1.0)"]
    after = before.assign(**{day.name: 2 * day, "mean_over(rain, days=7)": before["mean_over(rain, days=7)"] + day / 7})
    np.testing.assert_allclose(told(answer, "scenario"), champion(answers).answer(after).to_numpy(), atol=2e-6)
    assert answer.changes[0].told_en == "Rain, local day × 2, the 1 days before the issue day"


def test_levels_and_expected_outcome_follow(answers: Answers) -> None:
    (period, *_) = one(answers, {"kind": "shift", "variable": "rain", "by": 60}, issue_time=EARLY).forecasts[0].periods
    assert period.level_scenario == "warning"
    assert period.expected is not None
    assert period.expected.scenario > period.expected.issued
    assert period.expected.difference == pytest.approx(period.expected.scenario - period.expected.issued)


def test_drivers_are_told_both_ways_and_the_one_that_changed_comes_first(answers: Answers) -> None:
    answer = one(answers, {"kind": "scale", "driver": "rain_ahead", "factor": 3}, issue_time=EARLY, include=["drivers"])
    compared = 0
    for period in (period for site in answer.forecasts for period in site.periods if period.moved):
        assert period.drivers is not None
        assert period.drivers[0].name == "rain_ahead"
        watched = period.probabilities[1]  # the cut of the lowest level, 20 mm
        if watched.issued > 0.001:  # of smaller ones six digits tell too little
            odds = np.log([p / (1 - p) for p in (watched.issued, watched.scenario)])
            assert sum(one.difference for one in period.drivers) == pytest.approx(odds[1] - odds[0], abs=0.001)
            compared += 1
    assert compared


# The promise and the guard.


class Falling(Exceedance):
    """Says less the more rain is forecast, as no model of rain should."""

    def __init__(self, cuts: tuple[float, ...] = (), *, min_events: int = 0) -> None:
        self.cuts, self.min_events = cuts, min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        self.highest_ = float(np.nanmax(X[AHEAD]))

    def _predict(self, X: pd.DataFrame) -> Floats:
        return expit(-np.nan_to_num(X[[AHEAD]].to_numpy()) / 10 - np.arange(len(self.learned_cuts_)))


def with_model(answers: Answers, *, declared: bool) -> Answers:
    """The same answers by a model that falls with the rain ahead; the hazard declares it to rise, or the guard does."""
    deployment = answers.deployment
    hazard = replace(deployment.hazard(SMALL), rising=(TotalAhead("rain"),) if declared else ())
    learned = rows(answers, EARLY)
    guard = Guarded(hazard.target.severity_cuts, member=Falling(), rising=() if declared else (AHEAD,))
    guard.fit(learned, np.linspace(0, 50, len(learned)))
    forecaster = replace(champion(answers), hazard=hazard, estimator=guard)
    changed = Answers(replace(deployment, hazards={**deployment.hazards, SMALL: hazard}))
    changed._state = replace(answers._state, hazards={**answers._state.hazards, SMALL: Held(forecaster)})
    return changed


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.5, 4.0])
def test_more_rain_never_lowers_a_risk_that_is_declared_to_rise(answers: Answers, factor: float) -> None:
    answer = one(with_model(answers, declared=True), {**MORE, "percent": 100 * factor - 100}, issue_time=WET)
    way = told(answer, "difference")
    assert (way >= 0).all() if factor > 1 else (way <= 0).all()
    promises = [period.promise for site in answer.forecasts for period in site.periods if period.moved]
    assert promises
    assert set(promises) == {"held"}
    assert not way.any(), "the model would have told the contrary: it is held to what was issued"


def test_the_risk_rises_all_the_way_with_the_rain_that_is_forecast(answers: Answers) -> None:
    asked = [one(answers, {**MORE, "percent": percent}, issue_time=WET) for percent in (-100, -50, 0, 50, 300, 900)]
    rising = np.diff([told(answer, "scenario") for answer in asked], axis=0)
    assert (rising >= 0).all()
    assert rising.max() > 0.05


def test_the_guard_says_what_lies_outside_and_by_how_much(answers: Answers) -> None:
    answer = one(answers, {"kind": "shift", "variable": "rain", "by": 900}, issue_time=EARLY, sites=["S1"])
    guard = champion(answers).estimator
    assert isinstance(guard, Guarded)
    high = guard.high_[guard.feature_names_in_.index(AHEAD)]
    value = rows(answers, EARLY).xs("S1", level="site")[AHEAD].max() + 900
    assert (answer.verdict.told, answer.verdict.outside, answer.verdict.newly_outside) == ("outside", 2, 2)
    (feature,) = answer.verdict.features
    assert (feature.feature, feature.value, feature.high, feature.as_issued) == (AHEAD, value, high, False)
    assert feature.by == pytest.approx(value - high)
    assert "trust it less" in answer.verdict.told_en
    assert "hãy tin ít hơn" in answer.verdict.told_vi
    inside = one(answers, {"kind": "shift", "variable": "rain", "by": 1}, issue_time=EARLY, sites=["S1"])
    assert (inside.verdict.told, inside.verdict.features) == ("inside", [])


def test_a_probability_that_the_guard_holds_at_the_edge_is_told_as_such(answers: Answers) -> None:
    guarded = with_model(answers, declared=False)
    answer = one(guarded, {"kind": "shift", "variable": "rain", "by": 900}, issue_time=WET, sites=["S1"])
    assert (answer.verdict.told, answer.verdict.held) == ("held at the edge", 2)
    (high,) = {period.beyond_training[0].high for period in answer.forecasts[0].periods}
    np.testing.assert_allclose(told(answer, "scenario")[:, 0], expit(-high / 10), atol=1e-6)


# What is refused, and what is left alone.


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (
            {"kind": "shift", "variable": "air_temperature", "by": 2},
            "changes.0",
            "reads the drivers rain_ahead",
        ),
        ({"kind": "displace_track", "east_km": 50}, "changes.0", "small_rain reads nothing of these changes"),
        (
            {"kind": "scale", "variable": "air_temperature", "factor": 2},
            "changes.0",
            "does not begin at zero: shift it",
        ),
        ({"kind": "scale", "variable": "rainn", "factor": 2}, "changes.0.variable", "no variable 'rainn'"),
        ({"kind": "scale", "driver": "rain", "factor": 2}, "changes.0.driver", "unknown driver 'rain'"),
        ({"kind": "scale", "factor": 2}, "changes.0", "either `variable` or `driver`"),
        ({"kind": "scale", "variable": "rain"}, "changes.0", "either `factor` or `percent`"),
        ({"kind": "shift", "variable": "rain", "by": 2, "unit": "inch"}, "changes.0.unit", "rain is in mm"),
        ({"kind": "shift", "variable": "storm_bearing", "by": 2}, "changes.0.variable", "ask with displace_track"),
        ({**MORE, "days": 3}, "changes.0.days", "is of the past"),
        ({**MORE, "when": "past"}, "changes.0.when", "rain_ahead is of the days ahead"),
    ],
)
def test_a_change_that_cannot_be_asked_names_the_field_and_what_can(
    answers: Answers, change: dict[str, object], field: str, words: str
) -> None:
    with pytest.raises(FieldError, match=words) as refused:
        what_if(answers, change)
    assert refused.value.field == field


def test_hazards_that_read_nothing_of_it_are_named_with_what_they_read_and_the_others_answered(
    answers: Answers,
) -> None:
    answer = what_if(answers, MORE, hazards=[SMALL, "storm_surge", "heavy_rain", COAST], sites=["S1", "S5"])
    assert [one.hazard for one in answer.answers] == [SMALL, COAST]
    assert [(one.hazard, one.drivers[0]) for one in answer.not_read] == [("storm_surge", "water_level_ahead")]
    assert [one.hazard for one in answer.withheld] == ["heavy_rain"]
    assert answer.withheld[0].reason_vi.startswith("heavy_rain chưa được trả lời: chưa có mô hình nào")
    assert [(one.hazard, one.site) for one in answer.left_out] == [(COAST, "S5")]


def test_what_is_not_told_to_a_caller_is_not_changed_for_them_either(answers: Answers) -> None:
    hidden = Answers(replace(answers.deployment, hides=Hides(variables=frozenset({"rain"}))))
    hidden._state = answers._state
    with pytest.raises(FieldError, match="rain is not told without the role agency"):
        what_if(hidden, MORE)


def test_too_much_is_refused(answers: Answers, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"hazard": SMALL, "changes": 9 * [MORE]}
    assert problem_of(ask("POST", "/scenario", json=body), 422).errors[0]["field"] == "changes"
    monkeypatch.setattr("serving.scenarios.scenario.MOST_PERIODS", 9)
    with pytest.raises(FieldError, match="10 periods, more than 9"):
        what_if(answers, MORE)


def test_a_forecaster_that_is_not_kept_any_more_is_not_asked(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Answers(answers.deployment)
    latest = answers._state.hazards[SMALL].latest
    assert latest is not None
    before = latest.model_copy(update={"model_version": "0123456789ab"})
    gone._state = replace(answers._state, hazards={SMALL: replace(answers._state.hazards[SMALL], latest=before)})
    with pytest.raises(WithheldError, match="0123456789ab of small_rain is no longer kept") as withheld:
        what_if(gone, MORE)
    assert "nay không hỏi lại được" in withheld.value.vi


def test_a_scenario_is_marked_and_never_kept(answers: Answers, ask: Ask) -> None:
    before = answers.deployment.issued.version, ask("GET", "/v1/forecasts").content
    response = ask("POST", "/scenario", json={"hazard": SMALL, "changes": [MORE]})
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    (told_of,) = response.json()["answers"]
    assert told_of["scenario"] is True
    assert told_of["told_en"].startswith("SCENARIO, not an issued forecast")
    assert told_of["told_vi"].startswith("GIẢ ĐỊNH, không phải dự báo đã phát")
    assert '"id"' not in response.text
    assert (answers.deployment.issued.version, ask("GET", "/v1/forecasts").content) == before


# Slots.


@pytest.fixture
def busy(answers: Answers) -> Iterator[None]:
    entered, leave = threading.Semaphore(0), threading.Event()

    def work() -> None:
        with answers.slots.one():
            entered.release()
            leave.wait(20)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    assert all(entered.acquire(timeout=10) for _ in workers)
    yield
    leave.set()
    for worker in workers:
        worker.join()


@pytest.mark.usefixtures("busy")
def test_while_all_slots_are_taken_what_is_worked_out_waits_and_the_latest_is_answered(
    answers: Answers, ask: Ask
) -> None:
    stored = answers.risk(RiskQuestion(hazard=SMALL), now=NOW).forecasts[0].periods[0].id
    for method, path, stated in (
        ("POST", "/scenario", {"json": {"hazard": SMALL, "changes": [MORE]}}),
        ("POST", "/explain", {"json": {"hazard": SMALL}}),
        ("POST", "/risk", {"json": {"hazard": SMALL, "issue_time": WET}}),
        ("POST", "/risk", {"json": {"hazards": [SMALL, COAST], "issue_time": WET}}),
        ("GET", f"/v1/forecasts/{stored}/replay", {}),
        ("GET", "/v1/explanations", {"params": {"hazard": SMALL, "site": "S1"}}),
    ):
        response = ask(method, path, **stated)
        assert "2 answers are being worked out" in problem_of(response, 503).detail, path
        assert response.headers["retry-after"] == "2"
    assert ask("POST", "/risk", json={"hazard": SMALL}).status_code == 200
    assert ask("POST", "/risk", json={"hazard": SMALL, "issue_time": EARLY}).status_code == 200
    assert ask("GET", "/v1/forecasts/latest", params={"hazard": SMALL}).status_code == 200
