"""Forecast tracks of tropical cyclones: a CSV of positions and strengths, several issue times in a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from features.entries import ENTRIES, Batch
from features.errors import HaidangError, UnknownNameError
from features.local_days import day_numbers, day_starts
from features.sites import Sites
from features.sources.storms.at_sites import (
    STORM_VARIABLES,
    StormDays,
    all_together,
    storm_days,
    storm_entries,
    untold_of_others,
)
from features.sources.storms.forecast_track_tables import COLUMNS, read_forecast_tracks
from features.sources.storms.paths import hourly
from features.sources.storms.tracks import FAR, TEN_MINUTES_OF_ONE
from features.sources.tables.mapping import Measured
from features.sources.units import converter

_RUNS_PER_BATCH = 50
_OVER = "speak of days that were over when the forecast was known, or lie outside the asked stretch"


@dataclass(frozen=True)
class ForecastTracks:
    """Tropical cyclones by forecast tracks in a CSV: distance, bearing, strength, motion, wind and rain ahead.

    The columns are storm, issue_time (ISO 8601 with an offset), valid_time (with an offset) or lead_hours, latitude,
    longitude and wind, and, where there are, pressure, radius_30kt and radius_50kt (the mean of all sides). At each
    issue time the newest forecast of every storm counts, as long as it stands, for the days that are not over when it
    is known, until the day of the last position.

    What the nearest storm does is told of the storms that are followed on a day. What all do together, wind and rain,
    and that none is within 3,000 km, is told only of days on which all storms that have a forecast are followed; rain
    only of days that their tracks cover from beginning to end.

    Attributes:
        file: the CSV; it is read when values are fetched.
        zone: IANA zone of the local day.
        wind_unit: unit of the wind, as pint reads it, for instance knot or m/s.
        wind_minutes: over how many minutes the wind is a mean, 10 or 1.
        pressure_unit: unit of the central pressure.
        radius_unit: unit of the radii.
        columns: name here -> name in the file, where they differ.
        publication_delay_hours: from the issue time until the forecast could be read.
        stands_hours: how long a forecast of a storm counts at later issue times that tell nothing of this storm.
        name: short name of the source.
        licence: under which terms the tracks are given.
    """

    file: Path
    zone: str
    wind_unit: str
    wind_minutes: Literal[10, 1] = 10
    pressure_unit: str = "hPa"
    radius_unit: str = "km"
    columns: Mapping[str, str] = field(default_factory=dict)
    publication_delay_hours: float = 0.0
    stands_hours: float = 12.0
    name: str = "forecast_tracks"
    licence: str = "as the owner of the file says"
    revisits: None = None

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            HaidangError: if a unit does not convert, the delay is negative, or a column is none of those above.
        """
        _ = self._factors
        if not self.publication_delay_hours >= 0:
            raise HaidangError(f"publication_delay_hours is {self.publication_delay_hours}: state 0 or more")
        for name in self.columns:
            if name not in COLUMNS:
                raise UnknownNameError("column of forecast tracks", name, COLUMNS)

    @property
    def variables(self) -> tuple[str, ...]:
        return STORM_VARIABLES

    @property
    def latency(self) -> pd.Timedelta:
        return pd.Timedelta(hours=self.publication_delay_hours)

    @property
    def _factors(self) -> dict[str, float]:
        """What numbers of the file are multiplied by: wind to m/s of ten minutes, pressure to hPa, radii to km."""
        measured = {
            "wind": Measured(variable="storm_strength", unit=self.wind_unit),
            "pressure": Measured(variable="air_pressure", unit=self.pressure_unit),
            "radius_30kt": Measured(variable="storm_distance", unit=self.radius_unit),
            "radius_50kt": Measured(variable="storm_distance", unit=self.radius_unit),
        }
        factors = {name: float(converter(name, one)(np.ones(1))[0]) for name, one in measured.items()}
        return factors | {"wind": factors["wind"] * (TEN_MINUTES_OF_ONE if self.wind_minutes == 1 else 1.0)}

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields what cannot be used, then issue times in order.

        Raises:
            HaidangError: if the file cannot be read or lacks a column.
        """
        tracks = read_forecast_tracks(self.file, columns=self.columns, factors=self._factors, source=self.name)
        yield Batch(
            ENTRIES.empty_table().to_pandas(),
            tracks.rejected,
            read=tracks.read - len(tracks.fixes),
            unread=len(tracks.rejected),
            passed_over=dict(tracks.passed_over),
        )
        runs = pd.DatetimeIndex(tracks.fixes["run"].unique())
        for begin in range(0, len(runs), _RUNS_PER_BATCH):
            of_batch = runs[begin : begin + _RUNS_PER_BATCH]
            parts = [self._of_run(run, tracks.fixes, sites, start, end) for run in of_batch]
            fates = pd.concat([fate for _, fate in parts])
            passed_over = fates[fates != ""].value_counts()
            yield Batch(
                pd.concat([entries for entries, _ in parts], ignore_index=True),
                read=len(fates),
                passed_over={str(why): int(count) for why, count in passed_over.items()},
            )

    def _of_run(
        self, run: pd.Timestamp, fixes: pd.DataFrame, sites: Sites, start: pd.Timestamp, end: pd.Timestamp
    ) -> tuple[pd.DataFrame, pd.Series]:
        """Entries of one issue time, and why each of its fixes brings nothing ("" if it does)."""
        recent = fixes[(fixes["run"] <= run) & (fixes["run"] >= run - pd.Timedelta(hours=self.stands_hours))]
        standing = recent[recent["run"] == recent.groupby("storm")["run"].transform("max")]
        known = pd.DatetimeIndex([run]) + self.latency
        storms = storm_days(hourly(standing), sites, self.zone)
        starts = day_starts(storms.day, self.zone)
        to_come = storms.day >= day_numbers(known, self.zone)[0]
        days, followed = np.unique(storms.day[to_come & (starts >= start) & (starts < end)], return_counts=True)
        values = all_together(_rain_of_whole_days(storms, self.zone), days, len(sites))
        untold_of_others(values, followed < standing["storm"].nunique())
        known = known.repeat(len(days))
        entries = storm_entries(values, days, known, sites=sites, zone=self.zone, source=self.name)
        own = standing[standing["run"] == run]
        told = np.isin(day_numbers(pd.DatetimeIndex(own["time"]), self.zone), days)
        near = own["storm"].isin(storms.storm[storms.near]).to_numpy()
        return entries, pd.Series(np.select([~told, ~near], [_OVER, FAR], ""))


def _rain_of_whole_days(storms: StormDays, zone: str) -> StormDays:
    """The same storm-days, without the rain of days that the track covers only in part."""
    lengths = (day_starts(storms.day + 1, zone) - day_starts(storms.day, zone)) / pd.Timedelta(hours=1)
    part = np.asarray(storms.hours < lengths)[:, None]
    rain = np.where(part, np.nan, storms.values["storm_rain"])
    return replace(storms, values={**storms.values, "storm_rain": rain})
