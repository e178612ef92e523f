"""The command that tells what is reported of the last weeks and what is still to come."""

import pytest
from conftest import MakeArchive, a_tiny_hazard, at
from test_nowcast import REPORTS, history, reported

from features.errors import HaidangError
from haidang.commands.nowcast import nowcast
from models.hazard import Hazard
from models.targets import Total

MORNING = at("2024-03-10 07:00")


def hazard() -> Hazard:
    return a_tiny_hazard(target=Total(REPORTS, cuts=(1.0,), settle_days=7), levels={})


def test_late_reports_are_made_up_for_by_the_delays_of_older_ones(archive: MakeArchive) -> None:
    # Of a day 4 reports are known the morning after and 10 a day later: F(1) = 0.4, F(2) = 1.
    held = archive(*history("2024-03-08", 60, 4.0, 10.0), *reported(at("2024-03-09"), 6.0, 99.0))
    delays, (situation,) = nowcast(held, hazard(), MORNING, days=2)
    assert [(one.days, one.share) for one in delays] == [(1, pytest.approx(0.4)), (2, pytest.approx(1.0))]
    assert situation.site == "S1"
    assert situation.reported == 16.0  # 6 of 9 March and 10 of 8 March
    assert situation.nowcast == pytest.approx(6 / 0.4 + 10)
    assert situation.left_out_days == 0


def test_days_whose_delay_says_too_little_count_as_reported_and_are_told(archive: MakeArchive) -> None:
    held = archive(*history("2024-03-09", 60, 0.5, 10.0))  # F(1) = 0.05
    _, (situation,) = nowcast(held, hazard(), MORNING, days=2)
    assert (situation.reported, situation.nowcast, situation.left_out_days) == (10.5, 10.5, 1)


def test_what_is_measured_has_no_late_reports_and_a_few_reports_tell_no_delay(archive: MakeArchive) -> None:
    few = archive(*history("2024-03-08", 60, 0.0, 0.0))
    with pytest.raises(HaidangError, match="fewer than 20 reports"):
        nowcast(few, hazard(), MORNING, days=2)
    with pytest.raises(HaidangError, match="nobody reports late"):
        nowcast(few, a_tiny_hazard(), MORNING, days=2)
