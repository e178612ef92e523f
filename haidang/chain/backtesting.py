"""Backtesting: a hazard forecasts the past as it was known, up to the frozen part, and at most once in it."""

from collections.abc import Callable, Mapping

import pandas as pd

from features.errors import HaidangError
from models.hazard import Hazard
from serving.deployment import Deployment
from training.backtest import Backtest, Peer, backtest
from training.examples import first_issue
from training.fit import code_version
from training.frozen import Look, allow, frozen_from
from training.held_out import leave_groups_out, leave_stretches_out, seasons, storms
from training.scores import skill_by_lead
from training.tracking import open_tracking

Progress = Callable[[int, int], None]
DEFAULT_TEST_YEARS = 2
_NOBODY: Mapping[str, Peer] = {}


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
