"""Harmful algae: the Danish action value for Alexandrium, 500 cells in a litre."""

import numpy as np
import pandas as pd

from features.variables import variable_named
from models.hazards.harmful_algae import HAZARD

NEWEST = "latest(harmful_algae, days=60)"


def said(newest: float) -> list[float]:
    asked = pd.DataFrame([dict.fromkeys((feature.name for feature in HAZARD.features), np.nan) | {NEWEST: newest}])
    rule = HAZARD.published_rule()
    assert rule is not None
    return [float(one) for one in rule.fit(asked).predict_exceedance(asked)[0]]


def test_the_mildest_cut_is_the_action_value() -> None:
    assert variable_named("harmful_algae").unit == "count/L"
    assert HAZARD.target.cuts[0] == 500.0


def test_by_rule_the_newest_count_goes_on() -> None:
    assert said(499.0) == [0.0, 0.0]
    assert said(500.0) == [1.0, 0.0]
    assert said(6000.0) == [1.0, 1.0]


def test_where_nobody_counted_the_rule_cannot_be_told() -> None:
    assert np.isnan(said(np.nan)).all()
