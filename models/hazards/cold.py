"""Cold: daily mean air temperature at or below 15 to 4 °C, by commune, 1 to 10 days ahead.

Cuts: at most 15 °C is severe cold ("rét đậm") and at most 13 °C damaging cold ("rét hại") in the practice of Vietnam's
hydrometeorological service; 13, 8 and 4 °C bound the classes of Article 53 of Decision 18/2021/QĐ-TTg, whose levels
begin with three days of cold: see `cold_spell`. Cold air comes with surges that are foreseen for a week and more; the
runs' own error changes with the season, so that they are read against the climate.
"""

from features.ahead import MeanAhead
from features.feature import named
from features.given import Lead, season
from features.past import MeanOver
from features.periods import Periods
from models.hazard import Hazard
from models.law.legal_rule import LegalRule
from models.levels import AtLeast
from models.normal_scores import NormalScores
from models.targets import Lowest

_RUN = MeanAhead("air_temperature")
_NOW = MeanOver("air_temperature", days=1)

HAZARD = Hazard(
    name="cold",
    title_vi="Rét đậm, rét hại",
    title_en="Cold",
    target=Lowest("air_temperature", cuts=(15.0, 13.0, 8.0, 4.0), settle_days=2, sense="at_most"),
    periods=Periods(days=1, count=10),
    features=(_RUN, _NOW, *season(harmonics=3), Lead()),
    persistence=_NOW,
    model=NormalScores(scored=named(_RUN), columns=named(_NOW), sense="at_most", shape=-0.1, ridge=100.0, min_events=0),
    levels={
        "severe cold": AtLeast(0.5, cut=15.0),
        "damaging cold": AtLeast(0.5, cut=13.0),
        "extreme cold": AtLeast(0.3, cut=8.0),
    },
    law=LegalRule("cold"),
    falling=(_RUN,),
    amount=True,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=2,
    reference="Decision 18/2021/QĐ-TTg, Article 53",
)
