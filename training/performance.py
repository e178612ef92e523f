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
    told, events = _listed(own["probabilities"].to_numpy()), hazard.target.reached(own["outcome"]).astype(float)
    climatology = own["climatology"].to_numpy()
    issue, site = (pd.factorize(own[name], sort=True)[0] for name in ("issue_time", "site"))
    skill, calibration = [], []
    for lead, at in own.groupby("lead").indices.items():
        lag, table = lag_of(hazard, int(str(lead))), _Table.of(issue[at], site[at])
        climate = None if pd.isna(climatology[at]).any() else _listed(climatology[at])
        for cut in cuts:
            said, event = table.filled(told[at, cut]), table.filled(events[at, cut])
            calibration.append(_newest(told_too_low(said, event), told_too_high(said, event), lag=lag))
            if climate is not None:
                usual = table.filled(climate[:, cut])
                skill.append(_newest(worse_by_log_score(_inside(said), _inside(usual), event), lag=lag))
    return Performance(
        forecaster,
        own["issue_time"].nunique(),
        own["issue_time"].max(),
        float(np.mean(skill)) if skill else float("nan"),
        float(np.mean(calibration)),
        max(TEN_YEARS_DAYS / hazard.issue_every_days, AT_LEAST_ISSUES),
        float(told[:, cuts[0]].sum()),
        float(events[:, cuts[0]].sum()),
    )


def _newest(*gaps: Gaps, lag: int) -> float:
    return float(running_change(*gaps, lag=lag)[-1])


def _inside(probabilities: Floats) -> Floats:
    """Probabilities that the logarithmic score can judge."""
    return np.clip(probabilities, _NEAREST, 1 - _NEAREST)


def _listed(lists: npt.NDArray[np.object_]) -> Floats:
    """Lists of one length as an array, shape (row, cut)."""
    told: Floats = np.concatenate(lists).reshape(len(lists), -1).astype(float)
    return told


@dataclass(frozen=True)
class _Table:
    """Where rows stand in a table of shape (issue_time, site), and how many stand in each place."""

    place: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]

    @classmethod
    def of(cls, issue: npt.NDArray[np.int64], site: npt.NDArray[np.int64]) -> "_Table":
        times, row = np.unique(issue, return_inverse=True)
        sites, column = np.unique(site, return_inverse=True)
        place = row * len(sites) + column
        return cls(place, np.bincount(place, minlength=len(times) * len(sites)).reshape(len(times), len(sites)))

    def filled(self, values: Floats) -> Floats:
        """Values in their places, their mean where there are several; NaN where there is none."""
        total = np.bincount(self.place, values, self.count.size).reshape(self.count.shape)
        return np.divide(total, self.count, out=np.full(total.shape, np.nan), where=self.count > 0)
