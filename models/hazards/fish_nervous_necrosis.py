"""Viral nervous necrosis of caged fish: at least one outbreak in a farming zone in a fortnight, 2 to 8 weeks ahead.

Outbreaks come in water above some 20 °C and kill most near 28 °C (doi:10.3147/jsfp.33.31); juveniles are stocked from
May to October, which the season tells. An outbreak is known with the monthly report, by the 15th of the month after:
Circular 04/2016/TT-BNNPTNT, Article 4.
"""

from features.given import Lead, season
from features.past import DaysAtLeast, MeanOver, TotalOver, TrendOver
from features.periods import Periods
from features.spatial import NeighbourMean
from models.hazard import Hazard
from models.levels import AtLeast
from models.rare_events import rare_events
from models.targets import Total

_EVENTS = "nervous_necrosis_events"
_LATELY = TotalOver(_EVENTS, days=28)
_REPORTS = (
    _LATELY,
    TotalOver(_EVENTS, days=90),
    NeighbourMean(TotalOver(_EVENTS, days=21), scale_km=15.0),
    NeighbourMean(TotalOver(_EVENTS, days=90), scale_km=40.0),
)
_SEA = (
    MeanOver("water_temperature", days=7),
    DaysAtLeast("water_temperature", threshold=20.0, days=28, coverage=0.5),
    TrendOver("water_temperature", days=8),
    TrendOver("water_temperature", days=14),
)

HAZARD = Hazard(
    name="fish_nervous_necrosis",
    title_vi="Hoại tử thần kinh trên cá lồng bè",
    title_en="Nervous necrosis of caged fish",
    target=Total(_EVENTS, cuts=(1.0,), settle_days=45),
    periods=Periods(days=14, count=4),
    features=(*_REPORTS, *_SEA, *season(harmonics=3), Lead()),
    persistence=_LATELY,
    model=rare_events(*_REPORTS, *_SEA),
    levels={"watch": AtLeast(0.1, cut=1.0), "warning": AtLeast(0.25, cut=1.0)},
    issue_every_days=7,
    refit_every_days=365,
    train_every_days=7,
    where="fish_cages",
    reference="https://doi.org/10.3147/jsfp.33.31",
)
