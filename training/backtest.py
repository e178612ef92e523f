"""The backtest: at each origin the model and both baselines are fitted on the past and asked about what came after."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from models.exceedance import Exceedance
from models.hazard import Hazard
from models.season import quarters
from models.spread import HIGH, LOW, spread_of
from training.examples import Examples, examples, first_issue
from training.folds import rolling_origins
from training.spreads import climate_quantiles, persistent_quantiles

FORECASTERS = ("model", "climatology", "persistence")
Peer = Callable[[Hazard], Exceedance]
_NONE: Mapping[str, Peer] = {}


@dataclass(frozen=True)
class Answers:
    """What the contestants answer to some questions.

    Attributes:
        probabilities: by contestant, one column per cut.
        expected: the expected outcome, one column per contestant.
        quantiles: as in `Backtest`.
        learned_until: the last issue time that was learned from.
    """

    probabilities: dict[str, pd.DataFrame]
    expected: pd.DataFrame
    quantiles: dict[str, pd.DataFrame]
    learned_until: pd.Timestamp


@dataclass(frozen=True)
class Backtest:
    """Forecasts for times that their models had not seen, with what came.

    Attributes:
        hazard: the hazard.
        outcome: what came, in the target's unit; index (issue_time, site, period).
        probabilities: for model, climatology, persistence and further contestants one column per cut, same index.
        expected: the expected outcome of each, same index.
        quantiles: of an amount, for model, climatology and persistence one column per level, and of the model the ends
            of the 90 % interval, `low` and `high`; same index. Empty where the outcome is not an amount.
        quarter: where the season of the middle of each period stands in `models.season.SEASONS`, same index.
        learned_until: the last issue time that whoever answered had learned from, same index.
    """

    hazard: Hazard
    outcome: pd.Series
    probabilities: dict[str, pd.DataFrame]
    expected: pd.DataFrame
    quantiles: dict[str, pd.DataFrame] = field(default_factory=dict)
    quarter: pd.Series | None = None
    learned_until: pd.Series | None = None

    @property
    def issue_times(self) -> pd.DatetimeIndex:
        """The issue times that were tested."""
        return pd.DatetimeIndex(self.outcome.index.unique("issue_time"))


def backtest(
    hazard: Hazard,
    archive: Archive,
    start: pd.Timestamp,
    end: pd.Timestamp,
    *,
    further: Mapping[str, Peer] = _NONE,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Backtest:
    """Rolls over the origins from start to end.

    Features, training outcomes and forecasts are as known at the time; test outcomes are read as known when the archive
    ends. Model and baselines answer the same questions and learn from the same examples.

    Args:
        hazard: the hazard.
        archive: the archive; its record must begin well before the start.
        start: first origin.
        end: end of the test, exclusive.
        further: contestants beside model and baselines, by name, see `training.peers`; they tell no quantiles.
        progress: is told how many origins are done, of how many.

    Raises:
        HaidangError: if there is nothing to learn from before an origin, or nothing to test.
    """
    folds = rolling_origins(start, end, refit_every_days=hazard.refit_every_days, embargo_days=hazard.embargo_days)
    learned = hazard.issue_times(
        first_issue(archive), folds[-1].learn_until, archive.zone, every_days=hazard.train_every_days
    )
    tested = hazard.issue_times(start, end, archive.zone, every_days=hazard.issue_every_days)
    if learned.empty or learned[0] >= folds[0].learn_until or tested.empty:
        raise HaidangError(
            f"the archive begins at {archive.begins().tz_convert(archive.zone)}; a backtest of {hazard.name} from "
            f"{start.tz_convert(archive.zone)} needs a record of "
            f"more than {hazard.embargo_days} days before it: start later"
        )
    past, ahead = hazard.ask(archive, learned), hazard.ask(archive, tested)
    truth = examples(hazard, ahead, archive, by=archive.ends())
    answered = []
    for done, fold in enumerate(folds):
        known = examples(hazard, _between(past, learned[0], fold.learn_until), archive, by=fold.origin)
        questions = _between(truth.rows, fold.origin, fold.test_until)
        if len(questions):  # where nobody looked in the months of a fold, there is nothing to be asked
            answered.append(answers(hazard, known, questions, further))
        progress(done + 1, len(folds))
    return joined(hazard, truth, answered)


def answers(hazard: Hazard, known: Examples, questions: pd.DataFrame, further: Mapping[str, Peer] = _NONE) -> Answers:
    """What each contestant answers to rows of `ask` once it has learned from examples."""
    probabilities, means, quantiles = {}, {}, {}
    entered = contestants(hazard) | {name: peer(hazard) for name, peer in further.items()}
    for name, estimator in entered.items():
        estimator.fit(known.rows, hazard.target.severity(known.outcome))
        answer = estimator.predict_exceedance(questions)
        probabilities[name] = pd.DataFrame(answer, questions.index, list(hazard.target.cuts))
        means[name] = hazard.target.severity(estimator.expected(answer))
        if (spread := spread_of(hazard.target, estimator, questions, answer)) is not None:
            quantiles = {name: spread, **_of_baselines(hazard, known, questions, spread)}
    learned = pd.DatetimeIndex(known.rows.index.get_level_values("issue_time"))
    return Answers(probabilities, pd.DataFrame(means, questions.index), quantiles, learned.max())


def joined(hazard: Hazard, truth: Examples, answered: Sequence[Answers]) -> Backtest:
    """The answers of all folds beside what came, in the order of the questions."""

    def whole(parts: Sequence[Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
        return {name: pd.concat([part[name] for part in parts]).sort_index() for name in parts[0]}

    expected = pd.concat([one.expected for one in answered]).sort_index()
    told = [one.quantiles for one in answered if one.quantiles]
    quarter = pd.Series(quarters(truth.rows), truth.rows.index).loc[expected.index]
    learned_until = pd.concat([pd.Series(one.learned_until, one.expected.index) for one in answered])
    return Backtest(
        hazard=hazard,
        outcome=truth.outcome.loc[expected.index],
        probabilities=whole([one.probabilities for one in answered]),
        expected=expected,
        quantiles=whole(told) if told else {},
        quarter=quarter,
        learned_until=learned_until.sort_index(),
    )


def contestants(hazard: Hazard) -> dict[str, Exceedance]:
    """The hazard's model and the two baselines that it must beat, unfitted."""
    return {"model": hazard.estimator(), **hazard.baselines()}


def _of_baselines(
    hazard: Hazard, known: Examples, questions: pd.DataFrame, spread: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """The quantiles of both baselines at the levels of the model's."""
    levels = spread.columns.drop([LOW, HIGH]).astype(float).tolist()
    now = hazard.persistence.name
    return {
        "climatology": climate_quantiles(known.rows, known.outcome, questions, levels),
        "persistence": persistent_quantiles(known.rows, known.outcome, questions, levels, now=now),
    }


def _between(rows: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    times = pd.DatetimeIndex(rows.index.get_level_values("issue_time"))
    return rows[np.asarray((times >= start) & (times < end))]
