"""Outlooks for the months ahead, issued once a month: the chance of each tercile and quintile of a calendar month.

What can be known of a month so far ahead is little: El Niño in some seasons and places (it takes 10 to 30 % of the
autumn rain of central Vietnam, https://www.hindawi.com/journals/amete/aip/264373/), that the climate has moved on since
the years before, what the last months left behind. Where the past does not show that it helps, the answer is the
climate.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.class_shares import ClassShare
from features.departures import Departure
from features.feature import named
from features.given import Lead, season
from features.local_days import day_numbers, day_starts, moments
from features.monthly import Statistic
from features.months import Months
from features.past import Latest
from features.spatial import NeighbourMean
from models.climate.by_drivers import ByDrivers
from models.climate.monthly_targets import QUINTILES, TERCILES, PercentileOfMonth
from models.climate.past_shares import PastShares
from models.exceedance import Exceedance
from models.hazard import Hazard
from models.levels import AtLeast
from models.pool import EqualPool

EL_NINO = Latest("oceanic_nino_index", days=100)
QUEST = "https://aiweatherquest.ecmwf.int/evaluation-system"
"""Quintiles of the climate of the years before, ranked probability skill against it: ECMWF's AI Weather Quest."""
_REGION_KM = 200.0


@dataclass(frozen=True)
class Outlook(Hazard):
    """A hazard of calendar months, issued on one day of each month."""

    periods: Months

    def issue_times(self, start: pd.Timestamp, end: pd.Timestamp, zone: str, *, every_days: int) -> pd.DatetimeIndex:
        """The issue times in [start, end), UTC: one a month, whatever `every_days` says."""
        first, last = day_numbers(moments([start, end], "moment"), zone)[[0, -1]]
        times = day_starts(self.periods.issue_days(first, last), zone) + pd.Timedelta(hours=self.issue_hour)
        return times[np.asarray((times >= start) & (times < end))]


def outlook(
    name: str,
    title_vi: str,
    title_en: str,
    variable: str,
    statistic: Statistic,
    *,
    climatology: Exceedance,
    settle_days: int = 10,
    where: str | None = None,
) -> Outlook:
    """The outlook of one variable: what the past years of a month had, moved by what later years were against theirs.

    The past years of a site are few, what season and site tell of its province is coarse: both are pooled. El Niño and
    how the last months lay in their climate, here and around, move it too where the past shows it.

    Args:
        name: of the hazard.
        title_vi: Vietnamese title.
        title_en: English title.
        variable: what is observed.
        statistic: how the number of a month is made of its days.
        climatology: the baseline to beat: the chance of a class, or, where years are equal as with numbers of days,
            what season and site tell.
        settle_days: days after a month until it is complete.
        where: site attribute that says where it is asked about.
    """
    last_month = Departure(variable, statistic, months=1)
    drivers = (
        last_month,
        NeighbourMean(last_month, scale_km=_REGION_KM),
        NeighbourMean(Departure(variable, statistic, months=3), scale_km=_REGION_KM),
    )
    cuts = tuple(sorted((*TERCILES, *QUINTILES)))
    shares = {cut: ClassShare(variable, statistic, percent=cut) for cut in cuts}
    past_years = PastShares(columns=tuple((cut, share.name) for cut, share in shares.items()))
    return Outlook(
        name=name,
        title_vi=title_vi,
        title_en=title_en,
        target=PercentileOfMonth(variable, cuts=cuts, settle_days=settle_days, statistic=statistic),
        periods=Months(count=6),
        features=(EL_NINO, *drivers, *shares.values(), *season(harmonics=2), Lead()),
        persistence=last_month,
        climatology=climatology,
        model=ByDrivers(
            base=EqualPool(members=(past_years, climatology)),
            drivers=named(*drivers),
            by_season=named(EL_NINO),
        ),
        levels={"above": AtLeast(0.5, cut=TERCILES[1]), "far_above": AtLeast(0.5, cut=QUINTILES[-1])},
        issue_every_days=31,
        refit_every_days=365,
        reference=QUEST,
        where=where,
    )
