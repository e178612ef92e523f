"""Scores: worked examples by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import a_tiny_hazard, at

from features.periods import Periods
from training.backtest import Backtest
from training.losses import ranked_probability_scores
from training.scores import (
    contingency,
    expected_value_scores,
    reliability,
    skill_by_lead,
)

CUTS = [10.0, 30.0]
Answers = list[tuple[float, float]]


def scored(
    outcome: list[float], model: Answers, climatology: Answers, persistence: Answers | None = None, *, periods: int = 1
) -> Backtest:
    """Outcomes of successive days (and of the periods within each) at one site, with each contestant's answers."""
    days = len(outcome) // periods
    times = pd.date_range(at("2024-03-01 07:00"), periods=days, freq="D").tz_convert("UTC")
    index = pd.MultiIndex.from_product([times, ["S1"], range(1, periods + 1)], names=["issue_time", "site", "period"])
    answers = {"model": model, "climatology": climatology, "persistence": persistence or climatology}
    probabilities = {name: pd.DataFrame(answer, index, CUTS) for name, answer in answers.items()}
    expected = pd.DataFrame(dict.fromkeys(answers, 0.0), index)
    hazard = a_tiny_hazard(periods=Periods(days=3, count=periods))
    return Backtest(hazard, pd.Series(outcome, index, name="outcome"), probabilities, expected)


# Four days: dry, wet, very wet, dry.
FOUR = [0.0, 12.0, 40.0, 5.0]
MODEL: Answers = [(0.1, 0.0), (0.8, 0.1), (0.6, 0.5), (0.3, 0.0)]
HALF: Answers = [(0.5, 0.25)] * 4
PERFECT: Answers = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)]


def random_backtest(days: int = 300, *, seed: int = 0, sites: int = 3) -> Backtest:
    random = np.random.default_rng(seed)
    times = pd.date_range(at("2024-03-01 07:00"), periods=days, freq="D").tz_convert("UTC")
    names = [f"S{number}" for number in range(1, sites + 1)]
    index = pd.MultiIndex.from_product([times, names, [1, 2]], names=["issue_time", "site", "period"])
    risk = random.beta(1, 3, len(index))
    outcome = np.where(random.random(len(index)) < risk, 20.0, 0.0)
    flat, noisy = np.full(len(index), 0.25), np.clip(risk + random.normal(0, 0.2, len(index)), 0, 1)
    answers = {"model": risk, "climatology": flat, "persistence": noisy}
    probabilities = {name: pd.DataFrame({10.0: p, 30.0: 0.1 * p}, index) for name, p in answers.items()}
    expected = pd.DataFrame({name: 20 * p for name, p in answers.items()}, index)
    return Backtest(a_tiny_hazard(), pd.Series(outcome, index, name="outcome"), probabilities, expected)


def test_brier_scores_and_skill_are_as_by_hand() -> None:
    low, high = skill_by_lead(scored(FOUR, MODEL, HALF))
    assert (low.lead, low.cut, low.n, low.events) == (1, 10.0, 4, 2)
    # (0.1^2 + 0.2^2 + 0.4^2 + 0.3^2) / 4 = 0.30 / 4
    assert low.brier == pytest.approx(0.075)
    assert low.brier_climatology == pytest.approx(0.25)
    assert low.skill_climatology == pytest.approx(1 - 0.075 / 0.25)
    # (0 + 0.1^2 + 0.5^2 + 0) / 4 = 0.26 / 4; climatology (3 * 0.25^2 + 0.75^2) / 4 = 0.75 / 4
    assert (high.cut, high.n, high.events) == (30.0, 4, 1)
    assert high.brier == pytest.approx(0.065)
    assert high.skill_climatology == pytest.approx(1 - 0.26 / 0.75)


def test_a_perfect_forecast_scores_0() -> None:
    for row in skill_by_lead(scored(FOUR, PERFECT, HALF)):
        assert row.brier == 0
        assert row.skill_climatology == row.skill_climatology_low == row.skill_climatology_high == 1
    assert ranked_probability_scores(scored(FOUR, PERFECT, HALF))["model"].tolist() == [0]


def test_climatology_has_no_skill_against_itself() -> None:
    for row in skill_by_lead(scored(FOUR, HALF, HALF)):
        assert row.skill_climatology == row.skill_climatology_low == row.skill_climatology_high == 0
        assert row.judged == "too few events"


