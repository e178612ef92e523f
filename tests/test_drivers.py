"""Drivers: every variable has a subject, and every feature is sorted by what it tells and whether it looks ahead."""

import pytest

from features.ahead import MeanAhead, TotalAhead, TotalThrough
from features.drivers import SUBJECTS, driver_of, looks_ahead, of_archive, of_forecasts, of_surveillance
from features.feature import AnyFeature
from features.given import Attribute, Lead, season
from features.past import Latest, MeanOver, TotalOver
from features.spatial import NeighbourMean
from features.transformed import Logarithm
from features.variables import VARIABLES
from models.catalogue import read_hazards

OF: dict[str, AnyFeature] = {
    "rain_ahead": TotalAhead("rain_ensemble_mean"),
    "rain_before": TotalOver("rain", days=3),
    "storm_ahead": TotalAhead("storm_rain"),
    "temperature_ahead": MeanAhead("air_temperature"),
    "ground_before": Latest("soil_wetness", days=15),
    "water_before": MeanOver("pond_salinity", days=7),
    "climate": Latest("oceanic_nino_index", days=100),
    "reports": TotalOver("white_spot_onsets", days=14),
    "season_and_place": Attribute("elevation_m"),
}


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_tells_about_a_subject(name: str) -> None:
    assert VARIABLES[name].subject in SUBJECTS


@pytest.mark.parametrize("name", OF)
def test_a_feature_belongs_to_the_driver_of_its_variable(name: str) -> None:
    assert driver_of(OF[name]).name == name


def test_a_feature_made_of_another_looks_ahead_where_that_does() -> None:
    assert looks_ahead(NeighbourMean(Logarithm(TotalThrough("rain")), scale_km=20.0))
    assert not looks_ahead(NeighbourMean(Logarithm(TotalOver("rain", days=3)), scale_km=20.0))
    assert driver_of(NeighbourMean(TotalAhead("rain"), scale_km=20.0)).name == "rain_ahead"


def test_features_are_sorted_by_who_tells_them() -> None:
    ahead, past, cases = TotalAhead("rain"), TotalOver("rain", days=3), TotalOver("landslides", days=3)
    features = (ahead, past, cases, *season(harmonics=1), Lead())
    assert of_forecasts(features) == (ahead.name,)
    assert of_surveillance(features) == (cases.name,)
    assert of_archive(features) == (ahead.name, past.name, cases.name)


@pytest.mark.parametrize("hazard", read_hazards().values(), ids=lambda hazard: hazard.name)
def test_every_feature_of_every_hazard_has_a_driver_with_both_titles(hazard: object) -> None:
    for feature in hazard.features:  # type: ignore[attr-defined]
        driver = driver_of(feature)
        assert driver.title_vi and driver.title_en
