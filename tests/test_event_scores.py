"""Events and alarms: worked by hand."""

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, a_tiny_hazard, at

from features.periods import Periods
from training.backtest import Backtest
from training.event_scores import event_runs, event_scores, threshold_for


def asked(rain: list[float], model: list[list[float]], *, days: int = 1, site: str = "S1") -> Backtest:
    """One site asked each morning about the days after it; `rain` begins on the day after the first issue."""
    periods = len(model[0])
    times = pd.date_range(at("2024-03-01 07:00"), periods=len(model), freq="D").tz_convert("UTC")
    index = pd.MultiIndex.from_product([times, [site], range(1, periods + 1)], names=["issue_time", "site", "period"])
    step = 1 if days == 1 else days
    outcome = [max(rain[t + step * p : t + step * p + days]) for t in range(len(model)) for p in range(periods)]
    answer = pd.DataFrame({10.0: np.ravel(model), 30.0: 0.0}, index)
    hazard = a_tiny_hazard(periods=Periods(days=days, count=periods))
    expected = pd.DataFrame({"model": 0.0}, index)
    return Backtest(hazard, pd.Series(outcome, index, name="outcome"), {"model": answer}, expected)


# Days from 2 March on: one event of three wet days with a dry one within, and one of a single day, eight days later.
RAIN = [0, 0, 0, 20, 0, 20, 20, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0]
QUIET = [0.0, 0.0]


def test_days_with_at_most_two_quiet_days_between_are_one_event() -> None:
    runs = event_runs(asked([0, 20, 0, 0, 20, 0, 0, 0, 20, 0], [QUIET] * 9), 10.0, HANOI)
    assert runs["onset"].tolist() == [at("2024-03-03"), at("2024-03-10")]
    assert runs["end"].tolist() == [at("2024-03-07"), at("2024-03-11")]


def test_an_event_of_overlapping_weeks_is_counted_once() -> None:
    wet = [0.0] * 7 + [20.0] + [0.0] * 20
    runs = event_runs(asked(wet, [[0.0]] * 20, days=7), 10.0, HANOI)
    # weeks from 2 and 9 March; the wet day is the 9th
    assert runs[["onset", "end"]].to_numpy().tolist() == [[at("2024-03-09"), at("2024-03-16")]]


def test_hits_misses_and_false_alarms_are_as_by_hand() -> None:
    model = [QUIET for _ in range(17)]
    model[2] = [0.0, 0.9]  # 3 March 07:00 warns of the 5th, the onset: 41 hours before
    model[3] = [0.9, 0.9]  # goes on
    model[9] = [0.9, 0.0]  # 10 March warns of the 11th: dry, in vain
    told = event_scores(asked(RAIN, model), 10.0, HANOI, alarms_per_year=65)
    assert (told.events, told.hits, told.misses) == (2, 1, 1)
    assert (told.alarms, told.false_alarms, told.late) == (2, 1, 0)
    assert told.threshold == 0.9
    assert told.alarmed == pytest.approx(3 / 17)
    assert told.lead_hours == told.lead_hours_quartiles[0] == 41
    assert (told.pod, told.far, told.csi) == (0.5, 0.5, pytest.approx(1 / 3))
    assert told.site_years == pytest.approx(17 / 365.25)
    assert told.false_alarms_per_year == pytest.approx(365.25 / 17)
    # Quiet: of 17 mornings 3 have an alarm; those of 4 to 7 March, 14 and 15 March see an event ahead and no alarm (of
    # these the 4th has an alarm too, and the 3rd looks to the 5th). Left are 1, 2, 8, 9, 11, 12, 13, 16 and 17 March.
    quiet = 9 / 2
    f = 1 / (1 + quiet)
    sedi = (np.log(f) - np.log(0.5) - np.log(1 - f) + np.log(0.5)) / (np.log(f) + 2 * np.log(0.5) + np.log(1 - f))
    assert told.sedi == pytest.approx(sedi)


def test_an_alarm_in_the_midst_of_an_event_is_neither_hit_nor_false() -> None:
    model = [QUIET for _ in range(17)]
    model[5] = [0.9, 0.0]  # 6 March warns of the 7th; the event began on the 5th
    told = event_scores(asked(RAIN, model), 10.0, HANOI, alarms_per_year=65)
    assert (told.hits, told.misses, told.false_alarms, told.late) == (0, 2, 0, 1)
    assert np.isnan(told.lead_hours)


def test_the_lead_is_that_of_the_unbroken_run_of_alarms() -> None:
    model = [[0.0, 0.0, 0.0] for _ in range(16)]
    model[11] = [0.0, 0.0, 0.9]  # 12 March warns of the 15th, in vain
    model[13] = [0.0, 0.9, 0.0]  # 14 March warns of the 16th, after a morning without
    model[14] = [0.9, 0.0, 0.0]
    told = event_scores(asked([*RAIN, 0], model), 10.0, HANOI, alarms_per_year=65)
    assert told.hits == 1
    assert told.lead_hours == 41
    assert told.false_alarms == 1


def test_without_alarms_every_event_is_missed() -> None:
    told = event_scores(asked(RAIN, [[0.5, 0.5]] * 17), 10.0, HANOI, alarms_per_year=0)
    assert (told.threshold, told.alarms, told.hits, told.pod) == (np.inf, 0, 0, 0.0)
    assert np.isnan(told.far)


def test_the_threshold_is_the_lowest_within_the_budget() -> None:
    # At 0.9 one alarm, at 0.8 two, at 0.7 three.
    highest = np.array([0.9, 0.1, 0.8, 0.1, 0.7, 0.1])[:, None]
    assert [threshold_for(highest, alarms, longest=2) for alarms in (0, 1, 2)] == [np.inf, 0.9, 0.8]
    # ties go together
    assert threshold_for(np.array([0.5, 0.1, 0.5])[:, None], 1, longest=2) == np.inf
    # an alarm that lasts counts again: at 0.1 it is on for six issue times, three alarms of two
    assert threshold_for(np.full((6, 1), 0.1), 2, longest=2) == np.inf
    assert threshold_for(np.full((6, 1), 0.1), 3, longest=2) == 0.1
    assert threshold_for(np.full((6, 1), 0.1), 6, longest=1) == 0.1


def test_the_perfect_forecast_hits_all_with_certain_intervals() -> None:
    rain = [20.0 if day % 12 == 5 else 0.0 for day in range(400)]
    model = [[1.0 if rain[t] else 0.0, 1.0 if rain[t + 1] else 0.0] for t in range(398)]
    told = event_scores(asked(rain, model), 10.0, HANOI, alarms_per_year=40)
    assert (told.pod, told.false_alarms) == (1.0, 0)
    assert told.intervals["pod"] == (1.0, 1.0)
    assert told.intervals["false_alarms_per_year"] == (0.0, 0.0)


def test_an_alarm_that_goes_on_for_nothing_is_false_again_and_again() -> None:
    model = [[0.9, 0.0] if day < 5 else QUIET for day in range(17)]
    told = event_scores(asked([0.0] * 18, model), 10.0, HANOI, alarms_per_year=65)
    # five mornings in alarm, each reaching two days ahead: three alarms
    assert (told.alarms, told.false_alarms, told.events) == (3, 3, 0)
