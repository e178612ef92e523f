"""Examples: questions with the outcomes that were complete at a moment."""

import numpy as np
import pandas as pd
import pytest
from conftest import MakeArchive, Row, a_tiny_hazard, at, entry

from features.errors import HaidangError
from features.given import season
from features.past import TotalOver
from models.hazard import Hazard
from training.examples import examples

NOW = TotalOver("rain", days=1, coverage=1.0)


def two_features() -> Hazard:
    return a_tiny_hazard(features=(NOW, *season(harmonics=1)))


def rain(site: str, day: str, value: float, known: str | None = None) -> Row:
    next_morning = at(day) + pd.Timedelta(days=1, hours=6)
    return entry(site, "rain", day, known or next_morning.strftime("%Y-%m-%d %H:%M"), value)


# Asked on 10 March: the first period is 11 to 13 March, the second 14 to 16 March.
RAIN = (
    rain("S1", "2024-03-09", 1.0), rain("S1", "2024-03-12", 11.0), rain("S1", "2024-03-15", 2.0),
    rain("S2", "2024-03-11", 4.0), rain("S3", "2024-03-16", 5.0),
)  # fmt: skip


def test_a_question_whose_outcome_nobody_saw_is_left_out(archive: MakeArchive) -> None:
    hazard, held = two_features(), archive(*RAIN)
    known = examples(hazard, hazard.ask(held, at("2024-03-10 07:00")), held, by=at("2024-04-10"))
    assert [key[1:] for key in known.outcome.index] == [("S1", 1), ("S1", 2), ("S2", 1), ("S3", 2)]
    assert known.outcome.tolist() == [11.0, 2.0, 4.0, 5.0]
    pd.testing.assert_index_equal(known.rows.index, known.outcome.index)
    np.testing.assert_array_equal(known.rows[NOW.name], [1.0, 1.0, np.nan, np.nan])
    assert len(known) == 4


def test_an_outcome_is_taken_as_it_stood_at_the_moment(archive: MakeArchive) -> None:
    hazard, held = two_features(), archive(*RAIN, rain("S1", "2024-03-12", 33.0, "2024-03-20 06:00"))
    asked = hazard.ask(held, at("2024-03-10 07:00"))
    before, after = (examples(hazard, asked, held, by=at(by)).outcome.iloc[0] for by in ("2024-03-20", "2024-03-21"))
    assert (before, after) == (11.0, 33.0)


def test_a_period_that_is_not_settled_yet_is_left_out(archive: MakeArchive) -> None:
    # With one day to settle the first period is complete on 15 March, the second on 18 March.
    hazard, held = two_features(), archive(*RAIN)
    asked = hazard.ask(held, at("2024-03-10 07:00"))
    known = examples(hazard, asked, held, by=at("2024-03-17 23:00"))
    assert known.outcome.index.unique("period").tolist() == [1]


def test_after_the_embargo_every_outcome_is_settled(archive: MakeArchive) -> None:
    # The reach of 6 days, the day after it, and 1 day to settle.
    hazard, held = two_features(), archive(*RAIN)
    assert hazard.embargo_days == 8
    asked = hazard.ask(held, at("2024-03-10 07:00"))
    assert len(examples(hazard, asked, held, by=at("2024-03-10 07:00") + pd.Timedelta(days=8))) == 4


def test_where_no_outcome_is_known_the_error_says_what_is_needed(archive: MakeArchive) -> None:
    hazard, held = two_features(), archive(*RAIN)
    asked = hazard.ask(held, at("2024-03-10 07:00"))
    with pytest.raises(HaidangError, match="no outcome of tiny is known by 2024-03-11.*needs 8 days, and rain in"):
        examples(hazard, asked, held, by=at("2024-03-11"))
