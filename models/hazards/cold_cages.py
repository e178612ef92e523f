"""Cold water in fish cages: lowest daily mean water temperature at or below 20 to 15 °C, 1 to 10 days ahead.

Cobia feed less below 20 °C, stop at 19 °C and die at 16 to 17.7 °C (what is known of cobia: Shaffer and Nakamura 1989,
NOAA Technical Report NMFS 82); below 15 °C groupers die too. The bay follows the air within two weeks, so that the
water of today and the air of the days ahead carry the skill; heat goes from air to water in proportion to their
difference, which is linear in both.

Where nobody measures in the cages the rule is the same limits on the sea surface that a satellite has seen over the
last week: it does not know the water of the cage, and says nothing of the days ahead.
"""

from features.ahead import MeanAhead, MeanThrough
from features.feature import named
from features.given import Attribute, Lead, season
from features.past import Latest, MeanOver, TrendOver
from features.periods import Periods
from features.spatial import NeighbourMean
from models.hazard import Hazard
from models.levels import AtLeast
from models.normal import Normal
from models.rule import Rule, at_most
from models.targets import Lowest

_REFERENCE = "https://hdl.handle.net/1834/20527"
_CUTS = (20.0, 18.0, 16.0, 15.0)
_WATER = Latest("water_temperature", days=7)
_NOW = (_WATER, MeanOver("water_temperature", days=3), NeighbourMean(_WATER, scale_km=15.0))
_TREND = (TrendOver("water_temperature", days=5), TrendOver("water_temperature", days=10))
_AIR = (
    MeanThrough("air_temperature"),
    MeanAhead("air_temperature"),
    MeanOver("air_temperature", days=1),
    MeanOver("air_temperature", days=3),
    MeanOver("air_temperature", days=10),
)
_ISLAND = Attribute("island")
_SATELLITE = MeanOver("satellite_sea_temperature", days=7)

HAZARD = Hazard(
    name="cold_cages",
    title_vi="Nước lạnh ở lồng bè",
    title_en="Cold water in fish cages",
    target=Lowest("water_temperature", cuts=_CUTS, settle_days=2, sense="at_most"),
    periods=Periods(days=1, count=10),
    features=(*_NOW, *_TREND, *_AIR, _SATELLITE, *season(harmonics=3), Lead(), _ISLAND),
    persistence=_WATER,
    model=Normal(
        location=named(*_NOW, *_TREND, *_AIR, _SATELLITE, _ISLAND), scale=("season_harmonic", _ISLAND.name), ridge=1.0
    ),
    levels={
        "watch": AtLeast(0.5, cut=18.0),
        "warning": AtLeast(0.3, cut=16.0),
        "severe": AtLeast(0.3, cut=15.0),
    },
    falling=(_WATER, *_AIR[:2]),
    amount=True,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=4,
    where="fish_cages",
    reference=_REFERENCE,
    rule=Rule(
        clauses=tuple((k, 1.0, (at_most(_SATELLITE, cut),)) for k, cut in enumerate(_CUTS, start=1)),
        reference=f"{_REFERENCE}, limits of cobia and grouper, sea surface by satellite over seven days",
    ),
)
