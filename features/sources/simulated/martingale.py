"""Forecasts as a martingale: a day's normal score is a sum of innovations, each revealed some days ahead.

With truth X_T = sum over k = 0 .. 15 of e(T, k), where e(T, k) is revealed k days before T, the forecast h days ahead
is the sum over k >= h. Then truth - forecast is independent of everything known at the issue time and
P(X_T > z | known) = 1 - Phi((z - forecast) / sqrt(1 - rho_h^2)), exactly.

What is known at an issue time is the run of that morning and the truth of the days before; the truth of the issue day
itself is not.

Martingale model of forecast evolution in normal-score space: Zhao et al. 2013, doi:10.1016/j.advwatres.2013.03.008.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

HORIZON_DAYS = 15
LEADS = np.arange(HORIZON_DAYS + 1)


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

    def factor(self, distances_km: Array) -> Scores:
        """Lower Cholesky factor, shape (site, site)."""
        fading = (1 - self.common - self.own) * np.exp(-distances_km / self.scale_km)
        covariance = self.common + fading + self.own * np.eye(len(distances_km))
        return np.linalg.cholesky(covariance).astype(np.float32)


@dataclass(frozen=True)
class Skill:
    """Correlation of forecast and truth: best * exp(-(lead / scale_days)^shape) at leads of 1 to 15 days."""

    best: float
    scale_days: float
    shape: float

    @property
    def correlations(self) -> Array:
        """By lead 0 .. 15; 1 at lead 0."""
        rho: Array = self.best * np.exp(-((LEADS / self.scale_days) ** self.shape))
        rho[0] = 1.0
        return rho

    @property
    def errors(self) -> Array:
        """Standard deviation of truth - forecast by lead 0 .. 15; 0 at lead 0."""
        sigma: Array = np.sqrt(1 - self.correlations**2)
        return sigma

    @property
    def revealed(self) -> Array:
        """Variance revealed k = 0 .. 15 days ahead; sums to 1."""
        return -np.diff(self.correlations**2, append=0.0)


@dataclass(frozen=True)
class Revelation:
    """How a field of scores is revealed from day to day.

    Attributes:
        skill: correlation of forecast and truth by lead.
        persistence: correlation of what one day reveals about two neighbouring target days.
        near: between sites, of what is revealed on the day itself and the day before.
        far: between sites, of what is revealed earlier.
    """

    skill: Skill
    persistence: float
    near: Covariance
    far: Covariance

    def draw(self, random: np.random.Generator, days: int, distances_km: Array) -> Scores:
        """Scores as they are forecast from day to day.

        Returns:
            Shape (issue day, lead 0 .. 15, site); entry (t, h) speaks of day t + h and lead 0 is the truth, with
            variance 1 from day 15 on.
        """
        between_targets = np.linalg.cholesky(self.persistence ** np.abs(np.subtract.outer(LEADS, LEADS)))
        drawn = random.standard_normal((days, len(LEADS), len(distances_km)), dtype=np.float32)
        scores: Scores = np.matmul(between_targets.astype(np.float32), drawn)
        factors = self._factors(distances_km)
        for lead, revealed in enumerate(self.skill.revealed):
            scores[:, lead] = scores[:, lead] @ (np.sqrt(revealed).astype(np.float32) * factors[int(lead > 1)].T)
        for lead in LEADS[-2::-1]:
            scores[1:, lead] += scores[:-1, lead + 1]
        return scores

    def expected(self, scores: Scores, issue_days: Integers, days: int) -> Scores:
        """What is known of the issue day and the days after it, shape (issue, 1 + days, site).

        The issue day's own truth is expected from the run of the day before and from what this morning's run
        newly said of the next day, which goes with it.

        Args:
            scores: as drawn, of any sites.
            issue_days: positions in the scores' first axis, at least 1.
            days: how many days after the issue day.
        """
        known = np.zeros((len(issue_days), 1 + days, scores.shape[2]), np.float32)
        reach = min(days, HORIZON_DAYS)
        known[:, 1 : 1 + reach] = scores[issue_days, 1 : 1 + reach]
        revealed = self.skill.revealed
        newly_said = scores[issue_days, 1] - scores[issue_days - 1, 2]
        share = self.persistence * np.sqrt(revealed[0] / revealed[1])
        known[:, 0] = scores[issue_days - 1, 1] + np.float32(share) * newly_said
        return known

    def unknown(self, random: np.random.Generator, shape: tuple[int, ...], days: int, distances_km: Array) -> Scores:
        """Draws of truth - expected, jointly for the issue day and the days after it.

        They do not depend on what is known, so that the same law holds at every issue time.

        Args:
            random: source of randomness.
            shape: leading shape, for instance (issue, sample).
            days: how many days after the issue day.
            distances_km: between the sites, shape (site, site).

        Returns:
            Shape (*shape, 1 + days, site).
        """
        in_time = self._in_time(days).astype(np.float32)
        drawn = random.standard_normal((*shape, in_time.shape[1], len(distances_km)), dtype=np.float32)
        near, far = self._factors(distances_km)
        by_reach = np.matmul(in_time, drawn)
        unknown: Scores = by_reach[..., : 1 + days, :] @ near.T + by_reach[..., 1 + days :, :] @ far.T
        return unknown

    def _factors(self, distances_km: Array) -> tuple[Scores, Scores]:
        return self.near.factor(distances_km), self.far.factor(distances_km)

    def _in_time(self, days: int) -> Array:
        """From independent normals to the near and the far part of what is unknown, for one site.

        Shape (2 * (1 + days), normals): first the near part of the issue day and the days after it, then the far part.
        """
        width = 1 + days
        revealed, rho = self.skill.revealed, self.persistence
        covariance = np.zeros((2 * width, 2 * width))
        covariance[0, 0] = revealed[0] * (1 - rho**2)
        for day in range(1, width):
            ahead = np.arange(min(HORIZON_DAYS, days - day) + 1)
            places = day + ahead + np.where(ahead > 1, width, 0)
            innovations = rho ** np.abs(np.subtract.outer(ahead, ahead)) * np.sqrt(
                np.outer(revealed[ahead], revealed[ahead])
            )
            covariance[np.ix_(places, places)] += innovations
        values, vectors = np.linalg.eigh(covariance)
        held = values > 1e-12
        root: Array = vectors[:, held] * np.sqrt(values[held])
        return root
