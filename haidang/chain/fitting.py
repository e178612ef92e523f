"""Fitting: hazards are fitted on all that is known, one by one or several at a time, and tracked; none is promoted."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing import get_context

import pandas as pd
from threadpoolctl import threadpool_limits

from features.errors import HaidangError
from features.settings import Settings
from haidang.chain.backtesting import Progress, only_a_rule, run_backtest
from models.forecaster import Forecaster
from models.hazard import Hazard
from serving.deployment import Deployment, open_deployment
from training.backtest import Backtest
from training.fit import fit
from training.tracking import Tracked, open_tracking

Fitted = tuple[Forecaster, Backtest | None]


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
