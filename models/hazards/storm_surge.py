"""Storm surge and high water: highest water level of a local day at the coast, 1 to 5 days ahead.

The level is the astronomical tide, which is known for years, and what wind and low pressure add. In the Gulf of Tonkin
the tide comes once a day and swings by metres with the declination of the moon, so that the same storm is harmless at
neaps and a flood at springs. The tide stands for itself, the distance, strength and wind of the storm for its surge,
and the newest level less its tide for what the weather holds up already. Article 43 of Decision 18/2021/QĐ-TTg tells
levels from 3 m of total level on; the lower cuts are high tides. Its datum was not in the sources read: here levels are
above mean sea level.
"""

from features.ahead import HighestAhead, LowestAhead
from features.feature import named
from features.given import Lead, season
from features.past import Latest
from features.periods import Periods
from features.transformed import Difference, Logarithm
from models.hazard import Hazard
from models.law.legal_rule import LegalRule
from models.levels import AtLeast
from models.normal import Normal
from models.targets import Highest

_TIDE = HighestAhead("tide_level")
_RUN = HighestAhead("water_level")
_SURGE = Difference(_RUN, _TIDE)
_NOW = Latest("water_level", days=1)
_HELD_UP = Difference(_NOW, Latest("tide_level", days=1))
_WINDS = (
    Logarithm(HighestAhead("storm_wind")),
    Logarithm(HighestAhead("storm_wind", margin_days=1)),
    Logarithm(HighestAhead("storm_strength")),
    Logarithm(HighestAhead("wind_speed")),
)
_DISTANCE = Logarithm(LowestAhead("storm_distance"))

HAZARD = Hazard(
    name="storm_surge",
    title_vi="Nước dâng do bão, triều cường",
    title_en="Storm surge and high water",
    target=Highest("water_level", cuts=(1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0), settle_days=2),
    periods=Periods(days=1, count=5),
    features=(_TIDE, _RUN, _SURGE, *_WINDS, _DISTANCE, _NOW, _HELD_UP, *season(harmonics=3), Lead()),
    persistence=_NOW,
    model=Normal(
        location=named(_TIDE, _SURGE, *_WINDS, _DISTANCE, _HELD_UP),
        scale=named(_SURGE, _WINDS[0], _DISTANCE),
        ridge=5.0,
    ),
    levels={
        "watch": AtLeast(0.5, cut=1.75),
        "warning": AtLeast(0.3, cut=2.0),
        "severe": AtLeast(0.2, cut=3.0),
        "extreme": AtLeast(0.2, cut=4.0),
    },
    law=LegalRule("surge"),
    rising=(_TIDE, _RUN),
    amount=True,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=4,
    where="coastal",
    reference="Decision 18/2021/QĐ-TTg, Article 43",
)
