"""Heat: highest air temperature of a local day at or above 35 to 41 °C, by commune, 1 to 10 days ahead.

Cuts: 35 °C is heat ("nắng nóng"), 37 °C severe and 39 °C extreme heat in the practice of Vietnam's hydrometeorological
service; with 41 °C they bound the classes of Article 47 of Decision 18/2021/QĐ-TTg, whose levels begin with three days
of heat: see `heat_spell`. The forecast temperature carries the skill, for five days and a little beyond (heat of the
Yangtze valley: doi:10.1007/s00376-020-0144-1). Days hotter than any on record follow from the bounded tail of the
climate's law.
"""

from features.ahead import HighestAhead, MeanAhead
from features.feature import named
from features.given import Lead, season
from features.past import MeanOver
from features.periods import Periods
from models.hazard import Hazard
from models.law.legal_rule import LegalRule
from models.levels import AtLeast
from models.normal_scores import NormalScores
from models.targets import Highest

_RUN = HighestAhead("highest_air_temperature")
_MEAN = MeanAhead("air_temperature")
_NOW = MeanOver("highest_air_temperature", days=1)

HAZARD = Hazard(
    name="heat",
    title_vi="Nắng nóng",
    title_en="Heat",
    target=Highest("highest_air_temperature", cuts=(35.0, 37.0, 39.0, 41.0), settle_days=2),
    periods=Periods(days=1, count=10),
    features=(_RUN, _MEAN, _NOW, *season(harmonics=3), Lead()),
    persistence=_NOW,
    model=NormalScores(scored=named(_RUN), columns=named(_MEAN, _NOW), shape=-0.2, ridge=100.0, min_events=0),
    levels={
        "hot": AtLeast(0.5, cut=35.0),
        "very hot": AtLeast(0.3, cut=37.0),
        "extremely hot": AtLeast(0.3, cut=39.0),
    },
    law=LegalRule("heat"),
    rising=(_RUN,),
    amount=True,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=2,
    reference="Decision 18/2021/QĐ-TTg, Article 47",
)
