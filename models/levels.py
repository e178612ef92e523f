"""Levels: from probabilities to a level of warning that a hazard declares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class AtLeast:
    """A level is reached when the event of a cut is at least as probable as this.

    Attributes:
        probability: the trigger, a choice of the service between missed events and false alarms.
        cut: one of the target's cuts, in its unit.
    """

    probability: float
    cut: float


def highest_level(
    levels: Mapping[str, AtLeast], cuts: Sequence[float], probabilities: npt.NDArray[np.float64]
) -> npt.NDArray[np.object_]:
    """The highest level that each row reaches.

    Args:
        levels: rules by name, the lowest level first.
        cuts: the cuts of the columns.
        probabilities: shape (row, cut).

    Returns:
        Names of shape (row,); None where no level is reached.
    """
    reached = np.full(len(probabilities), None, dtype=object)
    for name, rule in levels.items():
        reached[probabilities[:, list(cuts).index(rule.cut)] >= rule.probability] = name
    return reached
