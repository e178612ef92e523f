"""White spot disease of shrimp: ponds with confirmed onset in a commune, week 1 to 4 ahead.

The warm side of the window 24.5 to 27.2 °C and short swings of temperature go with outbreaks in Thai farms
(Piamsomboon et al. 2016, doi:10.3354/aei00176); drops of salinity raise the load of the virus (Liu et al. 2006).
Reports come in late; an onset counts once it is confirmed, and outcomes are read 60 days after the week.
"""

from features.ahead import MeanAhead
from features.feature import named
from features.given import Attribute, Lead, season
from features.past import ChangeOver, Latest, LowestOver, MeanOver, TotalOver, TrendOver
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

_REPORTS = (
    Logarithm(TotalOver("white_spot_onsets", days=7)),
    Logarithm(TotalOver("white_spot_onsets", days=14)),
    Logarithm(TotalOver("white_spot_onsets", days=28)),
    Logarithm(TotalOver("white_spot_onsets", days=90)),
    NeighbourMean(Logarithm(TotalOver("white_spot_onsets", days=14)), scale_km=9.0),
    NeighbourMean(Logarithm(TotalOver("white_spot_onsets", days=28)), scale_km=25.0),
)
_WATER = (
    MeanOver("pond_temperature", days=7),
    ChangeOver("air_temperature", days=3),
    TrendOver("pond_salinity", days=7),
)
_PONDS = Logarithm(Attribute("shrimp_ponds"))

HAZARD = Hazard(
    name="shrimp_white_spot",
    title_vi="Bệnh đốm trắng trên tôm",
    title_en="White spot disease of shrimp",
    target=Total("white_spot_onsets", cuts=(1.0, 3.0, 10.0), settle_days=60),
    periods=Periods(days=7, count=4),
    features=(
        *_REPORTS,
        TotalOver("white_spot_onsets", days=14),
        TotalOver("white_spot_onsets", days=365),
        *_WATER,
        Latest("pond_temperature", days=7),
        TrendOver("pond_temperature", days=7),
        MeanOver("pond_salinity", days=7),
        LowestOver("pond_salinity", days=7),
        TotalOver("rain", days=7),
        MeanAhead("air_temperature"),
        *season(harmonics=4),
        Lead(),
        _PONDS,
    ),
    persistence=TotalOver("white_spot_onsets", days=14),
    model=Blend(
        members=(
            Climatology(),
            PerPeriod(member=Logistic(columns=(*named(*_REPORTS, *_WATER, _PONDS), "season_harmonic"), C=0.1)),
            Boosted(max_depth=3, rounds=150, min_child_weight=20.0),
        ),
        folds=4,
    ),
    levels={
        "watch": AtLeast(0.2, cut=1.0),
        "warning": AtLeast(0.5, cut=1.0),
        "severe": AtLeast(0.3, cut=10.0),
    },
    issue_every_days=7,
    refit_every_days=365,
    train_every_days=7,
    where="shrimp_ponds",
    reference="https://doi.org/10.3354/aei00176",
)
