"""Examples: past questions with the answers that came, as they were known at a later moment."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from models.hazard import Hazard


class NoOutcomeError(HaidangError):
    """Nothing to learn from: no outcome is known."""


@dataclass(frozen=True)
class Examples:
    """Questions and outcomes.

    Attributes:
        rows: rows of `ask`, index (issue_time, site, period).
        outcome: what came, in the target's unit, same index; never NaN.
    """

    rows: pd.DataFrame
    outcome: pd.Series

    def __len__(self) -> int:
        return len(self.rows)


def examples(hazard: Hazard, rows: pd.DataFrame, archive: Archive, *, by: pd.Timestamp) -> Examples:
    """Puts to rows of `ask` the outcomes that were complete at a moment, and drops the rows without.

    Args:
        hazard: the hazard.
        rows: rows of `hazard.ask`, all sites and periods of each issue time.
        archive: where the truth lies.
        by: the moment at which the truth is read.

    Raises:
        NoOutcomeError: if no outcome is known.
    """
    times = pd.DatetimeIndex(rows.index.unique("issue_time"))
    outcome = hazard.outcomes(archive, times, by=by)
    known = np.isfinite(outcome.to_numpy())
    if not known.any():
        raise NoOutcomeError(
            f"no outcome of {hazard.name} is known by {by} for questions asked from {times[0]} to {times[-1]}: "
            f"an outcome needs {hazard.embargo_days} days, and {hazard.target.variable} in the archive"
        )
    return Examples(rows[known], outcome[known])


def known_examples(hazard: Hazard, archive: Archive, moment: pd.Timestamp) -> Examples:
    """All examples that can be learned from at a moment.

    Args:
        hazard: the hazard.
        archive: the archive.
        moment: truth is read as known at this moment.

    Raises:
        NoOutcomeError: if no outcome is known by then.
    """
    learn_until = moment - pd.Timedelta(days=hazard.embargo_days)
    times = hazard.issue_times(first_issue(archive), learn_until, archive.zone, every_days=hazard.train_every_days)
    return examples(hazard, hazard.ask(archive, times), archive, by=moment)


def first_issue(archive: Archive) -> pd.Timestamp:
    """The earliest moment that can be asked about."""
    return archive.begins().ceil("D")
