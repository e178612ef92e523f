"""Storms beyond the range: who lies far from the truth of them is refused, where the truth is known."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from features.settings import Settings
from features.sources.simulated import SimulatedProvince
from haidang.chain.simulation import prepare
from haidang.champions import storms_kept as module
from haidang.champions.storms_kept import near_the_truth, storms_kept
from models.exam import Exam
from models.exceedance import Exceedance
from models.forecaster import Forecaster
from models.hazard import Hazard
from models.hazards.storm_wind import HAZARD
from serving.deployment import Deployment, open_deployment
from training.beyond_range import Beyond


def beyond(lead: int, error: float, high: float) -> Beyond:
    return Beyond(lead=lead, cut=17.0, storms=9, n=100, oracle_mean=0.5, error=error, low=error - 0.02, high=high)


@pytest.mark.parametrize(
    ("errors", "theirs", "found"),
    [
        ((0.05, 0.09), None, "holds"),
        ((0.05, 0.11), None, "broken"),
        ((0.15, 0.20), (0.16, 0.21), "holds"),  # no further than the champion may be
        ((0.15, 0.25), (0.16, 0.21), "broken"),
        ((0.09, 0.09), (0.01, 0.02), "holds"),  # within 0.1 of the truth, though the champion is nearer
    ],
)
def test_answers_are_near_the_truth_or_no_further_than_the_champion_s(
    errors: tuple[float, float], theirs: tuple[float, float] | None, found: str
) -> None:
    mine = [beyond(lead, error, 1.0) for lead, error in zip((1, 2), errors, strict=True)]
    others = None if theirs is None else [beyond(lead, 0.0, high) for lead, high in zip((1, 2), theirs, strict=True)]
    finding = near_the_truth(mine, others)
    assert finding.found == found
    assert finding.figures == {"storms_error_1_17": errors[0], "storms_error_2_17": errors[1]}


def test_fewer_than_five_storms_decide_nothing() -> None:
    few = [replace(beyond(lead, 0.3, 1.0), storms=4) for lead in (1, 2)]
    finding = near_the_truth(few, None)
    assert (finding.found, finding.figures) == ("holds", {})
    assert "too few strong storms to tell: 4 < 5" in finding.en
    assert near_the_truth([few[0], beyond(2, 0.3, 1.0)], None).found == "broken"


class Never(Exceedance):
    """Says that nothing ever happens."""

    def predict_exceedance(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        return np.zeros((len(X), len(HAZARD.target.cuts)))

    def _fit(self, X: pd.DataFrame, outcome: npt.NDArray[np.float64]) -> None: ...

    def _predict(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        return self.predict_exceedance(X)


def of(estimator: Exceedance) -> Forecaster:
    return Forecaster(HAZARD, estimator, None, Exam(pd.DataFrame(), pd.DataFrame()))  # type: ignore[arg-type]


@pytest.fixture
def simulated(tmp_path: Path) -> Deployment:
    prepare(tmp_path / "home", SimulatedProvince(years=2, seed=7, first_year=2019))
    return open_deployment(Settings(home=tmp_path / "home"))


def test_one_that_is_blind_to_strong_storms_is_refused_in_a_simulated_province(
    simulated: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FRESH_SEEDS", (1,))
    monkeypatch.setattr(module, "_FRESH_YEARS", 20)
    (finding,) = storms_kept(simulated, HAZARD, of(Never()), None)
    assert finding.found == "broken"
    assert "far from the truth in strong storms" in finding.en


def test_fresh_years_are_told_whole_though_the_deployment_s_own_record_ends_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = datetime.fromisoformat("2020-06-01T07:00+07:00")
    prepare(tmp_path / "early", SimulatedProvince(years=2, seed=7, first_year=2019, known_until=ends))
    asked: list[SimulatedProvince] = []

    def watched(hazard: Hazard, estimator: Exceedance, provinces: list[SimulatedProvince], **_: object) -> list[Beyond]:
        asked.extend(provinces)
        return [beyond(1, 0.05, 0.1)]

    monkeypatch.setattr(module, "beyond_range", watched)
    (finding,) = storms_kept(open_deployment(Settings(home=tmp_path / "early")), HAZARD, of(Never()), None)
    assert finding.found == "holds"
    assert asked and {province.known_until for province in asked} == {None}


def test_where_the_truth_is_not_known_nothing_is_found(simulated: Deployment, tmp_path: Path) -> None:
    real = open_deployment(Settings(home=tmp_path / "another"))
    assert list(storms_kept(real, HAZARD, of(Never()), None)) == []
    longer = replace(HAZARD, periods=replace(HAZARD.periods, days=2))
    assert list(storms_kept(simulated, longer, of(Never()), None)) == []
