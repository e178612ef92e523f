"""Tuning: better parameters of a hazard's model, searched inside the training years and never in a test.

Every trial learns from the past of each fold and is scored on what came after it, an embargo between, by the mean log
score over the cuts, which is proper: it asks for right probabilities and not for a good order alone (Gneiting and
Raftery 2007, doi:10.1198/016214506000001437). The last fold is kept from the search; it decides whether the best trial
is better than what the hazard file declares by more than chance. The file stays the one place of truth: the answer is
a line to put there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import optuna
import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from models.exceedance import Exceedance, events_at, log_odds
from models.hazard import Hazard
from training.examples import Examples, examples, first_issue
from training.folds import Fold, rolling_origins
from training.scores import CONFIDENCE, resampled_weights
from training.search_space import SEARCHED, Number, Range, declared, estimators_within, search_space, with_values

TRIALS, FOLDS = 40, 4
_BLOCK_DAYS = 30
_UNPRUNED_TRIALS = 8


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes:
        hazard: name of the hazard.
        until: nothing later was read.
        declared: values in the hazard file, by where the parameter stands.
        best: values of the trial of least score in the search.
        trials: one row per trial: score in nats (NaN where it was stopped early), state, and the parameters; the first
            is what is declared.
        gain: by how much the best trial's score is below the declared one's in the last fold, nats per question.
        low: lower end of its central 90 %.
        high: upper end.
        questions: how many questions of the last fold.
        lines: what to write into the hazard file; empty for "keep".
    """

    hazard: str
    until: pd.Timestamp
    declared: Mapping[str, Number]
    best: Mapping[str, Number]
    trials: pd.DataFrame
    gain: float
    low: float
    high: float
    questions: int
    lines: tuple[str, ...]

    @property
    def verdict(self) -> Literal["keep", "change"]:
        """Whether the best trial is better by more than chance."""
        return "change" if self.low > 0 else "keep"


@dataclass(frozen=True)
class _Lesson:
    """One fold: what is learned from and what is asked."""

    learned: Examples
    asked: Examples


def tune(
    hazard: Hazard,
    archive: Archive,
    until: pd.Timestamp,
    *,
    trials: int = TRIALS,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Tuned:
    """Searches the parameters of a hazard's model, see `search_space.SEARCHED`.

    Args:
        hazard: the hazard.
        archive: the archive.
        until: the search ends here; nothing that became known later is read.
        trials: how many sets of values are tried.
        seed: of the search; the same seed finds the same.
        progress: is told how many trials are done, of how many.

    Raises:
        HaidangError: if the model has nothing to tune, or the record is too short for four folds.
        NoOutcomeError: if a fold has no known outcome.
    """
    space = search_space(hazard.model)
    if not space:
        raise HaidangError(f"the model of {hazard.name} has nothing to tune: see training/search_space.py")
    *searched, last = _lessons(hazard, archive, until)
    stated = declared(hazard.model)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_UNPRUNED_TRIALS),
    )

    def objective(trial: optuna.Trial) -> float:
        values = stated if trial.number == 0 else {path: _suggested(trial, path, space[path]) for path in space}
        trial.set_user_attr("values", values)
        scores: list[float] = []
        for number, lesson in enumerate(searched):
            scores.append(float(_nats(hazard, values, lesson).mean()))
            trial.report(float(np.mean(scores)), number)
            if trial.number and trial.should_prune():
                raise optuna.TrialPruned
        progress(trial.number + 1, trials)
        return float(np.mean(scores))

    study.optimize(objective, n_trials=trials)
    best: Mapping[str, Number] = study.best_trial.user_attrs["values"]
    gain, low, high = _gain(hazard, stated, best, last)
    return Tuned(
        hazard=hazard.name,
        until=until,
        declared=stated,
        best=best,
        trials=_table(study.trials),
        gain=gain,
        low=low,
        high=high,
        questions=len(last.asked),
        lines=_lines(hazard.model, best) if low > 0 else (),
    )


