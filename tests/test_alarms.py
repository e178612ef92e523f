"""Alarms and events, by hand, on a few days of one or two sites."""

import numpy as np
import pandas as pd
import pytest
from conftest import a_tiny_hazard

from features.periods import Periods
from training.alarms import alarms

DAY = 20_000
HAZARD = a_tiny_hazard(periods=Periods(days=1, count=2))


def shown(*rows: tuple[int, int, float, str | None], site: str = "S1", days: int = 1) -> pd.DataFrame:
    """Day of issue, lead, outcome and level of each forecast; days count from 0."""
    return pd.DataFrame(
        [
            {
                "site": site, "lead": lead, "level": level, "outcome": outcome, "issued": DAY + issued,
                "first": DAY + issued + lead, "end": DAY + issued + lead + days,
            }
            for issued, lead, outcome, level in rows
        ]
    )  # fmt: skip


def each_day(outcomes: list[float], levels: list[str | None], lead: int) -> pd.DataFrame:
    """Forecasts of one lead for days 2, 3, ... with what came and which level was told."""
    told = zip(outcomes, levels, strict=True)
    return shown(*((day - lead, lead, outcome, level) for day, (outcome, level) in enumerate(told, start=2)))


def of(table: pd.DataFrame, level: str, lead: int, site: str = "") -> pd.Series:
    (row,) = table[(table["level"] == level) & (table["lead"] == lead) & (table["site"] == site)].to_dict("records")
    return pd.Series(row)


# "watch" is for 10 mm, "warning" for 30 mm
RAIN = [0.0, 15.0, 0.0, 0.0, 12.0, 0.0, 0.0, 0.0, 0.0, 20.0]
ONE = each_day(RAIN, [None, "watch", None, None, None, None, None, None, "watch", None], 1)
TWO = each_day(RAIN, [None, "watch", *[None] * 8], 2)


def test_events_with_a_gap_of_two_days_are_one_and_with_more_are_two() -> None:
    row = of(alarms(HAZARD, ONE), "watch", 1)
    assert (row["events"], row["hits"], row["misses"]) == (2, 1, 1)


def test_an_alarm_of_a_day_without_an_event_is_false() -> None:
    table = alarms(HAZARD, ONE)
    assert of(table, "watch", 1)["false_alarms"] == 1
    assert of(table, "watch", 1)["false_alarm_ratio"] == pytest.approx(1 / 2)
    assert of(table, "warning", 1)[["events", "hits", "false_alarms"]].tolist() == [0, 0, 0]


def test_the_lead_gained_is_from_the_first_alarm_that_stood_until_the_event_began() -> None:
    table = alarms(HAZARD, pd.concat([ONE, TWO]))
    # alarmed two days and one day before: of any lead two days are gained
    assert [of(table, "watch", lead)["lead_gained_days"] for lead in (0, 1, 2)] == [2, 1, 2]
    assert [of(table, "watch", lead)["hits"] for lead in (0, 1, 2)] == [1, 1, 1]


def test_days_of_an_alarm_that_was_taken_back_are_not_gained() -> None:
    hazard = a_tiny_hazard(periods=Periods(days=1, count=4))
    told = shown(
        *((10 - lead, lead, 15.0, level) for lead, level in ((4, "watch"), (3, None), (2, "watch"), (1, "watch")))
    )
    assert of(alarms(hazard, told), "watch", 0)["lead_gained_days"] == 2


def test_an_alarm_that_comes_after_the_onset_is_no_hit() -> None:
    # days 2 and 3 have the event; the only alarm was issued on day 2 for day 3
    row = of(alarms(HAZARD, each_day([15.0, 15.0], [None, "watch"], 1)), "watch", 1)
    assert (row["events"], row["hits"], row["misses"], row["false_alarms"]) == (1, 0, 1, 0)


def test_a_higher_level_is_an_alarm_of_the_lower_too() -> None:
    table = alarms(HAZARD, each_day([0.0, 15.0], [None, "warning"], 1))
    assert of(table, "watch", 1)[["hits", "false_alarms"]].tolist() == [1, 0]
    assert of(table, "warning", 1)[["events", "false_alarms"]].tolist() == [0, 1]


def test_alarms_two_days_apart_are_one_false_alarm() -> None:
    table = alarms(HAZARD, each_day([0.0] * 6, ["watch", None, None, "watch", None, None], 1))
    assert of(table, "watch", 1)["false_alarms"] == 1
    apart = alarms(HAZARD, each_day([0.0] * 6, ["watch", None, None, None, "watch", None], 1))
    assert of(apart, "watch", 1)["false_alarms"] == 2


def test_what_nobody_looked_at_is_neither_an_event_nor_a_false_alarm() -> None:
    row = of(alarms(HAZARD, each_day([np.nan, 0.0, 15.0], ["watch", None, "watch"], 1)), "watch", 1)
    assert (row["events"], row["hits"], row["false_alarms"]) == (1, 1, 0)


def test_where_nobody_looked_at_anything_there_is_no_table() -> None:
    assert alarms(HAZARD, each_day([np.nan], ["watch"], 1)).empty


def test_sites_are_counted_apart_and_together() -> None:
    second = ONE.assign(site="S2", level=None)
    table = alarms(HAZARD, pd.concat([ONE, second]))
    assert [of(table, "watch", 1, site)["hits"] for site in ("S1", "S2", "")] == [1, 0, 1]
    assert [of(table, "watch", 1, site)["misses"] for site in ("S1", "S2", "")] == [1, 2, 3]


def test_an_event_in_overlapping_periods_lies_where_no_period_without_one_lies() -> None:
    # periods of three days, issued daily: those that hold day 10, which begin on days 8, 9 and 10, have the event
    told = shown(*((day - 1, 1, 15.0 if 8 <= day <= 10 else 0.0, "watch" if day == 10 else None)
                   for day in range(2, 20)), days=3)  # fmt: skip
    row = of(alarms(a_tiny_hazard(periods=Periods(days=3, count=1)), told), "watch", 1)
    # the alarm was issued on day 9, a day before the event
    assert (row["events"], row["hits"], row["lead_gained_days"], row["false_alarms"]) == (1, 1, 1, 0)


def test_few_events_are_too_few_to_judge_and_many_have_an_interval() -> None:
    assert of(alarms(HAZARD, ONE), "watch", 1)["judged"] == "too few to judge"
    rain = [15.0 if day % 5 == 0 else 0.0 for day in range(300)]
    hit = ["watch" if day % 10 == 0 else None for day in range(300)]
    row = of(alarms(HAZARD, each_day(rain, hit, 1)), "watch", 1)
    assert (row["events"], row["hits"], row["judged"]) == (60, 30, "yes")
    assert row["hit_rate_low"] <= 0.5 <= row["hit_rate_high"]
