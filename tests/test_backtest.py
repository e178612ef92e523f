"""Backtests: at each origin only what was known then is learned from."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from conftest import TINY_TEST, MakeArchive, at
from sklearn.base import clone

from features.archive import Archive
from features.errors import HaidangError
from models.exceedance import Exceedance
from models.hazard import Hazard
from training.backtest import Backtest, backtest, contestants, first_issue
from training.fit import fit
from training.folds import rolling_origins

START, END = at(TINY_TEST[0]), at(TINY_TEST[1])
Lesson = tuple[pd.DatetimeIndex, npt.NDArray[np.float64]]
LESSONS: list[Lesson] = []


class Pupil(Exceedance):
    """Writes down the times and outcomes that it learns from, and answers with the base rates."""

    def __init__(self, cuts: tuple[float, ...] = (), *, min_events: int = 20) -> None:
        self.cuts = cuts
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: npt.NDArray[np.float64]) -> None:
        LESSONS.append((pd.DatetimeIndex(X.index.get_level_values("issue_time")), outcome.copy()))

    def _predict(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        return np.tile(self.base_rates_[self.learned_], (len(X), 1))


@pytest.fixture
def taught(tiny_hazard: Hazard) -> Hazard:
    LESSONS.clear()
    return replace(tiny_hazard, model=Pupil())


def test_at_each_origin_only_outcomes_that_were_complete_by_then_are_learned(
    taught: Hazard, tiny_archive: Archive
) -> None:
    backtest(taught, tiny_archive, START, END)
    origins = [START, START + pd.Timedelta(days=60)]
    assert len(LESSONS) == len(origins)
    for origin, (times, _) in zip(origins, LESSONS, strict=True):
        # reach of two periods of three days, the day after, one day to settle
        assert times.max() < origin - pd.Timedelta(days=8)
        assert times.max() >= origin - pd.Timedelta(days=8 + taught.train_every_days)
        assert times.min() < at("2021-01-10")


def test_a_late_correction_is_learned_only_at_origins_after_it(
    taught: Hazard, tiny_entries: pd.DataFrame, archive: MakeArchive
) -> None:
    observed = tiny_entries[tiny_entries["source"] == "station"]
    summer = observed["valid_time"].between(at("2022-06-01"), at("2022-06-30"))
    known = START + pd.Timedelta(days=10)
    held = archive(entries=tiny_entries)
    held.append(observed[summer].assign(value=777.0, known_time=known))
    backtest(taught, held, START, END)
    (_, first), (_, second) = LESSONS
    assert first.max() < 777.0
    assert second.max() == 777.0


def test_a_fold_in_whose_months_nobody_looked_is_passed_over(
    taught: Hazard, tiny_entries: pd.DataFrame, archive: MakeArchive
) -> None:
    second, told = START + pd.Timedelta(days=60), []
    unseen = (tiny_entries["source"] == "station") & tiny_entries["valid_time"].between(
        START, second + pd.Timedelta(days=6)
    )
    held = archive(entries=tiny_entries[~unseen])
    tested = backtest(taught, held, START, END, progress=lambda done, of: told.append((done, of)))
    assert tested.outcome.index.get_level_values("issue_time").min() >= second
    assert len(LESSONS) == 1
    assert told == [(1, 2), (2, 2)]


def test_the_truth_of_the_test_is_read_when_the_archive_ends(
    tiny_hazard: Hazard, tiny_entries: pd.DataFrame, archive: MakeArchive, tiny_backtest: Backtest
) -> None:
    observed = tiny_entries[tiny_entries["source"] == "station"]
    day = observed["valid_time"] == at("2022-12-24")
    held = archive(entries=tiny_entries)
    held.append(observed[day].assign(value=555.0, known_time=at("2023-06-20")))
    tested = backtest(tiny_hazard, held, START, END)
    reached = pd.DatetimeIndex(tested.outcome[tested.outcome == 555.0].index.get_level_values("issue_time"))
    # Asked from 18 to 23 December, six questions at each of five sites.
    assert len(reached) == 30
    assert (reached.min(), reached.max()) == (at("2022-12-18 07:00"), at("2022-12-23 07:00"))
    for name, answer in tested.probabilities.items():
        pd.testing.assert_frame_equal(answer, tiny_backtest.probabilities[name], check_exact=True)


def test_model_and_baselines_answer_the_same_questions(tiny_backtest: Backtest) -> None:
    assert set(tiny_backtest.probabilities) == {"model", "climatology", "persistence"}
    for answer in tiny_backtest.probabilities.values():
        pd.testing.assert_index_equal(answer.index, tiny_backtest.outcome.index)
        assert list(answer.columns) == [10.0, 30.0]
        assert answer.notna().all(axis=None)
    pd.testing.assert_index_equal(tiny_backtest.expected.index, tiny_backtest.outcome.index)
    assert tiny_backtest.outcome.notna().all()
    assert tiny_backtest.outcome.index.is_unique


def test_every_day_of_the_test_is_asked_about_once_at_each_site_and_period(tiny_backtest: Backtest) -> None:
    times = tiny_backtest.issue_times
    assert len(times) == 120  # November to February
    assert (times.min(), times.max()) == (START + pd.Timedelta(hours=7), END - pd.Timedelta(hours=17))
    assert len(tiny_backtest.outcome) == 120 * 5 * 2


def test_a_backtest_answers_as_a_forecaster_fitted_at_the_origin_would_have(
    tiny_hazard: Hazard, tiny_archive: Archive, tiny_backtest: Backtest
) -> None:
    for fold in rolling_origins(START, END, refit_every_days=60, embargo_days=8):
        issue = fold.origin + pd.Timedelta(days=3, hours=7)
        answer = fit(tiny_hazard, tiny_archive, moment=fold.origin).forecast(tiny_archive, issue)
        tested = tiny_backtest.probabilities["model"].loc[answer.index]
        pd.testing.assert_frame_equal(tested, answer, rtol=1e-9)


def test_the_expected_outcome_belongs_to_each_contestant(tiny_backtest: Backtest) -> None:
    assert list(tiny_backtest.expected.columns) == ["model", "climatology", "persistence"]
    assert (tiny_backtest.expected > 0).all(axis=None)


def test_progress_is_told_after_each_origin(taught: Hazard, tiny_archive: Archive) -> None:
    told: list[tuple[int, int]] = []
    backtest(taught, tiny_archive, START, END, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


def test_the_contestants_know_the_cuts_and_the_model_its_gap(tiny_hazard: Hazard) -> None:
    rivals = contestants(tiny_hazard)
    assert all(rival.cuts == (10.0, 30.0) for rival in rivals.values())
    assert rivals["model"].get_params()["member__full__gap_days"] == tiny_hazard.embargo_days == 8
    assert rivals["persistence"].get_params()["column"] == "total_over(rain, days=1, coverage=1.0)"
    assert tiny_hazard.model.cuts == ()
    clone(rivals["model"])


def test_the_first_issue_is_after_the_archive_begins(tiny_archive: Archive) -> None:
    assert tiny_archive.begins() <= first_issue(tiny_archive) < tiny_archive.begins() + pd.Timedelta(days=1)


@pytest.mark.parametrize("start", ["2020-06-01", "2021-01-05"])
def test_a_test_that_starts_before_anything_can_be_learned_is_refused(
    tiny_hazard: Hazard, tiny_archive: Archive, start: str
) -> None:
    with pytest.raises(HaidangError, match="backtest of tiny from .* more than 8 days before it: start later"):
        backtest(tiny_hazard, tiny_archive, at(start), END)