def test_a_worse_forecast_has_negative_skill() -> None:
    # always wrong: Brier 1 beside 0.25
    wrong: Answers = [(1.0, 1.0), (0.0, 0.0), (0.0, 0.0), (1.0, 1.0)]
    assert skill_by_lead(scored(FOUR, wrong, HALF))[0].skill_climatology == pytest.approx(1 - 1 / 0.25)


def test_each_lead_is_scored_by_itself() -> None:
    # two days of two periods: the first periods are FOUR[0] and FOUR[2], the second FOUR[1] and FOUR[3]
    rows = skill_by_lead(scored(FOUR, MODEL, HALF, periods=2))
    assert [(row.lead, row.cut) for row in rows] == [(1, 10.0), (1, 30.0), (4, 10.0), (4, 30.0)]
    assert rows[0].brier == pytest.approx((0.1**2 + 0.4**2) / 2)
    assert rows[2].brier == pytest.approx((0.2**2 + 0.3**2) / 2)
    assert [row.events for row in rows] == [1, 1, 1, 0]


def test_a_lead_of_which_no_outcome_is_known_yet_is_left_out() -> None:
    ended = replace(scored(FOUR, MODEL, HALF), hazard=a_tiny_hazard(periods=Periods(days=3, count=2)))
    assert [(row.lead, row.cut, row.n) for row in skill_by_lead(ended)] == [(1, 10.0, 4), (1, 30.0, 4)]


def test_a_question_without_an_outcome_counts_for_nothing() -> None:
    whole = random_backtest(60)
    kept = np.random.default_rng(1).random(len(whole.outcome)) < 0.7
    part = replace(
        whole, outcome=whole.outcome[kept], probabilities={n: p[kept] for n, p in whole.probabilities.items()},
    )  # fmt: skip
    for row in skill_by_lead(part):
        lead = part.hazard.leads(part.outcome.index) == row.lead
        event = (part.outcome[lead] >= row.cut).to_numpy(float)
        forecast = part.probabilities["model"][row.cut].to_numpy()[lead]
        assert row.n == lead.sum()
        assert row.events == event.sum()
        assert row.brier == pytest.approx(float(np.mean((forecast - event) ** 2)))


def test_the_interval_contains_the_estimate() -> None:
    for row in skill_by_lead(random_backtest()):
        if row.events:
            assert row.skill_climatology_low < row.skill_climatology < row.skill_climatology_high
            assert row.skill_persistence_low < row.skill_persistence < row.skill_persistence_high


def test_the_bootstrap_can_be_repeated() -> None:
    assert skill_by_lead(random_backtest()) == skill_by_lead(random_backtest())


def test_a_longer_record_narrows_the_interval() -> None:
    short, long = (skill_by_lead(random_backtest(days))[0] for days in (150, 1500))
    width = [row.skill_climatology_high - row.skill_climatology_low for row in (short, long)]
    assert width[1] < 0.6 * width[0]  # by the root of ten it would be 0.32


def test_skill_is_granted_only_where_the_whole_interval_beats_both_baselines() -> None:
    row = skill_by_lead(random_backtest(1500))[0]
    assert row.judged == "yes"
    assert row.model_copy(update={"skill_climatology_low": -0.01}).judged == "no"
    assert row.model_copy(update={"skill_persistence_low": 0.0}).judged == "no"


def test_below_thirty_events_nobody_can_tell() -> None:
    row = skill_by_lead(random_backtest(1500))[0]
    assert [row.model_copy(update={"events": n}).judged for n in (0, 29, 30)] == [
        "too few events", "too few events", "yes",
    ]  # fmt: skip


def test_ranked_probability_scores_are_as_by_hand() -> None:
    # sums over both cuts of (probability - event)^2
    by_day = [0.1**2, 0.2**2 + 0.1**2, 0.4**2 + 0.5**2, 0.3**2]
    climatology = [0.5**2 + 0.25**2, 0.5**2 + 0.25**2, 0.5**2 + 0.75**2, 0.5**2 + 0.25**2]
    found = ranked_probability_scores(scored(FOUR, MODEL, HALF))
    assert found.index.tolist() == [1]
    assert found.loc[1, "model"] == pytest.approx(np.mean(by_day))
    assert found.loc[1, "climatology"] == pytest.approx(np.mean(climatology))


