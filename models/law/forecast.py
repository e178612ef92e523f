"""Probabilities of levels and of the cells that give them, from the probabilities of single days.

Where one day decides, the answer is exact. Where durations count it is not told by the probability of each day: the
days of a forecast err together. Taken as independent they underrate spells; taken as one (comonotone) they overrate
them, as a spell is then as likely as its least likely day. Courses are drawn between the two, by a Gaussian copula over
the leads whose margins are the forecast's own probabilities (Pinson et al. 2009, doi:10.1002/we.284); each is joined to
the days that are known, and the matrix is applied to it.
"""

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.special import ndtri
from scipy.stats import qmc

from models.law.course import check_steps, positions
from models.law.matrix import Table
from models.law.ruling import Classes, Reading, as_mildest, as_severest, ruling, steps_inside
from models.law.spells import Integers, whole_spell

Floats = npt.NDArray[np.float64]
LEVELS = np.arange(6)
_ROUNDING = 1e-9
_ROWS_AT_ONCE = 64
_TOLD = 0.01  # between the mildest and the severest reading of unknown days, below what the courses tell


def course_levels(
    table: Table,
    past: xr.DataArray,
    exceedance: xr.DataArray,
    *,
    place: xr.DataArray | str | None = None,
    correlation: float,
    samples: int = 2048,
    seed: int,
) -> xr.Dataset:
    """Levels of each day ahead, where durations count; spells are counted as a whole as far as the forecast reaches.

    Args:
        table: the matrix of a hazard.
        past: known values in the table's unit, dims (..., step): the table's step is "day" or "month", its labels count
            from the issue day or month, so that -1 is the one before it. NaN where nobody looked. Give one step more
            than the longest band of the table: a spell is not followed beyond.
        exceedance: `P(value >= cut)`, or `P(value <= cut)` where the table's sense is "at_most", dims (..., "lead",
            "cut"), the free dims as those of `past`. The cuts, in the table's unit, hold every bound of the table
            (see `Table.as_far_as`). Leads follow one another and count as the steps of `past` do. NaN where unknown.
        place: name of a column group of the table, one for all or by the free dims.
        correlation: of neighbouring days in the copula, above -1 and below 1: what `neighbour_correlation` finds; 0 is
            independence, near 1 the days are one.
        samples: how many courses are drawn, a power of two.
        seed: of the scrambled Sobol sequence; the same courses serve all sites.

    Returns:
        `at_least`, `P(level >= k)`, dims (..., "lead", "level") with levels 0 to 5, never increasing with the level,
        NaN where a step that nobody knows could change it by more than 0.01; `in_force`, the probability that a cell of
        the table is the one in force, dims (..., "lead", "cell"), unknown steps read as outside every class.

    Raises:
        ValueError: if a bound of the table is not among the cuts, probabilities are no probabilities or rise with the
            severity, steps are left out, the past reaches into the leads, dims do not fit, or `correlation` or
            `samples` is out of range.
    """
    if not -1 < correlation < 1:
        raise ValueError(f"correlation {correlation} is not between -1 and 1")
    if samples < 2 or samples & (samples - 1):
        raise ValueError(f"{samples} samples: take a power of two, as a Sobol sequence is balanced only then")
    reached = _of_classes(table, exceedance)
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
        told.append(_shares(table, thresholds, scores, places, before, read).reshape(*days.shape, -1))
    lowest, highest = (_at_least(table, cells) for cells in (told[0], told[-1]))
    return _named(np.where(np.abs(highest - lowest) <= _TOLD, lowest, np.nan), told[0], reached)


