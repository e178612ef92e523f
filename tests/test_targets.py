"""Targets: what happened in a period, once it is settled, as known at a moment."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import MakeArchive, Row, at, entry

from features.archive import Archive
from features.periods import Periods
from models.targets import Highest, Target, Total

NAN = np.nan
TWO = Periods(days=2, count=2)  # asked on 10 March: 11 and 12, 13 and 14
ISSUE = pd.DatetimeIndex([at("2024-03-10 07:00")]).tz_convert("UTC")
LATER = "2024-04-10"
HIGHEST = Highest("rain", cuts=(10.0, 30.0), settle_days=2)
TOTAL = Total("rain", cuts=(10.0, 30.0), settle_days=2)


def rain(site: str, day: int, value: float, known: str | None = None) -> Row:
    return entry(site, "rain", f"2024-03-{day}", known or f"2024-03-{day + 1} 06:00", value)


RAIN = (
    rain("S1", 11, 4.0), rain("S1", 12, 6.0), rain("S1", 13, 0.0), rain("S1", 14, 40.0),
    rain("S2", 11, 5.0), rain("S2", 13, 0.0), rain("S2", 14, 0.0),
    entry("S3", "rain", "2024-03-11", "2024-03-10 06:00", 99.0, "model"),
)  # fmt: skip


def came(target: Target, archive: Archive, by: str | pd.Timestamp) -> np.ndarray:
    outcome = target.outcome(archive, ISSUE, TWO, by=at(by) if isinstance(by, str) else by)
    assert outcome.dims == ("issue_time", "site", "period")
    return outcome.to_numpy()[0]


def test_the_highest_day_counts_among_those_that_are_known(archive: MakeArchive) -> None:
    np.testing.assert_array_equal(came(HIGHEST, archive(*RAIN), LATER), [[6, 40], [5, 0]] + [[NAN, NAN]] * 3)


def test_a_total_needs_every_day(archive: MakeArchive) -> None:
    np.testing.assert_array_equal(came(TOTAL, archive(*RAIN), LATER), [[10, 40], [NAN, 0]] + [[NAN, NAN]] * 3)


def test_a_period_is_settled_when_it_has_been_over_for_the_settling_days(archive: MakeArchive) -> None:
    # The first period is over when 13 March begins, the second when 15 March begins; both settle for two days.
    held = archive(*RAIN)
    for settled, by in ((0, "2024-03-15"), (1, "2024-03-17")):
        before, at_last = came(TOTAL, held, at(by) - pd.Timedelta(microseconds=1)), came(TOTAL, held, by)
        assert np.isfinite(before[0]).sum() == settled
        assert np.isfinite(at_last[0]).sum() == settled + 1


def test_a_correction_counts_once_it_is_known(archive: MakeArchive) -> None:
    held = archive(*RAIN, rain("S1", 12, 60.0, "2024-03-25 06:00"))
    assert came(HIGHEST, held, "2024-03-25 05:59")[0].tolist() == [6, 40]
    assert came(HIGHEST, held, "2024-03-25 06:00")[0].tolist() == [60, 40]


def test_many_issue_times_look_at_their_own_periods(archive: MakeArchive) -> None:
    times = pd.DatetimeIndex([at("2024-03-10 07:00"), at("2024-03-11 23:00")]).tz_convert("UTC")
    outcome = HIGHEST.outcome(archive(*RAIN), times, TWO, by=at(LATER)).sel(site="S1")
    np.testing.assert_array_equal(outcome, [[6, 40], [6, 40]])  # 12 and 13 March, 14 and 15 March


@pytest.mark.parametrize("cuts", [(), (10.0, 10.0), (30.0, 10.0)])
def test_cuts_that_do_not_rise_are_refused(cuts: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="cuts must go from the mildest to the severest"):
        replace(HIGHEST, cuts=cuts)


def test_the_unit_is_that_of_the_variable() -> None:
    assert HIGHEST.unit == "mm"
