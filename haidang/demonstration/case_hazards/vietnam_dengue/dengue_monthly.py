"""Dengue by month in the provinces of Vietnam, one to three months ahead, on what is told by month.

The bound is drawn as that of the tree's hazard (see `models/hazards/dengue_monthly.py`), with a floor of five cases.
What is told are cases here and around, and the temperature and rain of the months before. Of several models the one
that was best in 2003 to 2007 was kept: equal shares of persistence and of a regression on all that is told. Shares that
were learned from the years before were worse there, and so were trees and the law of counts of the tree's hazard.
"""

from features.endemic import Channel, TimesUsual, UsualAhead
from features.given import Attribute, Lead, season
from features.months import Months
from features.past import HighestOver, Latest, LowestOver, MeanOver
from features.spatial import NeighbourMean
from models.baselines import Persistence
from models.blend import Blend, PerPeriod
from models.climate.outlook import Outlook
from models.endemic_target import OverUsual
from models.levels import AtLeast
from models.logistic import Logistic

_CASES, _TEMPERATURE, _RAIN = "dengue_cases", "monthly_air_temperature", "monthly_rain"
_CHANNEL = Channel(floor=5.0)
_NOW, _LATEST = TimesUsual(_CASES, channel=_CHANNEL, newest=4), Latest(_CASES, days=125)
_AROUND_KM = (50.0, 150.0, 500.0)
_EQUAL_SHARES = 1e6

HAZARD = Outlook(
    name="dengue_monthly",
    title_vi="Sốt xuất huyết theo tháng",
    title_en="Dengue by month",
    target=OverUsual(_CASES, cuts=(0.25, 0.5, 1.0, 2.0, 4.0, 8.0), settle_days=45, channel=_CHANNEL),
    periods=Months(count=3),
    features=(
        UsualAhead(_CASES, channel=_CHANNEL),
        _NOW,
        _LATEST,
        *(MeanOver(_CASES, days=days) for days in (125, 220, 366, 740)),
        HighestOver(_CASES, days=366),
        LowestOver(_CASES, days=366),
        *(
            NeighbourMean(feature, scale_km=scale)
            for scale in _AROUND_KM
            for feature in (_NOW, _LATEST, MeanOver(_CASES, days=220))
        ),
        *(Latest(variable, days=62) for variable in (_TEMPERATURE, _RAIN)),
        *(MeanOver(variable, days=days) for variable in (_TEMPERATURE, _RAIN) for days in (100, 190)),
        *season(harmonics=2),
        Lead(),
        Attribute("population"),
        Attribute("latitude"),
    ),
    persistence=_NOW,
    model=Blend(
        members=(Persistence(column=_NOW.name), PerPeriod(member=Logistic(C=0.2))), folds=2, ridge=_EQUAL_SHARES
    ),
    levels={"watch": AtLeast(0.3, cut=1.0), "warning": AtLeast(0.5, cut=1.0), "severe": AtLeast(0.3, cut=4.0)},
    issue_every_days=30,
    refit_every_days=365,
    reference="https://doi.org/10.1371/journal.pntd.0004916",
)
