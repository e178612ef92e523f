"""The jobs: each works on the data at rest and can be run again, so that any scheduler can call it."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from features.errors import HaidangError
from features.settings import Settings
from models.forecaster import Forecaster, load_forecaster
from models.hazard import Hazard
from serving.deployment import Deployment, open_deployment
from serving.issue import Known, issue_from
from training.backtest import Backtest, Peer, backtest
from training.examples import first_issue
from training.fit import code_version, fit
from training.frozen import Look, allow, frozen_from
from training.held_out import leave_groups_out, leave_stretches_out, seasons, storms
from training.scores import skill_by_lead
from training.tracking import Tracked, Tracking

Progress = Callable[[int, int], None]
Fitted = tuple[Forecaster, Backtest | None]
DEFAULT_TEST_YEARS = 2
_NOBODY: Mapping[str, Peer] = {}


def open_tracking(settings: Settings) -> Tracking:
    """The MLflow store of a deployment."""
    return Tracking(settings.tracking, settings.home / "artifacts")


def test_span(
    deployment: Deployment, hazard: Hazard, start: pd.Timestamp | None, end: pd.Timestamp | None
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The stretch of a backtest: as asked, or the last two years before the frozen part.

    Raises:
        HaidangError: if nothing is left before the frozen part.
    """
    years = deployment.settings.frozen_years
    frozen = frozen_from(hazard, deployment.archive, years)
    until = min(end, frozen) if end is not None else frozen
    begin = start if start is not None else until - pd.DateOffset(years=DEFAULT_TEST_YEARS)
    if not max(begin, deployment.archive.begins()) < until:
        raise HaidangError(
            f"nothing of {hazard.name} can be tested from {begin} on: from {until} on outcomes are not complete or the "
            f"record is frozen (frozen_years = {years}); start earlier, look once with `haidang backtest {hazard.name} "
            "--frozen`, or set frozen_years lower in haidang.toml before anything is chosen"
        )
    return begin, until


def run_backtest(
    deployment: Deployment,
    hazard: Hazard,
    *,
    start: pd.Timestamp | None = None,
    end: pd.Timestamp | None = None,
    further: Mapping[str, Peer] = _NOBODY,
    progress: Progress,
) -> Backtest:
    """Rolls a hazard, and further contestants, over past origins."""
    start, end = test_span(deployment, hazard, start, end)
    return backtest(hazard, deployment.archive, start, end, further=further, progress=progress)


def run_held_out(
    deployment: Deployment,
    hazard: Hazard,
    what: str,
    *,
    start: pd.Timestamp | None = None,
    end: pd.Timestamp | None = None,
    progress: Progress,
) -> Backtest:
    """Leaves each season, each storm, or each group of sites by an attribute out in turn; see `training.held_out`.

    Args:
        deployment: the deployment.
        hazard: the hazard.
        what: "season", "storm" or a site attribute.
        start: first issue time; when the record begins for None.
        end: issue times end before this; at the frozen part for None.
        progress: is told how many are done, of how many.
    """
    archive = deployment.archive
    start, end = test_span(deployment, hazard, start or first_issue(archive), end)
    if what == "season":
        parts = seasons(archive, start, end)
    elif what == "storm":
        parts = storms(hazard, archive, start, end)
    else:
        return leave_groups_out(hazard, archive, what, start=start, end=end, progress=progress)
    return leave_stretches_out(hazard, archive, parts, start=start, end=end, progress=progress)


