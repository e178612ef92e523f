"""The world: everything that happened in the province, and the hidden states that its futures start from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.sites import Sites
from features.sources.simulated.algae import AlgaeHistory, simulate_algae
from features.sources.simulated.chance import chance
from features.sources.simulated.climate import Climate, simulate_climate
from features.sources.simulated.dengue import Dengue, WeeklyWeather, simulate_dengue
from features.sources.simulated.dengue_reports import mondays, weather_by_week
from features.sources.simulated.disease import Epidemic, simulate_epidemic
from features.sources.simulated.event_kinds import (
    CLAM_MORTALITY,
    MARINE_WHITE_SPOT,
    NERVOUS_NECROSIS,
    OYSTER_MORTALITY,
)
from features.sources.simulated.hydrology import (
    STAGE_NOISE,
    Rivers,
    Soil,
    rivers_of,
    simulate_soil,
    slide_probability,
    stage,
)
from features.sources.simulated.laws import Array, Dates, Integers
from features.sources.simulated.pathogens import HEPATOPANCREATIC_NECROSIS, WHITE_SPOT
from features.sources.simulated.places import province_sites
from features.sources.simulated.sea import RESIDUAL, highest_level, highest_tide
from features.sources.simulated.water import Water, simulate_bay_water, simulate_pond_water
from features.sources.simulated.zones import ZoneEvents, simulate_events

TAIL_DAYS = 60
FARMED = ("fish_cages", "oyster_rafts", "clam_beds")
DAILY_MEAN_WIND = 0.6


@dataclass(frozen=True)
class World:
    """Quảng Ninh as it was, from its first day to 60 days after its last year; equal fields make equal worlds.

    Attributes:
        years: how many calendar years.
        seed: of all randomness.
        first_year: the first of them.
        n_sites: the 54 communes, and hamlets beyond them.
        warming_per_decade: trend of air temperature, degC.
    """

    years: int
    seed: int
    first_year: int
    n_sites: int
    warming_per_decade: float

    @cached_property
    def dates(self) -> Dates:
        """Local dates, with the days after the last year, shape (day,)."""
        first, after = (np.datetime64(f"{year}-01-01") for year in (self.first_year, self.first_year + self.years))
        return np.arange(first, after + TAIL_DAYS)

    @cached_property
    def sites(self) -> Sites:
        """The communes of the province, and hamlets if more sites are wanted."""
        return province_sites(self.n_sites)

    @cached_property
    def climate(self) -> Climate:
        """The weather and what was revealed of it."""
        return simulate_climate(self.sites, self.dates, self.seed, warming_per_decade=self.warming_per_decade)

    @cached_property
    def water_level(self) -> Array:
        """Highest water level of the day, m above mean sea level, shape (day, site); NaN away from the coast."""
        shore = self.climate.terrain.coastal
        left_over = chance(self.seed, "water level").standard_normal((len(self.dates), len(shore)))
        level = np.full((len(self.dates), len(self.sites)), np.nan)
        surge = self.climate.of_storms.surge
        level[:, shore] = highest_level(highest_tide(self.dates), surge) + RESIDUAL * left_over
        return level.round(2)

    @cached_property
    def soil(self) -> Soil:
        """Wetness and runoff of the communes."""
        return simulate_soil(self.climate.rain, self.dates)

    @cached_property
    def rivers(self) -> Rivers:
        """Which communes drain past which gauge."""
        return rivers_of(self.sites)

    @cached_property
    def flow(self) -> Array:
        """Runoff past each gauge, mm/day, shape (day, gauge)."""
        return self.rivers.flow(self.soil.runoff)

    @cached_property
    def river_stage(self) -> Array:
        """Stage above alarm level I, m, shape (day, site); NaN where there is no gauge."""
        departure = STAGE_NOISE * chance(self.seed, "river stage").standard_normal(self.flow.shape)
        found = np.full((len(self.dates), len(self.sites)), np.nan)
        found[:, self.rivers.gauges] = stage(self.flow) + departure
        return found.round(2)

    @cached_property
    def landslides(self) -> Integers:
        """Landslides and flash floods, at most one a day and commune, shape (day, site)."""
        probability = slide_probability(self.climate.rain, self.soil.relative_wetness, self.sites)
        return chance(self.seed, "landslides").binomial(1, probability)

    @cached_property
    def pond_positions(self) -> Integers:
        """Positions of the sites with shrimp ponds."""
        return np.flatnonzero(self.sites.having("shrimp_ponds"))

    @cached_property
    def zone_positions(self) -> Integers:
        """Positions of the sites with fish cages, oyster rafts or clam beds."""
        return np.flatnonzero(np.any([self.sites.having(stock) for stock in FARMED], axis=0))

    @cached_property
    def pond_sites(self) -> Sites:
        """The sites with shrimp ponds."""
        return self._among(self.pond_positions)

    @cached_property
    def zone_sites(self) -> Sites:
        """The sites with fish cages, oyster rafts or clam beds."""
        return self._among(self.zone_positions)

    @cached_property
    def ponds(self) -> Water:
        """Water of the shrimp ponds, shape (day, pond site)."""
        air, rain = (values[:, self.pond_positions] for values in (self.climate.air_temperature, self.climate.rain))
        return simulate_pond_water(self.pond_sites, air, rain)

    @cached_property
    def bay(self) -> Water:
        """Water of the farming zones, shape (day, zone)."""
        air = self.climate.air_temperature[:, self.zone_positions]
        return simulate_bay_water(self.zone_sites, air, self.shore_runoff)

    @cached_property
    def shore_runoff(self) -> Array:
        """Runoff that reaches the farming zones, mm/day, shape (day, zone)."""
        return self.rivers.onto_shores(self.flow)[:, self.zone_positions]

    @cached_property
    def mean_wind(self) -> Array:
        """Daily mean wind in the farming zones, a share of the highest, m/s, shape (day, zone)."""
        return DAILY_MEAN_WIND * self.climate.wind[:, self.zone_positions]

    @cached_property
    def epidemics(self) -> dict[str, Epidemic]:
        """The diseases of shrimp, by the variable that counts their confirmed onsets."""
        return {
            variable: simulate_epidemic(pathogen, self.pond_sites, self.ponds, self.dates, self.seed)
            for variable, pathogen in PATHOGENS.items()
        }

    @cached_property
    def algae(self) -> AlgaeHistory:
        """Algae and toxin of the farming zones."""
        weather = self.shore_runoff, self.mean_wind
        return simulate_algae(self.zone_sites, self.bay.temperature, *weather, self.dates, self.seed)

    @cached_property
    def mass_deaths(self) -> dict[str, ZoneEvents]:
        """Mass deaths in the farming zones, by the variable that counts them."""
        return {
            variable: simulate_events(kind, self.zone_sites, self.bay, self.algae.bloom, self.dates, self.seed)
            for variable, kind in EVENT_KINDS.items()
        }

    @cached_property
    def dengue(self) -> Dengue:
        """Dengue of the communes, by week."""
        return simulate_dengue(self.sites, mondays(self.dates), self.weekly_weather, self.seed)

    @cached_property
    def weekly_weather(self) -> WeeklyWeather:
        """Weather of the weeks, and of thirteen before them, shape (13 + week, site)."""
        return weather_by_week(self.climate.air_temperature, self.climate.rain, self.dates)

    def _among(self, positions: Integers) -> Sites:
        listed = list(self.sites.values())
        return Sites([listed[position] for position in positions])


PATHOGENS = {
    "white_spot_onsets": WHITE_SPOT,
    "hepatopancreatic_necrosis_onsets": HEPATOPANCREATIC_NECROSIS,
}
EVENT_KINDS = {
    "nervous_necrosis_events": NERVOUS_NECROSIS,
    "oyster_mortality_events": OYSTER_MORTALITY,
    "marine_white_spot_events": MARINE_WHITE_SPOT,
    "clam_mortality_events": CLAM_MORTALITY,
}
