"""Seasonal outlook of outbreaks: terciles and quintiles of the weeks of a month with white spot, months 1 to 6.

Reports come in late; a month is read 60 days after it, as with the weekly forecast of white spot disease.
"""

from features.monthly import WeeksAbove
from models.baselines import Climatology
from models.climate.outlook import outlook

HAZARD = outlook(
    "outlook_outbreak_weeks",
    "Nhận định mùa: số tuần có ổ dịch đốm trắng trên tôm",
    "Seasonal outlook: weeks with white spot outbreaks of shrimp",
    "white_spot_onsets",
    WeeksAbove(threshold=1.0),
    climatology=Climatology(),
    settle_days=60,
    where="shrimp_ponds",
)
