"""Mass mortality of oysters: at least one event in a rafting zone, week 1 to 4 ahead.

Means of the water over 12 and 21 days are the best measures of heat, and quick warming comes before index cases:
Tasmania, doi:10.1016/j.csr.2024.105173. In Tiên Yên, April 2017, three quarters of the oysters died in a dry spring;
fresh water kills as well. An event is known with the monthly report, by the 15th of the month after: Circular
04/2016/TT-BNNPTNT, Article 4.

Without any event on record the rule is that of Tasmania: with a mean of 23.7 °C over 21 days the chance of losing more
than 15 % is 70 %. It was made for a virus in a colder sea; it says 0 in colder water, and is met all summer here.
"""

from features.ahead import MeanAhead, TotalAhead
from features.given import Lead, season
from features.past import DaysAtLeast, LowestOver, MeanOver, TotalOver, TrendOver
from features.periods import Periods
from features.spatial import NeighbourMean
from features.transformed import Logarithm
from models.hazard import Hazard
from models.levels import AtLeast
from models.rare_events import rare_events
from models.rule import Rule, at_least
from models.targets import Total

_EVENTS = "oyster_mortality_events"
_LATELY = TotalOver(_EVENTS, days=28)
_REPORTS = (
    _LATELY,
    TotalOver(_EVENTS, days=90),
    NeighbourMean(_LATELY, scale_km=15.0),
)
_THREE_WEEKS = MeanOver("water_temperature", days=21)
_SEA = (
    MeanOver("water_temperature", days=12),
    _THREE_WEEKS,
    TrendOver("water_temperature", days=8),
    DaysAtLeast("water_salinity", threshold=15.0, days=21, coverage=0.5),
    LowestOver("water_salinity", days=14),
    MeanOver("water_salinity", days=14),
    MeanOver("satellite_chlorophyll", days=14),
)
_AHEAD = (MeanAhead("air_temperature"), Logarithm(TotalAhead("rain")))

HAZARD = Hazard(
    name="oyster_mortality",
    title_vi="Hàu chết hàng loạt",
    title_en="Mass mortality of oysters",
    target=Total(_EVENTS, cuts=(1.0,), settle_days=45),
    periods=Periods(days=7, count=4),
    features=(*_REPORTS, *_SEA, *_AHEAD, *season(harmonics=3), Lead()),
    persistence=_LATELY,
    model=rare_events(*_REPORTS, *_SEA, *_AHEAD),
    levels={"watch": AtLeast(0.03, cut=1.0), "warning": AtLeast(0.1, cut=1.0)},
    issue_every_days=7,
    refit_every_days=365,
    train_every_days=7,
    where="oyster_rafts",
    reference="https://doi.org/10.1016/j.csr.2024.105173",
    rule=Rule(clauses=((1, 0.7, (at_least(_THREE_WEEKS, 23.7),)),), reference="doi:10.1016/j.csr.2024.105173"),
)
