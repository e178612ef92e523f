"""Weather of the province: rain, temperature, wind, thunder and storms, as they came and as they were revealed."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from features.sites import Sites
from features.sources.simulated.chance import chance
from features.sources.simulated.drivers import Drivers, simulate_drivers
from features.sources.simulated.laws import (
    Array,
    Dates,
    Integers,
    RainLaw,
    TemperatureLaw,
    WindLaw,
    rain_law,
    temperature_law,
    wind_law,
)
from features.sources.simulated.martingale import Covariance, Revelation, Scores, Skill
from features.sources.simulated.storm_fields import Felt, Terrain
from features.sources.simulated.storms import LIFE_DAYS, STEPS_A_DAY, Storms, formation, simulate_storms
from features.sources.simulated.thunder import CONVECTION, THUNDER, ThunderLaw, mixed, thunder_law

_EVERYWHERE = Covariance(common=0.90, own=0.02, scale_km=60)
_WIND = Covariance(common=0.70, own=0.10, scale_km=40)
RAIN = Revelation(
    Skill(best=0.86, scale_days=6.5, shape=1.3),
    persistence=0.55,
    near=Covariance(common=0.30, own=0.20, scale_km=30),
    far=Covariance(common=0.62, own=0.06, scale_km=30),
)
TEMPERATURE = Revelation(
    Skill(best=0.975, scale_days=9.0, shape=1.7), persistence=0.80, near=_EVERYWHERE, far=_EVERYWHERE
)
WIND = Revelation(Skill(best=0.90, scale_days=6.5, shape=1.3), persistence=0.60, near=_WIND, far=_WIND)
STORM_WIND_NOISE = 0.10
SPIN_UP_DAYS = 60


@dataclass(frozen=True)
class Climate:
    """What the weather was and what was revealed of it.

    Attributes:
        dates: local dates, shape (day,).
        terrain: the sites, as storms feel them.
        rain_scores: normal scores, shape (day + 60, lead 0 .. 15, site), by issue day; 60 days of spin-up come first.
        temperature_scores: the same for temperature.
        wind_scores: the same for wind.
        convection_scores: the same for convection.
        drivers: what drives the weather slowly.
        rain_law: from scores to mm, storms left out.
        temperature_law: from scores to degC.
        wind_law: from scores to m/s, storms left out.
        thunder_law: from scores to thunder and energy.
        storms: all storms.
        formation: probability that a storm forms on a day, shape (day,).
        gusts: standard normals by which each day's storm wind departs from its track's, shape (day, site).
    """

    dates: Dates
    terrain: Terrain
    rain_scores: Scores
    temperature_scores: Scores
    wind_scores: Scores
    convection_scores: Scores
    drivers: Drivers
    rain_law: RainLaw
    temperature_law: TemperatureLaw
    wind_law: WindLaw
    thunder_law: ThunderLaw
    storms: Storms
    formation: Array
    gusts: Scores

    @property
    def sites(self) -> Sites:
        """The sites."""
        return self.terrain.sites

    @cached_property
    def of_storms(self) -> Felt:
        """What storms brought on each day: rain and wind of shape (day, site), surge (day, quarter, coastal site)."""
        felt = self.terrain.felt(self.storms.tracks)
        days = len(self.dates)
        rain, wind = (np.zeros((days + LIFE_DAYS, len(self.sites)), np.float32) for _ in range(2))
        surge = np.zeros((days + LIFE_DAYS, STEPS_A_DAY, len(self.terrain.coastal)), np.float32)
        for storm, formed in enumerate(self.storms.formed):
            life = slice(formed, formed + LIFE_DAYS)
            rain[life] += felt.rain[storm]
            wind[life] = np.maximum(wind[life], felt.wind[storm])
            surge[life] += felt.surge[storm]
        return Felt(rain[:days], wind[:days], surge[:days])

    @cached_property
    def rain(self) -> Array:
        """Rain that fell, mm/day, shape (day, site), to 0.1 mm."""
        amount = self.rain_law.amount(self.revealed(self.rain_scores, 0)) + self.of_storms.rain
        return amount.round(1)

    @cached_property
    def air_temperature(self) -> Array:
        """Daily mean air temperature, degC, shape (day, site), to 0.1 degC."""
        return self._mean_temperature.round(1)

    @cached_property
    def highest_air_temperature(self) -> Array:
        """Highest air temperature of the day, degC, shape (day, site), to 0.1 degC."""
        rise = self.temperature_law.highest_above_mean(self.revealed(self.rain_scores, 0))
        return (self._mean_temperature + rise).round(1)

    @cached_property
    def lowest_air_temperature(self) -> Array:
        """Lowest air temperature of the day, degC, shape (day, site), to 0.1 degC."""
        fall = self.temperature_law.lowest_below_mean(self.revealed(self.rain_scores, 0))
        return (self._mean_temperature - fall).round(1)

    @cached_property
    def _mean_temperature(self) -> Array:
        return self.temperature_law.temperature(self.revealed(self.temperature_scores, 0))

    @cached_property
    def thunderstorm_days(self) -> Array:
        """1 on days with thunder and 0 on others, shape (day, site)."""
        fields = (self.rain_scores, self.temperature_scores, self.convection_scores)
        return self.thunder_law.thunders(mixed(THUNDER, *(self.revealed(scores, 0) for scores in fields)))

    @cached_property
    def wind(self) -> Array:
        """Highest 10-minute wind of the day, m/s, shape (day, site), to 0.1 m/s."""
        of_storms = self.of_storms.wind * np.exp(STORM_WIND_NOISE * self.gusts)
        return np.maximum(self.wind_law.speed(self.revealed(self.wind_scores, 0)), of_storms).round(1)

    def at(self, sites: Integers) -> "Climate":
        """The weather of the sites at some positions only."""
        listed = list(self.sites.values())
        return replace(
            self,
            terrain=Terrain(Sites([listed[position] for position in sites])),
            rain_scores=self.rain_scores[..., sites],
            temperature_scores=self.temperature_scores[..., sites],
            wind_scores=self.wind_scores[..., sites],
            convection_scores=self.convection_scores[..., sites],
            rain_law=self.rain_law.at(sites),
            temperature_law=self.temperature_law.at(sites),
            wind_law=self.wind_law.at(sites),
            thunder_law=self.thunder_law.at(sites),
            gusts=self.gusts[..., sites],
        )

    def revealed(self, scores: Scores, lead: int) -> Scores:
        """What was known some days before each day, shape (day, site); lead 0 is the truth."""
        return scores[SPIN_UP_DAYS - lead : len(scores) - lead, lead]


def simulate_climate(sites: Sites, dates: Dates, seed: int, *, warming_per_decade: float = 0.21) -> Climate:
    """Simulates the weather of consecutive local dates.

    Args:
        sites: where; attributes coastal, island, mountainous and elevation_m are read.
        dates: consecutive local dates, shape (day,).
        seed: equal seeds give equal weather.
        warming_per_decade: trend of air temperature, degC; 0.21 is Vietnam's of 1981 to 2018.
    """
    days, distances = len(dates) + SPIN_UP_DAYS, sites.distances_km
    drivers = simulate_drivers(dates, seed)
    fields = ((RAIN, "rain"), (TEMPERATURE, "temperature"), (WIND, "wind"), (CONVECTION, "convection"))
    rain, temperature, wind, convection = (field.draw(chance(seed, name), days, distances) for field, name in fields)
    forming = formation(dates, drivers.acting.storm_rate)
    return Climate(
        dates,
        Terrain(sites),
        rain,
        temperature,
        wind,
        convection,
        drivers,
        rain_law(dates, sites, drivers.acting.rain_shift, drivers.rain_deviation),
        temperature_law(dates, sites, warming_per_decade),
        wind_law(dates, sites),
        thunder_law(dates, sites),
        simulate_storms(chance(seed, "storms"), forming),
        forming,
        chance(seed, "gusts").standard_normal((len(dates), len(sites)), dtype=np.float32),
    )
