"""POST /explain: log-odds that add up to the probability that was told, for hazards, sites and leads, and by id."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from api_client import Ask, client, problem_of
from tiny_deployment import COAST, ISSUED, SMALL, answering, the_deployment

from models.rule import Rule
from serving.access.refusals import FieldError, WithheldError
from serving.answering.answers import Answers
from serving.answering.explaining import explained
from serving.answering.held import Held
from serving.issued.record_ids import NoSuchForecastError
from serving.scenarios.whys import whys
from serving.schemas.answer_models import RiskQuestion
from serving.schemas.explain_models import ExplainAnswer, ExplainedPeriod, ExplainQuestion, WhyQuestion

NOW = datetime.fromisoformat("2023-07-01T12:00+07:00")
EARLY, WET = ISSUED[0].isoformat(), "2022-07-20T07:00+07:00"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return answering(the_deployment(tmp_path_factory))


@pytest.fixture(scope="module")
def ask(answers: Answers) -> Ask:
    return client(answers)


def why(answers: Answers, **stated: object) -> ExplainAnswer:
    return whys(answers, WhyQuestion.model_validate(stated), now=NOW)


def periods(answer: ExplainAnswer) -> list[ExplainedPeriod]:
    return [period for one in answer.answers for site in one.forecasts for period in site.periods]


@pytest.mark.parametrize("moment", [None, EARLY, WET])
def test_the_log_odds_of_all_drivers_add_up_to_those_of_the_probability_that_was_told(
    answers: Answers, moment: str | None
) -> None:
    explained = why(answers, hazards=[SMALL, COAST], issue_time=moment)
    said = {
        (hazard, forecast.site, period.lead): {one.threshold: one.probability for one in period.probabilities}[20.0]
        for hazard in (SMALL, COAST)
        for forecast in answers.risk(RiskQuestion(hazard=hazard, issue_time=moment), now=NOW).forecasts
        for period in forecast.periods
    }
    found = {
        (one.hazard, site.site, period.lead): period
        for one in explained.answers
        for site in one.forecasts
        for period in site.periods
    }
    assert found.keys() == said.keys()
    for place, period in found.items():
        assert period.probability == said[place]
        assert period.usual_log_odds + sum(d.log_odds for d in period.drivers) == pytest.approx(
            period.log_odds, abs=5e-6
        )
        for chance, odds in (
            (period.probability, period.log_odds),
            (period.usual, period.usual_log_odds),
            (period.climatology, period.climatology_log_odds),
        ):
            assert chance == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-6)


def test_it_tells_what_get_explanations_tells_and_the_drivers_that_hardly_matter(answers: Answers) -> None:
    (period,) = periods(why(answers, hazard=SMALL, sites=["Cẩm Phả"], leads=[2]))
    shown = explained(answers, ExplainQuestion(hazard=SMALL, site="S2", lead=2)).periods[0]
    assert (period.probability, period.climatology, period.usual) == (shown.probability, shown.climatology, shown.usual)
    told = {one.name: one for one in period.drivers}
    assert set(told) == {"rain_ahead", "rain_before", "season_and_place"}
    for one in shown.drivers:
        assert told[one.name].log_odds == pytest.approx(one.log_odds, abs=1e-4)
        assert (told[one.name].told_vi, told[one.name].told_en) == (one.told_vi, one.told_en)
        assert one.told_en in period.told_en
    weak = [one for one in period.drivers if abs(one.log_odds) < 0.1]
    assert all(one.told_en.startswith("hardly moved by") for one in weak)
    assert all(one.told_vi.startswith("hầu như không đổi do") for one in weak)


def test_a_stored_forecast_is_explained_by_its_id_as_it_was_issued(answers: Answers) -> None:
    issued = answers.risk(RiskQuestion(hazard=SMALL, sites=["S3"], issue_time=EARLY), now=NOW)
    stored = issued.forecasts[0].periods[1]
    answer = why(answers, id=stored.id, cut=40)
    (one,), (period,) = answer.answers, periods(answer)
    assert (one.issue_time, one.cut, one.origin) == (issued.issue_time, 40, "issued")
    assert (one.forecasts[0].site, period.lead) == ("S3", stored.lead)
    assert period.probability == stored.probabilities[2].probability


def test_what_cannot_be_used_names_the_field(answers: Answers) -> None:
    for stated, field in (
        ({"hazard": SMALL, "cut": 21}, "cut"),
        ({"hazards": [SMALL, COAST], "cut": 20}, "cut"),
        ({}, "hazard"),
        ({"hazard": SMALL, "leads": [9]}, "leads.0"),
        ({"id": "small_rain.20230627T000000Z.0123456789abcdef", "hazard": SMALL}, "hazard"),
    ):
        with pytest.raises(FieldError) as refused:
            why(answers, **stated)
        assert refused.value.field == field


def test_an_id_that_never_was_is_not_found(answers: Answers, ask: Ask) -> None:
    never = "small_rain.20230627T000000Z.0123456789abcdef"
    with pytest.raises(NoSuchForecastError):
        why(answers, id=never)
    problem_of(ask("POST", "/explain", json={"id": never}), 404)


def test_too_many_periods_are_refused(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.scenarios.whys.MOST_EXPLAINED_PERIODS", 9)
    with pytest.raises(FieldError, match="10 periods are more than 9"):
        why(answers, hazard=SMALL)


def test_a_hazard_that_is_told_by_a_rule_is_withheld_in_both_languages(answers: Answers) -> None:
    champion = answers.champion(answers.deployment.hazard(SMALL))
    assert champion is not None
    rows = champion.hazard.ask(answers.deployment.archive, ISSUED[1])
    rule = replace(champion, estimator=Rule((5.0, 20.0, 40.0), clauses=(), reference="somewhere").fit(rows))
    ruled = Answers(answers.deployment)
    held = Held(rule, answers._state.hazards[SMALL].latest)
    ruled._state = replace(answers._state, hazards={**answers._state.hazards, SMALL: held})
    answer = why(ruled, hazards=[SMALL, COAST])
    assert [one.hazard for one in answer.answers] == [COAST]
    assert "published rule" in answer.withheld[0].reason
    assert "quy tắc đã công bố" in answer.withheld[0].reason_vi
    with pytest.raises(WithheldError, match="explains itself") as withheld:
        why(ruled, hazard=SMALL)
    assert "quy tắc tự giải thích" in withheld.value.vi


def test_a_withheld_answer_says_why_in_both_languages(ask: Ask) -> None:
    for path in ("/explain", "/risk"):
        told = problem_of(ask("POST", path, json={"hazard": "heavy_rain"}), 503)
        assert told.detail.startswith("heavy_rain is not answered: no forecaster of heavy_rain was promoted")
        assert told.detail_vi == (
            "heavy_rain chưa được trả lời: chưa có mô hình nào của heavy_rain được đưa vào dùng: chạy `haidang train "
            "heavy_rain` rồi `haidang promote heavy_rain`"
        )


def test_a_hazard_that_is_not_there_is_not_found(ask: Ask) -> None:
    assert (
        "unknown hazard 'small_rian': there is small_rain"
        in problem_of(ask("GET", "/v1/hazards/small_rian"), 404).detail
    )
    assert ask("GET", f"/v1/hazards/{SMALL}").status_code == 200
