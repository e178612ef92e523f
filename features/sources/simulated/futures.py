"""Futures: weather as it may come after an issue time, drawn from the law that also made the weather that came.

The first half and the second half of the samples are independent of each other, also in the storms that they draw.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.sources.simulated.chance import chance
from features.sources.simulated.climate import RAIN, SPIN_UP_DAYS, STORM_WIND_NOISE, TEMPERATURE, WIND, Climate
from features.sources.simulated.laws import Array, Integers
from features.sources.simulated.martingale import Revelation, Scores
from features.sources.simulated.storm_fields import Felt
from features.sources.simulated.storms import LIFE_DAYS, STEPS_A_DAY, form_storms

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
        law = self.climate.rain_law.on(_calendar(issue_days, days)[:, None])
        rain = law.amount(self.scores(RAIN, self.climate.rain_scores, issue_days, days, "rain"))
        for row, felt in self.storms(issue_days, days):
            rain[row] += felt.rain
        return rain.round(1)

    def air_temperature(self, issue_days: Integers, days: int) -> Array:
        """Daily mean air temperature, degC, shape (issue, sample, 1 + days, site)."""
        law = self.climate.temperature_law.on(_calendar(issue_days, days)[:, None])
        scores = self.climate.temperature_scores
        return law.temperature(self.scores(TEMPERATURE, scores, issue_days, days, "temperature")).round(1)

    def highest_air_temperature(self, issue_days: Integers, days: int) -> Array:
        """Highest air temperature, degC, shape (issue, sample, 1 + days, site)."""
        law = self.climate.temperature_law.on(_calendar(issue_days, days)[:, None])
        rain_scores = self.scores(RAIN, self.climate.rain_scores, issue_days, days, "rain")
        return self.air_temperature(issue_days, days) + law.highest_above_mean(rain_scores)

    def wind(self, issue_days: Integers, days: int) -> Array:
        """Highest wind, m/s, shape (issue, sample, 1 + days, site)."""
        law = self.climate.wind_law.on(_calendar(issue_days, days)[:, None])
        wind = law.speed(self.scores(WIND, self.climate.wind_scores, issue_days, days, "wind"))
        random = chance(self.seed, f"gusts {issue_days[0]}")
        for row, felt in self.storms(issue_days, days):
            gusts = np.exp(STORM_WIND_NOISE * random.standard_normal(felt.wind.shape))
            wind[row] = np.maximum(wind[row], felt.wind * gusts)
        return wind

    def storms(self, issue_days: Integers, days: int) -> Iterator[tuple[int, Felt]]:
        """What storms may bring, for each issue day near which there is or can be one.

        Yields:
            Position among the issue days, and rain and wind of shape (sample, 1 + days, site) and surge of shape
            (sample, 1 + days, quarter, coastal site).
        """
        for row, issue_day in enumerate(issue_days):
            alive = np.flatnonzero((self._formed <= issue_day) & (issue_day < self._formed + LIFE_DAYS))
            forming = self.climate.formation[issue_day + 1 : issue_day + 1 + days]
            if len(alive) or forming.any():
                yield row, self._felt(int(issue_day), days, alive, forming)

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
        for ahead, probability in enumerate(forming, start=1):
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
