"""Heavy rain: rain of a local day at or above 16 to 400 mm, by commune, 1 to 10 days ahead.

Cuts: 16, 25 and 50 mm bound moderate, rather heavy and heavy rain in the practice of Vietnam's hydrometeorological
service; 100, 200 and 400 mm in 24 h bound the classes of Article 44 of Decision 18/2021/QĐ-TTg, which tells the
disaster-risk level by how long the rain lasts. The probability at which a level is proposed is a choice of this
service, not of the law.

Trees on top of the normal scores made them worse on simulated years at every lead, and most at 7 to 10 days; so they
answer only where forecasts of the weather are silent. The strength of storms is no input of the scores: it tells which
days the gate asks about storms.
"""

from features.ahead import HighestAhead, MeanAhead, TotalAhead
from features.feature import named
from features.given import Attribute, Lead, season
from features.past import DaysAtLeast, HighestOver, MeanOver, TotalOver
from features.periods import Periods
from features.spatial import NeighbourMean
from features.transformed import Logarithm
from models.baselines import Climatology
from models.blend import Blend
from models.hazard import Hazard
from models.law.legal_rule import LegalRule
from models.levels import AtLeast
from models.normal_scores import NormalScores
from models.targets import Total

_RUNS = (TotalAhead("rain"), TotalAhead("rain_ensemble_mean"), TotalAhead("rain_ensemble_high"))
_AROUND = (NeighbourMean(_RUNS[0], scale_km=20.0), NeighbourMean(_RUNS[1], scale_km=20.0))
_WATER = Logarithm(MeanAhead("precipitable_water"))
_MOISTURE = (_WATER, NeighbourMean(_WATER, scale_km=30.0))
_STORM_RAIN = TotalAhead("storm_rain")

HAZARD = Hazard(
    name="heavy_rain",
    title_vi="Mưa lớn",
    title_en="Heavy rain",
    target=Total("rain", cuts=(16.0, 25.0, 50.0, 100.0, 200.0, 400.0), settle_days=2),
    periods=Periods(days=1, count=10),
    features=(
        *_RUNS,
        *_AROUND,
        *_MOISTURE,
        _STORM_RAIN,
        HighestAhead("storm_strength"),
        TotalOver("rain", days=1, coverage=1.0),
        TotalOver("rain", days=3),
        TotalOver("rain", days=7),
        TotalOver("rain", days=30),
        HighestOver("rain", days=30),
        DaysAtLeast("rain", threshold=16.0, days=7),
        NeighbourMean(TotalOver("rain", days=3), scale_km=20.0),
        MeanOver("air_temperature", days=3),
        *season(harmonics=3),
        Lead(),
        Attribute("elevation_m"),
        Attribute("latitude"),
        Attribute("longitude"),
    ),
    persistence=TotalOver("rain", days=1, coverage=1.0),
    model=Blend(
        members=(
            Climatology(),
            NormalScores(scored=named(*_RUNS, *_AROUND), columns=named(*_MOISTURE), storm=_STORM_RAIN.name),
        ),
        folds=2,
        ridge=100.0,
    ),
    levels={
        "watch": AtLeast(0.3, cut=100.0),
        "warning": AtLeast(0.3, cut=200.0),
        "severe": AtLeast(0.3, cut=400.0),
    },
    law=LegalRule("rain"),
    rising=(*_RUNS, *_AROUND),
    amount=True,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=2,
    reference="Decision 18/2021/QĐ-TTg, Article 44",
)
