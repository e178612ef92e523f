"""Chance: a stream of random numbers of its own for every process, facts of places that no seed changes, slow walks."""

import zlib
from dataclasses import dataclass

import numpy as np

from features.sources.simulated.laws import Array


def chance(seed: int, of: str) -> np.random.Generator:
    """Random numbers of one process of one province: those of other names and other seeds are independent.

    Args:
        seed: of the province, not negative.
        of: names the process.
    """
    return np.random.default_rng([seed, zlib.crc32(of.encode())])


def place_fraction(code: str, of: str) -> float:
    """A fact of a place, uniform in [0, 1): another seed is other weather and other luck, never another place.

    Args:
        code: of the site.
        of: names the fact.
    """
    return float(chance(zlib.crc32(code.encode()), of).random())


@dataclass(frozen=True)
class Walk:
    """Something hidden that changes slowly: a stationary first-order autoregression around 0.

    Attributes:
        persistence: correlation of successive days.
        deviation: standard deviation of any day.
    """

    persistence: float
    deviation: float

    def begin(self, random: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """A value of each of its places on a day of which nothing is known."""
        return self.deviation * random.standard_normal(shape)

    def step(self, random: np.random.Generator, today: Array) -> Array:
        """Tomorrow's values given today's."""
        innovation = np.sqrt(1 - self.persistence**2) * self.deviation
        return self.persistence * today + innovation * random.standard_normal(today.shape)
