"""Issuing by the calendar: the newest regular issue, once."""

from pathlib import Path

import pytest
from conftest import HANOI, a_tiny_hazard, at
from tiny_deployment import COAST, SMALL, a_copy, local, opened

from haidang.chain.regular_issues import champions, issue_all_due, issue_due, regular_issue_time


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2023-06-30 06:59", "2023-06-29 07:00"),
        ("2023-06-30 07:00", "2023-06-30 07:00"),
        ("2023-07-01 06:00", "2023-06-30 07:00"),
    ],
)
def test_the_regular_issue_of_every_day_is_at_seven(now: str, expected: str) -> None:
    assert regular_issue_time(a_tiny_hazard(), at(now), HANOI) == at(expected)


def test_the_regular_issue_of_every_week_is_on_thursdays_as_the_first_of_january_1970_was() -> None:
    weekly = a_tiny_hazard(issue_every_days=7)
    assert regular_issue_time(weekly, at("2024-01-10 12:00"), HANOI) == at("2024-01-04 07:00")
    assert regular_issue_time(weekly, at("2024-01-11 07:00"), HANOI) == at("2024-01-11 07:00")


def test_a_late_issue_is_asked_as_of_its_regular_time_and_made_once(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    deployment, now = opened(a_copy(tmp_path_factory, tmp_path / "home")), local("2023-07-01 09:30")
    assert champions(deployment) == [COAST, SMALL]
    told = issue_due(deployment, SMALL, lambda: now)
    assert told == "10 forecasts of 2023-07-01 07:00 issued by themselves"
    records = deployment.issued.latest(SMALL)
    assert set(records["issue_time"]) == {local("2023-07-01 07:00")} and set(records["issued_at"]) == {now}
    assert issue_due(deployment, SMALL, lambda: now) == "that of 2023-07-01 07:00 is issued"
    assert issue_all_due(deployment, lambda: now) == "8 forecasts of 2023-07-01 07:00"
    assert issue_all_due(deployment, lambda: now) == "all were issued before"
