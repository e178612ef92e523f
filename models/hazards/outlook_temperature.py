"""Seasonal outlook of warmth: terciles and quintiles of the mean temperature of a month, months 1 to 6."""

from features.monthly import MonthMean
from models.climate.class_chance import ClassChance
from models.climate.outlook import outlook

HAZARD = outlook(
    "outlook_temperature",
    "Nhận định mùa: nhiệt độ trung bình tháng",
    "Seasonal outlook: mean temperature of the month",
    "air_temperature",
    MonthMean(),
    climatology=ClassChance(),
)
