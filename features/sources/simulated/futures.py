"""Futures: weather as it may come after an issue time, drawn from the law that also made the weather that came.

The first half and the second half of the samples are independent of each other, also in the storms that they draw. The
slow drivers are known for fifteen days; futures that reach further draw how they go on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from features.sources.simulated.chance import chance
from features.sources.simulated.climate import RAIN, SPIN_UP_DAYS, STORM_WIND_NOISE, TEMPERATURE, WIND, Climate
from features.sources.simulated.drivers import Acting
from features.sources.simulated.laws import Array, Integers, RainLaw
from features.sources.simulated.martingale import HORIZON_DAYS, Revelation, Scores
from features.sources.simulated.storm_fields import Felt
from features.sources.simulated.storms import LIFE_DAYS, STEPS_A_DAY, form_storms, formation
from features.sources.simulated.thunder import CONVECTION, THUNDER, mixed

_LIBRARY = 800


@dataclass(frozen=True)
class Futures:
    """The futures of a climate.

    Attributes:
        climate: the weather and what was revealed of it.
        seed: of the futures; another seed gives other samples of the same law.
        samples: how many at each issue day, even.
    """

    climate: Climate
    seed: int
    samples: int

    def __post_init__(self) -> None:
        if self.samples < 2 or self.samples % 2:
            raise ValueError(f"two halves need an even number of samples, not {self.samples}")

    def scores(self, field: Revelation, drawn: Scores, issue_days: Integers, days: int, of: str) -> Scores:
        """Normal scores of the issue day and the days after it, shape (issue, sample, 1 + days, site)."""
        random = chance(self.seed, f"{of} {issue_days[0]}")
        known = field.expected(drawn, issue_days + SPIN_UP_DAYS, days)
        shape = (len(issue_days), self.samples)
        scores: Scores = known[:, None] + field.unknown(random, shape, days, self.climate.sites.distances_km)
        return scores

    def rain(self, issue_days: Integers, days: int) -> Array:
        """Rain, mm/day, shape (issue, sample, 1 + days, site)."""
        rain = self._rain_law(issue_days, days).amount(self._rain_scores(issue_days, days))
        for row, felt in self.storms(issue_days, days):
            rain[row] += felt.rain
        return rain.round(1)

    def air_temperature(self, issue_days: Integers, days: int) -> Array:
        """Daily mean air temperature, degC, shape (issue, sample, 1 + days, site)."""
        return self._mean_temperature(issue_days, days).round(1)

    def highest_air_temperature(self, issue_days: Integers, days: int) -> Array:
        """Highest air temperature, degC, shape (issue, sample, 1 + days, site)."""
        law = self.climate.temperature_law.on(_calendar(issue_days, days)[:, None])
        rise = law.highest_above_mean(self._rain_scores(issue_days, days))
        return (self._mean_temperature(issue_days, days) + rise).round(1)

    def lowest_air_temperature(self, issue_days: Integers, days: int) -> Array:
        """Lowest air temperature, degC, shape (issue, sample, 1 + days, site)."""
        law = self.climate.temperature_law.on(_calendar(issue_days, days)[:, None])
        fall = law.lowest_below_mean(self._rain_scores(issue_days, days))
        return (self._mean_temperature(issue_days, days) - fall).round(1)

    def thunderstorm_days(self, issue_days: Integers, days: int) -> Array:
        """1 on days with thunder and 0 on others, shape (issue, sample, 1 + days, site)."""
        law = self.climate.thunder_law.on(_calendar(issue_days, days)[:, None])
        convection = self.scores(CONVECTION, self.climate.convection_scores, issue_days, days, "convection")
        fields = self._rain_scores(issue_days, days), self._temperature_scores(issue_days, days), convection
        return law.thunders(mixed(THUNDER, *fields))

    def wind(self, issue_days: Integers, days: int) -> Array:
        """Highest wind, m/s, shape (issue, sample, 1 + days, site)."""
        law = self.climate.wind_law.on(_calendar(issue_days, days)[:, None])
        wind = law.speed(self.scores(WIND, self.climate.wind_scores, issue_days, days, "wind"))
        random = chance(self.seed, f"gusts {issue_days[0]}")
        for row, felt in self.storms(issue_days, days):
            gusts = np.exp(STORM_WIND_NOISE * random.standard_normal(felt.wind.shape))
            wind[row] = np.maximum(wind[row], felt.wind * gusts)
        return wind.round(1)

    def _rain_scores(self, issue_days: Integers, days: int) -> Scores:
        return self.scores(RAIN, self.climate.rain_scores, issue_days, days, "rain")

    def _temperature_scores(self, issue_days: Integers, days: int) -> Scores:
        return self.scores(TEMPERATURE, self.climate.temperature_scores, issue_days, days, "temperature")

    def _mean_temperature(self, issue_days: Integers, days: int) -> Array:
        law = self.climate.temperature_law.on(_calendar(issue_days, days)[:, None])
        return law.temperature(self._temperature_scores(issue_days, days))

    def _rain_law(self, issue_days: Integers, days: int) -> RainLaw:
        law = self.climate.rain_law.on(_calendar(issue_days, days)[:, None])
        if days <= HORIZON_DAYS:
            return law
        return replace(law, shift=self._drivers(issue_days, days).rain_shift)

    def _drivers(self, issue_days: Integers, days: int) -> Acting:
        random = chance(self.seed, f"slow drivers {issue_days[0]}")
        return self.climate.drivers.futures(random, issue_days, self.samples, days)

    def _forming(self, issue_days: Integers, days: int) -> Array:
        """Probability that a storm forms on each day after the issue day, shape (issue, 1 or sample, days)."""
        calendar = _calendar(issue_days, days)[:, None, 1:]
        if days <= HORIZON_DAYS:
            return self.climate.formation[calendar]
        return formation(self.climate.dates[calendar], self._drivers(issue_days, days).storm_rate[..., 1:])

    def storms(self, issue_days: Integers, days: int) -> Iterator[tuple[int, Felt]]:
        """What storms may bring, for each issue day near which there is or can be one.

        Yields:
            Position among the issue days, and rain and wind of shape (sample, 1 + days, site) and surge of shape
            (sample, 1 + days, quarter, coastal site).
        """
        forming = self._forming(issue_days, days)
        for row, issue_day in enumerate(issue_days):
            alive = np.flatnonzero((self._formed <= issue_day) & (issue_day < self._formed + LIFE_DAYS))
            if len(alive) or forming[row].any():
                yield row, self._felt(int(issue_day), days, alive, forming[row])

    def _felt(self, issue_day: int, days: int, alive: Integers, forming: Array) -> Felt:
        random = chance(self.seed, f"storms {issue_day}")
        n_sites, shore = len(self.climate.sites), len(self.climate.terrain.coastal)
        rain, wind = (np.zeros((self.samples, 1 + days, n_sites), np.float32) for _ in range(2))
        surge = np.zeros((self.samples, 1 + days, STEPS_A_DAY, shore), np.float32)
        for storm in alive:
            age = issue_day - int(self._formed[storm])
            felt = self.climate.terrain.felt(self.climate.storms.tracks_sampled(storm, age, random, self.samples))
            held = min(LIFE_DAYS - age, 1 + days)
            rain[:, :held] += felt.rain[:, age : age + held]
            wind[:, :held] = np.maximum(wind[:, :held], felt.wind[:, age : age + held])
            surge[:, :held] += felt.surge[:, age : age + held]
        half = np.arange(self.samples) // (self.samples // 2)
        for ahead, probability in enumerate(forming.T, start=1):
            hit = np.flatnonzero(random.random(self.samples) < probability)
            drawn = random.integers(0, _LIBRARY // 2, len(hit)) + half[hit] * (_LIBRARY // 2)
            held = min(LIFE_DAYS, 1 + days - ahead)
            days_ahead = slice(ahead, ahead + held)
            rain[hit, days_ahead] += self._library.rain[drawn, :held]
            wind[hit, days_ahead] = np.maximum(wind[hit, days_ahead], self._library.wind[drawn, :held])
            surge[hit, days_ahead] += self._library.surge[drawn, :held]
        return Felt(rain, wind, surge)

    @property
    def _formed(self) -> Integers:
        return self.climate.storms.formed

    @cached_property
    def _library(self) -> Felt:
        """What storms bring that nobody has seen yet, by day of their life."""
        storms = form_storms(chance(self.seed, "storm library"), np.zeros(_LIBRARY, np.int64))
        return self.climate.terrain.felt(storms.tracks)


def _calendar(issue_days: Integers, days: int) -> Integers:
    return issue_days[:, None] + np.arange(1 + days)
