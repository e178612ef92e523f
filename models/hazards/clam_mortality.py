"""Mass mortality of clams: at least one event in a commune with clam beds, week 1 to 4 ahead.

Perkinsus olseni multiplies at 25 to 34 °C over weeks (doi:10.1186/s13071-018-2620-3), and fresh water after storms
kills on the flats. An event is known with the monthly report, by the 15th of the month after: Circular
04/2016/TT-BNNPTNT, Article 4.
"""

from features.ahead import MeanAhead, TotalAhead
from features.given import Lead, season
from features.past import DaysAtLeast, MeanOver, TotalOver, TrendOver
from features.periods import Periods
from features.spatial import NeighbourMean
from features.transformed import Logarithm
from models.hazard import Hazard
from models.levels import AtLeast
from models.rare_events import rare_events
from models.targets import Total

_EVENTS = "clam_mortality_events"
_LATELY = TotalOver(_EVENTS, days=28)
_REPORTS = (_LATELY, TotalOver(_EVENTS, days=90), NeighbourMean(_LATELY, scale_km=15.0))
_SEA = (
    MeanOver("water_temperature", days=14),
    DaysAtLeast("water_temperature", threshold=25.0, days=21, coverage=0.5),
    DaysAtLeast("water_salinity", threshold=20.0, days=14, coverage=0.5),
    MeanOver("water_salinity", days=14),
    TrendOver("water_salinity", days=8),
)
_AHEAD = (MeanAhead("air_temperature"), Logarithm(TotalAhead("rain")))

HAZARD = Hazard(
    name="clam_mortality",
    title_vi="Ngao chết hàng loạt",
    title_en="Mass mortality of clams",
    target=Total(_EVENTS, cuts=(1.0,), settle_days=45),
    periods=Periods(days=7, count=4),
    features=(*_REPORTS, *_SEA, *_AHEAD, *season(harmonics=2), Lead()),
    persistence=_LATELY,
    model=rare_events(*_REPORTS, *_SEA, *_AHEAD),
    levels={"watch": AtLeast(0.03, cut=1.0), "warning": AtLeast(0.1, cut=1.0)},
    issue_every_days=7,
    refit_every_days=365,
    train_every_days=7,
    where="clam_beds",
    reference="https://doi.org/10.1186/s13071-018-2620-3",
)
