"""River flood: highest stage of a local day above alarm level I, at the gauges of the province, 1 to 7 days ahead.

The rivers of the coast are short and answer within two days, so that the forecast of a flood is a forecast of rain on
wet ground: the stage and its rise, the antecedent precipitation index carried on through the days ahead (Kohler and
Linsley 1951), the wetness of the soil, and the rain that runs foresee at the gauge and over the communes around it,
which stand for its catchment. Skill over persistence is greatest on the first days, as that of GloFAS is (Harrigan et
al. 2020, doi:10.5194/hess-2020-532).

Article 45 of Decision 18/2021/QĐ-TTg goes by the alarm levels of a station. How far the second and the third lie above
the first is not among the facts of a site, so that the legal level told here, 1 from alarm level I on, is a lowest one.
"""

from features.ahead import AntecedentThrough, HighestAhead, LowestAhead, MeanAhead, TotalAhead, TotalThrough
from features.feature import named
from features.given import Lead, season
from features.past import AntecedentIndex, ChangeOver, Latest, MeanOver, TotalOver
from features.periods import Periods
from features.spatial import NeighbourMean
from features.transformed import Logarithm
from models.baselines import Climatology
from models.blend import Blend, PerPeriod
from models.boosted import Boosted
from models.hazard import Hazard
from models.law.legal_rule import LegalRule
from models.levels import AtLeast
from models.logistic import Logistic
from models.normal_scores import NormalScores
from models.targets import Highest

_KM = 10.0
_RUNS = (
    Logarithm(TotalAhead("rain")),
    Logarithm(TotalAhead("rain_ensemble_mean")),
    Logarithm(TotalAhead("rain_ensemble_high")),
    Logarithm(NeighbourMean(TotalAhead("rain"), scale_km=_KM)),
    Logarithm(NeighbourMean(TotalAhead("rain_ensemble_mean"), scale_km=_KM)),
    Logarithm(NeighbourMean(AntecedentThrough("rain", decay=0.5), scale_km=_KM)),
    Logarithm(NeighbourMean(AntecedentThrough("rain_ensemble_mean", decay=0.5), scale_km=_KM)),
    Logarithm(NeighbourMean(TotalThrough("rain_ensemble_mean"), scale_km=_KM)),
)
_AIR = (Logarithm(MeanAhead("precipitable_water")),)
_STORM = (LowestAhead("storm_distance"), TotalAhead("storm_rain"))
_STAGE = Latest("river_stage", days=1)
_RISE = ChangeOver("river_stage", days=1)
_WET = AntecedentIndex("rain", days=30, decay=0.9)
_LAST = AntecedentIndex("rain", days=5, decay=0.5)
_GROUND = (
    NeighbourMean(_WET, scale_km=_KM),
    Logarithm(NeighbourMean(_LAST, scale_km=_KM)),
    NeighbourMean(Latest("soil_wetness", days=15), scale_km=_KM),
)

HAZARD = Hazard(
    name="river_flood",
    title_vi="Lũ sông",
    title_en="River flood",
    target=Highest("river_stage", cuts=(-1.0, 0.0, 1.0, 2.0), settle_days=2),
    periods=Periods(days=1, count=7),
    features=(
        *_RUNS,
        *_AIR,
        *_STORM,
        HighestAhead("rain", margin_days=1),
        _STAGE,
        _RISE,
        MeanOver("river_stage", days=7),
        *_GROUND,
        TotalOver("rain", days=1, coverage=1.0),
        *season(harmonics=2),
        Lead(),
    ),
    persistence=_STAGE,
    model=Blend(
        members=(
            Climatology(),
            PerPeriod(member=Logistic(columns=(*named(*_RUNS, *_AIR, *_GROUND, _STAGE), "season_harmonic"), C=0.3)),
            NormalScores(scored=named(_STAGE), columns=named(*_RUNS, *_AIR, *_GROUND, _RISE), ridge=10.0, min_events=0),
        ),
        trees=Boosted(max_depth=2, rounds=100, learning_rate=0.05, min_child_weight=10.0),
        folds=2,
        ridge=20.0,
    ),
    levels={
        "watch": AtLeast(0.1, cut=0.0),
        "warning": AtLeast(0.3, cut=0.0),
        "severe": AtLeast(0.3, cut=1.0),
    },
    law=LegalRule("flood"),
    rising=_RUNS,
    amount=True,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=3,
    where="river_gauge",
    reference="Decision 18/2021/QĐ-TTg, Article 45",
)
