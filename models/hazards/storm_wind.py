"""Storm wind: highest wind of a local day at Beaufort 6 to 14, by commune, 1 to 5 days ahead.

Article 42 of Decision 18/2021/QĐ-TTg tells the levels of storms by the Beaufort number where the wind is felt: 6 and 8
begin a tropical depression and a storm, 10, 12 and 14 the severer classes. The slowest wind of each number is that of
the Decision's data, see `models/law`. All wind of the day counts here, that of the monsoon too, which no station can
set apart. Track, strength and the wind of the storm's profile at the place carry the skill (official errors: 69 km at
one day, 175 km at three, Hong Kong Observatory, tropical cyclones in 2015). Near a storm a regression and the profile,
averaged over the errors of the track, are pooled; both go on beyond the strongest storm of the record.
"""

from features.ahead import HighestAhead, LowestAhead
from features.feature import named
from features.given import Attribute, Lead, season
from features.past import MeanOver
from features.periods import Periods
from features.transformed import Logarithm
from models.hazard import Hazard
from models.law.decision_18 import DECISION_18
from models.law.legal_rule import LegalRule
from models.levels import AtLeast
from models.log_normal import LogNormal
from models.normal_scores import NormalScores
from models.passage import Passage
from models.pool import EqualPool
from models.regimes import Regimes
from models.targets import Highest

_CUTS = tuple(DECISION_18.beaufort[number] for number in (6, 8, 10, 12, 14))
_RUNS = (HighestAhead("wind_speed"), HighestAhead("wind_speed_ensemble_high"))
_WINDS = (
    Logarithm(_RUNS[0]),
    Logarithm(_RUNS[1]),
    Logarithm(HighestAhead("storm_wind")),
    Logarithm(HighestAhead("storm_wind", margin_days=1)),
    Logarithm(HighestAhead("storm_strength")),
)
_DISTANCE = Logarithm(LowestAhead("storm_distance"))
_PLACE = (Attribute("island"), Attribute("coastal"))
_NEAR = HighestAhead("storm_wind", margin_days=1)
_NOW = MeanOver("wind_speed", days=1)

HAZARD = Hazard(
    name="storm_wind",
    title_vi="Gió bão",
    title_en="Storm wind",
    target=Highest("wind_speed", cuts=_CUTS, settle_days=2),
    periods=Periods(days=1, count=5),
    features=(*_RUNS, *_WINDS, _DISTANCE, _NEAR, _NOW, *season(harmonics=3), Lead(), *_PLACE),
    persistence=_NOW,
    model=Regimes(
        column=_NEAR.name,
        threshold=6.0,
        within=EqualPool(
            members=(
                LogNormal(
                    location=named(*_WINDS, _DISTANCE, *_PLACE),
                    bent=named(_DISTANCE),
                    scale=named(*_WINDS, _DISTANCE),
                    ridge=500.0,
                ),
                Passage(
                    run=_WINDS[0].name,
                    wind=_WINDS[2].name,
                    distance=_DISTANCE.name,
                    strength=_WINDS[4].name,
                    place=named(*_PLACE),
                ),
            )
        ),
        without=NormalScores(scored=named(*_RUNS), columns=named(_NOW), ridge=100.0, min_events=0),
    ),
    levels={
        "watch": AtLeast(0.3, cut=_CUTS[0]),
        "warning": AtLeast(0.3, cut=_CUTS[1]),
        "severe": AtLeast(0.3, cut=_CUTS[2]),
        "extreme": AtLeast(0.2, cut=_CUTS[3]),
    },
    law=LegalRule("storm"),
    rising=_RUNS,
    amount=True,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=2,
    reference="Decision 18/2021/QĐ-TTg, Article 42",
)
