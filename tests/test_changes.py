"""Changes of a scenario, as what they are for a hazard: which variables follow, which do not, what is not read."""

import pytest
from conftest import a_tiny_hazard

from features.ahead import AntecedentAhead, HighestAhead, MeanAhead, TotalAhead
from features.displaced import MOVED
from features.past import TotalOver
from features.spatial import NeighbourMean
from features.transformed import Logarithm
from models.catalogue import read_hazards
from serving.access.hides import NOTHING, Hides
from serving.access.refusals import FieldError
from serving.scenarios.change_models import DisplaceTrack, Scale, ScenarioQuestion, Shift
from serving.scenarios.changes import OfHazard, read_changes, reads

WET = a_tiny_hazard(
    features=(
        *a_tiny_hazard().features,
        TotalAhead("rain_ensemble_mean"),
        HighestAhead("rain_ensemble_high"),
        TotalAhead("rain_ensemble_heavy"),
        TotalOver("monthly_rain_rate", days=60),
        MeanAhead("air_temperature"),
        MeanAhead("air_temperature_ensemble_spread"),
    )
)
HAZARDS = {**read_hazards(None), "wet": WET}


def read(hazard: str, change: object, hides: Hides = NOTHING) -> OfHazard:
    (told,) = read_changes(HAZARDS[hazard], [change], hides)  # type: ignore[list-item]
    return told


def test_the_rain_that_is_forecast_is_that_of_the_run_and_of_the_ensemble() -> None:
    told = read("wet", Scale(kind="scale", driver="rain_ahead", percent=50))
    assert told.variables == ("rain", "rain_ensemble_mean", "rain_ensemble_high")
    assert told.left == ("rain_ensemble_heavy",), "a share of members does not follow from amounts"
    assert told.change is not None
    assert (told.change.factor, told.change.ahead) == (1.5, True)


def test_the_rain_of_the_days_before_is_another_driver() -> None:
    told = read("wet", Scale(kind="scale", driver="rain_before", factor=2, days=3))
    assert (told.variables, told.change and told.change.days_before) == (("rain",), 3)
    assert told.left == ("monthly_rain_rate",), "it is told in another unit"


@pytest.mark.parametrize("unit", [None, "g/kg", "ppt"])
def test_salinity_falls_by_so_many_parts_of_a_thousand_in_what_was_measured(unit: str | None) -> None:
    told = read("fresh_ponds", Shift(kind="shift", variable="pond_salinity", by=-8, unit=unit, days=14))
    assert told.change is not None
    assert (told.change.offset, told.change.days_before, told.variables) == (-8, 14, ("pond_salinity",))


def test_a_degree_is_a_kelvin_in_a_change() -> None:
    told = read("wet", Shift(kind="shift", driver="temperature_ahead", by=2, unit="K"))
    assert told.variables == ("air_temperature",)


def test_a_displaced_track_moves_what_is_told_of_the_storm_and_leaves_the_runs() -> None:
    told = read("storm_wind", DisplaceTrack(kind="displace_track", east_km=50))
    assert set(told.variables) == {"storm_distance", "storm_wind"} < set(MOVED)
    assert told.left == ("wind_speed", "wind_speed_ensemble_high")
    assert read("cold", DisplaceTrack(kind="displace_track", east_km=50)).displacement is None


def test_the_track_is_displaced_once() -> None:
    twice = [DisplaceTrack(kind="displace_track", east_km=50), DisplaceTrack(kind="displace_track", north_km=50)]
    with pytest.raises(FieldError, match="add up the distances"):
        read_changes(HAZARDS["storm_wind"], twice, NOTHING)


def test_small_counts_are_not_changed_for_everybody() -> None:
    change = Shift(kind="shift", variable="white_spot_onsets", by=-3)
    with pytest.raises(FieldError, match="white_spot_onsets is not told without the role agency"):
        read("shrimp_white_spot", change, Hides(below=5))
    assert read("shrimp_white_spot", change).variables == ("white_spot_onsets",)


def test_whether_a_feature_reads_the_days_ahead_or_before_is_told_through_what_it_is_made_of() -> None:
    ahead = NeighbourMean(Logarithm(TotalAhead("rain")), scale_km=20.0)
    before = NeighbourMean(TotalOver("rain", days=3), scale_km=20.0)
    both = AntecedentAhead("rain", days=10, decay=0.7)
    assert [[reads(one, "rain", ahead=side) for side in (True, False)] for one in (ahead, before, both)] == [
        [True, False],
        [False, True],
        [True, True],
    ]
    assert not reads(ahead, "wind_speed", ahead=True)


@pytest.mark.parametrize("asked", ScenarioQuestion.model_config["json_schema_extra"]["examples"])  # type: ignore[index, call-overload]
def test_the_examples_of_openapi_are_read_by_the_hazards_that_they_name(asked: dict[str, object]) -> None:
    question = ScenarioQuestion.model_validate(asked)
    for name in [question.hazard] if question.hazard else question.hazards or []:
        told = read_changes(HAZARDS[str(name)], question.changes, NOTHING)
        assert any(one.variables for one in told), name
