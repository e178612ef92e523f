"""Shortfall of rain over three months against their normal, percent, for the month that ends them 1 to 3 ahead.

Decision 18/2021/QĐ-TTg, Article 48, goes by a shortfall of 20, 50 and 70 % that lasts some months; of three to five
months the first two are of risk level 1 and 2, and more than 70 % is of level 3 from two months on. The law counts
single months, so that its level is told from those of `month_shortfall`; the levels of warning here are of the three
months together. The normal is the mean of the same months in the years before; the probability at which a level is
proposed is a choice of this service.
"""

from features.monthly import MonthTotal
from models.baselines import Climatology
from models.climate.dry_months import SETTLE_DAYS, dry_months
from models.climate.monthly_targets import Shortfall
from models.law.legal_rule import LegalRule
from models.levels import AtLeast

HAZARD = dry_months(
    "rain_shortfall",
    "Thiếu hụt mưa 3 tháng",
    "Shortfall of rain over three months",
    Shortfall(
        "rain",
        cuts=(20.0, 50.0, 70.0),
        settle_days=SETTLE_DAYS,
        statistic=MonthTotal(),
        over_months=3,
    ),
    base=Climatology(),
    levels={
        "1": AtLeast(0.3, cut=20.0),
        "2": AtLeast(0.3, cut=50.0),
        "3": AtLeast(0.3, cut=70.0),
    },
    law=LegalRule("drought", told_by="month_shortfall"),
    reference="Decision 18/2021/QĐ-TTg, Article 48",
)
