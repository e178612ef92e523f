"""Landslides by rule: the cells of Article 46 of Decision 18/2021/QĐ-TTg, zone 3, that have level 1 or above."""

import numpy as np
import pandas as pd
import pytest

from models.hazards.landslide import HAZARD

LOW, MEDIUM, HIGH, VERY_HIGH = 1.0, 2.0, 3.0, 4.0


def said(rain_mm: float, before_mm: tuple[float, float], susceptibility: float) -> float:
    """What the rule says of rain ahead, rain of the last day and of the last three, and a place."""
    row = dict.fromkeys((feature.name for feature in HAZARD.features), np.nan) | {
        "total_ahead(rain)": rain_mm,
        "total_over(rain, days=1, coverage=1.0)": before_mm[0],
        "total_over(rain, days=3, coverage=0.8)": before_mm[1],
        "attribute(attribute=landslide_susceptibility)": susceptibility,
    }
    rule = HAZARD.published_rule()
    assert rule is not None
    asked = pd.DataFrame([row])
    return float(rule.fit(asked).predict_exceedance(asked)[0, 0])


@pytest.mark.parametrize(
    ("rain_mm", "before_mm", "susceptibility", "level_1"),
    [
        (150.0, (20.0, 25.0), HIGH, 1.0),
        (150.0, (20.0, 25.0), VERY_HIGH, 1.0),
        (150.0, (20.0, 25.0), MEDIUM, 0.0),
        (90.0, (80.0, 200.0), VERY_HIGH, 0.0),
        (250.0, (20.0, 60.0), MEDIUM, 1.0),
        (250.0, (20.0, 60.0), LOW, 0.0),
        (450.0, (20.0, 60.0), LOW, 1.0),
    ],
)
def test_the_rule_is_the_matrix(
    rain_mm: float, before_mm: tuple[float, float], susceptibility: float, level_1: float
) -> None:
    assert said(rain_mm, before_mm, susceptibility) == level_1


def test_where_it_has_not_rained_before_nothing_is_said_below_200_mm() -> None:
    assert said(150.0, (0.0, 0.0), VERY_HIGH) == 0.0
    assert said(250.0, (0.0, 0.0), VERY_HIGH) == 1.0


def test_without_a_forecast_of_rain_the_rule_cannot_be_told() -> None:
    assert np.isnan(said(np.nan, (20.0, 60.0), HIGH))
