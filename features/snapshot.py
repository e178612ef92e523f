"""A snapshot: what was known at one or more issue times, and nothing else."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import xarray as xr

from features.local_days import Days, day_numbers, day_starts
from features.periods import Periods
from features.sites import Sites
from features.vintages import NEVER, Vintages

_READ_BACK_DAYS, _FURTHER = 400, 8


class Snapshot:
    """A view of the archive as it was known; the only thing a feature ever sees.

    Attributes:
        issue_times: the moments asked about, UTC, rising.
        sites: the deployment's sites.
        zone: IANA zone of the local day.
    """

    def __init__(
        self, issue_times: pd.DatetimeIndex, sites: Sites, zone: str, read: Callable[[str, int | None], Vintages]
    ) -> None:
        """Prepares a snapshot; values are read when first asked for, as far back as anybody looks.

        Args:
            issue_times: the moments, UTC, rising.
            sites: the deployment's sites.
            zone: IANA zone of the local day.
            read: gives the values of a variable from a local day on, or of all days for None, that were known at the
                last issue time.
        """
        self.issue_times, self.sites, self.zone = issue_times, sites, zone
        self._read = read
        self._held: dict[str, tuple[int | None, Vintages]] = {}

    def past(self, variable: str, days: int) -> xr.DataArray:
        """Values of the days before the issue day, each as last known at the issue time.

        Args:
            variable: a declared variable.
            days: how many days to look back.

        Returns:
            Dims (issue_time, site, back), back = 1 .. days before the issue day; NaN where nothing was known.
        """
        back = np.arange(1, days + 1)
        values = self._last_known(variable, self._issue_days()[:, None] - back)
        return self._array(values, back=back)

    def ahead(self, variable: str, periods: Periods, *, margin_days: int = 0) -> xr.DataArray:
        """Values of the days ahead, as forecast and known at the issue time.

        Args:
            variable: a declared variable.
            periods: the periods ahead.
            margin_days: days added before and after each period.

        Returns:
            Dims (issue_time, site, period, day); NaN where nothing was forecast.
        """
        within = np.arange(-margin_days, periods.days + margin_days)
        days = (periods.leads[:, None] + within).ravel()
        values = self._last_known(variable, self._issue_days()[:, None] + days)
        shaped = values.reshape(*values.shape[:2], periods.count, len(within))
        return self._array(shaped, period=periods.numbers, day=within)

    def newest(self, variable: str) -> pd.DataFrame:
        """How far a variable reaches at the last issue time.

        Returns:
            Index site; columns `valid_time` (the newest day with a value) and `known_time` (when that was known),
            UTC; NaT where nothing was known.
        """
        moment = int(self.issue_times.asi8[-1])
        days, known = self.vintages(variable, int(self._issue_days()[-1])).newest(moment)
        if (days == NEVER).any():
            days, known = self.vintages(variable, None).newest(moment)
        never = days == NEVER
        valid_time = pd.Series(day_starts(np.where(never, 0, days), self.zone))
        known_time = pd.Series(pd.DatetimeIndex(np.where(never, 0, known).astype("datetime64[us]")).tz_localize("UTC"))
        newest = pd.DataFrame({"valid_time": valid_time, "known_time": known_time})
        return newest.where(~pd.Series(never), axis=0).set_axis(pd.Index(self.sites.codes, name="site"))

    def blocks(self, size: int) -> Iterator["Snapshot"]:
        """The same snapshot cut into runs of at most `size` issue times, which share what was read."""
        for first in range(0, len(self.issue_times), size):
            yield Snapshot(self.issue_times[first : first + size], self.sites, self.zone, self.vintages)

    def earlier(self, days: int) -> "Snapshot":
        """What was known so many days before each issue time, for instance of reports that came in since."""
        return Snapshot(self.issue_times - pd.Timedelta(days=days), self.sites, self.zone, self.vintages)

    def vintages(self, variable: str, first_day: int | None) -> Vintages:
        """The values of a variable from a day on, or from earlier; each look further back reads an eighth further."""
        if variable not in self._held or not _reaches(self._held[variable][0], first_day):
            if first_day is not None:
                back = int(self._issue_days()[-1]) - first_day
                first_day -= max(_READ_BACK_DAYS - back, back // _FURTHER)
            self._held[variable] = first_day, self._read(variable, first_day)
        return self._held[variable][1]

    def _last_known(self, variable: str, days: Days) -> np.ndarray:
        return self.vintages(variable, int(days.min())).last_known(self.issue_times.asi8, days)

    def _issue_days(self) -> Days:
        return day_numbers(self.issue_times, self.zone)

    def _array(self, values: np.ndarray, **further: np.ndarray) -> xr.DataArray:
        coordinates: dict[str, object] = {
            "issue_time": self.issue_times.tz_localize(None),
            "site": list(self.sites.codes),
        }
        coordinates |= further
        return xr.DataArray(values, coordinates, tuple(coordinates))


def _reaches(held_from: int | None, first_day: int | None) -> bool:
    """Whether what is held from a day on, or of all days for None, covers what is wanted."""
    return held_from is None or (first_day is not None and held_from <= first_day)
