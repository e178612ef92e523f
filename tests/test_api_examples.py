"""The examples of answers in OpenAPI: they add up, and asked again every question is answered with their fields."""

import asyncio
import json
from typing import Any

import pytest
from tiny_deployment import SMALL, opened, the_deployment

from haidang.demonstration.api_examples import examples, questions, shortened
from serving.scenarios.scenario_models import ScenarioAnswer
from serving.schemas.explain_models import ExplainAnswer
from serving.verification.trigger_models import SimulateAnswer, TriggerAnswer
from serving.verification.verification_models import AggregatesAnswer, VerificationPage
from serving.web.described import EXAMPLES

WRITTEN: dict[str, Any] = json.loads(EXAMPLES.read_text(encoding="utf-8"))


def test_asked_again_every_question_is_answered_with_the_fields_of_its_example(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    deployment = opened(the_deployment(tmp_path_factory))
    told = asyncio.run(examples(deployment, questions(SMALL, "S1", 30.0, "rain_ahead")))
    assert {name: fields(answer) for name, answer in told.items()} == {
        name: fields(answer) for name, answer in WRITTEN.items()
    }


def fields(answer: Any) -> list[str]:
    return sorted(answer[0] if isinstance(answer, list) else answer)


def test_each_list_is_cut_to_its_first_element() -> None:
    assert shortened({"a": [{"b": [1, 2]}, {"b": []}], "c": "text"}) == {"a": [{"b": [1]}], "c": "text"}


def test_a_scenario_stands_beside_what_was_issued_and_more_wind_lowers_nothing() -> None:
    (answer,) = ScenarioAnswer.model_validate(WRITTEN["post /scenario"]).answers
    (period,) = answer.forecasts[0].periods
    assert period.moved
    for chance in period.probabilities:
        assert chance.difference == pytest.approx(chance.scenario - chance.issued, abs=2e-6)
        assert chance.difference >= 0


def test_the_log_odds_of_all_drivers_add_up() -> None:
    (answer,) = ExplainAnswer.model_validate(WRITTEN["post /explain"]).answers
    (period,) = answer.forecasts[0].periods
    whole = period.usual_log_odds + sum(one.log_odds for one in period.drivers)
    assert whole == pytest.approx(period.log_odds, abs=1e-5)


def test_events_are_hit_or_missed_in_the_record() -> None:
    (row,) = VerificationPage.model_validate(WRITTEN["get /v1/verification"]).rows
    assert row.hits is not None
    assert row.misses is not None
    assert row.hits + row.misses == row.runs
    assert (row.scope, row.lead, row.suppressed) == ("all sites", 1, False)
    (first,) = row.reliability
    assert first.share == pytest.approx(first.events / first.n, abs=1e-6)
    assert first.from_probability <= first.mean_probability <= first.to_probability


def test_a_trigger_that_is_simulated_saves_what_it_costs_less_than_never_acting() -> None:
    for method in ("get", "post"):
        (row,) = SimulateAnswer.model_validate(WRITTEN[f"{method} /v1/thresholds/simulate"]).rows
        assert row.hits + row.misses == row.events
        assert row.costs is not None
        assert row.costs.saved == pytest.approx(row.costs.never - row.costs.total, rel=1e-5)
        assert row.hit_rate is not None
        assert row.hit_rate.share == pytest.approx(row.hits / row.events, abs=1e-4)
        assert row.hit_rate.low <= row.hit_rate.share <= row.hit_rate.high


def test_the_cheapest_trigger_has_the_value_that_its_expense_says() -> None:
    for method in ("get", "post"):
        found = TriggerAnswer.model_validate(WRITTEN[f"{method} /v1/triggers"]).found
        assert found is not None
        # Richardson 2000, doi:10.1002/qj.49712656313: what is saved, of what a perfect forecast would save
        least = min(found.never, found.always)
        value = (least - found.chosen.expense) / (least - found.perfect)
        assert found.chosen.value == pytest.approx(value, abs=1e-3)


def test_what_is_told_of_restricted_sites_is_of_enough_of_them() -> None:
    answer = AggregatesAnswer.model_validate(WRITTEN["get /v1/aggregates"])
    (row,) = answer.rows
    assert (row.suppressed, row.sites is None) in ((True, True), (False, False))
    assert row.sites is None or row.sites >= answer.fewest
