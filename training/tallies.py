"""Tallies: sums over sites and blocks of days, of which every figure of the table of skill is made.

The score of any group of questions, and of any resample of blocks, is a ratio of such sums; so what is kept of a judged
hazard is small, and is never judged twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.local_days import day_numbers
from models.exceedance import log_odds
from models.hazard import Hazard
from models.spread import HIGH, LOW
from training.achievable import Truth

BLOCK_DAYS = 30
SEASONS = ("winter", "spring", "summer", "autumn")
_BINS_PER_LOG_ODD = 20
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tally:
    """What is kept of a hazard that was judged on fresh years.

    Attributes:
        scores: index (block, season, lead, cut); columns `n`, `events`, and `brier_*`, the sum of squared errors of
            each forecaster; where the truth is known also `regret_*`, the sum of `(f - o)^2`.
        calibration: of the model, index (block, lead, cut, bin); forecasts of one bin differ by a twentieth of
            log-odds at most. Columns `n`, `events`, and `brier`, the sum of squared errors.
        coverage: of the model's 90 % intervals, index (block, season, lead); columns `n`, `told`, how many intervals
            hold more than one amount, and `within`, how many of these the outcome is in. Empty where the outcome is not
            an amount.
    """

    scores: pd.DataFrame
    calibration: pd.DataFrame
    coverage: pd.DataFrame


def tally(
    hazard: Hazard,
    forecasts: Mapping[str, pd.DataFrame],
    outcome: pd.Series,
    zone: str,
    *,
    truth: Truth | None = None,
    interval: pd.DataFrame | None = None,
) -> Tally:
    """Sums up forecasts with what came of them.

    Args:
        hazard: the hazard.
        forecasts: probabilities of "model" and of others, one column per cut; the index is that of `outcome`.
        outcome: what came, index (issue_time, site, period) of all combinations; questions without are left out.
        zone: IANA zone of the local day.
        truth: true probabilities, same index, where they are known; questions without are left out.
        interval: of an amount, `low` and `high` as the model tells them, same index.
    """
    grid = _Grid.of(hazard, outcome, zone)
    event = hazard.target.reached(outcome).astype(float)
    known = np.isfinite(outcome.to_numpy())
    answers = {name: answer.to_numpy() for name, answer in forecasts.items()}
    halves: tuple[Floats, ...] = ()
    if truth is not None:
        halves = tuple(half.reindex(outcome.index).to_numpy() for half in (truth.first, truth.second))
    for values in (*answers.values(), *halves):
        known &= np.isfinite(values).all(axis=1)
    columns = {"n": np.ones_like(event), "events": event}
    columns |= {f"brier_{name}": (answer - event) ** 2 for name, answer in answers.items()}
    if halves:  # the product of both halves is unbiased for (f - o)^2
        columns |= {f"regret_{name}": (answer - halves[0]) * (answer - halves[1]) for name, answer in answers.items()}
    scores = {name: grid.over_sites(np.where(known[:, None], values, 0.0)) for name, values in columns.items()}
    of_block = pd.DataFrame(scores, grid.index).groupby(level=["block", "season", "lead", "cut"]).sum()
    covered = grid.coverage(outcome.to_numpy(), interval)
    return Tally(of_block[of_block["n"] > 0], grid.calibration(answers["model"], event, known), covered)


@dataclass(frozen=True)
class _Grid:
    """Where the questions stand: block and season, shape (issue_time, period)."""

    block: Integers
    season: Integers
    leads: Integers
    cuts: tuple[float, ...]
    n_sites: int

    @classmethod
    def of(cls, hazard: Hazard, outcome: pd.Series, zone: str) -> "_Grid":
        times = pd.DatetimeIndex(outcome.index.unique("issue_time"))
        length = max(BLOCK_DAYS, hazard.periods.reach)
        first = hazard.periods.first_days(times, zone)
        months = first.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
        block = np.broadcast_to((day_numbers(times, zone) // length)[:, None], first.shape)
        sites = len(outcome.index.unique("site"))
        return cls(block, (months + 1) // 3 % 4, hazard.periods.leads, hazard.target.cuts, sites)

    @property
    def index(self) -> pd.MultiIndex:
        """One entry per issue time, period and cut."""
        shape = (*self.block.shape, len(self.cuts))
        spread = (self.block[..., None], self.season[..., None], self.leads[:, None], np.asarray(self.cuts))
        block, season, lead, cut = (np.broadcast_to(values, shape).ravel() for values in spread)
        names = ["block", "season", "lead", "cut"]
        return pd.MultiIndex.from_arrays([block, np.asarray(SEASONS, dtype=object)[season], lead, cut], names=names)

    def over_sites(self, values: Floats) -> Floats:
        """Sums over sites of values of shape (question, cut), in the order of `index`."""
        times, periods = self.block.shape
        return values.reshape(times, self.n_sites, periods, -1).sum(axis=1).ravel()

    def calibration(self, answer: Floats, event: Floats, known: npt.NDArray[np.bool_]) -> pd.DataFrame:
        times, periods = self.block.shape
        position = np.broadcast_to(
            np.arange(times * periods).reshape(times, 1, periods), (times, self.n_sites, periods)
        )
        at = position.ravel()[known]
        block, lead = self.block.ravel()[at], self.leads[at % periods]
        parts = []
        for k, cut in enumerate(self.cuts):
            forecast, came = answer[known, k], event[known, k]
            bins = np.rint(_BINS_PER_LOG_ODD * log_odds(forecast)).astype(np.int64)
            keys = {"block": block, "lead": lead, "cut": cut, "bin": bins}
            sums = {"n": np.ones_like(came), "events": came, "brier": (forecast - came) ** 2}
            parts.append(pd.DataFrame(keys | sums).groupby([*keys]).sum())
        return pd.concat(parts)

    def coverage(self, outcome: Floats, interval: pd.DataFrame | None) -> pd.DataFrame:
        if interval is None:
            return pd.DataFrame(columns=["n", "told", "within"], index=self.index[:0].droplevel("cut"), dtype=float)
        low, high = (interval[end].to_numpy(float) for end in (LOW, HIGH))
        known = np.isfinite(outcome)
        told = known & (low < high)
        sums = {"n": known, "told": told, "within": told & (outcome >= low) & (outcome <= high)}
        index = self.index[:: len(self.cuts)].droplevel("cut")
        by_question = pd.DataFrame({name: self.over_sites(of.astype(float)) for name, of in sums.items()}, index)
        of_block = by_question.groupby(level=index.names).sum()
        return of_block[of_block["n"] > 0]
