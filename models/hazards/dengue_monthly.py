"""Dengue in a commune or province, month 1 to 3 ahead: cases over the endemic channel of the place and season.

The bound is the third quartile of the same months of the years before, and a few cases where fewer are usual or nothing
is known of a place; see `features/endemic.py`. The cuts are multiples of it. Counts are told some weeks after a month.

What carries skill: the cases of the last months here and around, and the temperature of the months before, as at Hà Nội
(An and Rocklöv 2014, doi:10.3402/gha.v7.23074; Lee et al. 2017, doi:10.1186/s12879-017-2326-8). Rain and El Niño were
tried and left out: a few epidemics in decades of months teach too little of them, and later years were forecast worse.
"""

from features.endemic import Channel, TimesUsual, UsualAhead
from features.feature import AnyFeature, named
from features.given import Attribute, Lead, season
from features.months import Months
from features.past import Latest, MeanOver
from features.spatial import NeighbourMean
from models.climate.outlook import Outlook
from models.counts import Counts
from models.endemic_target import OverUsual
from models.levels import AtLeast

_CASES = "dengue_cases"


def dengue_by_month(
    name: str,
    title_vi: str,
    title_en: str,
    *,
    channel: Channel,
    warmth: tuple[AnyFeature, ...],
    around_km: tuple[float, ...],
) -> Outlook:
    """Dengue by month, for places of some size.

    Args:
        name: of the hazard.
        title_vi: Vietnamese title.
        title_en: English title.
        channel: how the bound between usual and too many is drawn.
        warmth: features of the temperature of the last months.
        around_km: scales of the neighbourhood.
    """
    now = TimesUsual(_CASES, channel=channel, newest=4)
    here = (Latest(_CASES, days=125), *(MeanOver(_CASES, days=days) for days in (125, 220, 366)))
    around = tuple(NeighbourMean(feature, scale_km=scale) for scale in around_km for feature in (here[0], here[2]))
    people = Attribute("population")
    return Outlook(
        name=name,
        title_vi=title_vi,
        title_en=title_en,
        target=OverUsual(_CASES, cuts=(1.0, 2.0, 4.0, 8.0), settle_days=45, channel=channel),
        periods=Months(count=3),
        features=(
            UsualAhead(_CASES, channel=channel),
            now,
            *here,
            *around,
            *warmth,
            *season(harmonics=2),
            Lead(),
            people,
        ),
        persistence=now,
        model=Counts(counted=named(*here, *around, people), columns=named(*warmth)),
        levels={"watch": AtLeast(0.3, cut=1.0), "warning": AtLeast(0.5, cut=1.0), "severe": AtLeast(0.3, cut=4.0)},
        amount=True,
        issue_every_days=30,
        refit_every_days=365,
        reference="https://doi.org/10.1371/journal.pntd.0004916",
    )


HAZARD = dengue_by_month(
    "dengue_monthly",
    "Sốt xuất huyết theo tháng",
    "Dengue by month",
    channel=Channel(floor=2.0),
    warmth=(MeanOver("air_temperature", days=90), MeanOver("air_temperature", days=30)),
    around_km=(10.0, 100.0),
)
