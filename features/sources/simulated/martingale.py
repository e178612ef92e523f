"""Forecasts as a martingale: a day's normal score is a sum of innovations, each revealed some days ahead.

With truth X_T = sum over k = 0 .. 15 of e(T, k), where e(T, k) is revealed k days before T, the forecast h days ahead
is the sum over k >= h. Then truth - forecast is independent of everything known at the issue time and
P(X_T > z | known) = 1 - Phi((z - forecast) / sqrt(1 - rho_h^2)), exactly.

Martingale model of forecast evolution in normal-score space: Zhao et al. 2013, doi:10.1016/j.advwatres.2013.03.008.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]

HORIZON_DAYS = 15


@dataclass(frozen=True)
class Covariance:
    """Covariance between sites: a common part, a part that fades with distance, and a part of each site's own.

    Attributes:
        common: share of variance common to all sites.
        own: share of variance of each site alone; the rest fades as exp(-distance / scale_km).
        scale_km: distance at which the fading part falls to 1/e.
    """

    common: float
    own: float
    scale_km: float

    def factor(self, distances_km: Array) -> Array:
        """Lower Cholesky factor, shape (site, site)."""
        fading = (1 - self.common - self.own) * np.exp(-distances_km / self.scale_km)
        covariance = self.common + fading + self.own * np.eye(len(distances_km))
        return np.linalg.cholesky(covariance).astype(np.float64)


@dataclass(frozen=True)
class Skill:
    """Correlation of forecast and truth: best * exp(-(lead / scale_days)^shape) at leads of 1 to 15 days."""

    best: float
    scale_days: float
    shape: float

    @property
    def correlations(self) -> Array:
        """By lead 0 .. 15; 1 at lead 0."""
        leads = np.arange(HORIZON_DAYS + 1)
        rho: Array = self.best * np.exp(-((leads / self.scale_days) ** self.shape))
        rho[0] = 1.0
        return rho

    @property
    def revealed(self) -> Array:
        """Variance revealed k = 0 .. 15 days ahead; sums to 1."""
        return -np.diff(self.correlations**2, append=0.0)


def forecast_scores(
    random: np.random.Generator, days: int, skill: Skill, persistence: float, factors: list[Array]
) -> Scores:
    """Draws normal scores as they are forecast from day to day.

    Args:
        random: source of randomness.
        days: how many days.
        skill: correlation of forecast and truth by lead.
        persistence: correlation of what one day reveals about two neighbouring target days.
        factors: Cholesky factor of the site covariance of what is revealed k = 0 .. 15 days ahead.

    Returns:
        Shape (issue day, lead 0 .. 15, site); entry (t, h) speaks of day t + h and lead 0 is the truth, with variance 1
        from day 15 on.
    """
    leads = np.arange(HORIZON_DAYS + 1)
    between_targets = np.linalg.cholesky(persistence ** np.abs(np.subtract.outer(leads, leads)))
    drawn = random.standard_normal((days, len(leads), len(factors[0])), dtype=np.float32)
    scores: Scores = np.matmul(between_targets.astype(np.float32), drawn)
    for lead, (factor, revealed) in enumerate(zip(factors, skill.revealed, strict=True)):
        scores[:, lead] = scores[:, lead] @ (np.sqrt(revealed) * factor.T).astype(np.float32)
    for lead in leads[-2::-1]:
        scores[1:, lead] += scores[:-1, lead + 1]
    return scores
