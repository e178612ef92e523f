"""Performance: verified forecasts beside what they promise and beside climatology."""

import numpy as np
import pandas as pd
import pytest
from conftest import a_tiny_hazard, at

from models.hazard import Hazard
from training.performance import performance


@pytest.fixture(scope="module")
def hazard() -> Hazard:
    return a_tiny_hazard()


def verified(told: float, *, came: float, climatology: float | None, days: int = 200) -> pd.DataFrame:
    """Forecasts of one probability at two sites and one lead; of ten days so many tenths are events of both cuts."""
    rows = []
    for day in range(days):
        outcome = 40.0 if (7 * day) % 10 < 10 * came else 0.0
        rows += [
            {
                "issue_time": at("2024-01-01 07:00") + pd.Timedelta(days=day), "site": site, "lead": 1,
                "forecaster": "new", "probabilities": [told, told], "outcome": outcome,
                "climatology": None if climatology is None else [climatology, climatology],
            }
            for site in ("S1", "S2")
        ]  # fmt: skip
    return pd.DataFrame(rows)


def test_forecasts_that_keep_their_promise_raise_no_alarm(hazard: Hazard) -> None:
    found = performance(hazard, verified(0.3, came=0.3, climatology=0.5), "new")
    assert found is not None
    assert not found.alarm
    assert (found.issues, found.verified_until) == (200, at("2024-07-18 07:00"))
    assert found.level == 3650


def test_forecasts_that_tell_too_much_lose_their_calibration(hazard: Hazard) -> None:
    found = performance(hazard, verified(0.8, came=0.3, climatology=0.8), "new")
    assert found is not None
    assert found.alarm
    assert found.calibration_lost >= found.level


def test_forecasts_worse_than_climatology_lose_their_skill(hazard: Hazard) -> None:
    found = performance(hazard, verified(0.8, came=0.3, climatology=0.3), "new")
    assert found is not None
    assert found.skill_lost >= found.level


def test_only_what_the_champion_told_and_what_is_settled_counts(hazard: Hazard) -> None:
    rows = verified(0.8, came=0.3, climatology=0.3)
    assert performance(hazard, rows, "another") is None
    assert performance(hazard, rows.assign(outcome=np.nan), "new") is None


def test_where_no_climatology_was_told_only_the_calibration_is_judged(hazard: Hazard) -> None:
    found = performance(hazard, verified(0.8, came=0.3, climatology=None), "new")
    assert found is not None
    assert np.isnan(found.skill_lost)
    assert found.alarm
