"""Cost and loss: what it costs to act on a forecast from a probability on, beside acting always, never and perfectly.

Whoever acts pays a cost; whoever does not, and is hit, bears a loss, of which acting would have prevented a share. With
calibrated probabilities it pays to act from the ratio of the cost to what acting prevents; relative value is 1 for a
perfect forecast and 0 for the better of acting always and never (Richardson 2000, doi:10.1002/qj.49712656313).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.block_sums import over

THRESHOLDS = np.round([0.0, 0.001, 0.002, 0.005, *np.arange(0.01, 1.0, 0.01)], 3)
"""Probabilities that are tried; from 0 on is to act always. Never to act, from infinity on, is tried as well."""
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stake:
    """What somebody has at stake, in any one currency.

    Attributes:
        cost: of acting once.
        loss: of being hit once without having acted.
        prevented: share of the loss that acting prevents, above 0 and at most 1.
    """

    cost: float
    loss: float
    prevented: float = 1.0

    @property
    def ratio(self) -> float:
        """Cost over the loss that acting prevents: the probability from which it pays to act; never from 1 on."""
        return self.cost / (self.loss * self.prevented)

    def expense(self, acted: npt.ArrayLike, hits: npt.ArrayLike, events: npt.ArrayLike) -> Floats:
        """What was paid and lost.

        Args:
            acted: how often somebody acted.
            hits: how often of these the event came.
            events: how often it came at all.
        """
        prevented = self.prevented * np.asarray(hits, float)
        return np.asarray(self.cost * np.asarray(acted, float) + self.loss * (np.asarray(events, float) - prevented))

    def reference(self, n: npt.ArrayLike, events: npt.ArrayLike) -> Floats:
        """The better of acting always and never, in hindsight."""
        return np.minimum(self.expense(n, events, events), self.expense(0, 0, events))

    def perfect(self, events: npt.ArrayLike) -> Floats:
        """What is left to pay by who knows what comes: to act just then, if it pays to act at all."""
        return np.minimum(self.expense(events, events, events), self.expense(0, 0, events))

    def value(self, expense: npt.ArrayLike, n: npt.ArrayLike, events: npt.ArrayLike) -> Floats:
        """Relative economic value; NaN where even a perfect forecast saves nothing."""
        reference = self.reference(n, events)
        return over(reference - np.asarray(expense), reference - self.perfect(events))


@dataclass(frozen=True, eq=False)
class Counts:
    """What acting from each of `THRESHOLDS` on would have been, and never, by block of days.

    Attributes:
        acted: how often somebody would have acted, shape (block, threshold); the last threshold is never.
        hits: how often of these the event came, same shape.
        n: questions, shape (block,).
        events: how often the event came, shape (block,).
    """

    acted: Floats
    hits: Floats
    n: Floats
    events: Floats


def counts(probability: Floats, event: npt.NDArray[np.bool_], block: Integers, blocks: int) -> Counts:
    """Counts what acting would have been.

    Args:
        probability: told of each question, shape (n,).
        event: whether the event came, same shape.
        block: which block of days each belongs to, same shape.
        blocks: how many there are.
    """
    passed = np.searchsorted(THRESHOLDS, probability, side="right")  # thresholds at or below the probability
    width = len(THRESHOLDS) + 1
    reached = [
        np.bincount(block[chosen] * width + passed[chosen], minlength=blocks * width).reshape(blocks, width)
        for chosen in (np.ones(len(block), dtype=bool), event)
    ]
    acted, hits = (of[:, ::-1].cumsum(axis=1)[:, ::-1].astype(float) for of in reached)
    never = np.zeros((blocks, 1))
    return Counts(np.hstack([acted[:, 1:], never]), np.hstack([hits[:, 1:], never]), acted[:, 0], hits[:, 0])


def cheapest(stake: Stake, told: Counts, weights: Floats) -> Integers:
    """Which threshold costs least, for each drawing of blocks; of several the one nearest to the ratio.

    Args:
        stake: cost and loss.
        told: what acting would have been.
        weights: how often each block counts, shape (draw, block).
    """
    expense = stake.expense(weights @ told.acted, weights @ told.hits, (weights @ told.events)[:, None])
    least = np.isclose(expense, expense.min(axis=1, keepdims=True), rtol=1e-12, atol=0)
    away = np.append(np.abs(THRESHOLDS - min(stake.ratio, 1.0)), 0.0 if stake.ratio >= 1 else 2.0)
    return np.argmin(np.where(least, away, np.inf), axis=1)
