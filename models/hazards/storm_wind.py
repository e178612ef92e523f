"""Storm wind: highest wind of a local day at Beaufort 6 to 14, by commune, 1 to 5 days ahead.

Article 42 of Decision 18/2021/QĐ-TTg tells the levels of storms by the Beaufort number where the wind is felt: 6 and 8
begin a tropical depression and a storm, 10, 12 and 14 the severer classes. The slowest wind of each number is that of
the Decision's data, see `models/law`. All wind of the day counts here, that of the monsoon too, which no station can
set apart.
"""

from features.periods import Periods
from models.daily_wind import NOW, RUNS, WIND_FEATURES, daily_wind
from models.hazard import Hazard
from models.law.decision_18 import DECISION_18
from models.law.legal_rule import LegalRule
from models.levels import AtLeast
from models.targets import Highest

_CUTS = tuple(DECISION_18.beaufort[number] for number in (6, 8, 10, 12, 14))

HAZARD = Hazard(
    name="storm_wind",
    title_vi="Gió bão",
    title_en="Storm wind",
    target=Highest("wind_speed", cuts=_CUTS, settle_days=2),
    periods=Periods(days=1, count=5),
    features=WIND_FEATURES,
    persistence=NOW,
    model=daily_wind(),
    levels={
        "watch": AtLeast(0.3, cut=_CUTS[0]),
        "warning": AtLeast(0.3, cut=_CUTS[1]),
        "severe": AtLeast(0.3, cut=_CUTS[2]),
        "extreme": AtLeast(0.2, cut=_CUTS[3]),
    },
    law=LegalRule("storm"),
    rising=RUNS,
    amount=True,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=2,
    reference="Decision 18/2021/QĐ-TTg, Article 42",
)
