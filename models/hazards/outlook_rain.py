"""Seasonal outlook of rain: terciles and quintiles of the total of a month, months 1 to 6."""

from features.monthly import MonthTotal
from models.climate.class_chance import ClassChance
from models.climate.outlook import outlook

HAZARD = outlook(
    "outlook_rain",
    "Nhận định mùa: lượng mưa tháng",
    "Seasonal outlook: rain of the month",
    "rain",
    MonthTotal(),
    climatology=ClassChance(),
)
