"""The desks of the province: who reports what, when, how late and how wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.sources.simulated.chance import chance
from features.sources.simulated.confirmation import report
from features.sources.simulated.dengue_reports import month_counts, month_told_after, week_reports
from features.sources.simulated.enso_watch import oceanic_nino_index
from features.sources.simulated.faults import Flags, run_outages, station_outages, with_faults
from features.sources.simulated.laws import Array, Dates, Integers
from features.sources.simulated.reporting import CountReports, Desk, Reports, cumulative_reports
from features.sources.simulated.runs import LONGEST_LEAD, Runs
from features.sources.simulated.sea import highest_tide
from features.sources.simulated.sea_watch import Visits, satellite, visit
from features.sources.simulated.water import read_sensors
from features.sources.simulated.world import World

_REANALYSIS_DELAY_DAYS = 5
_TIDE_AHEAD_DAYS = 15
_WETNESS_NOISE = 4.0
_LATE_SLIDES_SHARE, _LATE_SLIDES_DAYS = 0.3, 4
_MASS_DEATH_DELAY = (1, 8)
_DECIMALS = {"water_level": 2, "convective_energy": 0}


@dataclass(frozen=True)
class Desks:
    """All desks of a world.

    Attributes:
        world: what happened.
        runs: what runs of the weather model say.
        run_every_days: days from one run to the next; runs come on local days whose number is a multiple of it.
        outages_per_year: outages of the runs, and of each station, in a year.
        faults_per_year: faults of each sensor in a year.
    """

    world: World
    runs: Runs
    run_every_days: int
    outages_per_year: float
    faults_per_year: float

    def report(self, days: Integers) -> Iterator[Reports]:
        """All reports that speak of some consecutive days, given as positions."""
        yield from self._forecasts(days)
        for variable, readings in self._stations.items():
            yield Desk(variable, 6).report_daily(days, readings[days], delay=1)
        wetness = Desk("soil_wetness", 12)
        yield wetness.report_daily(days, self._reanalysed_wetness[days], delay=_REANALYSIS_DELAY_DAYS)
        yield _counted(Desk("landslides", 17), self._slide_counts, days)
        for variable, readings in self._sensors.items():
            yield Desk(variable, 9).report_daily(days, readings[days], delay=1)
        for variable, counts in self._case_counts.items():
            yield _counted(Desk(variable, 17), counts, days)
        for variable, images in self._images.items():
            yield Desk(variable, 15).report_daily(days, images[days], delay=1)
        visits = self._visits
        made = np.isin(visits.day, days)
        day, site, known = visits.day[made], self.world.zone_positions[visits.site[made]], visits.delay[made]
        for variable, values in (("harmful_algae", visits.cells), ("saxitoxin", visits.toxin)):
            yield Desk(variable, 16).report(site, day, day + known, values[made])
        yield from self._of_weeks_and_months(days)
        yield self._tide(days)

    def _tide(self, days: Integers) -> Reports:
        """The astronomical tide of the coast, told once, half a month ahead, or on the first day of all."""
        shore = self.world.climate.terrain.coastal
        highest = highest_tide(self.world.dates[days]).max(axis=1).round(2)
        day = np.repeat(days, len(shore))
        known = np.maximum(day - _TIDE_AHEAD_DAYS, 0)
        return Desk("tide_level", 6).report(np.tile(shore, len(days)), day, known, np.repeat(highest, len(shore)))

    def _of_weeks_and_months(self, days: Integers) -> Iterator[Reports]:
        """What stands at the first day of a week or month: dengue, and the index of El Niño, the same everywhere."""
        yield _counted(Desk("dengue_cases_of_week", 17), self._dengue_weeks, days)
        months, counts = self._dengue_months
        first = (months - self.world.dates[0]).astype(np.int64)
        begun = np.isin(first, days)
        yield _by_month(Desk("dengue_cases", 9), first[begun], (first + month_told_after(months))[begun], counts[begun])
        index = oceanic_nino_index(self.world.climate.drivers)
        begun = np.isin(index.day, days)
        value = np.repeat(index.value[begun, None], len(self.world.sites), axis=1)
        yield _by_month(Desk("oceanic_nino_index", 9), index.day[begun], index.told[begun], value)

    @cached_property
    def _dengue_weeks(self) -> CountReports:
        return week_reports(self.world.dengue, self.world.dates[0], self.world.seed)

    @cached_property
    def _dengue_months(self) -> tuple[Dates, Integers]:
        return month_counts(self.world.dengue, self.world.dates, self.world.seed)

    def _forecasts(self, days: Integers) -> Iterator[Reports]:
        first_day = int(self.world.dates[0].astype(np.int64))
        for lead in range(1, LONGEST_LEAD + 1):
            issued = days - lead
            due = (issued >= 0) & ((first_day + issued) % self.run_every_days == 0)
            arrived = due & ~self._missing_runs[np.maximum(issued, 0)]
            for variable, said in self.runs.about(days, lead).items():
                told = said[arrived].round(_DECIMALS.get(variable, 1))
                yield Desk(variable, 6).report_daily(days[arrived], told, delay=-lead)

    @cached_property
    def _missing_runs(self) -> Flags:
        return run_outages(self._chance("run outages"), len(self.world.dates), self.outages_per_year)

    @cached_property
    def _stations(self) -> dict[str, Array]:
        """What stations read, by variable, shape (day, site); NaN while they are silent."""
        climate = self.world.climate
        silent = station_outages(self._chance("station outages"), climate.rain.shape, self.outages_per_year)
        weather = {
            "rain": (climate.rain, 0.0),
            "air_temperature": (climate.air_temperature, -50.0),
            "highest_air_temperature": (climate.highest_air_temperature, -50.0),
            "lowest_air_temperature": (climate.lowest_air_temperature, -50.0),
            "wind_speed": (climate.wind, 0.0),
        }
        readings = {
            variable: np.where(silent, np.nan, self._as_read(variable, truth, lowest))
            for variable, (truth, lowest) in weather.items()
        }
        return readings | {
            "thunderstorm_days": np.where(silent, np.nan, climate.thunderstorm_days),
            "water_level": self.world.water_level,
            "river_stage": self.world.river_stage,
        }

    def _as_read(self, variable: str, truth: Array, lowest: float) -> Array:
        return with_faults(self._chance(f"faults of {variable}"), truth, self.faults_per_year, lowest=lowest)

    @cached_property
    def _reanalysed_wetness(self) -> Array:
        """Soil wetness of a reanalysis, percent of capacity, shape (day, site)."""
        truth = 100 * self.world.soil.relative_wetness
        noise = _WETNESS_NOISE * self._chance("reanalysis").standard_normal(truth.shape)
        return np.clip(truth + noise, 0, 100).round(1)

    @cached_property
    def _slide_counts(self) -> CountReports:
        """Landslides are told on the day after; three in ten come in one to four days later."""
        slides = self.world.landslides
        random = self._chance("slide reports")
        day, site = np.nonzero(slides)
        late = random.random(len(day)) < _LATE_SLIDES_SHARE
        delay = 1 + np.where(late, random.integers(1, _LATE_SLIDES_DAYS + 1, len(day)), 0)
        return cumulative_reports(day, site, delay, np.ones_like(day), slides.shape)

    @cached_property
    def _sensors(self) -> dict[str, Array]:
        """What the sensors of ponds and farming zones read, by variable, shape (day, site)."""
        world = self.world
        ponds, bay = (read_sensors(water, world.seed, of) for water, of in ((world.ponds, "pond"), (world.bay, "bay")))
        sensors = {
            "pond_temperature": (world.pond_positions, ponds.temperature),
            "pond_salinity": (world.pond_positions, ponds.salinity),
            "water_temperature": (world.zone_positions, bay.temperature),
            "water_salinity": (world.zone_positions, bay.salinity),
        }
        return {
            variable: self._everywhere(where, self._as_read(variable, values, 0.0))
            for variable, (where, values) in sensors.items()
        }

    @cached_property
    def _case_counts(self) -> dict[str, CountReports]:
        """Diseases and mass deaths, reported late, incompletely and with corrections, by variable."""
        world, counts = self.world, {}
        for variable, epidemic in world.epidemics.items():
            told = report(epidemic.onsets, epidemic.ponds.standing, world.seed, variable)
            cases = told.day, world.pond_positions[told.site], told.delay, told.change
            counts[variable] = self._reported(world.pond_positions, *cases)
        for variable, deaths in world.mass_deaths.items():
            day, zone = np.nonzero(deaths.event)
            delay = self._chance(f"{variable} reports").integers(*_MASS_DEATH_DELAY, len(day))
            stocked = world.zone_positions[world.zone_sites.having(deaths.kind.stock)]
            counts[variable] = self._reported(stocked, day, world.zone_positions[zone], delay, np.ones_like(day))
        return counts

    def _reported(
        self, where: Integers, day: Integers, site: Integers, delay: Integers, change: Integers
    ) -> CountReports:
        """Counts of the sites where there is something to count, in order; elsewhere nobody reports, not even zero."""
        shape = len(self.world.dates), len(where)
        counts = cumulative_reports(day, np.searchsorted(where, site), delay, change, shape)
        return replace(counts, site=where[counts.site])

    @cached_property
    def _images(self) -> dict[str, Array]:
        """What a satellite sees of the sea, by variable, shape (day, site)."""
        world = self.world
        rain = world.climate.rain[:, world.zone_positions]
        seen = satellite(world.algae, world.bay.temperature, rain, world.seed)
        images = {"satellite_sea_temperature": seen.temperature, "satellite_chlorophyll": seen.chlorophyll}
        return {variable: self._everywhere(world.zone_positions, values) for variable, values in images.items()}

    @cached_property
    def _visits(self) -> Visits:
        return visit(self.world.algae, self.world.mean_wind, self.world.dates, self.world.seed)

    def _everywhere(self, where: Integers, values: Array) -> Array:
        """Values of some sites, shape (day, where), among all sites; NaN elsewhere."""
        whole = np.full((len(values), len(self.world.sites)), np.nan)
        whole[:, where] = values
        return whole

    def _chance(self, of: str) -> np.random.Generator:
        return chance(self.world.seed, of)


def _counted(desk: Desk, counts: CountReports, days: Integers) -> Reports:
    """Counts that speak of some days, as a desk reports them."""
    told: npt.NDArray[np.bool_] = (counts.day >= days[0]) & (counts.day <= days[-1])
    day = counts.day[told]
    return desk.report(counts.site[told], day, day + counts.delay[told], counts.count[told].astype(float))


def _by_month(desk: Desk, first: Integers, told: Integers, values: npt.NDArray[np.generic]) -> Reports:
    """Values of shape (month, site) that speak of months, as a desk reports them."""
    months, sites = values.shape
    each = np.repeat(np.arange(months), sites)
    return desk.report(np.tile(np.arange(sites), months), first[each], told[each], values.ravel().astype(float))