def test_an_outcome_at_a_cut_is_in_the_class_above_it() -> None:
    at_the_cut: Answers = [(1.0, 0.0)]
    assert ranked_probability_scores(scored([10.0], at_the_cut, at_the_cut))["model"].tolist() == [0]
    assert skill_by_lead(scored([10.0, 0.0], [*at_the_cut, (0.0, 0.0)], HALF[:2]))[0].events == 1


def test_hits_misses_and_false_alarms_are_as_by_hand() -> None:
    # events on days 2 and 3; at 0.3 the alarm is given on days 2, 3 and 4, at 0.7 on day 2 alone
    backtest = scored(FOUR, MODEL, HALF)
    names = ["hits", "misses", "false_alarms", "correct_negatives"]
    assert contingency(backtest, 10.0, 0.3).loc[1, names].tolist() == [2, 0, 1, 1]
    assert contingency(backtest, 10.0, 0.7).loc[1, names].tolist() == [1, 1, 0, 2]
    assert contingency(backtest, 30.0, 0.5).loc[1, names].tolist() == [1, 0, 0, 3]


def test_contingency_is_by_lead() -> None:
    found = contingency(scored(FOUR, MODEL, HALF, periods=2), 10.0, 0.7)
    assert found.index.tolist() == [1, 4]
    assert found.loc[1].tolist() == [0, 1, 0, 1]
    assert found.loc[4].tolist() == [1, 0, 0, 1]


def test_reliability_decomposes_as_by_hand() -> None:
    # forecasts 0.1 0.1 0.6 0.6, events 0 0 1 0: recalibrated 0 0 0.5 0.5
    # Brier 0.54 / 4, recalibrated 0.5 / 4, uncertainty 1/4 * 3/4
    answers: Answers = [(0.1, 0.0), (0.1, 0.0), (0.6, 0.0), (0.6, 0.0)]
    found = reliability(scored([0.0, 0.0, 12.0, 0.0], answers, HALF), 10.0)
    assert found.miscalibration == pytest.approx(0.135 - 0.125)
    assert found.uncertainty == pytest.approx(0.1875)
    assert found.discrimination == pytest.approx(0.1875 - 0.125)
    np.testing.assert_allclose(found.forecast, [0.1, 0.6])
    np.testing.assert_allclose(found.conditional, [0, 0.5])


@pytest.mark.parametrize("forecaster", ["model", "climatology", "persistence"])
def test_the_parts_of_the_brier_score_add_up(forecaster: str) -> None:
    backtest = random_backtest()
    found = reliability(backtest, 10.0, forecaster=forecaster)
    forecast = backtest.probabilities[forecaster][10.0].to_numpy()
    brier = np.mean((forecast - (backtest.outcome >= 10.0).to_numpy(float)) ** 2)
    assert brier == pytest.approx(found.miscalibration - found.discrimination + found.uncertainty)
    assert found.miscalibration >= 0
    assert found.discrimination >= 0
    assert (np.diff(found.conditional) >= 0).all()


def test_a_constant_forecast_discriminates_nothing() -> None:
    assert reliability(scored(FOUR, HALF, HALF), 10.0).discrimination == pytest.approx(0)
    assert reliability(scored(FOUR, HALF, HALF), 10.0).miscalibration == pytest.approx(0)


def test_expected_outcomes_are_scored_as_by_hand() -> None:
    # outcomes 0 12 40 4, mean 14: spread 196 + 4 + 676 + 100 = 976
    backtest = scored([0.0, 12.0, 40.0, 4.0], MODEL, HALF)
    means = pd.DataFrame(
        {"model": [2.0, 12.0, 30.0, 4.0], "climatology": [14.0] * 4, "persistence": [0.0, 12.0, 40.0, 4.0]},
        backtest.outcome.index,
    )
    found = expected_value_scores(replace(backtest, expected=means)).loc[1]
    assert found["n"] == 4
    assert found["r2_model"] == pytest.approx(1 - (4 + 100) / 976)
    assert found["r2_climatology"] == pytest.approx(0)
    assert found["r2_persistence"] == 1
    assert found["mae_model"] == pytest.approx((2 + 10) / 4)
    assert found["mae_persistence"] == 0
