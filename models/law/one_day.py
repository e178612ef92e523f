"""Probabilities of levels where a single day decides."""

import numpy as np
import xarray as xr

from models.law.course import positions
from models.law.margins import LEVELS, of_classes, of_levels
from models.law.matrix import Table


def one_day_probabilities(
    table: Table,
    exceedance: xr.DataArray,
    *,
    place: xr.DataArray | str | None = None,
    duration: xr.DataArray | int = 1,
) -> xr.DataArray:
    """`P(level >= k)` of each day ahead, exactly, where the duration is known or does not count.

    So it is with storm, surge, sea wind, flood and salinity, and with flash flood once the prior rain is known.

    Args:
        table: the matrix of a hazard.
        exceedance: as in `level_probabilities`.
        place: as in `level_probabilities`.
        duration: days of the spell, or days of prior rain, by any of the dims of `exceedance` but "cut".

    Returns:
        Dims (..., "lead", "level") with levels 0 to 5. NaN where the probability that it rests on is.

    Raises:
        ValueError: if a bound of the table is not among the cuts, or probabilities are no probabilities or rise with
            the severity.
    """
    reached = of_classes(table, exceedance)
    days = reached.isel(cut=0, drop=True)
    lasting = (xr.zeros_like(days, dtype=np.int64) + duration).transpose(*days.dims).to_numpy()
    band = np.searchsorted(table.durations, lasting, side="right") - 1
    places = positions(table, place, days)
    probability = np.zeros((*days.shape, len(LEVELS)))
    probability[..., 0] = 1
    for k in reversed(range(len(table.bounds))):
        level = np.where(band >= 0, table.levels[places, k, np.maximum(band, 0)], 0)
        holds = level[..., None] >= np.maximum(LEVELS, 1)
        holds[..., 0] = False
        probability = np.where(holds, reached.to_numpy()[..., k, None], probability)
    return of_levels(probability, reached)
