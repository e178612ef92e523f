"""Nowcast: a count of the days before the issue day, with what will still be reported of them.

Late reports make the newest days look quiet. How much of a day is known after so many days is learned from older days,
whose reports are in: as they stood then, in the archive's vintages, and as they stand at the issue time. So nothing is
known that was not. The reporting triangle and its multipliers: Lawless 1994, "Adjustments for reporting delays and the
prediction of occurred but not reported events".
"""

from dataclasses import dataclass

import bottleneck
import numpy as np
import xarray as xr

from features.feature import VariableFeature
from features.periods import Periods
from features.snapshot import Snapshot

_LEAST_SHARE, _LEAST_REPORTS = 0.1, 20.0


@dataclass(frozen=True)
class Nowcast(VariableFeature):
    """Total of the last `days`, each day times 1 / F(delay), in the variable's unit.

    F(delay) is the share of the reports of a day that are known so many days after it, over all sites, from days that
    lie `settle_days` back and more; a day of which nothing was known yet then has had no report by then.
    Days of a delay with F below a tenth say too little and are left out, as are days that are not known; the others
    make up for them by their mean. NaN where less than `coverage` of the days is left, or fewer than 20 reports tell of
    the delays. A count of none stays none: multipliers cannot see what begins.

    Attributes:
        days: how many days before the issue day.
        settle_days: so many days after a day all its reports are in.
        learned_days: over how many days before these the delays are learned.
        coverage: least share of the days that must be left.
    """

    days: int
    settle_days: int
    learned_days: int = 364
    coverage: float = 0.5

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        told = self.by_day(snapshot)
        covered = told.notnull().reduce(np.mean, "back") >= self.coverage
        return told.reduce(bottleneck.nanmean, "back").where(covered) * self.days

    def by_day(self, snapshot: Snapshot) -> xr.DataArray:
        """Each day's count times 1 / F(delay), dims (issue_time, site, back); NaN for days that are left out."""
        share = self.shares(snapshot)
        return snapshot.past(self.variable, self.days) / share.where(share >= _LEAST_SHARE)

    def shares(self, snapshot: Snapshot) -> xr.DataArray:
        """F(delay), dims (issue_time, back): a day that lies `back` days before the issue day has that delay."""
        reach = self.settle_days + self.learned_days + self.days
        settled = snapshot.past(self.variable, reach)
        then = now = xr.zeros_like(settled.isel(back=slice(self.days), site=0, drop=True))
        for ago in range(self.settle_days, self.settle_days + self.learned_days):
            known = snapshot.earlier(ago).past(self.variable, self.days)
            final = settled.isel(back=slice(ago, ago + self.days))
            reported = np.where(final.notnull(), known.to_numpy(), np.nan)
            then = then + np.nansum(reported, axis=1)
            now = now + np.nansum(final.to_numpy(), axis=1)
        return then / now.where(now >= _LEAST_REPORTS)
