"""Landslides and flash floods: at least one reported in a commune on a day, 1 to 5 days ahead.

Rain on wet ground on a susceptible slope, as in Article 46 of Decision 18/2021/QĐ-TTg (rain of the day, rain of
the days before, susceptibility); the features are those of operational warning systems: Guzzetti et al. 2020,
doi:10.1016/j.earscirev.2019.102973.

What rain does to wet ground is learned from days as they were measured, and integrated over the law of the rain given
the forecasts as they were issued (`models/two_stage.py`); measured rain alone is never put in the place of a forecast.
A pool by shares trusts that member, its correction by trees and a plain logistic as far as earlier years showed.

Without any landslide on record the rule is the matrix of Article 46 itself, zone 3: level 1 or above. The law gives no
amount for a day of prior rain; here it is 16 mm on the last day that was measured, and 48 mm over the last three for
more than two days. Those days and rain above 200 mm without them are choices of this service, see `models/law`.
"""

from features.ahead import AntecedentAhead, HighestAhead, LowestAhead, MeanAhead, TotalAhead
from features.feature import named
from features.given import Attribute, Lead, season
from features.past import AgeOfLatest, AntecedentIndex, HighestOver, Latest, TotalOver
from features.periods import Periods
from features.spatial import NeighbourMax, NeighbourMean
from features.transformed import Logarithm
from models.baselines import Climatology
from models.boosted import Boosted
from models.hazard import Hazard
from models.law.legal_rule import LegalRule
from models.levels import AtLeast
from models.logistic import Logistic
from models.normal_scores import NormalScores
from models.rule import Rule, at_least
from models.shares import SharedBlend
from models.targets import Total
from models.two_stage import TwoStage

_AMOUNTS = (25.0, 35.0, 50.0, 70.0, 95.0, 130.0, 175.0, 240.0, 325.0, 440.0, 600.0)
"""Amounts of rain between which the response is integrated, mm."""
_RAIN, _MEAN = TotalAhead("rain"), TotalAhead("rain_ensemble_mean")
_RUNS = (_RAIN, _MEAN, TotalAhead("rain_ensemble_high"))
_AROUND = (NeighbourMean(_RAIN, scale_km=20.0), NeighbourMean(_MEAN, scale_km=20.0))
_WATER = Logarithm(MeanAhead("precipitable_water"))
_MOISTURE = (_WATER, NeighbourMean(_WATER, scale_km=30.0))
_STORM = (LowestAhead("storm_distance"), TotalAhead("storm_rain"))
_WET = (AntecedentIndex("rain", days=10, decay=0.7), Latest("soil_wetness", days=15))
_WET_AHEAD = (AntecedentAhead("rain", days=60, decay=0.95), AntecedentAhead("rain", days=10, decay=0.7))
_SLOPE = Attribute("landslide_susceptibility")
_DAY_BEFORE, _THREE_DAYS = TotalOver("rain", days=1, coverage=1.0), TotalOver("rain", days=3)
_EVENTS = TotalOver("landslides", days=3)
_LINEAR = (*_RUNS, *_AROUND, *_MOISTURE, *_WET, *_WET_AHEAD, _SLOPE)

HAZARD = Hazard(
    name="landslide",
    title_vi="Sạt lở đất, lũ quét",
    title_en="Landslides and flash floods",
    target=Total("landslides", cuts=(1.0,), settle_days=7),
    periods=Periods(days=1, count=5),
    features=(
        *_RUNS,
        *_AROUND,
        *_MOISTURE,
        *_STORM,
        *_WET,
        *_WET_AHEAD,
        AgeOfLatest("soil_wetness", days=15),
        TotalAhead("rain_ensemble_heavy"),
        HighestAhead("rain", margin_days=1),
        NeighbourMax(_RAIN, within_km=40.0),
        _DAY_BEFORE,
        _THREE_DAYS,
        HighestOver("rain", days=365),
        _EVENTS,
        TotalOver("landslides", days=365),
        *season(harmonics=2),
        Lead(),
        _SLOPE,
        Attribute("elevation_m"),
        Attribute("mountainous"),
    ),
    persistence=_EVENTS,
    model=SharedBlend(
        members=(
            Climatology(),
            Logistic(columns=(*named(*_LINEAR), "season_harmonic", "lead"), C=0.3),
            TwoStage(
                law=NormalScores(_AMOUNTS, scored=named(*_RUNS, *_AROUND), columns=named(*_MOISTURE)),
                driver=_DAY_BEFORE.name,
                ground=named(*_WET),
                foresight=named(*_WET, *_WET_AHEAD),
                place=named(_SLOPE),
            ),
        ),
        trees=Boosted(
            max_depth=2, rounds=100, learning_rate=0.05, min_child_weight=10.0, rising=named(*_RUNS, *_AROUND)
        ),
        folds=1,
        ridge=20.0,
    ),
    levels={"watch": AtLeast(0.02, cut=1.0), "warning": AtLeast(0.1, cut=1.0)},
    law=LegalRule("flash_flood", told_by="heavy_rain"),
    rising=(*_RUNS, *_AROUND),
    issue_every_days=1,
    refit_every_days=365,
    reference="Decision 18/2021/QĐ-TTg, Article 46",
    rule=Rule(
        clauses=(
            (1, 1.0, (at_least(_RAIN, 100.0), at_least(_DAY_BEFORE, 16.0), at_least(_SLOPE, 3.0))),
            (1, 1.0, (at_least(_RAIN, 200.0), at_least(_SLOPE, 3.0))),
            (1, 1.0, (at_least(_RAIN, 200.0), at_least(_THREE_DAYS, 48.0), at_least(_SLOPE, 2.0))),
            (1, 1.0, (at_least(_RAIN, 400.0), at_least(_SLOPE, 2.0))),
            (1, 1.0, (at_least(_RAIN, 400.0), at_least(_THREE_DAYS, 48.0))),
        ),
        reference="Decision 18/2021/QĐ-TTg, Article 46, zone 3, level 1 and above",
    ),
)
