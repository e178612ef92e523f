"""What a hazard promises of a change: only of drivers of which a declared column moved, and to one side."""

from dataclasses import replace

import numpy as np
import pandas as pd
from conftest import a_tiny_hazard

from features.ahead import TotalAhead
from models.hazard import Hazard
from models.promised import kept, promised

AHEAD = TotalAhead("rain").name


def rows(hazard: Hazard, **stated: object) -> pd.DataFrame:
    table = pd.DataFrame(10.0, range(2), [feature.name for feature in hazard.features])
    return table.assign(**stated)


def test_more_of_a_rising_input_is_promised_not_to_lower_the_risk() -> None:
    hazard = replace(a_tiny_hazard(), rising=(TotalAhead("rain"),))
    before = rows(hazard)
    assert promised(hazard, before, rows(hazard, **{AHEAD: [20.0, 5.0]})).tolist() == [1, -1]
    assert promised(hazard, before, before).tolist() == [0, 0]


def test_a_falling_input_is_promised_the_other_way() -> None:
    hazard = replace(a_tiny_hazard(), falling=(TotalAhead("rain"),))
    assert promised(hazard, rows(hazard), rows(hazard, **{AHEAD: [20.0, 5.0]})).tolist() == [-1, 1]


def test_nothing_is_promised_where_another_driver_moved_too() -> None:
    hazard = replace(a_tiny_hazard(), rising=(TotalAhead("rain"),))
    other = next(name for name in rows(hazard) if name.startswith(("total_over(rain", "mean_over(rain")))
    both = rows(hazard, **{AHEAD: 20.0, other: 20.0})
    assert promised(hazard, rows(hazard), both).tolist() == [0, 0]
    assert promised(hazard, rows(hazard), rows(hazard, **{other: 20.0})).tolist() == [0, 0]


def test_nothing_is_promised_where_declared_inputs_moved_to_both_sides() -> None:
    features = [one for one in a_tiny_hazard().features if one.variables]
    hazard = replace(a_tiny_hazard(), rising=tuple(features))
    mixed = rows(hazard, **{features[0].name: 20.0, features[1].name: 5.0})
    assert promised(hazard, rows(hazard), mixed).tolist() == [0, 0]


def test_nothing_is_promised_where_an_input_is_lost() -> None:
    hazard = replace(a_tiny_hazard(), rising=(TotalAhead("rain"),))
    assert promised(hazard, rows(hazard), rows(hazard, **{AHEAD: [np.nan, 20.0]})).tolist() == [0, 1]


def test_answers_are_held_to_the_promise() -> None:
    before = np.array([[0.4, 0.2], [0.4, 0.2], [0.4, 0.2]])
    after = np.array([[0.3, 0.25], [0.5, 0.1], [0.9, 0.0]])
    held = kept(np.array([1, -1, 0]), before, after)
    assert held.tolist() == [[0.4, 0.25], [0.4, 0.1], [0.9, 0.0]]
