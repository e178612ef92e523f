"""The backtest: at each origin the model and both baselines are fitted on the past and asked about what came after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone

from features.archive import Archive
from features.errors import HaidangError
from models.baselines import Persistence
from models.exceedance import Exceedance
from models.hazard import Hazard
from training.examples import Examples, examples, first_issue
from training.folds import rolling_origins

FORECASTERS = ("model", "climatology", "persistence")
Answers = tuple[dict[str, pd.DataFrame], pd.DataFrame]
"""Probabilities by contestant, one column per cut; and the expected outcome, one column per contestant."""


@dataclass(frozen=True)
class Backtest:
    """Forecasts for times that their models had not seen, with what came.

    Attributes:
        hazard: the hazard.
        outcome: what came, in the target's unit; index (issue_time, site, period).
        probabilities: for model, climatology and persistence one column per cut, same index.
        expected: the expected outcome of each, same index.
    """

    hazard: Hazard
    outcome: pd.Series
    probabilities: dict[str, pd.DataFrame]
    expected: pd.DataFrame

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
        answered.append(answers(hazard, known, questions))
        progress(done + 1, len(folds))
    return joined(hazard, truth, answered)


def answers(hazard: Hazard, known: Examples, questions: pd.DataFrame) -> Answers:
    """What each contestant answers to rows of `ask` once it has learned from examples."""
    probabilities, means = {}, {}
    for name, estimator in contestants(hazard).items():
        estimator.fit(known.rows, hazard.target.severity(known.outcome))
        answer = estimator.predict_exceedance(questions)
        probabilities[name] = pd.DataFrame(answer, questions.index, list(hazard.target.cuts))
        means[name] = hazard.target.severity(estimator.expected(answer))
    return probabilities, pd.DataFrame(means, questions.index)


def joined(hazard: Hazard, truth: Examples, answered: Sequence[Answers]) -> Backtest:
    """The answers of all folds beside what came, in the order of the questions."""
    whole = {
        name: pd.concat([probabilities[name] for probabilities, _ in answered]).sort_index() for name in FORECASTERS
    }
    expected = pd.concat([means for _, means in answered]).sort_index()
    return Backtest(hazard, truth.outcome.loc[expected.index], whole, expected)


def contestants(hazard: Hazard) -> dict[str, Exceedance]:
    """The hazard's model and the two baselines that it must beat, unfitted."""
    cuts = hazard.target.severity_cuts
    return {
        "model": hazard.estimator(),
        "climatology": clone(hazard.climatology).set_params(cuts=cuts),
        "persistence": Persistence(cuts, column=hazard.persistence.name),
    }


def _between(rows: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    times = pd.DatetimeIndex(rows.index.get_level_values("issue_time"))
    return rows[np.asarray((times >= start) & (times < end))]
