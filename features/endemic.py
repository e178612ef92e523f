"""The endemic channel: how many cases are usual at a place in a season, by the same season of the years before.

The channel's upper bound is the third quartile of the counts of those years (zones of success, safety, alarm and
epidemic between the quartiles: Bortman 1999, doi:10.1590/S1020-49891999000100001, and the handbooks of PAHO and WHO,
Runge-Ranzinger et al. 2016, doi:10.1371/journal.pntd.0004916). A quartile does not move with the size of an epidemic,
and up to a quarter of the years may be epidemic before it moves at all; means with standard deviations are raised by
every epidemic year and hide the next. How much hangs on the rule: Brady et al. 2015, doi:10.1016/j.epidem.2015.03.002.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from features.feature import VariableFeature
from features.monthly import AsTold, months_before
from features.months import MONTHS_PER_YEAR, Months
from features.periods import Periods
from features.snapshot import Snapshot
from features.weekly import WEEK_DAYS, WEEKS_PER_YEAR, weeks_before

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Channel:
    """How the bound between usual and too many is drawn.

    Attributes:
        floor: fewest cases that can be too many: the bound where fewer are usual, or nothing is known of the place.
        years: how many years back; a year that is not known does not count.
        around: weeks or months before and after the same one of each year that count as its season.
        share: of the counts that lie below the bound.
        at_least_years: with fewer known years there is no bound.
    """

    floor: float
    years: int = 10
    around: int = 1
    share: float = 0.75
    at_least_years: int = 0

    def __str__(self) -> str:
        share = f"{100 * self.share:g} % of {self.at_least_years} to {self.years} years, {self.around} around"
        return f"{share}, {self.floor:g} or more"

    def back(self, steps_per_year: float) -> Integers:
        """How many weeks or months each of the season's lies before the one that is asked about, shape (year, k)."""
        same = np.rint(steps_per_year * np.arange(1, self.years + 1)).astype(np.int64)
        return same[:, None] - np.arange(-self.around, self.around + 1)

    def bound(self, season: Floats) -> Floats:
        """The bound, in cases.

        Args:
            season: counts of the season in the years before, shape (..., year, k); NaN where not known.

        Returns:
            Shape (...): at least the floor; NaN where too few years are known.
        """
        known = np.isfinite(season)
        years = known.any(axis=-1).sum(axis=-1)
        ranked = np.sort(season.reshape(*season.shape[:-2], -1), axis=-1)
        at = self.share * np.maximum(known.sum(axis=(-2, -1)) - 1, 0)
        lower, upper = (
            np.take_along_axis(ranked, np.asarray(place, dtype=np.int64)[..., None], axis=-1)[..., 0]
            for place in (np.floor(at), np.ceil(at))
        )
        bound = np.fmax(lower + (upper - lower) * (at - np.floor(at)), self.floor)
        return np.where(years >= self.at_least_years, bound, np.nan)


@dataclass(frozen=True)
class UsualAhead(VariableFeature):
    """The upper bound of the endemic channel of each week or month ahead, as known at the issue time, in cases.

    Attributes:
        channel: how it is drawn.
    """

    channel: Channel

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        counts, per_year = _counts(snapshot, self.variable, self.channel, periods)
        asked = counts.shape[-1] + periods.numbers - (0 if isinstance(periods, Months) else 1)
        season = counts[..., asked[:, None, None] - self.channel.back(per_year)]
        labels = _labels(snapshot) | {"period": periods.numbers}
        return xr.DataArray(np.ascontiguousarray(self.channel.bound(season)), labels, tuple(labels))


@dataclass(frozen=True)
class TimesUsual(VariableFeature):
    """The newest known count, as a multiple of the upper bound of the endemic channel of its own week or month.

    Attributes:
        channel: how it is drawn.
        newest: the count is among the last so many weeks or months; NaN where none of them is known.
    """

    channel: Channel
    newest: int

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        counts, per_year = _counts(snapshot, self.variable, self.channel, periods)
        last = counts.shape[-1] - 1
        latest = np.full(counts.shape[:-1], np.nan)
        for step in range(last - self.newest + 1, last + 1):
            count, season = counts[..., step], counts[..., step - self.channel.back(per_year)]
            latest = np.where(np.isfinite(count), count / self.channel.bound(season), latest)
        return xr.DataArray(latest, _labels(snapshot), ("issue_time", "site"))


def _counts(snapshot: Snapshot, variable: str, channel: Channel, periods: Periods) -> tuple[Floats, float]:
    """Counts of the weeks or months before, the newest last, reaching a year beyond the channel; and how many a year.

    Raises:
        TypeError: if the periods are neither weeks nor months.
    """
    if isinstance(periods, Months):
        return months_before(snapshot, variable, AsTold(), MONTHS_PER_YEAR * (channel.years + 1)), MONTHS_PER_YEAR
    if periods.days != WEEK_DAYS or periods.step != WEEK_DAYS:
        raise TypeError(f"an endemic channel is of weeks or months, not of {periods}")
    return weeks_before(snapshot, variable, int(WEEKS_PER_YEAR * (channel.years + 1))), WEEKS_PER_YEAR


def _labels(snapshot: Snapshot) -> dict[str, object]:
    return {"issue_time": snapshot.issue_times.tz_localize(None), "site": list(snapshot.sites.codes)}
