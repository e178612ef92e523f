"""The jobs: each works on the data at rest and can be run again, so that any scheduler can call it."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from features.errors import HaidangError
from features.settings import Settings
from models.forecaster import Forecaster, load_forecaster
from models.hazard import Hazard
from serving.deployment import Deployment
from serving.issue import issue
from training.backtest import Backtest, backtest
from training.fit import fit
from training.held_out import leave_groups_out
from training.tracking import Tracked, Tracking

Progress = Callable[[int, int], None]
DEFAULT_TEST_YEARS = 2


def open_tracking(settings: Settings) -> Tracking:
    """The MLflow store of a deployment."""
    return Tracking(settings.tracking, settings.home / "artifacts")


def test_span(
    deployment: Deployment, hazard: Hazard, start: pd.Timestamp | None, end: pd.Timestamp | None
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The stretch of a backtest: as asked, or the last two years whose outcomes are complete."""
    complete = deployment.archive.ends() - pd.Timedelta(days=hazard.embargo_days)
    until = min(end, complete) if end is not None else complete
    return start if start is not None else until - pd.DateOffset(years=DEFAULT_TEST_YEARS), until


def run_backtest(
    deployment: Deployment,
    hazard: Hazard,
    *,
    start: pd.Timestamp | None = None,
    end: pd.Timestamp | None = None,
    progress: Progress,
) -> Backtest:
    """Rolls a hazard over past origins."""
    start, end = test_span(deployment, hazard, start, end)
    return backtest(hazard, deployment.archive, start, end, progress=progress)


def run_held_out(
    deployment: Deployment, hazard: Hazard, groups: str, *, start: pd.Timestamp, progress: Progress
) -> Backtest:
    """Leaves each group of sites out in turn, from a moment on; see `leave_groups_out`."""
    return leave_groups_out(hazard, deployment.archive, groups, start=start, progress=progress)


def only_a_rule(deployment: Deployment, hazard: Hazard) -> bool:
    """Whether no outcome of a hazard is known at all and a published rule answers, so that nothing can be tested."""
    archive = deployment.archive
    if hazard.rule is None:
        return False
    begin, end = archive.begins(), archive.ends()
    return not bool(archive.observed(hazard.target.variable, by=end, start=begin, end=end).notnull().any())


@dataclass(frozen=True)
class Trained:
    """What training left behind.

    Attributes:
        forecaster: the fitted forecaster.
        tracked: where MLflow keeps it.
        tested: its backtest; None for a published rule.
    """

    forecaster: Forecaster
    tracked: Tracked
    tested: Backtest | None


def train(deployment: Deployment, hazard: Hazard, tested: Backtest | None) -> Trained:
    """Fits a hazard on all that is known, writes the card with the backtest's skill, and tracks it in MLflow.

    Nothing is promoted. Killed at any point it leaves nothing that is read; run again it makes another version.
    """
    forecaster = fit(hazard, deployment.archive, moment=deployment.archive.ends(), tested=tested)
    folder = deployment.settings.forecasters / f"{hazard.name}-{forecaster.version}"
    forecaster.save(folder)
    tracked = open_tracking(deployment.settings).record(forecaster, folder, tested)
    return Trained(forecaster, tracked, tested)


def promote(deployment: Deployment, hazard: Hazard, registered_version: str | None = None) -> tuple[Forecaster, str]:
    """Makes a registered version the champion: it sits its exam, also on rows built anew, and goes on the shelf.

    Returns:
        The forecaster and its registered version.

    Raises:
        HaidangError: if there is no such version, it was changed, or it fails its exam.
    """
    tracking = open_tracking(deployment.settings)
    with tempfile.TemporaryDirectory(dir=deployment.settings.home) as scratch:
        folder, version = tracking.download(hazard.name, registered_version, Path(scratch))
        forecaster = load_forecaster(folder, hazard)
        known = deployment.archive.at_version(forecaster.card.archive_version)
        forecaster.exam.sit_from_archive(hazard, known)
        deployment.shelf.put(folder, forecaster)
    tracking.crown(hazard.name, version)
    return forecaster, version


def issue_now(deployment: Deployment, hazard: Hazard, issue_time: pd.Timestamp, issued_at: pd.Timestamp) -> int:
    """Issues and stores a forecast; what was issued before stays as it was.

    Returns:
        How many records are new.

    Raises:
        HaidangError: if the issue time lies in the future or before the archive, or no forecaster is on the shelf.
    """
    if issue_time > issued_at:
        raise HaidangError(f"the issue time {issue_time} lies in the future: it is {issued_at}")
    forecaster = deployment.shelf.champion(hazard)
    records = issue(forecaster, deployment.archive, issue_time, issued_at=issued_at)
    return deployment.issued.add(records)
