"""How warnings did before, beside a forecast of the same place and lead."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_deployment import COAST, ENDS, SMALL, a_copy, answering, opened, the_deployment

from models.track_records import TrackRecord
from serving.schemas.answer_models import RiskQuestion
from serving.schemas.forecast_models import Share
from serving.views.track_view import by_place

NOW = ENDS.to_pydatetime()


def record() -> TrackRecord:
    """Two sites and all of them, at lead 1, of both levels; only all sites together have events enough."""
    sites = ["", "S1", "S2"]
    scores = pd.DataFrame({"site": sites, "lead": 1, "cut": 20.0, "n": [400, 200, 200]})
    watch = pd.DataFrame(
        {
            "site": sites,
            "lead": 1,
            "level": "watch",
            "cut": 20.0,
            "events": [50, 40, 10],
            "hits": [33, 28, 5],
            "misses": [17, 12, 5],
            "false_alarms": [12, 5, 7],
            "hit_rate": [0.66, 0.7, 0.5],
            "hit_rate_low": [0.5, 0.55, np.nan],
            "hit_rate_high": [0.8, 0.83, np.nan],
            "judged": ["yes", "yes", "too few to judge"],
        }
    )
    warning = watch.assign(level="warning", cut=40.0, hits=0)
    return TrackRecord(scores, pd.DataFrame(), pd.concat([watch, warning], ignore_index=True))


def test_the_record_of_the_lowest_level_is_told_by_place_and_lead(tmp_path_factory: pytest.TempPathFactory) -> None:
    told = by_place(opened(the_deployment(tmp_path_factory)).hazard(SMALL), record())
    assert set(told) == {("S1", 1), ("S2", 1)}
    first, second = told["S1", 1], told["S2", 1]
    assert (first.n, first.events, first.hits, first.misses, first.false_alarms) == (200, 40, 28, 12, 5)
    assert (first.judged, first.interval) == ("judged", Share(share=0.7, low=0.55, high=0.83))
    assert (second.judged, second.interval) == ("too few to judge", None)


def test_nothing_is_told_of_a_level_that_is_declared_otherwise_today(tmp_path_factory: pytest.TempPathFactory) -> None:
    hazard = opened(the_deployment(tmp_path_factory)).hazard(SMALL)
    held = record()
    other = TrackRecord(held.scores, held.beside, held.alarms.assign(cut=5.0))
    assert by_place(hazard, other) == by_place(hazard, None) == {}


def test_a_new_track_record_stands_beside_the_forecasts_after_a_refresh(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    answers = answering(a_copy(tmp_path_factory, tmp_path / "home"))
    answers.deployment.track_records.write(SMALL, record(), ENDS)
    assert answers.refresh()
    told = answers.risk(RiskQuestion(hazard=SMALL), now=NOW)
    with_record = {
        (forecast.site, period.lead): period.track_record.hits
        for forecast in told.forecasts
        for period in forecast.periods
        if period.track_record is not None
    }
    assert with_record == {("S1", 1): 28, ("S2", 1): 5}
    coast = answers.risk(RiskQuestion(hazard=COAST), now=NOW)
    assert {period.track_record for forecast in coast.forecasts for period in forecast.periods} == {None}