def one_day_levels(
    table: Table,
    exceedance: xr.DataArray,
    *,
    place: xr.DataArray | str | None = None,
    duration: xr.DataArray | int = 1,
) -> xr.Dataset:
    """Levels of each day ahead, exactly, where the duration is known or does not count.

    So it is with storm, surge, sea wind, flood and salinity, and with flash flood once the prior rain is known; also
    of periods of several days, where the probabilities are those of the severest day.

    Args:
        table: the matrix of a hazard.
        exceedance: as in `course_levels`.
        place: as in `course_levels`.
        duration: days of the spell, or days of prior rain, by any of the dims of `exceedance` but "cut".

    Returns:
        As `course_levels`; NaN where the probability that it rests on is.

    Raises:
        ValueError: if a bound of the table is not among the cuts, or probabilities are no probabilities or rise with
            the severity.
    """
    reached = _of_classes(table, exceedance)
    days = reached.isel(cut=0, drop=True)
    lasting = (xr.zeros_like(days, dtype=np.int64) + duration).transpose(*days.dims).to_numpy()
    band = np.searchsorted(table.durations, lasting, side="right") - 1
    places = np.broadcast_to(positions(table, place, days), days.shape)
    at_least = np.zeros((*days.shape, len(LEVELS)))
    at_least[..., 0] = 1
    cells = np.zeros((*days.shape, len(table.cells)))
    severer = np.zeros(days.shape)
    for k in reversed(range(len(table.bounds))):
        probability = reached.to_numpy()[..., k]
        level = np.where(band >= 0, table.levels[places, k, np.maximum(band, 0)], 0)
        at_least = np.where((level[..., None] >= LEVELS) & (LEVELS > 0), probability[..., None], at_least)
        cell = np.ravel_multi_index((places, np.full(days.shape, k), np.maximum(band, 0)), table.levels.shape)
        np.put_along_axis(cells, cell[..., None], np.where(band >= 0, probability - severer, 0)[..., None], axis=-1)
        severer = probability
    return _named(at_least, cells, reached)


def with_issue_day(exceedance: xr.DataArray) -> xr.DataArray:
    """Adds the issue day as lead 0, taken to be as likely as the first lead: nobody has observed it to its end.

    A choice of this service for forecasts that begin the day after the issue day; a caller who knows more of the issue
    day gives that instead.
    """
    first = exceedance.isel(lead=[0])
    return xr.concat([first.assign_coords(lead=first["lead"] - 1), exceedance], "lead")


def _of_classes(table: Table, exceedance: xr.DataArray) -> xr.DataArray:
    """The probabilities that the table's classes, or severer ones, come: dims (..., "lead", "cut")."""
    cuts = list(exceedance["cut"].to_numpy())
    lacking = [bound for bound in table.bounds if bound not in cuts]
    if lacking:
        raise ValueError(
            f"{table.hazard} needs the cuts {', '.join(map(str, lacking))} {table.unit}: forecast them, or ask "
            "table.as_far_as(cuts) for what the cuts can tell"
        )
    reached = exceedance.isel(cut=[cuts.index(bound) for bound in table.bounds]).transpose(..., "lead", "cut")
    values = reached.to_numpy()
    if (values < 0).any() or (values > 1).any() or (np.diff(values, axis=-1) > _ROUNDING).any():
        raise ValueError(f"{table.hazard}: probabilities must be between 0 and 1 and not rise with the severity")
    return reached


def _up_to(table: Table, past: xr.DataArray, leads: npt.NDArray[np.int64]) -> xr.DataArray:
    """The past with NaN for the steps between it and the first lead."""
    check_steps(table, past)
    if (np.diff(leads) != 1).any():
        raise ValueError(f"{table.hazard}: leads must follow one another, not {leads.tolist()}")
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
    table: Table, thresholds: Floats, scores: Floats, places: Integers, before: Integers, read: Reading
) -> Floats:
    """Share of the courses in which each cell is in force, shape (row, lead, cell)."""
    parts = []
    for start in range(0, len(thresholds), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        drawn: Classes = (scores[..., None] < thresholds[rows]).sum(axis=-1, dtype=np.int8)
        classes = read(table, np.where(np.isnan(thresholds[rows]).any(axis=-1), np.int8(-1), drawn))
        run = np.broadcast_to(before[rows], (*classes.shape[:-1], before.shape[-1]))
        _, cell = ruling(table, classes, places[rows], run, whole_spell)
        parts.append(np.stack([(cell == number).mean(axis=1) for number in range(len(table.cells))], axis=-1))
    return np.concatenate(parts)


def _at_least(table: Table, cells: Floats) -> Floats:
    """Probabilities of each level or above, shape (..., level), from those of the cells."""
    gives = table.levels.ravel()[:, None] >= LEVELS
    at_least: Floats = cells @ gives
    at_least[..., 0] = 1
    return at_least


def _named(at_least: Floats, cells: Floats, reached: xr.DataArray) -> xr.Dataset:
    """Both under the labels of the days that they speak of."""
    days = reached.isel(cut=0, drop=True)
    coords = dict(days.coords.items()) | {"level": LEVELS, "cell": np.arange(cells.shape[-1])}
    return xr.Dataset(
        {"at_least": ((*days.dims, "level"), at_least), "in_force": ((*days.dims, "cell"), cells)}, coords
    )
