"""The track record: scores of what was issued, by hand."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import a_tiny_hazard, at

from features.periods import Periods
from models.verified import VERIFIED
from training.track_record import track_record

HANOI = "Asia/Ho_Chi_Minh"
HAZARD = a_tiny_hazard(periods=Periods(days=1, count=3))
DAY = pd.Timedelta(days=1)


def record(
    issue: str, outcome: float, told: list[float] | None, *, lead: int = 1, site: str = "S1", **changes: object
) -> dict[str, object]:
    """One verified record with cuts 10 and 30; climatology says 0.5 and 0.25 always."""
    issue_time = at(f"{issue} 07:00")
    valid_from = issue_time.normalize() + lead * DAY
    stated: dict[str, object] = {
        "hazard": "tiny", "issue_time": issue_time, "site": site, "period": lead, "lead": lead,
        "valid_from": valid_from, "valid_to": valid_from + DAY, "forecaster": "a", "issued_at": issue_time,
        "cuts": [10.0, 30.0], "probabilities": told, "climatology": [0.5, 0.25], "persistence": None, "level": None,
        "expected": None, "levels": None, "quantiles": None, "low": None, "high": None, "shadow": False,
        "outcome": outcome, "truth_known_at": valid_from + 2 * DAY, "verified_at": valid_from + 2 * DAY,
    }  # fmt: skip
    return stated | changes


def verified(*records: dict[str, object]) -> pa.Table:
    return pa.Table.from_pandas(pd.DataFrame(list(records)), VERIFIED, preserve_index=False)


def row_of(table: pd.DataFrame, **wanted: object) -> dict[str, object]:
    chosen = np.logical_and.reduce([table[name] == value for name, value in wanted.items()])
    (row,) = table[chosen].to_dict("records")
    return row


FOUR = verified(
    record("2024-03-01", 0.0, [0.1, 0.0]), record("2024-03-02", 12.0, [0.8, 0.1]),
    record("2024-03-03", 40.0, [0.6, 0.5]), record("2024-03-04", 5.0, [0.3, 0.0]),
)  # fmt: skip


def test_brier_score_skill_and_expected_events_are_as_by_hand() -> None:
    told = track_record(HAZARD, FOUR, HANOI)
    low = row_of(told.scores, site="S1", lead=1, cut=10.0)
    # (0.1^2 + 0.2^2 + 0.4^2 + 0.3^2) / 4; 2 events where 0.1 + 0.8 + 0.6 + 0.3 were told
    assert (low["n"], low["events"], low["unknown"]) == (4, 2, 0)
    assert low["brier"] == pytest.approx(0.075)
    assert (low["expected"], low["ratio"]) == pytest.approx((1.8, 2 / 1.8))
    beside = row_of(told.beside, site="S1", lead=1, cut=30.0, reference="climatology")
    assert beside["brier_reference"] == pytest.approx((3 * 0.25**2 + 0.75**2) / 4)
    assert beside["skill"] == pytest.approx(1 - 0.26 / 0.75)
    assert low["judged"] == "too few to judge"
    assert np.isnan([low["ratio_low"], beside["skill_low"]]).all()


def test_a_reference_that_said_nothing_is_not_scored() -> None:
    assert set(track_record(HAZARD, FOUR, HANOI).beside["reference"]) == {"climatology"}


def test_an_unknown_outcome_is_no_event_and_no_non_event() -> None:
    rows = verified(record("2024-03-01", 40.0, [0.6, 0.5]), record("2024-03-02", np.nan, [0.9, 0.5]))
    row = row_of(track_record(HAZARD, rows, HANOI).scores, site="S1", lead=1, cut=10.0)
    assert (row["n"], row["events"], row["unknown"]) == (1, 1, 1)
    assert row["expected"] == pytest.approx(0.6)


def test_all_sites_and_all_leads_are_told_too() -> None:
    rows = verified(
        record("2024-03-01", 40.0, [0.6, 0.5]), record("2024-03-01", 0.0, [0.6, 0.5], lead=2),
        record("2024-03-01", 40.0, [0.6, 0.5], site="S2"),
    )  # fmt: skip
    scores = track_record(HAZARD, rows, HANOI).scores
    found = {(row["site"], row["lead"]): row["n"] for row in scores[scores["cut"] == 10].to_dict("records")}
    assert found == {
        ("", 0): 3, ("", 1): 2, ("", 2): 1, ("S1", 0): 2, ("S1", 1): 1, ("S1", 2): 1, ("S2", 0): 1, ("S2", 1): 1,
    }  # fmt: skip


def test_what_was_never_shown_does_not_count() -> None:
    rows = verified(record("2024-03-01", 40.0, [0.6, 0.5]), record("2024-03-01", 40.0, [0.9, 0.5], shadow=True))
    row = row_of(track_record(HAZARD, rows, HANOI).scores, site="S1", lead=1, cut=10.0)
    assert (row["n"], row["expected"]) == (1, pytest.approx(0.6))


def test_of_two_forecasters_at_one_issue_time_the_one_that_issued_last_counts() -> None:
    later = record("2024-03-01", 40.0, [0.9, 0.5], forecaster="b", issued_at=at("2024-03-01 09:00"))
    rows = verified(later, record("2024-03-01", 40.0, [0.6, 0.5]))
    row = row_of(track_record(HAZARD, rows, HANOI).scores, site="S1", lead=1, cut=10.0)
    assert (row["n"], row["expected"]) == (1, pytest.approx(0.9))


def test_records_with_other_cuts_are_scored_at_the_cuts_that_there_are() -> None:
    other = record("2024-03-02", 40.0, [0.2], cuts=[30.0], climatology=[0.1])
    scores = track_record(HAZARD, verified(record("2024-03-01", 40.0, [0.6, 0.5]), other), HANOI)
    assert row_of(scores.scores, site="S1", lead=1, cut=10.0)["expected"] == pytest.approx(0.6)
    assert row_of(scores.scores, site="S1", lead=1, cut=30.0)["expected"] == pytest.approx(0.7)
    assert row_of(scores.beside, site="S1", lead=1, cut=30.0)["brier_reference"] == pytest.approx(
        (0.75**2 + 0.9**2) / 2
    )


def test_flip_flop_is_what_answers_go_to_and_fro() -> None:
    # for 4 March 0.2, 0.6, 0.4 were told: (0.4 + 0.2 - 0.4) / (3 - 2); the period told only once does not count
    rows = verified(
        record("2024-03-01", 0.0, [0.2, 0.0], lead=3), record("2024-03-02", 0.0, [0.6, 0.0], lead=2),
        record("2024-03-03", 0.0, [0.4, 0.0], lead=1), record("2024-03-04", 0.0, [0.9, 0.0], lead=1),
    )  # fmt: skip
    scores = track_record(HAZARD, rows, HANOI).scores
    assert row_of(scores, site="S1", lead=0, cut=10.0)["flip_flop"] == pytest.approx(0.2)
    assert row_of(scores, site="", lead=0, cut=10.0)["flip_flop"] == pytest.approx(0.2)
    assert np.isnan(row_of(scores, site="S1", lead=1, cut=10.0)["flip_flop"])


def test_with_events_enough_there_are_intervals_around_the_figures() -> None:
    random, days = np.random.default_rng(1), pd.date_range("2024-01-01", periods=300)
    chance = random.beta(1, 2, 300)
    came = np.where(random.random(300) < chance, 20.0, 0.0)
    told_and_came = zip(days, chance, came, strict=True)
    rows = verified(*(record(f"{day:%Y-%m-%d}", outcome, [p, 0.0]) for day, p, outcome in told_and_came))
    told = track_record(HAZARD, rows, HANOI)
    row = row_of(told.scores, site="S1", lead=1, cut=10.0)
    assert row["judged"] == "yes"
    assert row["ratio_low"] < row["ratio"] < row["ratio_high"]
    beside = row_of(told.beside, site="S1", lead=1, cut=10.0)
    assert 0 < beside["skill_low"] < beside["skill"] < beside["skill_high"]


def test_a_peer_is_scored_on_the_questions_that_both_answered() -> None:
    start = at("2024-03-01")
    peer = {
        "peer": "GloFAS", "site": "S1", "cut": 10.0, "valid_from": start + DAY, "valid_to": start + 2 * DAY,
    }  # fmt: skip
    said = pd.DataFrame(
        [
            peer | {"issue_time": start - DAY, "probability": 0.1},
            peer | {"issue_time": start, "probability": 0.3},
            peer | {"issue_time": start + DAY, "probability": 1.0},  # after ours
        ]
    )
    rows = verified(record("2024-03-01", 40.0, [0.6, 0.5]), record("2024-03-02", 0.0, [0.2, 0.0]))
    beside = track_record(HAZARD, rows, HANOI, peers=said).beside
    row = row_of(beside, site="S1", lead=1, reference="GloFAS")
    assert (row["n"], row["events"], row["cut"]) == (1, 1, 10.0)
    assert (row["brier"], row["brier_reference"]) == pytest.approx((0.4**2, 0.7**2))


def test_nothing_verified_makes_empty_tables() -> None:
    told = track_record(HAZARD, VERIFIED.empty_table(), HANOI)
    assert told.scores.empty
    assert told.beside.empty
    assert told.alarms.empty
