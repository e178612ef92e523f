"""Dengue in a commune, week 1 to 8 ahead: cases over the endemic channel of the commune and season.

The bound is the third quartile of the same weeks of the years before, and one case where fewer are usual or nothing is
known of a place; see `features/endemic.py`. The cuts are multiples of it: where dengue is rare, one, two, four and
eight cases. A count grows for some weeks; it is read 50 days after the week.

What carries skill: the cases of the last weeks here and around; warmth eight to ten weeks ago and rain one to three
months ago, as at Hà Nội (Do et al. 2014, doi:10.1186/1471-2458-14-1078); El Niño, months ahead
(Colón-González et al. 2021, doi:10.1371/journal.pmed.1003542).
"""

from features.endemic import Channel, TimesUsual, UsualAhead
from features.feature import named
from features.given import Attribute, Lead, season
from features.past import Latest, MeanOver, TotalOver
from features.periods import Periods
from features.spatial import NeighbourMean
from models.baselines import Climatology
from models.blend import Blend
from models.counts import Counts
from models.endemic_target import OverUsual
from models.hazard import Hazard
from models.levels import AtLeast

_CHANNEL = Channel(floor=1.0, around=2)
_CASES = "dengue_cases_of_week"
_NOW = TimesUsual(_CASES, channel=_CHANNEL, newest=4)
_HERE = (Latest(_CASES, days=28), MeanOver(_CASES, days=28), MeanOver(_CASES, days=91), MeanOver(_CASES, days=364))
_AROUND = (NeighbourMean(_HERE[1], scale_km=10.0), NeighbourMean(_HERE[1], scale_km=100.0))
_PEOPLE = Attribute("population")
_WARMTH = (MeanOver("air_temperature", days=70), MeanOver("air_temperature", days=28))
_RAIN = (TotalOver("rain", days=28), TotalOver("rain", days=91))
_EL_NINO = Latest("oceanic_nino_index", days=100)

HAZARD = Hazard(
    name="dengue_weekly",
    title_vi="Sốt xuất huyết theo tuần",
    title_en="Dengue by week",
    target=OverUsual(_CASES, cuts=(1.0, 2.0, 4.0, 8.0), settle_days=50, channel=_CHANNEL),
    periods=Periods(days=7, count=8),
    features=(
        UsualAhead(_CASES, channel=_CHANNEL),
        _NOW,
        *_HERE,
        *_AROUND,
        *_WARMTH,
        *_RAIN,
        _EL_NINO,
        *season(harmonics=2),
        Lead(),
        _PEOPLE,
    ),
    persistence=_NOW,
    model=Blend(
        members=(
            Climatology(),
            Counts(counted=named(*_HERE, *_AROUND, *_RAIN, _PEOPLE), columns=named(*_WARMTH, _EL_NINO)),
        ),
        folds=2,
        ridge=20.0,
    ),
    levels={"watch": AtLeast(0.3, cut=1.0), "warning": AtLeast(0.3, cut=2.0), "severe": AtLeast(0.3, cut=4.0)},
    amount=True,
    issue_every_days=7,
    refit_every_days=365,
    train_every_days=14,
    reference="https://doi.org/10.1371/journal.pntd.0004916",
)
