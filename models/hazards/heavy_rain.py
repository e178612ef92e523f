"""Heavy rain: rain of a local day at or above 16 to 400 mm, by commune, 1 to 10 days ahead.

Cuts: 16, 25 and 50 mm bound moderate, rather heavy and heavy rain in the practice of Vietnam's hydrometeorological
service; 100, 200 and 400 mm in 24 h bound the risk levels 1, 2 and 3 of rain that lasts one or two days, Decision
18/2021/QĐ-TTg, Article 44. The probability at which a level is proposed is a choice of this service, not of the law.
"""

from features.ahead import HighestAhead, MeanAhead, TotalAhead
from features.given import Attribute, Lead, season
from features.past import DaysAtLeast, HighestOver, MeanOver, TotalOver
from features.periods import Periods
from features.spatial import NeighbourMax, NeighbourMean
from models.baselines import Climatology
from models.blend import Blend, PerPeriod
from models.boosted import Boosted
from models.hazard import Hazard
from models.levels import AtLeast
from models.logistic import Logistic
from models.targets import Total

_FORECAST = ("total_ahead(rain)", "neighbour_mean(total_ahead", "season_harmonic")

HAZARD = Hazard(
    name="heavy_rain",
    title_vi="Mưa lớn",
    title_en="Heavy rain",
    target=Total("rain", cuts=(16.0, 25.0, 50.0, 100.0, 200.0, 400.0), settle_days=2),
    periods=Periods(days=1, count=10),
    features=(
        TotalAhead("rain"),
        HighestAhead("rain", margin_days=1),
        NeighbourMean(TotalAhead("rain"), scale_km=20.0),
        NeighbourMax(TotalAhead("rain"), within_km=40.0),
        MeanAhead("air_temperature"),
        TotalOver("rain", days=1, coverage=1.0),
        TotalOver("rain", days=3),
        TotalOver("rain", days=7),
        TotalOver("rain", days=30),
        HighestOver("rain", days=30),
        DaysAtLeast("rain", threshold=16.0, days=7),
        NeighbourMean(TotalOver("rain", days=3), scale_km=20.0),
        MeanOver("air_temperature", days=3),
        *season(harmonics=2),
        Lead(),
        Attribute("elevation_m"),
        Attribute("latitude"),
        Attribute("longitude"),
    ),
    persistence=TotalOver("rain", days=1, coverage=1.0),
    model=Blend(
        members=(
            Climatology(),
            PerPeriod(member=Logistic(columns=_FORECAST)),
            Boosted(max_depth=3, rounds=100, learning_rate=0.08, min_child_weight=50.0),
        ),
        folds=2,
        ridge=100.0,
        min_events=300,
    ),
    levels={
        "1": AtLeast(0.3, cut=100.0),
        "2": AtLeast(0.3, cut=200.0),
        "3": AtLeast(0.3, cut=400.0),
    },
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=5,
    reference="Decision 18/2021/QĐ-TTg, Article 44",
)
