"""What goes wrong on the way from the weather to the archive: outages of runs and stations, and faulty sensors."""

import numpy as np
import numpy.typing as npt

from features.sources.simulated.laws import Array, Integers

Flags = npt.NDArray[np.bool_]

_RUN_OUTAGE_DAYS, _STATION_OUTAGE_DAYS, _FAULT_DAYS = 3.0, 10.0, 6.0
_YEAR_DAYS = 365.25


def run_outages(random: np.random.Generator, n_days: int, per_year: float) -> Flags:
    """On which days no run arrived, shape (day,): blocks of three days in the mean."""
    return _blocks(random, (n_days, 1), per_year, _RUN_OUTAGE_DAYS)[:, 0]


def station_outages(random: np.random.Generator, shape: tuple[int, int], per_year: float) -> Flags:
    """On which days a station was silent, shape (day, site): blocks of ten days in the mean."""
    return _blocks(random, shape, per_year, _STATION_OUTAGE_DAYS)


def with_faults(random: np.random.Generator, readings: Array, per_year: float, *, lowest: float) -> Array:
    """Readings, shape (day, site), of sensors that get stuck, jump or drift for six days in the mean.

    Args:
        random: source of randomness.
        readings: what sound sensors would say; NaN stays NaN.
        per_year: faults of each sensor in a year.
        lowest: a sensor never says less, but for a jump, which may also be the -99 of a broken wire.
    """
    faulty = _blocks(random, readings.shape, per_year, _FAULT_DAYS)
    begins = faulty & ~np.vstack([np.zeros((1, faulty.shape[1]), bool), faulty[:-1]])
    day = np.arange(len(readings))[:, None]
    began = np.maximum.accumulate(np.where(begins, day, 0), axis=0)
    sensor = np.arange(readings.shape[1])
    kind = random.integers(0, 3, readings.shape)[began, sensor]
    stuck = readings[began, sensor]
    typical = np.nanstd(readings)
    drifted = np.maximum(readings + 0.3 * typical * (day - began + 1), lowest)
    jumped = np.where(random.random(readings.shape) < 0.5, readings + 8 * typical, -99.0)
    said = np.select([kind == 0, kind == 1], [stuck, drifted], jumped).round(1)
    return np.where(faulty & np.isfinite(readings), said, readings)


def _blocks(random: np.random.Generator, shape: tuple[int, int], per_year: float, mean_days: float) -> Flags:
    """Blocks of geometric length that begin at random, on the first axis of days."""
    begins = random.random(shape) < per_year / _YEAR_DAYS
    lengths = random.geometric(1 / mean_days, shape)
    until: Integers = np.maximum.accumulate(np.where(begins, np.arange(shape[0])[:, None] + lengths, 0), axis=0)
    return np.arange(shape[0])[:, None] < until
