"""Acute hepatopancreatic necrosis of shrimp (AHPND): ponds with confirmed onset in a commune, week 1 to 4 ahead.

Hot and saline water kills sooner: half of the shrimp were dead after 25 h at 35 g/kg and 91 h at 15 g/kg
(doi:10.1080/10454438.2023.2202649); it strikes 10 to 45 days after stocking, which the season and the reports of the
last weeks tell, as stocking is not reported. An onset counts once it is confirmed, and outcomes are read 60 days after
the week, as those of white spot.
"""

from features.ahead import MeanAhead
from features.feature import named
from features.given import Attribute, Lead, season
from features.past import HighestOver, MeanOver, TotalOver
from features.periods import Periods
from features.spatial import NeighbourMean
from features.transformed import Logarithm
from models.baselines import Climatology
from models.blend import Blend, PerPeriod
from models.boosted import Boosted
from models.hazard import Hazard
from models.levels import AtLeast
from models.logistic import Logistic
from models.targets import Total

_ONSETS = "hepatopancreatic_necrosis_onsets"
_REPORTS = (
    Logarithm(TotalOver(_ONSETS, days=7)),
    Logarithm(TotalOver(_ONSETS, days=14)),
    Logarithm(TotalOver(_ONSETS, days=28)),
    Logarithm(TotalOver(_ONSETS, days=90)),
    NeighbourMean(Logarithm(TotalOver(_ONSETS, days=14)), scale_km=9.0),
    NeighbourMean(Logarithm(TotalOver(_ONSETS, days=28)), scale_km=25.0),
)
_WATER = (
    MeanOver("pond_temperature", days=7),
    MeanOver("pond_salinity", days=7),
)
_PONDS = Logarithm(Attribute("shrimp_ponds"))

HAZARD = Hazard(
    name="shrimp_necrosis",
    title_vi="Hoại tử gan tụy trên tôm",
    title_en="Necrosis (AHPND) of shrimp",
    target=Total(_ONSETS, cuts=(1.0, 3.0, 10.0), settle_days=60),
    periods=Periods(days=7, count=4),
    features=(
        *_REPORTS,
        TotalOver(_ONSETS, days=14),
        TotalOver(_ONSETS, days=365),
        *_WATER,
        HighestOver("pond_temperature", days=7),
        MeanAhead("air_temperature"),
        *season(harmonics=4),
        Lead(),
        _PONDS,
    ),
    persistence=TotalOver(_ONSETS, days=14),
    model=Blend(
        members=(
            Climatology(),
            PerPeriod(member=Logistic(columns=(*named(*_REPORTS, *_WATER, _PONDS), "season_harmonic"), C=0.1)),
        ),
        trees=Boosted(max_depth=3, rounds=100, learning_rate=0.05, min_child_weight=20.0),
        folds=3,
    ),
    levels={
        "watch": AtLeast(0.1, cut=1.0),
        "warning": AtLeast(0.3, cut=1.0),
        "severe": AtLeast(0.2, cut=10.0),
    },
    issue_every_days=7,
    refit_every_days=365,
    train_every_days=7,
    where="shrimp_ponds",
    reference="https://doi.org/10.1080/10454438.2023.2202649",
)
