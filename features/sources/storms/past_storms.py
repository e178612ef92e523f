"""Storms of the past at the sites: daily values of best tracks, also of the days on which no storm was near."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.entries import ENTRIES, Batch
from features.errors import HaidangError
from features.local_days import Days, day_numbers, day_starts
from features.sites import Sites
from features.sources.storms.at_sites import (
    NONE_NEARER_KM,
    STORM_VARIABLES,
    StormDays,
    all_together,
    storm_days,
    storm_entries,
    untold_of_others,
)
from features.sources.storms.paths import distances_km, hourly, places_of, site_places
from features.sources.storms.tracks import FAR, Tracks

_CHUNK = 10_000


@dataclass(frozen=True)
class PastStorms(ABC):
    """Best tracks of a file, as sites saw the storms.

    A file of best tracks holds every storm of its waters from its first fix to its last. So a day between them on
    which none of them was within 3,000 km has a storm_distance of 3,000 km, a storm_wind of 0 and a storm_rain of 0:
    that is known, not filled in. It is not known, and not told, of a calendar year without any fix; of a day with a
    fix that cannot be read; and of any day if no storm of the file ever comes near a site, for then the file is of
    other waters. Close to the last fix storms may be missing that were not analysed yet: let `covers` end before them.

    The values of a day are known when the last of the storms that were near on it was over and the latency has passed.

    Attributes:
        file: the file of best tracks; it is read when values are fetched.
        zone: IANA zone of the local day.
        name: short name of the source.
        latency_days: days from the end of a storm until its best track is final.
        covers: first and last local day of which the file knows every storm; by its fixes for None.
        licence: under which terms the tracks are given.
    """

    file: Path
    zone: str
    name: str = ""
    latency_days: float = 90.0
    covers: tuple[date, date] | None = None
    licence: str = "as the provider says"
    revisits: None = None

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            HaidangError: if the latency is negative, or what is covered ends before it begins.
        """
        if not self.latency_days >= 0:
            raise HaidangError(f"latency_days is {self.latency_days}: state days from the end of a storm, 0 or more")
        if self.covers is not None and not self.covers[0] <= self.covers[1]:
            raise HaidangError(f"covers is {self.covers[0]} to {self.covers[1]}: state the first day, then the last")

    @property
    def variables(self) -> tuple[str, ...]:
        return STORM_VARIABLES

    @property
    def latency(self) -> pd.Timedelta:
        return pd.Timedelta(days=self.latency_days)

    @abstractmethod
    def read(self) -> Tracks:
        """The tracks of the file.

        Raises:
            HaidangError: if it cannot be read, or is not of this kind.
        """

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields what cannot be used, then local years in order.

        Raises:
            HaidangError: if the file cannot be read, or is not of this kind.
        """
        tracks = self.read()
        fixes = tracks.fixes.assign(day=day_numbers(pd.DatetimeIndex(tracks.fixes["time"]), self.zone))
        days, remarks = self._covered(tracks, sites)
        starts = day_starts(days, self.zone)
        days = days[(starts >= start) & (starts < end)]
        inside = int(fixes["day"].isin(days).sum())
        outside = {"lie outside the asked stretch, or what the file covers": len(fixes) - inside}
        yield Batch(
            ENTRIES.empty_table().to_pandas(),
            tracks.rejected,
            read=tracks.read - inside,
            unread=len(tracks.rejected),
            passed_over={why: count for why, count in {**tracks.passed_over, **outside}.items() if count},
            remarks=(*tracks.remarks, *remarks),
        )
        doubtful = day_numbers(tracks.unread_times, self.zone)
        years = _years(days)
        for year in np.unique(years):
            yield self._of_year(fixes, days[years == year], doubtful, sites)

    def _covered(self, tracks: Tracks, sites: Sites) -> tuple[Days, tuple[str, ...]]:
        """The days of which the file knows every storm, and what is to be said of others."""
        if self.covers is not None:
            first, last = (np.datetime64(day, "D").astype(np.int64) for day in self.covers)
            return np.arange(first, last + 1), ()
        if not _come_near(tracks.fixes, sites):
            text = "no storm ever comes within 3,000 km of a site: is the file of other waters? If not, state `covers`"
            return np.zeros(0, dtype=np.int64), (text,)
        of_fixes = np.unique(day_numbers(tracks.times, self.zone))
        days = np.arange(of_fixes[0], of_fixes[-1] + 1)
        covered = np.isin(_years(days), _years(of_fixes))
        without = ", ".join(map(str, np.unique(_years(days[~covered]))))
        told = (f"no fix is of {without}: nothing is told of such years",) if without else ()
        return days[covered], told

    def _of_year(self, fixes: pd.DataFrame, days: Days, doubtful: Days, sites: Sites) -> Batch:
        of_year = fixes[fixes["day"].isin(days)]
        whole = fixes[fixes["storm"].isin(of_year["storm"].unique())]
        storms = storm_days(hourly(whole), sites, self.zone)
        near = storms.near
        values = all_together(storms, days, len(sites))
        untold_of_others(values, np.isin(days, doubtful))
        known = day_starts(_over(storms.picked(near), days), self.zone) + self.latency
        used = int(of_year["storm"].isin(storms.storm[near]).sum())
        return Batch(
            storm_entries(values, days, known, sites=sites, zone=self.zone, source=self.name),
            read=len(of_year),
            passed_over={FAR: len(of_year) - used} if used < len(of_year) else {},
            delivered_until=day_starts(days[-1:] + 1, self.zone)[0],
        )


def _over(storms: StormDays, days: Days) -> Days:
    """The day after the last one of all storms that live on each day; the next day where none does."""
    lives = pd.DataFrame({"storm": storms.storm, "day": storms.day})
    ends = lives.groupby("storm")["day"].transform("max").groupby(lives["day"]).max()
    return np.maximum(ends.reindex(days, fill_value=0).to_numpy(dtype=np.int64), days) + 1


def _years(days: Days) -> npt.NDArray[np.int64]:
    """Years of numbered days."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def _come_near(fixes: pd.DataFrame, sites: Sites) -> bool:
    """Whether any fix lies within 3,000 km of a site."""
    at = site_places(sites)
    places = places_of(fixes["latitude"].to_numpy(dtype=float), fixes["longitude"].to_numpy(dtype=float))
    chunks = (places[begin : begin + _CHUNK] for begin in range(0, len(places), _CHUNK))
    return any((distances_km(chunk, at) < NONE_NEARER_KM).any() for chunk in chunks)
