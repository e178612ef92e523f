"""Marine white spot (Cryptocaryon) of caged fish: at least one outbreak in a zone in a fortnight, 2 to 8 weeks ahead.

The parasite lives at 15 to 30 °C, its cysts hatch within 5 to 8 days at 25 to 30 °C and die at 16 g/kg or less; the
outbreak of Cặp Tiên, Vân Đồn, 10-21 October 2025, came with cooling water and salinity back from a storm's rain. The
limits: Colorni and Burgess 1997, doi:10.1023/A:1018360323287. An outbreak is known with the monthly report, by the 15th
of the month after: Circular 04/2016/TT-BNNPTNT, Article 4.
"""

from features.given import Lead, season
from features.past import DaysAtLeast, LowestOver, TotalOver, TrendOver
from features.periods import Periods
from features.spatial import NeighbourMean
from models.hazard import Hazard
from models.levels import AtLeast
from models.rare_events import rare_events
from models.targets import Total

_EVENTS = "marine_white_spot_events"
_LATELY = TotalOver(_EVENTS, days=28)
_REPORTS = (
    _LATELY,
    NeighbourMean(TotalOver(_EVENTS, days=28), scale_km=15.0),
)
_SEA = (
    TrendOver("water_temperature", days=8),
    DaysAtLeast("water_salinity", threshold=16.0, days=14, coverage=0.5),
    LowestOver("water_salinity", days=7),
    TrendOver("water_salinity", days=8),
)

HAZARD = Hazard(
    name="fish_white_spot",
    title_vi="Bệnh trùng lông trên cá lồng bè",
    title_en="Marine white spot of caged fish",
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
    reference="https://doi.org/10.1023/A:1018360323287",
)