def _lessons(hazard: Hazard, archive: Archive, until: pd.Timestamp) -> list[_Lesson]:
    """Folds over the second half of the record, each with all that was known at its origin."""
    start = first_issue(archive)
    half = start + (until - start) / 2
    days = (until - half).days // FOLDS
    if days <= hazard.embargo_days:
        raise HaidangError(
            f"{hazard.name} needs {hazard.embargo_days} days for an outcome, and the record of {archive.begins()} to "
            f"{until} has folds of {days}: tune with a longer record"
        )
    folds = rolling_origins(
        half, half + FOLDS * pd.Timedelta(days=days), refit_every_days=days, embargo_days=hazard.embargo_days
    )
    times = hazard.issue_times(start, until, archive.zone, every_days=hazard.train_every_days)
    rows = hazard.ask(archive, times)
    return [_lesson(hazard, archive, rows, fold, until) for fold in folds]


def _lesson(hazard: Hazard, archive: Archive, rows: pd.DataFrame, fold: Fold, until: pd.Timestamp) -> _Lesson:
    times = pd.DatetimeIndex(rows.index.get_level_values("issue_time"))
    past = rows[np.asarray(times < fold.learn_until)]
    ahead = rows[np.asarray((times >= fold.origin) & (times < fold.test_until))]
    return _Lesson(
        examples(hazard, past, archive, by=fold.origin),
        examples(hazard, ahead, archive, by=until),
    )


def _suggested(trial: optuna.Trial, path: str, bounds: Range) -> Number:
    """A value to two figures, so that what is tried is what can be written down."""
    if bounds.whole:
        return trial.suggest_int(path, int(bounds.low), int(bounds.high), log=True)
    return float(f"{trial.suggest_float(path, bounds.low, bounds.high, log=True):.2g}")


def _nats(hazard: Hazard, values: Mapping[str, Number], lesson: _Lesson) -> npt.NDArray[np.float64]:
    """Log score of each question, the mean over the cuts, of a model with these values; shape (question,)."""
    cuts = hazard.target.severity_cuts
    model = with_values(hazard.model, values).set_params(cuts=cuts)
    if "gap_days" in model.get_params():
        model.set_params(gap_days=hazard.embargo_days)
    model.fit(lesson.learned.rows, hazard.target.severity(lesson.learned.outcome))
    odds = log_odds(model.predict_exceedance(lesson.asked.rows))
    came = events_at(np.asarray(hazard.target.severity(lesson.asked.outcome)), cuts)
    nats: npt.NDArray[np.float64] = (np.logaddexp(0, odds) - came * odds).mean(axis=1)
    return nats


def _gain(
    hazard: Hazard, stated: Mapping[str, Number], best: Mapping[str, Number], last: _Lesson
) -> tuple[float, float, float]:
    """Gain of the best values over the declared ones in a fold, and its interval by a paired block bootstrap."""
    gained = _nats(hazard, stated, last) - _nats(hazard, best, last)
    by_time = pd.Series(gained, last.asked.rows.index).groupby(level="issue_time").agg(["sum", "size"])
    weights = resampled_weights(pd.DatetimeIndex(by_time.index), max(_BLOCK_DAYS, hazard.periods.reach))
    drawn = (weights @ by_time["sum"].to_numpy()) / (weights @ by_time["size"].to_numpy())
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(gained.mean()), float(low), float(high)


def _table(trials: Sequence[optuna.trial.FrozenTrial]) -> pd.DataFrame:
    rows = [{"score": t.value, "state": t.state.name.lower(), **t.user_attrs["values"]} for t in trials]
    return pd.DataFrame(rows).astype({"score": float}).rename_axis("trial")


def _lines(model: Exceedance, best: Mapping[str, Number]) -> tuple[str, ...]:
    """Each estimator that changes, as it should stand in the hazard file."""
    before, after = estimators_within(model), estimators_within(with_values(model, best))
    return tuple(
        f"{path}: {' '.join(repr(new).split())}"
        for (path, old), (_, new) in zip(before, after, strict=True)
        if type(old) in SEARCHED and old.get_params(deep=False) != new.get_params(deep=False)
    )
