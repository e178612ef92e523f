"""From ponds that fell ill to reports: late confirmations, suspicions that are withdrawn, and the odds of a count."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from features.sources.simulated.chance import chance
from features.sources.simulated.laws import Array, Integers

CONFIRMED_SHARE = 0.6

_DELAY_MEAN_DAYS, _DELAY_SIZE = 6.0, 2.0
_FALSE_PER_POND_DAY = 2.2e-5
_WITHDRAWN_AFTER = (3, 16)


@dataclass(frozen=True)
class Reports:
    """Changes of the counts of onsets, one element per pond and change.

    Attributes:
        day: position of the day of the onset.
        site: position of the commune.
        delay: days from the onset to the report, at least 1.
        change: of the count, 1 for a pond reported and -1 for a suspicion withdrawn.
    """

    day: Integers
    site: Integers
    delay: Integers
    change: Integers


def report(onsets: Integers, standing: Integers, seed: int, of: str) -> Reports:
    """Of the onsets 60 % are confirmed; some healthy ponds are suspected, and each suspicion is withdrawn.

    A report comes after 1 + a negative binomial of mean 6 and size 2 days, a withdrawal 3 to 15 days after its report.
    The rate of false suspicions is set so that they are some 6 % of the confirmations of both diseases of shrimp. In
    the end a day's count is the number of its confirmed onsets.

    Args:
        onsets: ponds that fell ill, shape (day, site).
        standing: ponds with shrimp in them, shape (day, site).
        seed: equal seeds give equal reports.
        of: names the disease.
    """
    confirmed = chance(seed, f"{of} confirmed").binomial(onsets, CONFIRMED_SHARE)
    suspected = chance(seed, f"{of} suspected").poisson(_FALSE_PER_POND_DAY * standing)
    told = _reported(confirmed, chance(seed, f"{of} delay"))
    random = chance(seed, f"{of} withdrawal")
    raised = _reported(suspected, random)
    after = raised.delay + random.integers(*_WITHDRAWN_AFTER, len(raised.day))
    withdrawn = replace(raised, delay=after, change=-raised.change)
    parts = zip(*(vars(part).values() for part in (told, raised, withdrawn)), strict=True)
    return Reports(*map(np.concatenate, parts))


def _reported(ponds: Integers, random: np.random.Generator) -> Reports:
    """A report of each of the ponds counted, shape (day, site)."""
    day, site = np.divmod(np.repeat(np.arange(ponds.size), ponds.ravel()), ponds.shape[1])
    success = _DELAY_SIZE / (_DELAY_SIZE + _DELAY_MEAN_DAYS)
    return Reports(day, site, 1 + random.negative_binomial(_DELAY_SIZE, success, len(day)), np.ones_like(day))


def exceedance_of_confirmed(onsets: npt.NDArray[np.integer], cuts: npt.ArrayLike) -> Array:
    """Probability that at least as many onsets as each cut are confirmed, given how many there were.

    Args:
        onsets: total of a place and period, shape (...).
        cuts: shape (cut,).

    Returns:
        Shape (..., cut).
    """
    totals = np.arange(onsets.max(initial=0) + 1)
    table: Array = binom.sf(np.asarray(cuts) - 1, totals[:, None], CONFIRMED_SHARE)
    return table[onsets]
