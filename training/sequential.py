"""Tests of forecasts in service that may be looked at every day: evidence that they lost their calibration or skill.

A test bets at each issue time that forecasts do worse than they promise, at odds that are fair while they do not. Its
wealth is an e-value: where nothing is wrong it exceeds 100 with a probability of at most 1 %, however often somebody
looks (Waudby-Smith and Ramdas 2024, doi:10.1093/jrsssb/qkad009). Sites of one issue time depend on each other, so that
their mean is one observation.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.hazard import Hazard

BETS = 2.0 ** np.arange(-3, 7)
"""How much is bet on each unit of a gap; the wealth is shared among them, so that nothing need be tuned."""
BOLDEST = 0.5
"""Share of the wealth that one observation may take at most."""
_TINY = 1e-12
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Gaps:
    """By how much forecasts did worse than they promise; while they keep the promise the mean is at most 0.

    Attributes:
        values: mean over the sites, one per issue time in order; NaN where nothing is known.
        least: the least that each could have been, as known when it was issued; at most 0.
    """

    values: Floats
    least: Floats


def told_too_low(probabilities: Floats, events: Floats) -> Gaps:
    """Gaps that are above 0 in the mean where events come more often than was told.

    Args:
        probabilities: shape (issue_time, site); NaN where nothing was told.
        events: 1 or 0, same shape; NaN where nobody looked. Where somebody looks may not depend on what comes.
    """
    return _mean_over_sites(events - probabilities, -probabilities)


def told_too_high(probabilities: Floats, events: Floats) -> Gaps:
    """Gaps that are above 0 in the mean where events come more rarely than was told; as `told_too_low`."""
    return _mean_over_sites(probabilities - events, probabilities - 1)


def worse_by_brier(probabilities: Floats, reference: Floats, events: Floats) -> Gaps:
    """Brier score of forecasts minus that of a reference, such as climatology; shapes (issue_time, site)."""
    return _lost(
        events, without=probabilities**2 - reference**2, with_event=(1 - probabilities) ** 2 - (1 - reference) ** 2
    )


def worse_by_log_score(probabilities: Floats, reference: Floats, events: Floats) -> Gaps:
    """Logarithmic score of forecasts minus that of a reference; shapes (issue_time, site).

    Raises:
        ValueError: if a probability is 0 or 1: of these the score has no bounds.
    """
    for told in (probabilities, reference):
        if np.any((told <= 0) | (told >= 1)):
            raise ValueError("the logarithmic score needs probabilities between 0 and 1: clip them first")
    return _lost(
        events,
        without=np.log1p(-reference) - np.log1p(-probabilities),
        with_event=np.log(reference) - np.log(probabilities),
    )


def running_evidence(*gaps: Gaps, lag: int = 1) -> Floats:
    """E-values against the promises that all gaps are at most 0 in the mean, given what was known when issued.

    Stop whenever the value reaches 1 / alpha: under the promises this happens with a probability of at most alpha. With
    outcomes that come later than the next issue, each of `lag` interleaved streams bets for itself and the mean of
    their wealths counts; it is told as if all bets that are still open were lost, without which it would be no e-value
    (Henzi and Ziegel 2022, doi:10.1093/biomet/asab047, with their correction, doi:10.1093/biomet/asac043).

    Args:
        gaps: of one promise or several, all of the same issue times.
        lag: after how many issues an outcome is known, see `lag_of`.

    Returns:
        Shape (issue_time,): the value once this issue and all before it are settled.
    """
    return np.mean([_wealth(one, lag, begun_anew=0.0).mean(axis=1) for one in gaps], axis=0)


def running_change(*gaps: Gaps, lag: int = 1) -> Floats:
    """The same for promises that were kept until an unknown moment: the sum of e-values begun at each issue time.

    An e-detector of the kind of Shiryaev and Roberts (Shin, Ramdas and Rinaldo 2024, doi:10.51387/23-NEJSDS51): while
    the promises are kept it takes on average at least `c - lag` issues until the value reaches `c`.

    Args:
        gaps: as in `running_evidence`.
        lag: as in `running_evidence`.
    """
    return np.mean([_wealth(one, lag, begun_anew=1.0).sum(axis=1) for one in gaps], axis=0)


def lag_of(hazard: Hazard, lead: int) -> int:
    """After how many issues what came of a forecast is known: those until its period is over."""
    return -(-(lead + hazard.periods.days) // hazard.issue_every_days)


def _wealth(gaps: Gaps, lag: int, *, begun_anew: float) -> Floats:
    """Wealth of each stream after each issue, shape (issue_time, stream), open bets taken for lost."""
    bets = np.minimum(BETS, BOLDEST / np.maximum(-gaps.least, _TINY)[:, None])
    factors = np.where(np.isfinite(gaps.values)[:, None], 1 + bets * gaps.values[:, None], 1.0)
    held = np.full((lag, len(BETS)), 1.0 - begun_anew)
    means, told = held.mean(axis=1), np.empty((len(factors), lag))
    for issue, factor in enumerate(factors):
        stream = issue % lag
        held[stream] = (held[stream] + begun_anew) * factor
        means[stream] = held[stream].mean()
        told[issue] = means
    settled = np.arange(len(factors))[:, None] % lag == np.arange(lag)
    return told * np.where(settled, 1.0, 1 - BOLDEST)


def _lost(events: Floats, *, without: Floats, with_event: Floats) -> Gaps:
    lost = np.where(np.isnan(events), np.nan, np.where(events == 1, with_event, without))
    return _mean_over_sites(lost, np.minimum(without, with_event))


def _mean_over_sites(values: Floats, least: Floats) -> Gaps:
    known = np.isfinite(values)
    count = known.sum(axis=1)
    means = [np.where(known, one, 0.0).sum(axis=1) / np.maximum(count, 1) for one in (values, least)]
    return Gaps(np.where(count > 0, means[0], np.nan), means[1])
