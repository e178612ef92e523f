"""The worst misses and false alarms, with the inputs that stood out."""

import numpy as np
import pytest

from features.archive import Archive
from models.hazard import Hazard
from training.backtest import Backtest
from training.losses import reached
from training.worst import CASES, INPUTS, PER_DRIVER, _inputs, worst_false_alarms, worst_misses

CUT = 10.0


def test_the_worst_misses_are_the_events_least_expected_at_the_shortest_lead(
    tiny_backtest: Backtest, tiny_archive: Archive
) -> None:
    found = worst_misses(tiny_backtest, tiny_archive, CUT)
    assert len(found) == CASES
    answers = [miss.probability for miss in found]
    assert answers == sorted(answers)
    first = tiny_backtest.outcome.index.get_level_values("period") == 1
    events = first & (reached(tiny_backtest, CUT) == 1)
    assert answers[0] == tiny_backtest.probabilities["model"][CUT][events].min()
    assert all(miss.outcome >= CUT and miss.lead == 1 for miss in found)
    assert len({miss.issue_time for miss in found}) == CASES, "one for each day"
    assert all((miss.valid_from - miss.issue_time).total_seconds() == 17 * 3600 for miss in found), "seven to midnight"


def test_the_worst_false_alarms_are_the_surest(tiny_backtest: Backtest, tiny_archive: Archive) -> None:
    found = worst_false_alarms(tiny_backtest, tiny_archive, CUT)
    answers = [alarm.probability for alarm in found]
    assert answers == sorted(answers, reverse=True)
    assert all(alarm.outcome < CUT for alarm in found)


def test_the_inputs_are_those_of_the_question_and_the_least_usual_come_first(
    tiny_backtest: Backtest, tiny_archive: Archive
) -> None:
    miss = worst_misses(tiny_backtest, tiny_archive, CUT)[0]
    row = tiny_backtest.hazard.ask(tiny_archive, miss.issue_time).loc[(miss.issue_time, miss.site, 1)]
    assert {one.name: one.value for one in miss.inputs} == pytest.approx(
        {one.name: row[one.name] for one in miss.inputs}
    )
    assert len(miss.inputs) <= INPUTS
    assert "lead()" not in {one.name for one in miss.inputs}, "season and place are no news"
    assert [one.unusual for one in miss.inputs] == [abs(one.rank - 0.5) for one in miss.inputs]
    assert [one.unusual for one in miss.inputs] == sorted((one.unusual for one in miss.inputs), reverse=True)
    drivers = [one.driver.name for one in miss.inputs]
    assert max(drivers.count(name) for name in drivers) <= PER_DRIVER


def test_where_no_event_came_nothing_was_missed(tiny_backtest: Backtest, tiny_archive: Archive) -> None:
    from dataclasses import replace

    dry = replace(tiny_backtest, outcome=tiny_backtest.outcome * 0)
    assert worst_misses(dry, tiny_archive, CUT) == ()
    assert np.isfinite(worst_false_alarms(dry, tiny_archive, CUT)[0].probability)


def test_what_is_seldom_known_is_no_surprise_when_it_is_not(tiny_hazard: Hazard) -> None:
    names = [feature.name for feature in tiny_hazard.features]
    sample = np.tile(np.arange(10.0)[:, None], len(names))
    often, seldom = names.index("total_ahead(rain)"), names.index("mean_over(rain, days=7)")
    sample[1:, seldom] = np.nan
    values = np.full(len(names), 5.0)
    values[[often, seldom]] = np.nan
    told = {one.name: one.unusual for one in _inputs(tiny_hazard, values, sample)}
    # known in all of the sample, in a tenth of it; 5 is above 5 of ten and equal to one
    assert told["total_ahead(rain)"] == 0.5
    assert told["total_over(rain, days=1, coverage=1.0)"] == pytest.approx(0.05)
    assert told.get("mean_over(rain, days=7)", 0.05) == pytest.approx(0.05)
