"""Does bias adjustment help in years that it has not seen? It is trained on the first half and judged on the second.

A model's weather is not that of the calendar, so that only climates can be compared; what is left after adjustment is
the model's changed bias and the chance of the years (split-sample test: Klemeš 1986, doi:10.1080/02626668609491024).
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from models.climate.adjusted import Adjustment
from models.climate.change import Stretch
from models.climate.indices import Index, known_years, yearly

LEAST_YEARS_OF_HALF = 10


def halves(observed: xr.DataArray, modelled: xr.DataArray) -> tuple[Stretch, Stretch] | None:
    """The first and the second half of the years that both know; None if there are fewer than ten in each.

    Args:
        observed: dims (site, time), units mm/d or degC.
        modelled: the same of a model.
    """
    known = [days.year.to_numpy()[days.any("site").to_numpy()] for days in map(known_years, (observed, modelled))]
    both = np.intersect1d(*known)
    if len(both) < 2 * LEAST_YEARS_OF_HALF:
        return None
    middle = len(both) // 2
    return Stretch(int(both[0]), int(both[middle - 1])), Stretch(int(both[middle]), int(both[-1]))


def bias_in_second_half(
    observed: xr.DataArray, modelled: xr.DataArray, wanted: Sequence[Index], first: Stretch, second: Stretch
) -> xr.Dataset:
    """Mean of each index in the second half minus the observed mean, before and after adjustment by the first half.

    Args:
        observed: dims (site, time), units mm/d or degC.
        modelled: the same of a model.
        wanted: indices of the variable.
        first: years to train on.
        second: years to judge.

    Returns:
        For each index dims (version, site), version raw and adjusted, in its unit.
    """
    adjustment = Adjustment(first.of(observed), first.of(modelled))
    part = second.of(modelled)
    truth = yearly(second.of(observed), wanted).mean("year")
    versions = [yearly(values, wanted).mean("year") - truth for values in (part, adjustment(part))]
    return xr.concat(versions, xr.DataArray(["raw", "adjusted"], dims="version", name="version"))
