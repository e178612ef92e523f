"""Salt water in shrimp ponds: highest daily mean salinity at or above 22 to 35 g/kg, 1 to 14 days ahead.

Ponds of brackish-water shrimp hold 5 to 35 g/kg (QCVN 02-19:2014/BNNPTNT); black tiger shrimp grow best at 20 to 30,
and with acute hepatopancreatic necrosis they die the quicker the saltier the water is. In a dry spell a pond goes back
to the salinity of the water that it is filled from, and only rain keeps it below; see `models/pond_salinity.py`.

Where no outcome is known the rule is that what was measured last goes on. Article 49 of Decision 18/2021/QĐ-TTg goes by
how far the lines of 1 and 4 ‰ come up a river, which no pond tells, so that no legal level is told here.
"""

from features.given import Lead, season
from features.periods import Periods
from models.hazard import Hazard
from models.levels import AtLeast
from models.pond_salinity import ARTICLE_49, LIMITS, MEASURED, NOW, PONDS, RAIN_AHEAD, WATER, pond_model
from models.rule import Rule, at_least
from models.targets import Highest

_CUTS = (22.0, 25.0, 30.0, 35.0)

HAZARD = Hazard(
    name="saline_ponds",
    title_vi="Ao tôm bị mặn hóa",
    title_en="Salt water in shrimp ponds",
    target=Highest("pond_salinity", cuts=_CUTS, settle_days=2),
    periods=Periods(days=1, count=14),
    features=(*MEASURED, *WATER, *RAIN_AHEAD, *season(harmonics=3), Lead()),
    persistence=NOW,
    model=pond_model(shape=-0.1),
    levels={
        "watch": AtLeast(0.5, cut=25.0),
        "warning": AtLeast(0.3, cut=30.0),
        "severe": AtLeast(0.1, cut=35.0),
    },
    rising=(NOW,),
    unread=ARTICLE_49,
    amount=True,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=16,
    where=PONDS,
    reference=LIMITS,
    rule=Rule(
        clauses=tuple((k, 1.0, (at_least(NOW, cut),)) for k, cut in enumerate(_CUTS, start=1)),
        reference=f"{LIMITS}, newest reading and limits below it",
    ),
)
