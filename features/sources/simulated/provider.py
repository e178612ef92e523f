"""The simulated province as a source of entries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import pandas as pd
import xarray as xr

from features.entries import Batch
from features.errors import HaidangError
from features.local_days import day_starts, moments
from features.settings import BUILT_IN_SITES
from features.sites import Sites, read_sites
from features.sources.simulated.climate import Climate, simulate_climate
from features.sources.simulated.disease import Counts, confirm, simulate_onsets
from features.sources.simulated.laws import Array, Dates
from features.sources.simulated.reporting import Codes, CountReports, Desk, cumulative_reports
from features.sources.simulated.water import PondWater, read_sensors, simulate_pond_water

LONGEST_LEAD_DAYS = 10

_BROUGHT: Sequence[str] = ("rain", "air_temperature", "pond_temperature", "pond_salinity", "white_spot_onsets")


@dataclass(frozen=True)
class SimulatedProvince:
    """Quảng Ninh, simulated: equal fields give equal entries.

    Stations report rain (mm) and air temperature (degC) at 06:00 of the day after; a run of forecasts 1 to 10 days
    ahead is known at 06:00 of its issue day. Pond sensors report at 09:00 of the day after, with gaps. Counts of ponds
    with confirmed onset of white spot disease are reported at 17:00, first on the day after, zero or not, and again
    whenever a late confirmation raises the count of a past day. There is no forecast of the issue day itself: it would
    repeat what the run of the day before said.

    Attributes:
        years: how many calendar years.
        seed: of all randomness.
        first_year: the first of them; data begin on its 1 January.
        run_every_days: days from one run of forecasts to the next.
        zone: IANA zone of the local day.
        known_until: the present moment of the province; nothing that became known later is handed over. None for all.
    """

    years: int = 8
    seed: int = 7
    first_year: int = 2017
    run_every_days: int = 1
    zone: str = "Asia/Ho_Chi_Minh"
    known_until: pd.Timestamp | None = None

    name = "simulated"
    variables = _BROUGHT
    latency = pd.Timedelta(hours=17)

    def __post_init__(self) -> None:
        """Refuses a province without years or without runs."""
        if self.years < 1 or self.run_every_days < 1:
            given = f"{self.years} and {self.run_every_days}"
            raise HaidangError(f"a province needs at least one year and one day between runs, not {given}")

    @cached_property
    def sites(self) -> Sites:
        """The communes of the province."""
        return read_sites(BUILT_IN_SITES)

    @cached_property
    def truth(self) -> xr.Dataset:
        """What the weather was: rain (mm) and air_temperature (degC), dims (time, site)."""
        return xr.Dataset(
            {
                "rain": (("time", "site"), self._climate.rain, {"units": "mm"}),
                "air_temperature": (("time", "site"), self._climate.air_temperature, {"units": "degC"}),
            },
            {"time": self._dates.astype("datetime64[s]"), "site": list(self.sites.codes)},
        )

    @cached_property
    def true_onsets(self) -> xr.DataArray:
        """Ponds that fell ill on each day, confirmed or not; dims (time, site), communes with shrimp ponds only."""
        onsets = simulate_onsets(self._pond_sites, self._water, self._dates, self.seed)
        coordinates = {"time": self._dates.astype("datetime64[s]"), "site": list(self._pond_sites.codes)}
        return xr.DataArray(onsets, coordinates, ("time", "site"), name="true_onsets", attrs={"units": "count"})

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields a batch per local calendar year of the entries whose valid time lies in [start, end).

        Sites that are no communes of the province bring nothing.

        Raises:
            HaidangError: if a moment has no time zone, or none of the sites is a commune of the province.
        """
        everywhere, ponds = (_positions(held, sites) for held in (self.sites, self._pond_sites))
        if not len(everywhere):
            raise HaidangError("no site is a commune of the simulated province: see features/quang_ninh.csv")
        begins = day_starts(self._day_numbers, self.zone)
        inside = (begins >= moments(start, "start")[0]) & (begins < moments(end, "end")[0])
        years = self._dates.astype("datetime64[Y]")
        for year in np.unique(years[inside]):
            days = np.flatnonzero(inside & (years == year))
            reports = (self._weather_reports(everywhere, days), self._pond_reports(ponds, days))
            entries = pd.concat(chain(*reports), ignore_index=True)
            yield Batch(entries if self.known_until is None else entries[entries["known_time"] <= self.known_until])

    def _weather_reports(self, wanted: Counts, days: Counts) -> Iterator[pd.DataFrame]:
        codes, numbers = _codes(self.sites)[wanted], self._day_numbers[days]
        for variable, observed, forecasts in self._weather:
            desk = Desk(variable, 6, self.zone, self.name)
            yield desk.report_daily(codes, numbers, observed[days][:, wanted], delay=1)
            for lead, forecast in enumerate(forecasts, start=1):
                run = (days >= lead) & ((days - lead) % self.run_every_days == 0)
                yield desk.report_daily(codes, numbers[run], forecast[days[run]][:, wanted], delay=-lead)

    def _pond_reports(self, wanted: Counts, days: Counts) -> Iterator[pd.DataFrame]:
        codes, numbers = _codes(self._pond_sites), self._day_numbers
        readings, counts = self._sensors, self._counts
        for variable, values in (("pond_temperature", readings.temperature), ("pond_salinity", readings.salinity)):
            desk = Desk(variable, 9, self.zone, self.name)
            yield desk.report_daily(codes[wanted], numbers[days], values[days][:, wanted], delay=1)
        told = np.isin(counts.site, wanted) & np.isin(counts.day, days)
        valid = numbers[counts.day[told]]
        desk = Desk("white_spot_onsets", 17, self.zone, self.name)
        yield desk.report(codes[counts.site[told]], valid, valid + counts.delay[told], counts.count[told].astype(float))

    @cached_property
    def _dates(self) -> Dates:
        first, following = (np.datetime64(f"{year}-01-01") for year in (self.first_year, self.first_year + self.years))
        return np.arange(first, following)

    @property
    def _day_numbers(self) -> Counts:
        return self._dates.astype("datetime64[D]").astype(np.int64)

    @cached_property
    def _climate(self) -> Climate:
        return simulate_climate(self.sites, self._dates, self.seed)

    @cached_property
    def _weather(self) -> list[tuple[str, Array, list[Array]]]:
        """Variable, what was observed, and what was forecast 1 to 10 days ahead."""
        climate, leads = self._climate, range(1, LONGEST_LEAD_DAYS + 1)
        return [
            ("rain", climate.rain, [climate.rain_forecast(lead) for lead in leads]),
            ("air_temperature", climate.air_temperature, [climate.temperature_forecast(lead) for lead in leads]),
        ]

    @cached_property
    def _pond_sites(self) -> Sites:
        return Sites([site for site in self.sites.values() if site.attributes["shrimp_ponds"] > 0])

    @cached_property
    def _water(self) -> PondWater:
        ponds = self.truth.sel(site=list(self._pond_sites.codes))
        return simulate_pond_water(
            self._pond_sites, ponds["air_temperature"].to_numpy(), ponds["rain"].to_numpy(), self.seed
        )

    @cached_property
    def _sensors(self) -> PondWater:
        return read_sensors(self._water, self.seed)

    @cached_property
    def _counts(self) -> CountReports:
        confirmations = confirm(self.true_onsets.to_numpy(), self.seed)
        return cumulative_reports(confirmations, *self.true_onsets.shape)


def _positions(held: Sites, wanted: Sites) -> Counts:
    return np.flatnonzero([code in wanted for code in held.codes])


def _codes(sites: Sites) -> Codes:
    return np.array(sites.codes, dtype=object)
