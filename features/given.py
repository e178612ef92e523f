"""Features that are given: known for every place and time without looking at the archive."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr

from features.feature import Feature
from features.periods import Periods
from features.snapshot import Snapshot

DAYS_PER_YEAR = 365.2425  # mean Gregorian year


@dataclass(frozen=True)
class _Given(Feature):
    @property
    def variables(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class SeasonHarmonic(_Given):
    """Sine or cosine of the season at the middle of the period; `order` waves a year."""

    order: int
    wave: Literal["sine", "cosine"]

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        middle = periods.first_days(snapshot.issue_times, snapshot.zone) + (periods.days - 1) / 2
        angle = 2 * np.pi * self.order * middle / DAYS_PER_YEAR
        values = np.sin(angle) if self.wave == "sine" else np.cos(angle)
        coordinates = {"issue_time": snapshot.issue_times.tz_localize(None), "period": periods.numbers}
        return xr.DataArray(values, coordinates, ("issue_time", "period"))


def season(harmonics: int = 2) -> tuple[SeasonHarmonic, ...]:
    """The season as sine and cosine of the first harmonics."""
    waves: tuple[Literal["sine", "cosine"], ...] = ("sine", "cosine")
    return tuple(SeasonHarmonic(order, wave) for order in range(1, harmonics + 1) for wave in waves)


@dataclass(frozen=True)
class Lead(_Given):
    """Days from the issue day to the first day of the period; at least 1."""

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return xr.DataArray(periods.leads.astype(float), {"period": periods.numbers}, ("period",))


@dataclass(frozen=True)
class Attribute(_Given):
    """A fact about the site, such as its elevation; yes is 1 and no is 0."""

    attribute: str

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return xr.DataArray(snapshot.sites.attribute(self.attribute), {"site": list(snapshot.sites.codes)}, ("site",))
