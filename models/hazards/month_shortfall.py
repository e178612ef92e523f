"""Shortfall of the rain of a calendar month against its normal, percent, 1 to 3 months ahead.

Decision 18/2021/QĐ-TTg, Article 48, counts the months on end in which the rain lacks 20, 50 and 70 % of the normal.
Single months are forecast here, the months that are over are known, and what is left of the running one is taken from
the climate, so that the level is that of the whole run of months. The law also asks for the state of rivers and
reservoirs, which are not seen here: the level is a proposal. The normal is the mean of the same month in the years
before. Of rain months ahead little is known beyond the climate: what a level is owed to is mostly what has been.
"""

from features.monthly import MonthTotal
from models.baselines import Climatology
from models.climate.dry_months import SETTLE_DAYS, dry_months
from models.climate.monthly_targets import Shortfall
from models.law.legal_rule import LegalRule
from models.levels import AtLeast

HAZARD = dry_months(
    "month_shortfall",
    "Thiếu hụt mưa tháng",
    "Shortfall of a month's rain",
    Shortfall(
        "rain",
        cuts=(20.0, 50.0, 70.0),
        settle_days=SETTLE_DAYS,
        statistic=MonthTotal(),
        over_months=1,
    ),
    base=Climatology(),
    levels={
        "watch": AtLeast(0.5, cut=20.0),
        "warning": AtLeast(0.5, cut=50.0),
        "severe": AtLeast(0.5, cut=70.0),
    },
    law=LegalRule("drought", correlation=0.0),
    reference="Decision 18/2021/QĐ-TTg, Article 48",
)
