"""Lineage, the answers that are kept of a backtest, and the floor beyond the range of training."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import a_tiny_hazard

from features.ahead import TotalAhead
from features.archive import Archive
from models.forecaster import Card, Forecaster
from models.hazard import Hazard
from training.backtest import Backtest
from training.fit import fit
from training.floor import floor_kept
from training.kept_answers import KeptAnswers, answers_of_table, kept_answers
from training.lineage import lineage


@pytest.fixture(scope="module")
def kept(tiny_backtest: Backtest) -> KeptAnswers:
    return kept_answers(tiny_backtest)


@pytest.fixture(scope="module")
def card(tiny_forecaster: Forecaster, tiny_backtest: Backtest) -> Card:
    stated = {"code_version": "0123456789ab", "tested_until": tiny_backtest.issue_times[-1]}
    return tiny_forecaster.card.model_copy(update=stated)


def faults(hazard: Hazard, card: Card, kept: KeptAnswers | None) -> list[str]:
    return [one.en for one in lineage(hazard, card, kept) if one.found == "broken"]


def test_a_backtest_was_answered_by_who_had_learned_before_the_embargo(
    tiny_hazard: Hazard, tiny_backtest: Backtest, kept: KeptAnswers
) -> None:
    issued = pd.DatetimeIndex(kept.outcome.index.get_level_values("issue_time"))
    learned = pd.DatetimeIndex(kept.learned_until)
    assert (learned + pd.Timedelta(days=tiny_hazard.embargo_days) <= issued).all()
    # refits on 1 November and 60 days later, embargo of 8 days, every other day is learned from
    assert list(learned.unique()) == [pd.Timestamp("2022-10-23", tz="UTC"), pd.Timestamp("2022-12-22", tz="UTC")]


def test_kept_answers_are_read_as_they_were_written(tiny_backtest: Backtest, kept: KeptAnswers) -> None:
    again = answers_of_table(kept.table())
    pd.testing.assert_series_equal(again.outcome, tiny_backtest.outcome)
    pd.testing.assert_series_equal(again.learned_until, kept.learned_until, check_names=False)
    for name, told in tiny_backtest.probabilities.items():
        np.testing.assert_allclose(again.probabilities[name].to_numpy(), told.to_numpy(), rtol=1e-6, atol=1e-8)
        assert list(again.probabilities[name]) == [10.0, 30.0]
    assert again.quantiles.empty
    some = again.outcome.index[5:8]
    assert list(again.at(some).probabilities["model"].index) == list(some)


def test_a_backtest_that_does_not_say_until_when_it_learned_is_not_kept(tiny_backtest: Backtest) -> None:
    with pytest.raises(ValueError, match="does not say until when its models learned"):
        kept_answers(replace(tiny_backtest, learned_until=None))


def test_a_lineage_is_complete(tiny_hazard: Hazard, card: Card, kept: KeptAnswers) -> None:
    assert faults(tiny_hazard, card, kept) == []
    assert [one.found for one in lineage(tiny_hazard, card, kept)] == ["holds"]


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"fingerprint": "another"}, "it was fitted for another declaration of the hazard"),
        ({"archive_version": -1}, "the version of the archive"),
        ({"code_version": "unknown"}, "the code is of no known version, or was changed"),
        ({"code_version": "0123456789ab-dirty"}, "the code is of no known version, or was changed"),
        ({"truth_read_at": pd.Timestamp("2023-02-20", tz="UTC")}, "were incomplete at"),
        ({"tested_until": pd.Timestamp("2023-02-01", tz="UTC")}, "the kept answers are not of its own backtest"),
    ],
)
def test_what_cannot_be_told_of_a_forecaster_is_named(
    tiny_hazard: Hazard, card: Card, kept: KeptAnswers, stated: dict[str, object], told: str
) -> None:
    (found,) = faults(tiny_hazard, card.model_copy(update=stated), kept)
    assert told in found


def test_changed_code_is_borne_where_all_values_are_simulated(
    tiny_hazard: Hazard, card: Card, kept: KeptAnswers
) -> None:
    changed = card.model_copy(update={"code_version": "0123456789ab-dirty", "simulated": True})
    assert faults(tiny_hazard, changed, kept) == []


def test_answers_of_fits_that_had_seen_the_question_are_counted(
    tiny_hazard: Hazard, card: Card, kept: KeptAnswers
) -> None:
    seen = kept.learned_until.copy()
    issued = pd.DatetimeIndex(kept.outcome.index.get_level_values("issue_time"))
    # an hour into the embargo of 8 days: three of 1,190 answers
    seen.iloc[:3] = issued[:3] - pd.Timedelta(days=tiny_hazard.embargo_days) + pd.Timedelta(hours=1)
    (found,) = faults(tiny_hazard, card, replace(kept, learned_until=seen))
    assert f"3 of {len(issued):,} answers are of fits that had learned until the question or close to it" in found


def test_beyond_the_range_the_risk_may_not_fall(tiny_archive: Archive) -> None:
    hazard = a_tiny_hazard(rising=(TotalAhead("rain"),))
    forecaster = fit(hazard, tiny_archive, moment=pd.Timestamp("2023-03-01", tz="UTC"))
    assert floor_kept(forecaster).found == "holds"
    assert "1 inputs" in floor_kept(forecaster).en
    rising = TotalAhead("rain").name
    broken = replace(forecaster, estimator=_Falls(forecaster, rising).estimator)
    found = floor_kept(broken)
    assert found.found == "broken"
    assert rising in found.en


def test_without_a_declared_direction_there_is_no_floor(tiny_forecaster: Forecaster) -> None:
    assert "no input is declared" in floor_kept(tiny_forecaster).en


class _Falls:
    """A forecaster whose answer falls where an input is beyond what it learned from."""

    def __init__(self, forecaster: Forecaster, column: str) -> None:
        import copy

        estimator = copy.deepcopy(forecaster.estimator)
        highest = estimator.high_[list(forecaster.exam.rows).index(column)]
        asked = type(estimator).predict_exceedance

        def predict(rows: pd.DataFrame) -> np.ndarray:
            return asked(estimator, rows) * np.where(rows[column] > highest, 0.5, 1.0)[:, None]

        estimator.predict_exceedance = predict
        self.estimator = estimator
