"""Drought by rain alone: the total of some months in its climate, months 1 to 3 ahead, issued once a month.

What carries skill is that part of the total has already fallen; beyond it there is little, see `outlook.py`.
"""

from features.departures import Departure, TrendAhead
from features.feature import named
from features.given import Lead, season
from features.monthly import MonthTotal
from features.months import Months
from features.past import TotalOver
from features.spatial import NeighbourMean
from features.standardised import StandardisedTotal
from models.climate.by_drivers import ByDrivers
from models.climate.monthly_targets import TotalOfMonths
from models.climate.outlook import EL_NINO, Outlook
from models.exceedance import Exceedance
from models.law.legal_rule import LegalRule
from models.levels import AtLeast

SETTLE_DAYS = 10
_MONTHS = Months(count=3)
_REGION_KM = 200.0


def dry_months(
    name: str,
    title_vi: str,
    title_en: str,
    target: TotalOfMonths,
    *,
    base: Exceedance,
    levels: dict[str, AtLeast],
    law: LegalRule,
    reference: str,
) -> Outlook:
    """A hazard of too little rain.

    Args:
        name: of the hazard.
        title_vi: Vietnamese title.
        title_en: English title.
        target: what is told of the total of some months of rain.
        base: what the drivers move: what is told of rain before anything of these years is known.
        levels: levels of warning, the lowest first.
        law: how it is read by Article 48 of Decision 18/2021.
        reference: where the cuts are published.
    """
    last_month = Departure(target.variable, MonthTotal(), months=1)
    now = StandardisedTotal(target.variable, over_months=target.over_months)
    drivers = (TrendAhead(target.variable, MonthTotal()),)
    by_season = (
        EL_NINO,
        now,
        last_month,
        NeighbourMean(last_month, scale_km=_REGION_KM),
        TotalOver(target.variable, days=_MONTHS.issue_day - 1),
    )
    return Outlook(
        name=name,
        title_vi=title_vi,
        title_en=title_en,
        target=target,
        periods=_MONTHS,
        features=(*drivers, *by_season, *season(harmonics=2), Lead()),
        persistence=now,
        model=ByDrivers(base=base, drivers=named(*drivers), by_season=named(*by_season)),
        levels=levels,
        law=law,
        amount=True,
        issue_every_days=31,
        refit_every_days=365,
        reference=reference,
    )
