"""Cold water in cages by rule: the limits of cobia and grouper on the sea surface that a satellite saw."""

import numpy as np
import pandas as pd
import pytest

from models.hazards.cold_cages import HAZARD

SATELLITE = "mean_over(satellite_sea_temperature, days=7)"


def said(sea: float) -> list[float]:
    """What the rule says of at most 20, 18, 16 and 15 degC."""
    asked = pd.DataFrame([dict.fromkeys((feature.name for feature in HAZARD.features), np.nan) | {SATELLITE: sea}])
    rule = HAZARD.published_rule()
    assert rule is not None
    told: list[float] = rule.fit(asked).predict_exceedance(asked)[0].tolist()
    return told


@pytest.mark.parametrize(
    ("sea", "told"),
    [(21.0, [0, 0, 0, 0]), (18.5, [1, 0, 0, 0]), (16.0, [1, 1, 1, 0]), (14.0, [1, 1, 1, 1])],
)
def test_the_sea_surface_stands_for_the_cage_where_nobody_measures(sea: float, told: list[float]) -> None:
    assert said(sea) == told


def test_under_cloud_the_rule_cannot_be_told() -> None:
    assert np.isnan(said(np.nan)).all()


def test_fish_die_below_sixteen_degrees() -> None:
    assert 16.0 in HAZARD.target.cuts
    assert HAZARD.target.sense == "at_most"
    assert HAZARD.where == "fish_cages"
