"""Performance: whether verified forecasts of a champion have become worse than climatology, or lost their calibration.

Evidence is that of `training/sequential.py`, summed over the moments at which the loss may have begun, so that without
a loss an alarm comes in the mean less than once in ten years of issues.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.hazard import Hazard
from training.sequential import Gaps, lag_of, running_change, told_too_high, told_too_low, worse_by_log_score

TEN_YEARS_DAYS, AT_LEAST_ISSUES = 3650.0, 100.0
_NEAREST = 1e-4
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Performance:
    """How a forecaster does since it was put into service.

    Attributes:
        forecaster: its version.
        issues: issue times with a verified forecast.
        verified_until: the newest of them.
        skill_lost: evidence that its log score is worse than that of climatology; NaN where none was told.
        calibration_lost: evidence that events come more often, or more rarely, than it tells.
        level: evidence of an alarm.
        expected: events at the lowest of the levels' cuts that the probabilities promised.
        observed: events that came.
    """

    forecaster: str
    issues: int
    verified_until: pd.Timestamp
    skill_lost: float
    calibration_lost: float
    level: float
    expected: float
    observed: float

    @property
    def alarm(self) -> bool:
        """Whether one of them reaches the level."""
        return self.skill_lost >= self.level or self.calibration_lost >= self.level


def performance(hazard: Hazard, verified: pd.DataFrame, forecaster: str) -> Performance | None:
    """Judges the verified forecasts of one forecaster at the cuts of the hazard's levels, over all leads.

    Args:
        hazard: the hazard.
        verified: columns issue_time, site, lead, forecaster, probabilities, climatology, outcome; lists hold one value
            per cut.
        forecaster: version of the forecaster in service.

    Returns:
        None where none of its forecasts was verified.
    """
    own = verified[(verified["forecaster"] == forecaster) & verified["outcome"].notna()]
    if own.empty:
        return None
    cuts = sorted({hazard.target.cuts.index(level.cut) for level in hazard.levels.values()})
    skill, calibration = [], []
    for lead, rows in own.groupby("lead"):
        lag = lag_of(hazard, int(str(lead)))
        for cut in cuts:
            told, event = _table(rows, "probabilities", cut), _events(hazard, rows, cut)
            calibration.append(_newest(told_too_low(told, event), told_too_high(told, event), lag=lag))
            if rows["climatology"].notna().all():
                climate = _table(rows, "climatology", cut)
                skill.append(_newest(worse_by_log_score(_inside(told), _inside(climate), event), lag=lag))
    return Performance(
        forecaster,
        own["issue_time"].nunique(),
        own["issue_time"].max(),
        float(np.mean(skill)) if skill else float("nan"),
        float(np.mean(calibration)),
        max(TEN_YEARS_DAYS / hazard.issue_every_days, AT_LEAST_ISSUES),
        float(own["probabilities"].map(lambda told: told[cuts[0]]).sum()),
        float(hazard.target.reached(own["outcome"])[:, cuts[0]].sum()),
    )


def _newest(*gaps: Gaps, lag: int) -> float:
    return float(running_change(*gaps, lag=lag)[-1])


def _inside(probabilities: Floats) -> Floats:
    """Probabilities that the logarithmic score can judge."""
    return np.clip(probabilities, _NEAREST, 1 - _NEAREST)


def _table(rows: pd.DataFrame, column: str, cut: int) -> Floats:
    """Probabilities of one cut, shape (issue_time, site)."""
    values = rows[column].map(lambda told: told[cut])
    return rows.assign(told=values).pivot_table(index="issue_time", columns="site", values="told").to_numpy()


def _events(hazard: Hazard, rows: pd.DataFrame, cut: int) -> Floats:
    reached = hazard.target.reached(rows["outcome"])[:, cut].astype(float)
    return rows.assign(event=reached).pivot_table(index="issue_time", columns="site", values="event").to_numpy()
