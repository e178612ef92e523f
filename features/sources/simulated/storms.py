"""Tropical cyclones of the Gulf of Tonkin: where they form, how their tracks are revealed, what a storm becomes.

A storm lives eight days in steps of six hours. Each day reveals an innovation of track and strength for the whole path
ahead, so that the expected path is a martingale and its errors are those of official forecasts: mean track errors of
69, 121, 175, 242 and 394 km at 1 to 5 days (Hong Kong Observatory, 2015 season), 5 to 10.5 m/s of strength. Decay over
land: Kaplan and DeMaria 1995, doi:10.1175/1520-0450(1995)034<2499:ASEMFP>2.0.CO;2.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.sources.simulated.laws import Array, Dates, Integers

Single = npt.NDArray[np.float32]

LIFE_DAYS = 8
STEPS_A_DAY = 4
STEPS = LIFE_DAYS * STEPS_A_DAY
FORMING_PER_YEAR = 5.0
_FORMING_BY_MONTH = np.array([0, 0, 0, 0, 0, 0.07, 0.28, 0.37, 0.16, 0.07, 0.05, 0])
_MONTH_DAYS = 30.4
_LANDFALL_LONGITUDE, _LANDFALL_AFTER_DAYS = 107.6, 5.0
_TRACK_ERROR_KM = np.array([0, 69, 121, 175, 242, 394]) / 1.2533
_STRENGTH_ERROR = np.array([0, 5.0, 7.5, 9.0, 10.0, 10.5])
_KM_PER_DEGREE_EAST, _KM_PER_DEGREE_NORTH = 104.0, 111.0
_LEAST_STRENGTH = 8.0
_AGE = np.arange(STEPS) / STEPS_A_DAY


@dataclass(frozen=True)
class Tracks:
    """Paths of storms, all of shape (..., step), a step each six hours of the eight days.

    Attributes:
        longitude: degrees east.
        latitude: degrees north.
        wind: highest sustained wind of the storm, m/s.
    """

    longitude: Array
    latitude: Array
    wind: Array


@dataclass(frozen=True)
class Storms:
    """Storms as they formed, and what each day of their life reveals.

    Attributes:
        formed: position of the day on which each formed, shape (storm,), rising.
        expected: paths expected when they formed, without loss over land, shape (storm, step).
        innovations: standard normals revealed on day 0 .. 7 for east, north and strength, shape (storm, 8, 3).
    """

    formed: Integers
    expected: Tracks
    innovations: Array

    def __len__(self) -> int:
        return len(self.formed)

    @property
    def tracks(self) -> Tracks:
        """The paths that the storms took, shape (storm, step)."""
        return self._tracks(slice(None), self.innovations)

    def tracks_expected(self, storm: int, age: int) -> Tracks:
        """The path of one storm as expected at an age, in days, shape (step,)."""
        return self._tracks(storm, np.where(np.arange(LIFE_DAYS)[:, None] <= age, self.innovations[storm], 0))

    def tracks_sampled(
        self, storm: int, age: int, random: np.random.Generator, samples: int, *, spread: float = 1.0
    ) -> Tracks:
        """Paths that one storm may take from an age on, shape (sample, step).

        Args:
            storm: which.
            age: days; what they revealed is known.
            random: source of randomness.
            samples: how many.
            spread: factor on what is not known; 1 for the truth.
        """
        innovations = np.repeat(self.innovations[None, storm], samples, axis=0)
        innovations[:, age + 1 :] = spread * random.standard_normal((samples, LIFE_DAYS - age - 1, 3))
        return self._tracks(storm, innovations)

    def _tracks(self, storm: int | slice, innovations: Array) -> Tracks:
        east, north = (innovations[..., axis] @ _TRACK_KM for axis in (0, 1))
        longitude = self.expected.longitude[storm] + east / _KM_PER_DEGREE_EAST
        latitude = self.expected.latitude[storm] + north / _KM_PER_DEGREE_NORTH
        strength = np.maximum(self.expected.wind[storm] + innovations[..., 2] @ _STRENGTH, _LEAST_STRENGTH)
        return Tracks(longitude, latitude, _weakened(strength, _over_land(longitude, latitude)))


def formation(dates: Dates, rate: Array) -> Array:
    """Probability that a storm forms on a day, shape (day,).

    Args:
        dates: local dates.
        rate: factor of the slow drivers, shape (day,).
    """
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    probability: Array = FORMING_PER_YEAR * _FORMING_BY_MONTH[month] / _MONTH_DAYS * rate
    return probability


def simulate_storms(random: np.random.Generator, probability: Array) -> Storms:
    """Draws the storms that form on days with given probabilities, shape (day,); at most one a day."""
    formed = np.flatnonzero(random.random(len(probability)) < probability)
    return form_storms(random, formed)


def form_storms(random: np.random.Generator, formed: Integers) -> Storms:
    """Draws storms that form on given days, shape (storm,).

    They head west-north-west at 13 to 22 km/h for a landfall near 20.9 N five days later; the strongest wind of their
    life is 15 to 60 m/s, 30 in the mean.
    """
    shape = (len(formed), 1)
    landfall = random.normal(20.9, 1.5, shape)
    degrees_a_day = random.uniform(13, 22, shape) * 24 / 111
    heading = np.radians(random.normal(150, 12, shape))
    to_landfall = _LANDFALL_AFTER_DAYS - _AGE
    strongest = np.clip(random.gamma(9, 3.3, shape), 15, 60)
    expected = Tracks(
        _LANDFALL_LONGITUDE - to_landfall * degrees_a_day * np.cos(heading),
        landfall - to_landfall * degrees_a_day * np.sin(heading),
        strongest * np.minimum(0.45 + 0.16 * _AGE, 1),
    )
    return Storms(formed.astype(np.int64), expected, random.standard_normal((len(formed), LIFE_DAYS, 3)))


def _by_step(errors: Array) -> Array:
    """What the innovation of each day adds to each later step, shape (8, step), so that errors grow as given."""
    lead = _AGE - np.arange(LIFE_DAYS)[:, None]
    of_lead = np.sqrt(np.diff(errors**2))
    return np.where(lead > 0, of_lead[np.clip(np.ceil(lead).astype(int) - 1, 0, 4)], 0)


_TRACK_KM, _STRENGTH = _by_step(_TRACK_ERROR_KM), _by_step(_STRENGTH_ERROR)


def _over_land(longitude: Array, latitude: Array) -> npt.NDArray[np.bool_]:
    """Whether a position lies over the mainland or Hainan, as straight coasts."""
    hainan = (longitude > 108.7) & (longitude < 110.9) & (latitude > 18.2) & (latitude < 20.1)
    over: npt.NDArray[np.bool_] = (longitude < 107.2) | (latitude > 21.6) | hainan
    return over


def _weakened(strength: Array, over_land: npt.NDArray[np.bool_]) -> Array:
    """Wind after decay over land; over sea it grows back by at most 2.5 m/s in six hours."""
    wind = strength.copy()
    for step in range(1, STEPS):
        before = wind[..., step - 1]
        decayed = np.where(before > 13.6, 12.5 + (0.92 * before - 12.5) * np.exp(-0.30), 0.93 * before)
        limit = np.where(over_land[..., step], decayed, before + 2.5)
        wind[..., step] = np.minimum(strength[..., step], limit)
    return wind
