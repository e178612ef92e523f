"""Probabilities of levels: from the probabilities of single days, and how the days hang together.

A level that needs three days of heat is not told by the probability of each day: the days of a forecast err together.
Courses are drawn by a Gaussian copula over the leads whose margins are the forecast's own probabilities (Pinson et al.
2009, doi:10.1002/we.284), each is joined to the days that are known, and the matrix is applied to it.
"""

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.special import ndtri
from scipy.stats import qmc

from models.law.course import check_steps, positions
from models.law.margins import LEVELS, Floats, of_classes, of_levels
from models.law.matrix import Table
from models.law.ruling import Classes, Reading, as_mildest, as_severest, ruling, steps_inside
from models.law.spells import Counting, Integers, whole_spell

_ROWS_AT_ONCE = 64


def level_probabilities(
    table: Table,
    past: xr.DataArray,
    exceedance: xr.DataArray,
    *,
    place: xr.DataArray | str | None = None,
    correlation: float,
    samples: int = 2048,
    seed: int,
    spell: Counting = whole_spell,
) -> xr.DataArray:
    """`P(level >= k)` of each day ahead, where durations count.

    Args:
        table: the matrix of a hazard.
        past: known values in the table's unit, dims (..., step): the table's step is "day" or "month", its labels count
            from the issue day or month, so that -1 is the one before it. NaN where nobody looked. Give one step more
            than the longest band of the table: a spell is not followed beyond.
        exceedance: `P(value >= cut)`, or `P(value <= cut)` where the table's sense is "at_most", dims (..., "lead",
            "cut"), the free dims as those of `past`. The cuts, in the table's unit, hold every bound of the table
            (see `Table.as_far_as`). Leads follow one another and count as the steps of `past` do. NaN where unknown.
        place: name of a column group of the table, one for all or by the free dims.
        correlation: of neighbouring days in the copula, above -1 and below 1: what `neighbour_correlation` finds.
        samples: how many courses are drawn, a power of two.
        seed: of the scrambled Sobol sequence; the same courses serve all sites.
        spell: how a spell is counted: as a whole as far as the forecast reaches, or up to the day itself.

    Returns:
        Dims (..., "lead", "level") with levels 0 to 5. Never increasing with the level. NaN where a step that nobody
        knows, in the past or between it and the first lead, could change the answer.

    Raises:
        ValueError: if a bound of the table is not among the cuts, probabilities are no probabilities or rise with the
            severity, steps are left out, the past reaches into the leads, dims do not fit, or `correlation` or
            `samples` is out of range.
    """
    if not -1 < correlation < 1:
        raise ValueError(f"correlation {correlation} is not between -1 and 1")
    if samples < 2 or samples & (samples - 1):
        raise ValueError(f"{samples} samples: take a power of two, as a Sobol sequence is balanced only then")
    reached = of_classes(table, exceedance)
    free = [dim for dim in reached.dims if dim not in ("lead", "cut")]
    known = _up_to(table, past, reached["lead"].to_numpy()).transpose(*free, table.step)
    known = xr.align(known, reached, join="exact", exclude=(table.step, "lead", "cut"))[0]
    classes = table.classes(known)
    thresholds = ndtri(reached.to_numpy()).reshape(-1, 1, *reached.shape[-2:])
    days = reached.isel(cut=0, drop=True)
    places = np.broadcast_to(positions(table, place, days), days.shape).reshape(-1, 1, days.shape[-1])
    scores = _scores(days.shape[-1], correlation, samples, seed)
    certain = (classes >= 0).all() and not np.isnan(thresholds).any()
    told = []
    for read in (as_mildest,) if certain else (as_mildest, as_severest):
        before = steps_inside(table, read(table, classes)).reshape(-1, 1, len(table.bounds))
        told.append(_shares(table, thresholds, scores, places, before, read, spell))
    probability = np.where(told[0] == told[-1], told[0], np.nan).reshape(*days.shape, len(LEVELS))
    return of_levels(probability, reached)


def _up_to(table: Table, past: xr.DataArray, leads: npt.NDArray[np.int64]) -> xr.DataArray:
    """The past with NaN for the steps between it and the first lead."""
    check_steps(table, past)
    steps = past[table.step].to_numpy()
    if steps.size == 0:
        return past
    if steps[-1] >= leads[0]:
        raise ValueError(f"{table.hazard}: the past reaches to {table.step} {steps[-1]}, the leads begin at {leads[0]}")
    return past.reindex({table.step: np.arange(steps[0], leads[0])})


def _scores(leads: int, correlation: float, samples: int, seed: int) -> Floats:
    """Normal scores of the courses, shape (sample, lead): first-order autoregressive in the lead."""
    distance = np.abs(np.subtract.outer(np.arange(leads), np.arange(leads)))
    drawn = qmc.MultivariateNormalQMC(np.zeros(leads), correlation**distance, rng=seed)
    scores: Floats = drawn.random(samples).reshape(samples, leads)
    return scores


def _shares(
    table: Table, thresholds: Floats, scores: Floats, places: Integers, before: Integers, read: Reading, spell: Counting
) -> Floats:
    """Share of the courses at each level or above, shape (row, lead, level)."""
    parts = []
    for start in range(0, len(thresholds), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        drawn: Classes = (scores[..., None] < thresholds[rows]).sum(axis=-1, dtype=np.int8)
        classes = read(table, np.where(np.isnan(thresholds[rows]).any(axis=-1), np.int8(-1), drawn))
        run = np.broadcast_to(before[rows], (*classes.shape[:-1], before.shape[-1]))
        level, _ = ruling(table, classes, places[rows], run, spell)
        parts.append((level[..., None] >= LEVELS).mean(axis=1))
    return np.concatenate(parts)
