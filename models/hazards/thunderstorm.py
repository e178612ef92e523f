"""Thunderstorm: a local day with thunder, by commune, 1 to 5 days ahead; no hour of the day is told.

Article 52 of Decision 18/2021/QĐ-TTg tells levels of tornado, lightning and hail by the share of communes that are hit
and gives no amount, so that no legal level is told here. Convective available potential energy carries the skill of
thunderstorm forecasts, with the moisture and the rain that the runs tell (Doswell et al. 1996,
doi:10.1175/1520-0434(1996)011<0560:FFFAIB>2.0.CO;2). Daily data cannot warn of a squall within the hour; this is the
outlook, not the nowcast.
"""

from features.ahead import HighestAhead, MeanAhead, TotalAhead
from features.feature import named
from features.given import Attribute, Lead, season
from features.past import TotalOver
from features.periods import Periods
from features.spatial import NeighbourMean
from features.transformed import Logarithm
from models.baselines import Climatology
from models.blend import Blend, PerPeriod
from models.hazard import Hazard
from models.law.legal_rule import Unread
from models.law.matrix import Text
from models.levels import AtLeast
from models.logistic import Logistic
from models.targets import Highest

_ENERGY = Logarithm(HighestAhead("convective_energy"))
_AIR = (
    _ENERGY,
    NeighbourMean(_ENERGY, scale_km=25.0),
    Logarithm(MeanAhead("precipitable_water")),
    Logarithm(TotalAhead("rain")),
    MeanAhead("air_temperature"),
)
_NOW = TotalOver("thunderstorm_days", days=1, coverage=1.0)
_BEFORE = (_NOW, TotalOver("thunderstorm_days", days=3), NeighbourMean(_NOW, scale_km=25.0))
_PLACE = (Attribute("island"), Attribute("coastal"), Attribute("mountainous"))

HAZARD = Hazard(
    name="thunderstorm",
    title_vi="Dông",
    title_en="Thunderstorm",
    target=Highest("thunderstorm_days", cuts=(1.0,), settle_days=2),
    periods=Periods(days=1, count=5),
    features=(*_AIR, *_BEFORE, *season(harmonics=3), Lead(), *_PLACE),
    persistence=_NOW,
    model=Blend(
        members=(
            Climatology(),
            PerPeriod(member=Logistic(columns=(*named(*_AIR, *_BEFORE, *_PLACE), "season_harmonic"), C=0.1)),
        ),
        folds=2,
        ridge=20.0,
    ),
    levels={"watch": AtLeast(0.4, cut=1.0), "warning": AtLeast(0.7, cut=1.0)},
    rising=(_ENERGY,),
    unread=Unread(
        "52",
        Text(
            "Điều 52 xét tỷ lệ số xã bị lốc, sét, mưa đá, không nêu ngưỡng; ngày có dông không cho biết điều đó.",
            "Article 52 goes by the share of communes that tornado, lightning or hail hits, and gives no amount; a day "
            "with thunder does not tell it.",
        ),
    ),
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=4,
    reference="https://doi.org/10.1175/1520-0434(1996)011<0560:FFFAIB>2.0.CO;2",
)
