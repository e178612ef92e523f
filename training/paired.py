"""Paired comparisons: what several forecasters lose on the same questions, and how sure a difference is.

A cell is a lead and a cut. Losses of a cell are told as shares of what climatology loses there, so that a rare cut
weighs as much as a common one; the headline is their mean over all cells with at least 30 events and 30 non-events.
Everything is drawn once in blocks of days that hold all sites, so that every comparison is paired.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scores.stats.statistical_tests import diebold_mariano

from models.exceedance import SMALLEST, log_odds
from models.forecaster import EVENTS_TO_JUDGE
from models.hazard import Hazard
from training.pooled import CALIBRATION_ITERATIONS, miscalibrated
from training.scores import resampled_weights

SCORES = ("brier", "log")
REFERENCE = "climatology"
BLOCK_DAYS = 10  # neighbouring days and all communes share their weather
ONE_SIDED = 0.05
_BINS_PER_LOG_ODD = 20
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Gain:
    """What one forecaster gains on another, as a share of the other's loss.

    Attributes:
        value: the gain.
        low: one-sided 95 % lower bound of a circular block bootstrap.
        worse: p of the hypothesis that nothing is lost: the share of resamples in which nothing is.
    """

    value: float
    low: float
    worse: float


@dataclass(frozen=True)
class Compared:
    """Losses on the same questions, summed over sites.

    Attributes:
        hazard: the hazard.
        times: issue times, shape (time,).
        leads: of each cell, days, shape (cell,).
        cuts: of each cell.
        n: questions, shape (time, cell).
        events: events, shape (cell,).
        losses: by score and forecaster, shape (time, cell).
    """

    hazard: Hazard
    times: pd.DatetimeIndex
    leads: Floats
    cuts: Floats
    n: Floats
    events: Floats
    losses: dict[str, dict[str, Floats]]

    @property
    def block_days(self) -> int:
        """Length of a block: ten days, or as far as the periods reach, whose answers share what happens in them."""
        return max(BLOCK_DAYS, self.hazard.periods.reach)

    @property
    def blocks(self) -> float:
        """How many blocks the questions fill."""
        return float(((self.times[-1] - self.times[0]).days + 1) / self.block_days)

    @cached_property
    def weights(self) -> Floats:
        """How often each issue time is drawn, shape (iteration, time)."""
        return resampled_weights(self.times, self.block_days)

    @property
    def judged(self) -> Flags:
        """The cells that can be judged, shape (cell,)."""
        enough = np.minimum(self.events, self.n.sum(axis=0) - self.events) >= EVENTS_TO_JUDGE
        return np.asarray(enough)

    def gain(self, of: str, on: str, score: str, cells: Flags) -> Gain:
        """What a forecaster gains on another over some cells, by the mean of their losses."""
        mine, other, reference = (self.losses[score][name][:, cells] for name in (of, on, REFERENCE))
        whole = _gain(*(losses.sum(axis=0)[None] for losses in (mine, other, reference)))
        drawn = _gain(*(self.weights @ losses for losses in (mine, other, reference)))
        return Gain(float(whole[0]), float(np.nanquantile(drawn, ONE_SIDED)), _share(drawn >= 0))

    def confidence(self, of: str, on: str, score: str, cells: Flags) -> float:
        """How sure it is that a forecaster loses less than another, by Diebold and Mariano's test.

        Hering and Genton 2011, Technometrics 53, 414-425, on the mean difference of each issue time over all
        sites and cells. A half where they never differ.
        """
        mine, other, reference = (self.losses[score][name][:, cells] for name in (of, on, REFERENCE))
        n = np.where(self.n[:, cells] > 0, self.n[:, cells], np.nan)
        of_cell = reference.sum(axis=0) / np.nansum(n, axis=0)
        share = (other - mine) / n / of_cell
        known = np.isfinite(share).any(axis=1)
        by_time = np.nanmean(share[known], axis=1)
        if not by_time.any():
            return 0.5
        steps = -(-(self.hazard.periods.reach + 1) // self.hazard.issue_every_days)
        series = xr.DataArray(by_time[None], dims=("of", "time"), coords={"h": ("of", [min(steps, len(by_time) - 1)])})
        return float(diebold_mariano(series, "of", "h")["confidence_gt_0"].item())


def compared(hazard: Hazard, outcome: pd.Series, answers: Mapping[str, pd.DataFrame]) -> Compared:
    """Puts forecasters beside each other.

    Args:
        hazard: the hazard.
        outcome: what came, in the target's unit; index (issue_time, site, period), no NaN.
        answers: probabilities by forecaster, climatology among them, one column per cut, same index.
    """
    event = hazard.target.reached(outcome).astype(float)
    time, times = pd.factorize(outcome.index.get_level_values("issue_time"), sort=True)
    periods, cuts = hazard.periods.leads, np.asarray(hazard.target.cuts)
    place = time * len(periods) + outcome.index.get_level_values("period").to_numpy() - 1

    def over_sites(values: Floats) -> Floats:
        sums = np.array([np.bincount(place, column, len(times) * len(periods)) for column in values.T], dtype=float)
        return sums.T.reshape(len(times), -1)

    losses: dict[str, dict[str, Floats]] = {score: {} for score in SCORES}
    for name, answer in answers.items():
        told = answer[list(cuts)].to_numpy(float)
        bounded = np.clip(told, SMALLEST, 1 - SMALLEST)
        losses["brier"][name] = over_sites((told - event) ** 2)
        losses["log"][name] = over_sites(-np.log(np.where(event > 0, bounded, 1 - bounded)))
    return Compared(
        hazard=hazard,
        times=pd.DatetimeIndex(times),
        leads=np.repeat(periods, len(cuts)).astype(float),
        cuts=np.tile(cuts, len(periods)),
        n=over_sites(np.ones_like(event)),
        events=over_sites(event).sum(axis=0),
        losses=losses,
    )


def miscalibration(table: Compared, outcome: pd.Series, answer: pd.DataFrame, cut: float) -> Floats:
    """MCB / UNC at a cut over all leads and sites, of the sample first and then of its resamples.

    Dimitriadis et al. 2021, doi:10.1073/pnas.2016191118; forecasts of one bin differ by a twentieth of log-odds at
    most.
    """
    position = table.hazard.target.cuts.index(cut)
    event = table.hazard.target.reached(outcome)[:, position].astype(float)
    forecast = answer[cut].to_numpy(float)
    time = table.times.get_indexer(outcome.index.get_level_values("issue_time"))
    bins, values = pd.factorize(np.rint(_BINS_PER_LOG_ODD * log_odds(forecast)), sort=True)
    columns = {"n": np.ones_like(event), "events": event, "brier": (forecast - event) ** 2}
    sums = pd.DataFrame({"time": time, "bin": bins, **columns}).groupby(["time", "bin"]).sum()
    of_bin, of_time = (sums.index.get_level_values(name).to_numpy() for name in ("bin", "time"))
    weights = np.vstack([np.ones(len(table.times)), table.weights[:CALIBRATION_ITERATIONS]])[:, of_time]
    parts = [
        miscalibrated(*(np.bincount(of_bin, drawn * column, len(values)).astype(float) for column in sums.to_numpy().T))
        for drawn in weights
    ]
    rate = event.mean()
    return np.array(parts) / (rate * (1 - rate))


def tail_gain(table: Compared, outcome: pd.Series, mine: pd.DataFrame, other: pd.DataFrame, cut: float) -> Gain:
    """What the quantiles of an amount gain on others where it matters, by the threshold-weighted CRPS.

    With the weight 1 beyond the cut and 0 before it, the score is the CRPS of outcome and quantiles that are drawn up
    to the cut (Allen et al. 2023, arXiv:2202.12732, with the chaining function max(x, cut)).
    """
    import scoringrules  # takes seconds to import, and only this score needs it

    target, levels = table.hazard.target, [float(str(level)) for level in mine if level in set(other)]
    beyond = target.severity(cut)
    time = table.times.get_indexer(outcome.index.get_level_values("issue_time"))
    drawn_up = np.maximum(target.severity(outcome.to_numpy()), beyond)

    def by_time(quantiles: pd.DataFrame) -> Floats:
        rising = np.sort(target.severity(quantiles[levels].to_numpy(float)), axis=1)
        told = scoringrules.crps_quantile(drawn_up, np.maximum(rising, beyond), _of_severity(target.sense, levels))
        return np.bincount(time, np.atleast_1d(told), len(table.times)).astype(float)[:, None]

    mine_, other_ = by_time(mine), by_time(other)
    whole = _gain(*(one.sum(axis=0)[None] for one in (mine_, other_, other_)))
    drawn = _gain(*(table.weights @ one for one in (mine_, other_, other_)))
    return Gain(float(whole[0]), float(np.nanquantile(drawn, ONE_SIDED)), _share(drawn >= 0))


def _of_severity(sense: str, levels: list[float]) -> Floats:
    """The levels of the quantiles of severity: those of the outcome, or of its negative."""
    return np.array(levels) if sense == "at_least" else np.sort(1 - np.array(levels))


def _gain(mine: Floats, other: Floats, reference: Floats) -> Floats:
    """Gain from sums of shape (draw, cell), by the mean over cells of their shares of the reference.

    Beside another that loses nothing, whoever loses anything loses all: -1. A draw in which no cell has a reference
    shows neither gain nor loss: 0.
    """
    whole = np.where(reference > 0, reference, np.nan)
    lost = np.nanmean(other / whole, axis=1)
    own = np.nanmean(mine / whole, axis=1)
    gained: Floats = np.where(lost > 0, 1 - own / np.where(lost > 0, lost, 1.0), np.where(own > 0, -1.0, 0.0))
    return gained


def _share(flags: Flags) -> float:
    return float((1 + flags.sum()) / (1 + len(flags)))