def look_at_frozen(
    deployment: Deployment, hazard: Hazard, *, who: str, now: pd.Timestamp, reason: str = "", progress: Progress
) -> tuple[Backtest, str]:
    """Tests a hazard on the frozen part, which a release may do once, and logs the look with its figures.

    Args:
        deployment: the deployment.
        hazard: the hazard.
        who: the user who looks.
        now: the present moment.
        reason: why a release looks again; empty for its first look.
        progress: is told how many folds are done, of how many.

    Returns:
        The backtest and the MLflow run of the look.

    Raises:
        HaidangError: if nothing is frozen, or the release has looked before and gives no reason.
    """
    archive, tracking = deployment.archive, open_tracking(deployment.settings)
    start = frozen_from(hazard, archive, deployment.settings.frozen_years)
    end = archive.ends() - pd.Timedelta(days=hazard.embargo_days)
    if not start < end:
        raise HaidangError(
            f"nothing of {hazard.name} is frozen: the record is simulated, where `haidang oracle` judges on fresh "
            "seeds, or frozen_years is 0"
        )
    look = Look(
        hazard=hazard.name, code_version=code_version(), fingerprint=hazard.fingerprint,
        who=who, at=now, start=start, end=end, reason=reason,
    )  # fmt: skip
    allow(tracking.looks(hazard.name), look)
    tested = backtest(hazard, archive, start, end, progress=progress)
    return tested, tracking.record_look(look, skill_by_lead(tested))


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
    return track(deployment, fit(hazard, deployment.archive, moment=deployment.archive.ends(), tested=tested), tested)


def track(deployment: Deployment, forecaster: Forecaster, tested: Backtest | None) -> Trained:
    """Keeps a fresh forecaster, and tracks it in MLflow."""
    folder = deployment.settings.forecasters / f"{forecaster.hazard.name}-{forecaster.version}"
    forecaster.save(folder)
    tracked = open_tracking(deployment.settings).record(forecaster, folder, tested)
    return Trained(forecaster, tracked, tested)


def trainable(deployment: Deployment) -> list[str]:
    """The hazards that the archive holds an outcome of, and those that a published rule answers without."""
    held = set(deployment.archive.variables())
    return [name for name, one in deployment.hazards.items() if one.target.variable in held or one.rule is not None]


def fit_one_by_one(
    deployment: Deployment,
    names: Sequence[str],
    *,
    start: pd.Timestamp | None,
    watched: Callable[[str], AbstractContextManager[Progress]],
) -> Iterator[tuple[str, Fitted | HaidangError]]:
    """Backtests and fits hazards one after the other, on all threads; nothing is kept yet.

    Args:
        deployment: the deployment.
        names: of the hazards.
        start: first origin of the backtests; two years before the end for None.
        watched: gives, for a title, what is told of the progress.

    Yields:
        The name with the forecaster and its backtest, or with what was wrong.
    """
    for name in names:
        try:
            with watched(f"train {name}") as told:
                fitted = _fitted(deployment, name, start, told)
        except HaidangError as error:
            yield name, error
        else:
            yield name, fitted


def fit_in_processes(
    settings: Settings, names: Sequence[str], *, start: pd.Timestamp | None, processes: int
) -> Iterator[tuple[str, Fitted | HaidangError]]:
    """The same, several at a time in processes of one thread each, in the order in which they are done."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), max_tasks_per_child=1) as fitting:
        running = {fitting.submit(_fitted_alone, settings, name, start): name for name in names}
        for future in as_completed(running):
            error = future.exception()
            yield running[future], error if isinstance(error, HaidangError) else future.result()


def _fitted_alone(settings: Settings, name: str, start: pd.Timestamp | None) -> Fitted:
    with threadpool_limits(1):
        return _fitted(open_deployment(settings), name, start, lambda done, of: None)


def _fitted(deployment: Deployment, name: str, start: pd.Timestamp | None, progress: Progress) -> Fitted:
    hazard, tested = deployment.hazard(name), None
    if not only_a_rule(deployment, hazard):
        tested = run_backtest(deployment, hazard, start=start, progress=progress)
    return fit(hazard, deployment.archive, moment=deployment.archive.ends(), tested=tested), tested


def promote(deployment: Deployment, hazard: Hazard, registered_version: str | None = None) -> tuple[Forecaster, str]:
    """Puts a registered version on the shelf as champion, once it sat its exam, also on rows built anew.

    There is no gate here: whether it should be champion is decided in `haidang/promoting.py`.

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
