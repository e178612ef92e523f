"""Strong wind at sea: highest wind of a local day at Beaufort 6 to 9, by coastal and island commune, 1 to 5 days ahead.

Strong wind at sea ("gió mạnh trên biển") begins at Beaufort 6; Article 50 of Decision 18/2021/QĐ-TTg tells its levels
by Beaufort 6, 7 and above near the coast and 7 to 8, 9 and above offshore and at islands. The slowest wind of each
number is that of the Decision's data, see `models/law`. The law means the mean of two minutes; what stations and runs
give as the highest wind of the day stands for it.
"""

from features.periods import Periods
from models.daily_wind import NOW, RUNS, WIND_FEATURES, daily_wind
from models.hazard import Hazard
from models.law.decision_18 import DECISION_18
from models.law.legal_rule import LegalRule
from models.levels import AtLeast
from models.targets import Highest

_CUTS = tuple(DECISION_18.beaufort[number] for number in (6, 7, 8, 9))

HAZARD = Hazard(
    name="sea_wind",
    title_vi="Gió mạnh trên biển",
    title_en="Strong wind at sea",
    target=Highest("wind_speed", cuts=_CUTS, settle_days=2),
    periods=Periods(days=1, count=5),
    features=WIND_FEATURES,
    persistence=NOW,
    model=daily_wind(),
    levels={
        "watch": AtLeast(0.5, cut=_CUTS[0]),
        "warning": AtLeast(0.3, cut=_CUTS[1]),
        "severe": AtLeast(0.3, cut=_CUTS[2]),
    },
    law=LegalRule("sea_wind"),
    rising=RUNS,
    amount=True,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=2,
    where="coastal",
    reference="Decision 18/2021/QĐ-TTg, Article 50",
)
