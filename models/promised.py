"""What a hazard promises of a change: more of a rising input never lowers the risk, of a falling one never raises it.

A model keeps the promise in the declared columns. A change at the source also moves others that are made of the same
driver, such as the highest rain of the days around, and there it may not. So whether the promise is of a change is told
here, and who asks holds the answer to it.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.drivers import driver_of
from features.feature import named
from models.exceedance import Floats
from models.hazard import Hazard

Signs = npt.NDArray[np.int64]


def promised(hazard: Hazard, before: pd.DataFrame, after: pd.DataFrame) -> Signs:
    """Of which changes a hazard promises anything.

    It does where all that changed belongs to drivers of which a declared column changed, and all declared columns that
    changed did so to the same side.

    Args:
        hazard: the hazard.
        before: rows of `ask`.
        after: the same rows, changed.

    Returns:
        1 where the risk does not fall, -1 where it does not rise, 0 where nothing is promised, shape (row,).
    """
    risen = dict.fromkeys(named(*hazard.rising), 1) | dict.fromkeys(named(*hazard.falling), -1)
    sign = np.array([risen.get(str(name), 0) for name in before], dtype=np.int64)
    driver = np.array([driver_of(feature).name for feature in hazard.features])
    old, new = before.to_numpy(float), after.to_numpy(float)
    changed = ~((old == new) | (np.isnan(old) & np.isnan(new)))
    with np.errstate(invalid="ignore"):
        way = np.nan_to_num(np.sign(new - old)).astype(np.int64) * sign
    spoken_for = np.zeros_like(changed)
    for name in np.unique(driver):
        of_driver = driver == name
        spoken_for[:, of_driver] = ((way != 0) & of_driver).any(axis=1)[:, None]
    lost = (changed & (np.isnan(old) | np.isnan(new))).any(axis=1)
    covered = ~(changed & ~spoken_for).any(axis=1) & ~lost
    up, down = (way > 0).any(axis=1), (way < 0).any(axis=1)
    return np.where(covered & up & ~down, 1, np.where(covered & down & ~up, -1, 0))


def kept(promise: Signs, before: Floats, after: Floats) -> Floats:
    """The answers to changed rows, held to the promise; both of shape (row, cut), as `after`."""
    sign = promise[:, None]
    return np.where(sign > 0, np.maximum(after, before), np.where(sign < 0, np.minimum(after, before), after))
