"""What the fields of an amount tell of a factor: forecasts a fifth too high look otherwise than much rain does.

Much rain falls at many sites; rain times a factor falls where it fell. So the amount where there is any, how steep it
is between neighbours, and how steeply it changed from the run before, are weighed against the share of sites that have
any, and against the same of what came. The error of a forecast is large and much the same at all sites; what it leaves
of the look of a field is small. Weights are those of a linear discriminant, with squares and products, between the days
that are learned from and the same days with all forecasts times a factor (Fisher 1936,
doi:10.1111/j.1469-1809.1936.tb02137.x). Amounts are told by their cube roots.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.variables import variable_named
from training.forecast_streams import ForecastDays, by_month, long_enough, said_of_days, seasons, standardised

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
FACTOR = 1.2
FEWEST_SITES = 20
_NEIGHBOURS, _LEAST_SHARE, _FEWEST_DAYS, _RIDGE, _ROOT = 3, 1 / 12, 100, 0.01, 1 / 3


def field_streams(told: ForecastDays, training: Flags) -> dict[str, Floats]:
    """Streams of the look of the fields, standardised by the training days; higher where forecasts are too high.

    Args:
        told: forecasts and observations.
        training: which days are learned from, shape (day,).

    Returns:
        By variable, shape (day,); NaN on days with too little of it at too few sites. Only amounts, of twenty sites or
        more.
    """
    made = {
        name: _stream(told.days, said_of_days(told, name), truth, training)
        for name, truth in told.observed.items()
        if variable_named(name).low >= 0 and truth.shape[1] >= FEWEST_SITES
    }
    return long_enough(made, training)


@dataclass(frozen=True)
class _Look:
    """How fields look: the share of sites that have any, shape (day,), and parts that rise with a factor.

    The parts have shape (day, part): cube root of the amount where there is any, and its steepness.
    """

    share: Floats
    parts: Floats

    @classmethod
    def of(cls, field: Floats, near: Integers) -> "_Look":
        some, root = field > 0, np.cbrt(field)
        share = _mean(some, np.isfinite(field))
        return cls(share, np.column_stack([_mean(root, some), _steepness(root, some, near)]))


def _stream(days: Integers, said: Floats, truth: Floats, training: Flags) -> Floats:
    """One stream of forecasts for each day, shape (day, site, lead), and observations, shape (day, site)."""
    near = _neighbours(truth[training])
    came = _Look.of(truth, near)
    leads = []
    for lead in range(said.shape[2]):
        look, parts = _Look.of(said[:, :, lead], near), []
        if lead + 1 < said.shape[2]:
            now, before = said[:, :, lead], said[:, :, lead + 1]
            parts = [_steepness(np.cbrt(now) - np.cbrt(before), (now > 0) & (before > 0), near)]
        leads.append(
            (
                np.column_stack([look.parts, *parts]),
                np.column_stack([look.share, came.parts, came.share, seasons(days)]),
                look.share >= _LEAST_SHARE,
            )
        )

    def joined(wanted: Flags, learned: Flags) -> Floats:
        found = [
            _discriminant(parts[wanted], beside[wanted], enough[wanted], learned[wanted])
            for parts, beside, enough in leads
        ]
        known = np.isfinite(found).any(axis=0)
        return np.where(known, np.nansum(found, axis=0), np.nan)

    return standardised(days, by_month(days, training, joined), training)


def _discriminant(parts: Floats, beside: Floats, enough: Flags, learned: Flags) -> Floats:
    """How much each field looks like one times the factor, 0 in the mean of what is learned from; NaN for too little.

    Args:
        parts: what a factor changes, shape (day, part).
        beside: what it does not, shape (day, other).
        enough: whether there is enough to be looked at, shape (day,).
        learned: which days are learned from, shape (day,).
    """
    told = enough & np.isfinite(parts).all(axis=1) & np.isfinite(beside).all(axis=1)
    taught = told & learned
    if taught.sum() < _FEWEST_DAYS:
        return np.full(len(parts), np.nan)
    as_is, changed = (np.column_stack([parts * factor**_ROOT, beside]) for factor in (1.0, FACTOR))
    centre, spread = as_is[taught].mean(axis=0), as_is[taught].std(axis=0)
    varied = spread > 0
    as_is, changed = (_with_products((one - centre)[:, varied] / spread[varied]) for one in (as_is, changed))
    middle, scale = as_is[taught].mean(axis=0), as_is[taught].std(axis=0)
    between = np.corrcoef(as_is[taught], rowvar=False) + _RIDGE * np.eye(len(scale))
    weights = np.linalg.solve(between, (changed - as_is)[taught].mean(axis=0) / scale)
    return np.where(told, (as_is - middle) / scale @ weights, np.nan)


def _with_products(values: Floats) -> Floats:
    """Columns, and all products of two of them."""
    one, other = np.triu_indices(values.shape[1])
    return np.hstack([values, values[:, one] * values[:, other]])


def _neighbours(truth: Floats) -> Integers:
    """The sites that go most with each site, shape (site, neighbour), by what was observed on the days before."""
    root = np.cbrt(truth[np.isfinite(truth).all(axis=1)])
    alike = np.corrcoef(root, rowvar=False)
    np.fill_diagonal(alike, -np.inf)
    return np.argsort(-np.nan_to_num(alike, nan=-1.0), axis=1)[:, :_NEIGHBOURS]


def _steepness(values: Floats, among: Flags, near: Integers) -> Floats:
    """Mean difference between neighbours of which both are counted, shape (day,)."""
    apart = np.abs(values[:, :, None] - values[:, near])
    both = among[:, :, None] & among[:, near]
    return _mean(apart.reshape(len(apart), -1), both.reshape(len(both), -1))


def _mean(values: npt.NDArray[np.generic], counted: Flags) -> Floats:
    """Mean over axis 1 of what is counted; 0 for nothing."""
    count = counted.sum(axis=1)
    total = np.where(counted, values, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.zeros(len(count)), where=count > 0)
