"""Seasonal outlook of heat: terciles and quintiles of the days of a month that reach 35 °C, months 1 to 6.

Heat is a highest temperature of 35 °C or more, Decision 18/2021/QĐ-TTg, Article 47.
"""

from features.monthly import DaysAbove
from models.baselines import Climatology
from models.climate.outlook import outlook

HAZARD = outlook(
    "outlook_heat_days",
    "Nhận định mùa: số ngày nắng nóng (từ 35 °C)",
    "Seasonal outlook: days of 35 °C or more",
    "highest_air_temperature",
    DaysAbove(threshold=35.0),
    climatology=Climatology(),
)
