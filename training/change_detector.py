"""Change detection: whether a stream of standardised numbers has shifted, asked anew every day.

Shiryaev-Roberts statistic of normal shifts: every day may have been the first of the change, and each such day bets on
it. Without a change the sum of the bets grows by one a day in the mean, so that it reaches a level L for the first time
after L days or more in the mean (Shin, Ramdas and Rinaldo 2023, "E-detectors", doi:10.51387/23-NEJSDS51, theorem 2.4);
a mean of several such sums keeps that.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
SHIFTS = (-1.0, 1.0)
FAR = 2.0
Stream = TypeVar("Stream", bound=Hashable)


@dataclass(frozen=True)
class Change(Generic[Stream]):
    """What the streams tell together.

    Attributes:
        evidence: mean of the sums on each day, shape (day,).
        stream: the one whose sum is the largest on the last day.
        shift: the shift, in standard deviations, that fits it best.
        since: position of the day on which that shift most likely began.
    """

    evidence: Floats
    stream: Stream
    shift: float
    since: int


def detect(streams: Mapping[Stream, Floats]) -> Change[Stream]:
    """Watches streams that begin on the same day.

    Args:
        streams: standard normal numbers as they are without a change, shape (day,); NaN tells nothing that day.
    """
    sums = {(name, shift): _sums(_bets(values, shift)) for name, values in streams.items() for shift in SHIFTS}
    stream, shift = max(sums, key=lambda key: sums[key][-1])
    return Change(np.mean(list(sums.values()), axis=0), stream, shift, _began(_bets(streams[stream], shift)))


def _bets(values: Floats, shift: float) -> Floats:
    """Logarithm of the likelihood ratio of a shifted normal number, by day."""
    return np.where(np.isfinite(values), shift * np.clip(values, -FAR, FAR) - shift**2 / 2, 0.0)


def _sums(bets: Floats) -> Floats:
    held, sums = 0.0, np.empty(len(bets))
    for day, bet in enumerate(bets):
        held = (held + 1.0) * float(np.exp(bet))
        sums[day] = held
    return sums


def _began(bets: Floats) -> int:
    """The day from which the bets to the end sum up to the most (Page 1954, doi:10.1093/biomet/41.1-2.100)."""
    return int(np.argmax(np.cumsum(bets[::-1])[::-1]))
