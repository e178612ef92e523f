"""Salinity of ponds by rule: the newest reading goes on, with the limits of QCVN 02-19:2014/BNNPTNT, 5 and 35 g/kg."""

import numpy as np
import pandas as pd
import pytest

from models.hazard import Hazard
from models.hazards import fresh_ponds, saline_ponds

NEWEST = "latest(pond_salinity, days=14)"


def said(hazard: Hazard, salinity: float) -> list[float]:
    asked = pd.DataFrame([dict.fromkeys((feature.name for feature in hazard.features), np.nan) | {NEWEST: salinity}])
    rule = hazard.published_rule()
    assert rule is not None
    told: list[float] = rule.fit(asked).predict_exceedance(asked)[0].tolist()
    return told


@pytest.mark.parametrize(
    ("salinity", "fresh", "saline"),
    [
        (4.0, [1, 1, 1, 1], [0, 0, 0, 0]),
        (5.1, [1, 1, 1, 0], [0, 0, 0, 0]),
        (18.0, [0, 0, 0, 0], [0, 0, 0, 0]),
        (25.0, [0, 0, 0, 0], [1, 1, 0, 0]),
        (36.0, [0, 0, 0, 0], [1, 1, 1, 1]),
    ],
)
def test_what_was_measured_last_goes_on(salinity: float, fresh: list[float], saline: list[float]) -> None:
    # Cuts: at most 15, 12, 10 and 5 g/kg; at least 22, 25, 30 and 35 g/kg.
    assert said(fresh_ponds.HAZARD, salinity) == fresh
    assert said(saline_ponds.HAZARD, salinity) == saline


def test_without_a_reading_nothing_is_said() -> None:
    assert np.isnan(said(fresh_ponds.HAZARD, np.nan)).all()


def test_both_limits_of_the_norm_are_among_the_cuts() -> None:
    assert fresh_ponds.HAZARD.target.cuts[-1] == 5.0
    assert saline_ponds.HAZARD.target.cuts[-1] == 35.0
