"""Drought: standardised precipitation index of three months of rain, of which the last is the one 1 to 3 ahead.

Moderate, severe and extreme drought begin at -1, -1.5 and -2: McKee et al. 1993; WMO-No. 1090, SPI User Guide, 2012.
The probability at which a level is proposed is a choice of this service.
"""

from features.monthly import MonthTotal
from models.climate.dry_months import SETTLE_DAYS, dry_months
from models.climate.monthly_targets import Standardised
from models.climate.normal_chance import NormalChance
from models.law.legal_rule import LegalRule
from models.levels import AtLeast

HAZARD = dry_months(
    "drought",
    "Hạn hán: chỉ số mưa chuẩn hoá 3 tháng (SPI-3)",
    "Drought: standardised rain of three months (SPI-3)",
    Standardised(
        "rain",
        cuts=(-1.0, -1.5, -2.0),
        settle_days=SETTLE_DAYS,
        sense="at_most",
        statistic=MonthTotal(),
        over_months=3,
    ),
    base=NormalChance(),
    levels={
        "moderate": AtLeast(0.3, cut=-1.0),
        "severe": AtLeast(0.3, cut=-1.5),
        "extreme": AtLeast(0.3, cut=-2.0),
    },
    law=LegalRule("drought", told_by="month_shortfall"),
    reference="WMO-No. 1090, Standardized Precipitation Index User Guide",
)
