"""How forecasts did as issued, by group of sites, lead, season and cut: scores, skill, reliability, hits and misses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.alarm_runs import EventDays
from models.as_shown import BASELINES
from models.block_sums import BLOCK_DAYS, over, ratio_intervals
from models.exceedance import log_odds
from models.forecaster import EVENTS_TO_JUDGE
from models.season import SEASONS
from models.track_records import ANY_LEAD, EVERYWHERE
from serving.issued.as_issued import AsIssued
from serving.verification.record_groups import seasons

WHOLE_YEAR = "year"
NO_LEVEL = ""
KEY = ["group", "lead", "season", "cut", "level"]
BINS = 10
COUNTS = ["events", "runs", "hits", "misses", "false_alarms"]
"""Columns that count, of which small ones are not said of restricted sites."""
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Verification:
    """What is told of a record.

    Attributes:
        rows: sorted by `KEY`: group (`EVERYWHERE` for all), lead (`ANY_LEAD` for all), season (`WHOLE_YEAR` for all),
            cut and level (`NO_LEVEL` where none speaks of the cut); and the figures. Skill and rates are NaN where
            there are too few events to judge by.
        reliability: of each row by the place in `cell`: n, sum of probabilities and events of each bin of probability,
            shape (cell, bin, 3).
    """

    rows: pd.DataFrame
    reliability: Floats


def verification(record: AsIssued, group: Integers, labels: Sequence[str]) -> Verification:
    """Makes the table.

    Args:
        record: the questions.
        group: the group of each of `record.sites`; -1 for sites that are left out.
        labels: names of the groups.
    """
    record = record.of(group[record.asked.site] >= 0) if len(record) else record
    if not len(record):
        return Verification(pd.DataFrame(columns=[*KEY, "n", *COUNTS]), np.empty((0, BINS, 3)))
    cells = _Cells(record, group, labels)
    tables, bins = [], []
    for column, cut in enumerate(record.hazard.target.cuts):
        scored = cells.scores(column).assign(cut=cut, cell=np.arange(cells.n) + column * cells.n)
        levels = [(rank, name) for rank, (name, rule) in enumerate(record.hazard.levels.items()) if rule.cut == cut]
        warned = list(cells.alarms(column, levels)) or [pd.DataFrame({"level": NO_LEVEL}, index=cells.index)]
        tables += [scored.join(one) for one in warned]
        bins.append(cells.bins(column))
    whole = pd.concat(tables).reset_index()
    whole = whole[(whole["n"] > 0) | (whole.get("runs", pd.Series(0, whole.index)) > 0)]
    return Verification(whole.sort_values(KEY, ignore_index=True), np.concatenate(bins))


class _Cells:
    """The cells: each group and all, each lead and all, each season and the year."""

    def __init__(self, record: AsIssued, group: Integers, labels: Sequence[str]) -> None:
        self._record, self._group = record, group
        self._length: int = max(BLOCK_DAYS, record.hazard.periods.reach)
        self._shape: tuple[int, int, int] = len(labels), len(record.leads), len(SEASONS)
        names: list[list[str | int]] = [[EVERYWHERE, *labels], [ANY_LEAD, *record.leads], [WHOLE_YEAR, *SEASONS]]
        self.index: pd.MultiIndex = pd.MultiIndex.from_product(names, names=KEY[:3])
        self.n: int = len(self.index)
        asked = record.asked
        season = seasons((asked.first + asked.end - 1) // 2)
        cell = (group[asked.site] * self._shape[1] + asked.lead - 1) * self._shape[2] + season
        numbers, block = np.unique(asked.issued // self._length, return_inverse=True)
        self._blocks: int = len(numbers)
        size = int(np.prod(self._shape))
        self._cell: Integers = cell
        self._at: Integers = block * size + cell

    def scores(self, column: int) -> pd.DataFrame:
        """Counts, Brier and log scores, and skill against both baselines, of one cut."""
        told, event = self._record.told["probabilities"][:, column], self._record.event[:, column]
        known = np.isfinite(told)
        odds = log_odds(np.where(known, told, 0.5))
        n, events = self._sums(known), self._sums(known & event)
        few = events.sum(axis=0) < EVENTS_TO_JUDGE
        table = {
            "n": n.sum(axis=0).astype(int),
            "events": events.sum(axis=0).astype(int),
            "expected": self._sums(np.where(known, told, 0)).sum(axis=0),
            "brier": _mean(self._sums(np.where(known, (told - event) ** 2, 0)), n),
            "log_score": _mean(self._sums(np.where(known, np.logaddexp(0, odds) - event * odds, 0)), n),
            "judged": ~few,
        }
        for name in BASELINES:
            reference = self._record.told[name][:, column]
            both = known & np.isfinite(reference)
            ours = self._sums(np.where(both, (told - event) ** 2, 0))
            theirs = self._sums(np.where(both, (reference - event) ** 2, 0))
            enough = self._sums(both & event).sum(axis=0) >= EVENTS_TO_JUDGE
            low, high = ratio_intervals(ours, theirs, enough)
            table[f"skill_{name}"] = np.where(np.isfinite(low), 1 - _mean(ours, theirs), np.nan)
            table[f"skill_{name}_low"], table[f"skill_{name}_high"] = 1 - high, 1 - low
        return pd.DataFrame(table, self.index)

    def bins(self, column: int) -> Floats:
        """n, sum of probabilities and events in each bin of probability, shape (cell, bin, 3)."""
        told, event = self._record.told["probabilities"][:, column], self._record.event[:, column]
        known = np.isfinite(told)
        which = np.minimum((BINS * told[known]).astype(np.int64), BINS - 1)
        at, size = self._cell[known] * BINS + which, int(np.prod(self._shape)) * BINS
        counted = [np.bincount(at, weights, size) for weights in (np.ones(len(at)), told[known], event[known])]
        stacked: Floats = np.stack(counted, axis=-1).astype(float)
        return _with_margins(stacked.reshape(1, *self._shape, BINS * 3)).reshape(-1, BINS, 3)

    def alarms(self, column: int, levels: Sequence[tuple[int, str]]) -> Iterator[pd.DataFrame]:
        """Hits, misses and false alarms of levels whose event is this cut, each by the season of the onset."""
        record = self._record
        if not levels:
            return
        days = EventDays(record.asked, record.event[:, column], len(record.sites), len(record.leads))
        for rank, name in levels:
            matched = days.matched(record.asked, record.level >= rank)
            keys = self._group[matched.site], matched.lead, seasons(matched.day)
            numbers, block = np.unique(matched.day // self._length, return_inverse=True)
            shape = max(len(numbers), 1), self._shape[0], self._shape[1] + 1, self._shape[2]
            at = np.ravel_multi_index((block, *keys), shape) if len(block) else block

            def sums(which: npt.NDArray[np.bool_], at: Integers = at, shape: tuple[int, ...] = shape) -> Floats:
                counted = np.bincount(at[which], minlength=int(np.prod(shape))).reshape(shape).astype(float)
                over_seasons = np.concatenate([counted.sum(axis=3, keepdims=True), counted], axis=3)
                whole = np.concatenate([over_seasons.sum(axis=1, keepdims=True), over_seasons], axis=1)
                return whole.reshape(shape[0], -1)

            hits, runs, false = sums(matched.hit), sums(~matched.false), sums(matched.false)
            raised = hits + false
            hit = _with_interval("hit_rate", hits, runs)
            in_vain = _with_interval("false_alarm_ratio", false, raised)
            table = {
                "level": name,
                "runs": runs.sum(axis=0).astype(int),
                "hits": hits.sum(axis=0).astype(int),
                "misses": (runs - hits).sum(axis=0).astype(int),
                "false_alarms": false.sum(axis=0).astype(int),
                "lead_gained_days": self._medians(keys, matched.gained),
            }
            yield pd.DataFrame(table | hit | in_vain, self.index)

    def _medians(self, keys: tuple[Integers, ...], gained: Floats) -> Floats:
        group, lead, season = keys
        shape = self._shape[0] + 1, self._shape[1] + 1, self._shape[2] + 1
        parts = [
            pd.DataFrame({"cell": np.ravel_multi_index((of_group, lead, of_season), shape), "gained": gained})
            for of_group in (group + 1, np.zeros_like(group))
            for of_season in (season + 1, np.zeros_like(season))
        ]
        return pd.concat(parts).groupby("cell")["gained"].median().reindex(range(self.n)).to_numpy(float)

    def _sums(self, values: npt.ArrayLike) -> Floats:
        """Sums by block and cell, with the margins first; shape (block, cell)."""
        size = int(np.prod(self._shape))
        counted: Floats = np.bincount(self._at, np.asarray(values, float), self._blocks * size).astype(float)
        return _with_margins(counted.reshape(self._blocks, *self._shape, 1)).reshape(self._blocks, -1)


def _with_margins(cells: Floats) -> Floats:
    """Cells of shape (block, group, lead, season, figure) with the sums over each of the three before them."""
    for axis in (1, 2, 3):
        cells = np.concatenate([cells.sum(axis=axis, keepdims=True), cells], axis=axis)
    return cells


def _mean(part: Floats, whole: Floats) -> Floats:
    return over(part.sum(axis=0), whole.sum(axis=0))


def _with_interval(name: str, part: Floats, whole: Floats) -> dict[str, Floats]:
    """A ratio with its interval; NaN where there are too few to judge by."""
    low, high = ratio_intervals(part, whole, whole.sum(axis=0) >= EVENTS_TO_JUDGE)
    told = np.where(np.isfinite(low), _mean(part, whole), np.nan)
    return {name: told, f"{name}_low": low, f"{name}_high": high}
