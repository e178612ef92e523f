"""Beyond the range: a harder blow than any that was learned from must not be told as a lesser risk."""

import numpy as np
import pandas as pd

from models.exceedance import Floats
from models.forecaster import Forecaster
from models.guard import Guarded
from training.decision import Finding

BEYOND = (0.5, 2.0)
_TOLERANCE = 1e-6


def floor_kept(forecaster: Forecaster) -> Finding:
    """Asks the questions of the exam with each declared input beyond all that was learned from.

    An input with which the risk is declared never to fall (or to rise) is put at the end of its range, and beyond it by
    half and by twice the range; no answer may be lower there than at the end.
    """
    estimator, rows = forecaster.estimator, forecaster.exam.rows
    if not isinstance(estimator, Guarded):
        return _nothing_declared()
    columns = list(rows)
    ends = [(name, estimator.high_, 1.0) for name in estimator.rising if name in columns]
    ends += [(name, estimator.low_, -1.0) for name in estimator.falling if name in columns]
    asked = [(name, float(end[columns.index(name)]), side) for name, end, side in ends]
    asked = [(name, end, side) for name, end, side in asked if np.isfinite(end)]
    if not asked:
        return _nothing_declared()
    fallen = []
    for name, end, side in asked:
        place = columns.index(name)
        width = float(estimator.high_[place] - estimator.low_[place])
        at_end = _answers(forecaster, rows.assign(**{name: end}))
        for share in BEYOND:
            beyond = _answers(forecaster, rows.assign(**{name: end + side * share * width}))
            if (beyond < at_end - _TOLERANCE).any():
                fallen.append(name)
                break
    if fallen:
        told = ", ".join(fallen)
        return Finding(
            "broken", f"ngoài phạm vi đã học, xác suất giảm theo {told}", f"beyond the range it falls with {told}"
        )
    told = f"{len(asked)} inputs"
    return Finding(
        "holds", f"ngoài phạm vi đã học, xác suất không giảm ({told})", f"beyond the range it never falls ({told})"
    )


def _answers(forecaster: Forecaster, rows: pd.DataFrame) -> Floats:
    answers: Floats = forecaster.answer(rows).to_numpy()
    return answers


def _nothing_declared() -> Finding:
    return Finding(
        "holds",
        "không có đầu vào nào được khai báo là làm tăng hay giảm rủi ro",
        "no input is declared with which the risk never falls or rises",
    )
