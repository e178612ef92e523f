"""Mass mortality of oysters by rule: a mean of 23.7 degC over 21 days, chance 70 %, doi:10.1016/j.csr.2024.105173."""

import numpy as np
import pandas as pd

from models.hazards.oyster_mortality import HAZARD

THREE_WEEKS = "mean_over(water_temperature, days=21)"


def said(mean: float) -> float:
    asked = pd.DataFrame([dict.fromkeys((feature.name for feature in HAZARD.features), np.nan) | {THREE_WEEKS: mean}])
    rule = HAZARD.published_rule()
    assert rule is not None
    return float(rule.fit(asked).predict_exceedance(asked)[0, 0])


def test_three_weeks_of_warm_water_have_the_published_chance() -> None:
    assert said(23.7) == 0.7
    assert said(23.6) == 0.0


def test_without_a_reading_of_the_water_the_rule_cannot_be_told() -> None:
    assert np.isnan(said(np.nan))


def test_what_is_forecast_is_a_week_with_an_event_and_not_how_many() -> None:
    assert HAZARD.target.cuts == (1.0,)
    assert (HAZARD.periods.days, HAZARD.periods.count) == (7, 4)
