"""Drivers: what a feature tells about, and whether as it was observed, reported or forecast, in words for people."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from features.ahead import Ahead
from features.errors import UnknownNameError
from features.feature import AnyFeature, Feature
from features.variables import variable_named


@dataclass(frozen=True)
class Driver:
    """Features that belong together when it is told why a forecast is high or low.

    Attributes:
        name: short name.
        title_vi: Vietnamese title, within a sentence.
        title_en: English title, within a sentence.
    """

    name: str
    title_vi: str
    title_en: str


SEASON_AND_PLACE = Driver("season_and_place", "mùa và địa điểm", "season and place")
USUAL_INPUTS = Driver("usual_inputs", "mức khi mọi đầu vào như thường lệ", "the level where all inputs are usual")
REPORTS = Driver("reports", "báo cáo và mẫu giám sát", "reports and samples of the surveillance")
_BEFORE = {
    "rain": Driver("rain_before", "mưa những ngày qua", "rain of the days before"),
    "temperature": Driver("temperature_before", "nhiệt độ những ngày qua", "temperature of the days before"),
    "wind": Driver("wind_before", "gió, sóng những ngày qua", "wind and waves of the days before"),
    "air": Driver("air_before", "không khí những ngày qua", "state of the air of the days before"),
    "storm": Driver("storm_before", "bão những ngày qua", "storms of the days before"),
    "water_level": Driver("water_level_before", "mực nước, dòng chảy đã đo", "water levels and flows as measured"),
    "ground": Driver("ground_before", "độ ẩm đất", "wetness of the ground"),
    "water": Driver("water_before", "môi trường nước", "state of the water"),
    "climate": Driver("climate", "El Niño và các chỉ số khí hậu", "El Niño and other climate indices"),
    "reports": REPORTS,
}
_AHEAD = {
    "rain": Driver("rain_ahead", "mưa dự báo", "rain ahead"),
    "temperature": Driver("temperature_ahead", "nhiệt độ dự báo", "temperature ahead"),
    "wind": Driver("wind_ahead", "gió, sóng dự báo", "wind and waves ahead"),
    "air": Driver("air_ahead", "không khí dự báo", "state of the air ahead"),
    "storm": Driver("storm_ahead", "bão dự báo", "storm ahead"),
    "water_level": Driver("water_level_ahead", "mực nước, dòng chảy dự báo", "water levels and flows ahead"),
    "ground": Driver("ground_ahead", "độ ẩm đất dự báo", "wetness of the ground ahead"),
    "water": Driver("water_ahead", "môi trường nước dự báo", "state of the water ahead"),
}
SUBJECTS = tuple(_BEFORE)


def driver_of(feature: AnyFeature) -> Driver:
    """The driver that a feature belongs to: by its first variable, and by whether it looks ahead."""
    if not feature.variables:
        return SEASON_AND_PLACE
    subject = variable_named(feature.variables[0]).subject
    return (_AHEAD if looks_ahead(feature) else _BEFORE)[subject]


def subject_of(driver: str) -> tuple[str, bool]:
    """The subject of a named driver of what is in the archive, and whether it looks ahead.

    Raises:
        UnknownNameError: if there is none of this name.
    """
    named = {one.name: (subject, side is _AHEAD) for side in (_BEFORE, _AHEAD) for subject, one in side.items()}
    if driver not in named:
        raise UnknownNameError("driver", driver, named)
    return named[driver]


def looks_ahead(feature: AnyFeature) -> bool:
    """Whether a feature, or one that it is made of, is told by forecasts of others."""
    if isinstance(feature, Ahead):
        return True
    if not isinstance(feature, Feature):
        return False
    parts = (getattr(feature, field.name) for field in fields(feature))
    return any(looks_ahead(part) for part in parts if isinstance(part, Feature))


def of_forecasts(features: Iterable[AnyFeature]) -> tuple[str, ...]:
    """Names of the features that forecasts of others tell."""
    return tuple(feature.name for feature in features if looks_ahead(feature))


def of_surveillance(features: Iterable[AnyFeature]) -> tuple[str, ...]:
    """Names of the features that reports and samples tell."""
    return tuple(feature.name for feature in features if driver_of(feature) == REPORTS)


def of_archive(features: Iterable[AnyFeature]) -> tuple[str, ...]:
    """Names of the features that anything in the archive tells: all but what is given, as season and place are."""
    return tuple(feature.name for feature in features if feature.variables)
