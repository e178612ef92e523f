"""Issuing: what champions say at an issue time is stored for ever, and beside it what challengers say in the shadow."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from features.errors import HaidangError
from models.forecaster import load_forecaster
from models.hazard import Hazard
from serving.deployment import Deployment
from serving.issued.issue import Known, issue_from
from training.tracking import open_tracking


def issue_now(deployment: Deployment, hazard: Hazard, issue_time: pd.Timestamp, issued_at: pd.Timestamp) -> int:
    """Issues and stores a forecast; what was issued before stays as it was.

    Returns:
        How many records are new.

    Raises:
        HaidangError: if the issue time lies in the future or before the archive, or no forecaster is on the shelf.
    """
    told = issue_all(deployment, [hazard], issue_time, issued_at)
    for error in told.withheld.values():
        raise error
    return told.new


@dataclass(frozen=True)
class Issued:
    """What was issued at one time.

    Attributes:
        new: records that were not issued before.
        withheld: hazards that nothing can be said of, and why.
    """

    new: int
    withheld: dict[str, HaidangError]


def issue_all(
    deployment: Deployment, hazards: Iterable[Hazard], issue_time: pd.Timestamp, issued_at: pd.Timestamp
) -> Issued:
    """Issues several hazards from what was known at one time, all stored in one step; one that fails stops no other.

    Raises:
        HaidangError: if the issue time lies in the future or before the archive.
    """
    _not_in_the_future(issue_time, issued_at)
    known, records, withheld = Known(deployment.archive, issue_time), [], {}
    for hazard in hazards:
        try:
            records.append(issue_from(deployment.shelf.champion(hazard), known, issued_at=issued_at))
        except HaidangError as error:
            withheld[hazard.name] = error
    return Issued(deployment.issued.add(records) if records else 0, withheld)


def issue_shadows(
    deployment: Deployment, hazards: Iterable[Hazard], issue_time: pd.Timestamp, issued_at: pd.Timestamp
) -> dict[str, int]:
    """Issues what challengers in the shadow say, beside their champions' forecasts; it is stored and never shown.

    Returns:
        How many records are new, by the name of each hazard that has a challenger.

    Raises:
        HaidangError: if the issue time lies in the future or before the archive, or a challenger cannot answer.
    """
    _not_in_the_future(issue_time, issued_at)
    tracking, known, new = open_tracking(deployment.settings), None, {}
    for hazard in hazards:
        challenger = tracking.challenger(hazard.name)
        if challenger is None:
            continue
        with tempfile.TemporaryDirectory(dir=deployment.settings.home) as scratch:
            folder, _ = tracking.download(hazard.name, str(challenger.version), Path(scratch))
            forecaster = load_forecaster(folder, hazard)
        known = known or Known(deployment.archive, issue_time)
        new[hazard.name] = deployment.shadow.add(issue_from(forecaster, known, issued_at=issued_at))
    return new


def _not_in_the_future(issue_time: pd.Timestamp, issued_at: pd.Timestamp) -> None:
    if issue_time > issued_at:
        raise HaidangError(f"the issue time {issue_time} lies in the future: it is {issued_at}")
