"""Paralytic toxin in shellfish: the limit of Codex STAN 292-2008, 0.8 mg/kg, which is 80 ug in 100 g."""

import numpy as np
import pandas as pd

from features.variables import variable_named
from models.hazards.shellfish_toxin import HAZARD

NEWEST = "latest(saxitoxin, days=60)"


def said(newest: float) -> list[float]:
    asked = pd.DataFrame([dict.fromkeys((feature.name for feature in HAZARD.features), np.nan) | {NEWEST: newest}])
    rule = HAZARD.published_rule()
    assert rule is not None
    return [float(one) for one in rule.fit(asked).predict_exceedance(asked)[0]]


def test_the_severest_cut_is_the_limit_and_the_other_half_of_it() -> None:
    assert variable_named("saxitoxin").unit == "ug/hg"
    assert HAZARD.target.cuts == (40.0, 80.0)


def test_by_rule_the_newest_sample_goes_on() -> None:
    assert said(39.0) == [0.0, 0.0]
    assert said(40.0) == [1.0, 0.0]
    assert said(81.0) == [1.0, 1.0]


def test_where_nobody_took_a_sample_the_rule_cannot_be_told() -> None:
    assert np.isnan(said(np.nan)).all()
