"""Seasonal outlook of heavy rain: terciles and quintiles of the days of a month with 50 mm or more, months 1 to 6.

Heavy rain is 50 mm a day in the practice of Vietnam's hydrometeorological service.
"""

from features.monthly import DaysAbove
from models.baselines import Climatology
from models.climate.outlook import outlook

HAZARD = outlook(
    "outlook_heavy_rain_days",
    "Nhận định mùa: số ngày mưa to (từ 50 mm)",
    "Seasonal outlook: days with 50 mm of rain or more",
    "rain",
    DaysAbove(threshold=50.0),
    climatology=Climatology(),
)
