"""Seasonal outlook of cold: terciles and quintiles of the days of a month with a mean of 13 °C or less, months 1 to 6.

Damaging cold (rét hại) is a daily mean of 13 °C or less in the practice of Vietnam's hydrometeorological service.
"""

from features.monthly import DaysBelow
from models.baselines import Climatology
from models.climate.outlook import outlook

HAZARD = outlook(
    "outlook_cold_days",
    "Nhận định mùa: số ngày rét hại (trung bình đến 13 °C)",
    "Seasonal outlook: days with a mean of 13 °C or less",
    "air_temperature",
    DaysBelow(threshold=13.0),
    climatology=Climatology(),
)
