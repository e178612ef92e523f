"""The target of endemic diseases: how many times the usual number of cases a week or month brings."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from features.archive import Archive
from features.endemic import Channel
from features.local_days import day_numbers, moments
from features.monthly import AsTold, months_observed
from features.months import MONTHS_PER_YEAR, Months
from features.periods import Periods
from features.weekly import WEEK_DAYS, WEEKS_PER_YEAR, weeks_observed
from models.targets import Floats, Target


@dataclass(frozen=True, kw_only=True)
class OverUsual(Target):
    """The count of a week or month as a multiple of the upper bound of its endemic channel; 1 is at the bound.

    The channel is that of the years before the week or month, so that it is known when the question is asked.

    Attributes:
        channel: how the bound is drawn.
    """

    channel: Channel

    @property
    def unit(self) -> str:
        return "times the usual"

    def outcome(
        self, archive: Archive, issue_times: pd.DatetimeIndex, periods: Periods, *, by: pd.Timestamp
    ) -> xr.DataArray:
        """What each week or month ahead came to, as known at a later moment; see `Target.outcome`."""
        times = moments(issue_times)
        asked = periods.first_days(times, archive.zone)
        distinct, place = np.unique(asked, return_inverse=True)
        if isinstance(periods, Months):
            values, over = self._of_months(archive, distinct.astype("datetime64[D]").astype("datetime64[M]"), by=by)
        else:
            back = np.insert(self.channel.back(WEEKS_PER_YEAR).ravel(), 0, 0)
            weeks = weeks_observed(archive, self.variable, distinct[:, None] - WEEK_DAYS * back, by=by)
            values, over = self.of_period(weeks), distinct + WEEK_DAYS
        today = day_numbers(moments(by, "moment"), archive.zone)[0]
        settled = np.where(over + self.settle_days <= today, values, np.nan)[:, place.reshape(asked.shape)]
        labels = {"site": list(archive.sites.codes), "issue_time": times.tz_localize(None), "period": periods.numbers}
        named = xr.DataArray(settled, labels, tuple(labels), attrs={"units": self.unit})
        return named.transpose("issue_time", "site", "period")

    def of_period(self, days: Floats) -> Floats:
        """Multiples of the usual from counts of which the first is asked about and the others are its channel's."""
        season = days[..., 1:].reshape(*days.shape[:-1], self.channel.years, -1)
        times_usual: Floats = days[..., 0] / self.channel.bound(season)
        return times_usual

    def _of_months(self, archive: Archive, asked: np.ndarray, *, by: pd.Timestamp) -> tuple[Floats, np.ndarray]:
        """Multiples of the usual, shape (site, month), and the days after the months, shape (month,)."""
        months = asked.astype(np.int64)
        first = int(months[0]) - MONTHS_PER_YEAR * (self.channel.years + 1)
        moment = moments(by, "moment")[0]
        counts = months_observed(archive, self.variable, AsTold(), first, int(months[-1]), by=moment)
        back = np.insert(self.channel.back(MONTHS_PER_YEAR).ravel(), 0, 0)
        over = (asked + 1).astype("datetime64[D]").astype(np.int64)
        return self.of_period(counts[:, months[:, None] - first - back]), over
