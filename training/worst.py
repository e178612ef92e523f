"""The worst: the events that were least expected, and the alarms that were surest for nothing, with what was known.

A mean hides what people remember. Each case stands with the inputs of its question, those first that were farthest from
the usual, so that a reader sees what misled the model or was not there to be seen.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.archive import Archive
from features.drivers import SEASON_AND_PLACE, Driver, driver_of
from models.hazard import Hazard
from training.backtest import Backtest
from training.losses import reached

CASES, INPUTS, PER_DRIVER = 5, 6, 2
_SAMPLED_TIMES = 200


@dataclass(frozen=True)
class Input:
    """One input of a question.

    Attributes:
        driver: what it belongs to.
        name: of the feature.
        value: in its unit; NaN where it was not known.
        rank: share of the sampled questions of the same period whose value is lower, those with the same value by half;
            NaN where it was not known.
        unusual: how far the rank is from the middle; half the share of the sample that was known where it was not.
    """

    driver: Driver
    name: str
    value: float
    rank: float
    unusual: float


@dataclass(frozen=True)
class Surprise:
    """A question that was answered badly.

    Attributes:
        issue_time: when it was asked, UTC.
        site: code.
        lead: days.
        valid_from: when its period begins, UTC.
        outcome: what came, in the target's unit.
        probability: of the event, as the model said.
        climatology: as the climatology said.
        inputs: the least usual first, two of each driver at most.
    """

    issue_time: pd.Timestamp
    site: str
    lead: int
    valid_from: pd.Timestamp
    outcome: float
    probability: float
    climatology: float
    inputs: tuple[Input, ...]


def worst_misses(backtest: Backtest, archive: Archive, cut: float) -> tuple[Surprise, ...]:
    """The events of the shortest lead with the lowest probabilities, one for each day, the worst first."""
    return _surprises(backtest, archive, cut, events=True)


def worst_false_alarms(backtest: Backtest, archive: Archive, cut: float) -> tuple[Surprise, ...]:
    """The questions of the shortest lead with the highest probabilities without the event, one for each day."""
    return _surprises(backtest, archive, cut, events=False)


def _surprises(backtest: Backtest, archive: Archive, cut: float, *, events: bool) -> tuple[Surprise, ...]:
    hazard, index = backtest.hazard, backtest.outcome.index
    first = index.get_level_values("period").to_numpy() == 1
    asked = np.flatnonzero(first & (reached(backtest, cut) == events))
    answer = backtest.probabilities["model"][cut].to_numpy()[asked]
    order = asked[np.argsort(answer if events else -answer, kind="stable")]
    days = pd.Series(pd.DatetimeIndex(index.get_level_values("issue_time")[order]))
    chosen = order[~days.duplicated().to_numpy()][:CASES]
    if chosen.size == 0:
        return ()
    rows = hazard.ask(archive, pd.DatetimeIndex(index[chosen].unique("issue_time"))).reindex(index[chosen])
    usual = _sample(hazard, archive, backtest.issue_times)
    valid_from, _ = hazard.periods.bounds(
        pd.DatetimeIndex(index[chosen].get_level_values("issue_time")), np.ones(len(chosen), np.int64), archive.zone
    )
    return tuple(
        Surprise(
            issue_time=index[place][0],
            site=str(index[place][1]),
            lead=int(hazard.periods.leads[0]),
            valid_from=valid_from[number],
            outcome=float(backtest.outcome.iloc[place]),
            probability=float(backtest.probabilities["model"][cut].iloc[place]),
            climatology=float(backtest.probabilities["climatology"][cut].iloc[place]),
            inputs=_inputs(hazard, rows.iloc[number].to_numpy(float), usual),
        )
        for number, place in enumerate(chosen)
    )


def _sample(hazard: Hazard, archive: Archive, times: pd.DatetimeIndex) -> npt.NDArray[np.float64]:
    """Inputs of questions of the first period, at up to 200 issue times that lie evenly, shape (question, feature)."""
    rows = hazard.ask(archive, times[:: max(1, len(times) // _SAMPLED_TIMES)])
    sampled: npt.NDArray[np.float64] = rows[rows.index.get_level_values("period") == 1].to_numpy(float)
    return sampled


def _inputs(hazard: Hazard, values: npt.NDArray[np.float64], usual: npt.NDArray[np.float64]) -> tuple[Input, ...]:
    told: list[Input] = []
    for column, feature in enumerate(hazard.features):
        driver, value, sampled = driver_of(feature), float(values[column]), usual[:, column]
        if driver == SEASON_AND_PLACE:
            continue
        known = sampled[np.isfinite(sampled)]
        rank = float(((known < value).mean() + (known <= value).mean()) / 2) if known.size else 0.5
        if np.isnan(value):
            told.append(Input(driver, feature.name, value, np.nan, len(known) / len(sampled) / 2))
        else:
            told.append(Input(driver, feature.name, value, rank, abs(rank - 0.5)))
    told.sort(key=lambda one: -one.unusual)
    of_driver = pd.Series([one.driver.name for one in told], dtype=object)
    first = of_driver.groupby(of_driver).cumcount() < PER_DRIVER
    return tuple(one for one, chosen in zip(told, first, strict=True) if chosen)[:INPUTS]
