"""Fresh water in shrimp ponds: lowest daily mean salinity at or below 15 to 5 g/kg, 1 to 14 days ahead.

Ponds of brackish-water shrimp hold 5 to 35 g/kg (QCVN 02-19:2014/BNNPTNT). At 5 g/kg fewer black tiger shrimp live than
in any saltier water, and a quick fall brings white spot disease long before that. Rain thins a pond, and it is weeks
until sea water makes up for it, so that the salinity of today, the rain since it was measured and the rain ahead carry
the skill; see `models/pond_salinity.py`.

Where no outcome is known the rule is that what was measured last goes on. Article 49 of Decision 18/2021/QĐ-TTg goes by
how far the lines of 1 and 4 ‰ come up a river, which no pond tells, so that no legal level is told here.
"""

from features.given import Lead, season
from features.periods import Periods
from models.hazard import Hazard
from models.levels import AtLeast
from models.pond_salinity import ARTICLE_49, LIMITS, MEASURED, NOW, PONDS, RAIN_AHEAD, WATER, pond_model
from models.rule import Rule, at_most
from models.targets import Lowest

_CUTS = (15.0, 12.0, 10.0, 5.0)

HAZARD = Hazard(
    name="fresh_ponds",
    title_vi="Ao tôm bị ngọt hóa",
    title_en="Fresh water in shrimp ponds",
    target=Lowest("pond_salinity", cuts=_CUTS, settle_days=2, sense="at_most"),
    periods=Periods(days=1, count=14),
    features=(*MEASURED, *WATER, *RAIN_AHEAD, *season(harmonics=3), Lead()),
    persistence=NOW,
    model=pond_model(sense="at_most"),
    levels={
        "watch": AtLeast(0.3, cut=12.0),
        "warning": AtLeast(0.3, cut=10.0),
        "severe": AtLeast(0.1, cut=5.0),
    },
    falling=(NOW,),
    unread=ARTICLE_49,
    amount=True,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=16,
    where=PONDS,
    reference=LIMITS,
    rule=Rule(
        clauses=tuple((k, 1.0, (at_most(NOW, cut),)) for k, cut in enumerate(_CUTS, start=1)),
        reference=f"{LIMITS}, newest reading and limits above it",
    ),
)
