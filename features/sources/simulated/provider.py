"""The simulated province as a source of entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from features.entries import SIMULATED, Batch
from features.errors import HaidangError, UnknownNameError
from features.local_days import day_starts, moments
from features.sites import Sites
from features.sources.simulated.desks import Desks
from features.sources.simulated.faults import Flags
from features.sources.simulated.laws import Integers
from features.sources.simulated.places import COMMUNES
from features.sources.simulated.reporting import Reports, entries_of
from features.sources.simulated.runs import Runs
from features.sources.simulated.world import TAIL_DAYS, World

BROUGHT = (
    "rain",
    "rain_ensemble_mean",
    "rain_ensemble_high",
    "rain_ensemble_heavy",
    "precipitable_water",
    "air_temperature",
    "highest_air_temperature",
    "lowest_air_temperature",
    "wind_speed",
    "wind_speed_ensemble_high",
    "storm_distance",
    "storm_strength",
    "storm_rain",
    "storm_wind",
    "convective_energy",
    "thunderstorm_days",
    "water_level",
    "tide_level",
    "river_stage",
    "soil_wetness",
    "landslides",
    "pond_temperature",
    "pond_salinity",
    "white_spot_onsets",
    "hepatopancreatic_necrosis_onsets",
    "nervous_necrosis_events",
    "oyster_mortality_events",
    "marine_white_spot_events",
    "clam_mortality_events",
    "water_temperature",
    "water_salinity",
    "satellite_sea_temperature",
    "satellite_chlorophyll",
    "harmful_algae",
    "saxitoxin",
    "dengue_cases_of_week",
    "dengue_cases",
    "oceanic_nino_index",
)


@dataclass(frozen=True)
class SimulatedProvince:
    """Quảng Ninh, simulated: equal fields give equal entries.

    Runs of forecasts 1 to 10 days ahead (wind, energy and water level: 5) are known at 06:00 of their issue day, the
    astronomical tide half a month ahead, stations at 06:00 of the day after, a reanalysis of the soil five days later.
    There is no forecast of the issue day itself: it would repeat what the run of the day before said.

    Attributes:
        years: how many calendar years.
        seed: of all randomness; the places stay the same.
        first_year: the first of them; data begin on its 1 January.
        n_sites: the 54 communes, and hamlets beyond them.
        run_every_days: days from one run of forecasts to the next.
        warming_per_decade: trend of air temperature, degC.
        model_change_year: year from which another version of the weather model makes the runs; None for never.
        outages_per_year: outages of the runs, and of each station, in a year.
        faults_per_year: faults of each sensor in a year.
        zone: IANA zone of the local day.
        known_until: the present moment of the province; nothing that became known later is handed over. None for all.
        variables: what it brings, all that it can by default.
    """

    years: int = 8
    seed: int = 7
    first_year: int = 2017
    n_sites: int = 54
    run_every_days: int = 1
    warming_per_decade: float = 0.21
    model_change_year: int | None = None
    outages_per_year: float = 0.0
    faults_per_year: float = 0.0
    zone: str = "Asia/Ho_Chi_Minh"
    known_until: datetime | None = None
    variables: tuple[str, ...] = BROUGHT

    name = SIMULATED
    latency = pd.Timedelta(hours=17)
    licence = "made by this project"
    revisits = None

    def __post_init__(self) -> None:
        """Refuses a province without years or without runs, and negative rates."""
        if self.years < 1 or self.run_every_days < 1:
            given = f"{self.years} and {self.run_every_days}"
            raise HaidangError(f"a province needs at least one year and one day between runs, not {given}")
        if min(self.outages_per_year, self.faults_per_year) < 0:
            raise HaidangError("there cannot be fewer than no outages or faults in a year")
        if strangers := sorted(set(self.variables) - set(BROUGHT)):
            raise UnknownNameError("simulated variable", strangers[0], BROUGHT)

    @cached_property
    def world(self) -> World:
        """What happened, known to nobody in the province."""
        return World(self.years, self.seed, self.first_year, self.n_sites, self.warming_per_decade)

    @property
    def sites(self) -> Sites:
        """The places of the province."""
        return self.world.sites

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields a batch per local calendar year of the entries whose valid time lies in [start, end).

        Of more sites than the communes a batch holds fewer days, about as many entries. Sites that are no places of the
        province bring nothing.

        Raises:
            HaidangError: if a moment has no time zone, or none of the sites is a place of the province.
        """
        wanted = np.array([code in sites for code in self.sites.codes])
        if not wanted.any():
            raise HaidangError("no site is a commune of the simulated province: see features/quang_ninh.csv")
        dates = self.world.dates[:-TAIL_DAYS]
        begins = day_starts(dates.astype(np.int64), self.zone)
        inside = (begins >= moments(start, "start")[0]) & (begins < moments(end, "end")[0])
        years = dates.astype("datetime64[Y]")
        for year in np.unique(years[inside]):
            for days in _blocks(np.flatnonzero(years == year), len(self.sites)):
                if inside[days].any():
                    yield Batch(self._entries(days, wanted, inside))

    def _entries(self, days: Integers, wanted: Flags, inside: Flags) -> pd.DataFrame:
        """What is told of some days at some sites by the present moment."""
        with threadpool_limits(limits=1, user_api="blas"):
            reports = [
                _within(told, wanted, inside) for told in self._desks.report(days) if told.variable in self.variables
            ]
        first_day = int(self.world.dates[0].astype(np.int64))
        entries = entries_of(reports, self.sites.codes, BROUGHT, first_day, self.zone)
        return entries if self.known_until is None else entries[entries["known_time"] <= self.known_until]

    @cached_property
    def _desks(self) -> Desks:
        years = self.world.dates.astype("datetime64[Y]").astype(np.int64) + 1970
        changed = len(years) if self.model_change_year is None else int(np.sum(years < self.model_change_year))
        runs = Runs(self.world.climate, self.seed, changed)
        return Desks(self.world, runs, self.run_every_days, self.outages_per_year, self.faults_per_year)


def _blocks(days: Integers, n_sites: int) -> Iterator[Integers]:
    """Days of a year, all at once for the communes, fewer for more sites."""
    step = max(1, 366 * COMMUNES // n_sites)
    for first in range(0, len(days), step):
        yield days[first : first + step]


def _within(reports: Reports, wanted: Flags, inside: Flags) -> Reports:
    kept: Integers = np.flatnonzero(wanted[reports.site] & inside[reports.valid_day])
    return reports.among(kept)
