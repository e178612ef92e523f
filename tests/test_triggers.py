"""Triggers over a record as issued, worked out by hand, and those that cost least."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import HANOI, a_tiny_hazard, at

from features.periods import Periods
from models.cost_loss import THRESHOLDS, Stake, cheapest, counts
from models.track_records import TrackRecord, TrackRecords
from models.verified import VERIFIED, VerifiedForecasts
from serving.access.refusals import FieldError
from serving.issued.as_issued import AsIssued, AsIssuedRecords, read_as_issued
from serving.verification.finding_triggers import trigger_of
from serving.verification.simulating import simulation
from serving.verification.trigger_models import SimulatedRow, SimulateQuestion, TriggerQuestion

HAZARD = a_tiny_hazard(periods=Periods(days=1, count=2))
DAY = pd.Timedelta(days=1)
BOTH = frozenset({"S1", "S2"})
Told = list[tuple[int, int, float, float]]


def rows(*told: tuple[int, int, float, float], site: str = "S1", **changes: object) -> list[dict[str, object]]:
    """Verified records of 1 March 2024 and later: day forecast, lead, outcome in mm, probability of 10 mm."""
    found = []
    for day, lead, outcome, probability in told:
        first = at("2024-03-01") + day * DAY
        issued = first - lead * DAY + pd.Timedelta(hours=7)
        found.append(
            {
                "hazard": "tiny", "issue_time": issued, "site": site, "period": lead, "lead": lead,
                "valid_from": first, "valid_to": first + DAY, "forecaster": "a", "issued_at": issued,
                "cuts": [10.0, 30.0], "probabilities": [probability, probability / 2], "climatology": [0.5, 0.25],
                "persistence": None, "level": "watch" if probability >= 0.3 else None, "expected": None,
                "levels": None, "quantiles": None, "low": None, "high": None, "shadow": False, "outcome": outcome,
                "truth_known_at": first + 2 * DAY, "verified_at": at("2026-01-01"),
            } | changes
        )  # fmt: skip
    return found


def store(folder: Path, records: list[dict[str, object]]) -> VerifiedForecasts:
    verified = VerifiedForecasts(folder / "verified")
    verified.add(pa.Table.from_pandas(pd.DataFrame(records), VERIFIED, preserve_index=False))
    return verified


def held(folder: Path, records: list[dict[str, object]]) -> AsIssued:
    return read_as_issued(store(folder, records), HAZARD, HANOI, 2)


RAIN = [0.0, 0.0, 15.0, 20.0, 0.0, 0.0, 0.0, 0.0, 12.0, 0.0, 0.0, 0.0, 0.0, 0.0, 11.0]
ONE = [0.1, 0.1, 0.6, 0.7, 0.1, 0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0.1, 0.5, 0.1, 0.4]
TWO = [0.1, 0.1, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
"""Three events: days 2 and 3, day 8, day 14. Told the day before, and two days before."""


@pytest.fixture
def small(tmp_path: Path) -> AsIssued:
    told = zip(RAIN, ONE, TWO, strict=True)
    both = [(day, lead, rain, p) for day, (rain, *by_lead) in enumerate(told) for lead, p in enumerate(by_lead, 1)]
    return held(tmp_path, rows(*both))


def asked(**stated: object) -> SimulateQuestion:
    return SimulateQuestion.model_validate({"hazard": "tiny", "probabilities": [0.4]} | stated)


def one(record: AsIssued, **stated: object) -> SimulatedRow:
    (row,) = simulation(record, BOTH, asked(**stated)).rows
    return row


def test_alarms_hits_misses_and_false_alarms_are_as_by_hand(small: AsIssued) -> None:
    row = one(small, lead_to=1)
    # alarmed: days 2, 3 (event), 12 and 14: two days apart, and the run holds the event of day 14
    assert (row.events, row.hits, row.misses) == (3, 2, 1)
    assert (row.alarms, row.false_alarms, row.warning_days, row.site_days) == (2, 0, 4, 15)
    assert row.lead_gained_days == 1
    high = one(small, lead_to=1, probabilities=[0.5])
    assert (high.hits, high.alarms, high.false_alarms, high.warning_days) == (1, 2, 1, 3)


def test_an_alarm_at_any_lead_of_a_window_warns_and_gains_more_time(small: AsIssued) -> None:
    row = one(small)
    # day 2 was told 0.5 two days before and 0.6 the day before: two days gained there, one on day 14
    assert (row.hits, row.lead_gained_days) == (2, 1.5)
    assert [(caught.days, caught.events) for caught in row.caught] == [(1, 2), (2, 1)]
    assert one(small, lead_from=2).hits == 1


def test_several_probabilities_are_a_curve_and_a_level_is_as_it_was_issued(small: AsIssued) -> None:
    curve = simulation(small, BOTH, asked(probabilities=[0.15, 0.4, 0.65], lead_to=1)).rows
    assert [(row.probability, row.hits, row.warning_days) for row in curve] == [(0.15, 3, 5), (0.4, 2, 4), (0.65, 0, 1)]
    level = simulation(small, BOTH, SimulateQuestion(hazard="tiny", level="watch", lead_to=1))
    assert (level.record.cut, level.rows[0].hits, level.rows[0].warning_days) == (10.0, 2, 4)


def test_with_few_events_rates_and_costs_are_withheld_and_counts_are_told(small: AsIssued) -> None:
    row = one(small, cost=1.0, loss=10.0)
    assert (row.judged, row.hit_rate, row.false_alarm_ratio, row.costs) == ("too few to judge", None, None, None)
    assert row.withheld is not None
    assert row.withheld.startswith("3 events")


def many(*, years: int = 1, site: str = "S1") -> list[dict[str, object]]:
    """Each fifth day is wet; told 0.8 on each second wet day and 0.1 on the other, 0.6 on a dry day in twenty."""
    told = []
    for day in range(365 * years):
        wet = day % 5 == 0
        probability = (0.8 if day % 10 == 0 else 0.1) if wet else 0.6 if day % 20 == 16 else 0.1
        told.append((day, 1, 15.0 if wet else 0.0, probability))
    return rows(*told, site=site)


def test_costs_are_as_by_hand(tmp_path: Path) -> None:
    record = held(tmp_path, many())
    row = one(record, probabilities=[0.5], cost=2.0, loss=50.0, prevented=0.6)
    # 73 wet days, 37 alarmed; 18 false alarms, more than two days from any other
    assert (row.events, row.hits, row.warning_days, row.false_alarms, row.judged) == (73, 37, 55, 18, "judged")
    assert row.hit_rate is not None
    assert row.hit_rate.share == pytest.approx(37 / 73, abs=1e-4)
    assert row.hit_rate.low <= row.hit_rate.share <= row.hit_rate.high
    assert row.costs is not None
    assert row.costs.total == pytest.approx(2 * 55 + 50 * (73 - 0.6 * 37))
    assert row.costs.never == 50 * 73
    assert row.costs.perfect == pytest.approx(2 * 73 + 50 * 73 * 0.4)
    assert row.costs.always == pytest.approx(2 * 365 + 50 * 73 * 0.4)
    assert row.costs.saved == pytest.approx(row.costs.never - row.costs.total)
    assert row.costs.site_year == pytest.approx(row.costs.total * 365.25 / 365, rel=1e-5)
    by_alarm = one(record, probabilities=[0.5], cost=2.0, loss=50.0, cost_per="alarm")
    assert by_alarm.costs is not None
    assert (by_alarm.costs.always, by_alarm.costs.total) == (None, 2 * by_alarm.alarms + 50 * 36)


def test_sites_years_and_seasons_add_up_to_the_whole(tmp_path: Path) -> None:
    record = held(tmp_path, [*many(), *many(site="S2")])
    whole = one(record, probabilities=[0.5])
    for by, groups in (("site", ["S1", "S2"]), ("year", ["2024", "2025"]), ("season", ["DJF", "MAM", "JJA", "SON"])):
        told = simulation(record, BOTH, asked(by=by, probabilities=[0.5])).rows
        assert [row.group for row in told] == groups
        for name in ("events", "hits", "alarms", "false_alarms", "warning_days", "site_days"):
            assert sum(getattr(row, name) for row in told) == getattr(whole, name), (by, name)


def test_only_sites_that_may_be_told_of_are_counted(tmp_path: Path) -> None:
    record = held(tmp_path, [*many(), *many(site="S2")])
    told = simulation(record, frozenset({"S1"}), asked(by="site"))
    assert ([row.group for row in told.rows], told.record.n, told.record.sites) == (["S1"], 365, 1)
    assert simulation(record, frozenset({"S9"}), asked()).rows == []


def test_shadows_and_what_nobody_looked_at_are_no_part_of_the_record(tmp_path: Path) -> None:
    dark = rows((20, 1, 50.0, 0.9), forecaster="b", shadow=True)
    record = held(tmp_path, [*rows((1, 1, 15.0, 0.5), (2, 1, np.nan, 0.9)), *dark])
    assert (len(record), record.sites, record.leads) == (1, ("S1",), (1,))


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        ({"level": "watch"}, "level"),
        ({"level": "storm", "probabilities": None}, "level"),
        ({"cut": 11.0}, "cut"),
        ({"lead_from": 5}, "lead_from"),
        ({"lead_to": 0}, "lead_to"),
        ({"cost": 1.0}, "loss"),
        ({"loss": 1.0}, "cost"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(small: AsIssued, stated: dict[str, object], field: str) -> None:
    with pytest.raises(FieldError) as refused:
        simulation(small, BOTH, asked(**stated))
    assert refused.value.field == field


def test_it_pays_to_act_from_the_ratio_and_the_cheapest_threshold_is_found() -> None:
    stake = Stake(cost=2.0, loss=10.0)
    probability = np.array([0.05, 0.1, 0.3, 0.5, 0.9])
    event = np.array([False, False, True, False, True])
    told = counts(probability, event, np.zeros(5, dtype=np.int64), 1)
    # from 0.3 on: three acts and no loss, 6; from 0.1 on 8; from 0.5 on 4 and a loss, 14; never 20; always 10
    assert stake.expense([5, 4, 3, 2, 0], [2, 2, 2, 1, 0], 2).tolist() == [10, 8, 6, 14, 20]
    best = int(cheapest(stake, told, np.ones((1, 1)))[0])
    assert THRESHOLDS[best] == 0.2  # any above 0.1 up to 0.3 costs 6: the one nearest to 2 / 10
    # always 10, perfect 4: what is saved is 4 of 6
    assert float(stake.value(6, 5, 2)) == pytest.approx(4 / 6)
    assert float(stake.value(4, 5, 2)) == 1
    dear = Stake(cost=20.0, loss=10.0)
    assert int(cheapest(dear, told, np.ones((1, 1)))[0]) == len(THRESHOLDS)
    assert np.isnan(dear.value(20, 5, 2))


def trigger(record: AsIssued, **stated: object) -> TriggerQuestion:
    return TriggerQuestion.model_validate({"hazard": "tiny", "cost": 2.0, "loss": 10.0} | stated)


def test_the_trigger_is_chosen_on_the_earlier_part_and_told_on_the_later(tmp_path: Path) -> None:
    record = held(tmp_path, many(years=2))
    told = trigger_of(record, BOTH, trigger(record))
    assert (told.ratio, told.acts_from, told.warnings) == (0.2, 0.2, [])
    assert told.found is not None
    # the record has 730 days, issued from 29 February on: 60 % end on the 438th
    assert (told.found.chosen_on.n, told.found.told_on.n) == (438, 291)
    assert told.found.chosen_on.issued_to < told.found.told_on.issued_from
    later = told.found.chosen
    # 58 events, of which 29 are told 0.8, and 14 dry days told 0.6: these never pay, and theory acts on them
    assert (later.acts_from, later.acted, later.hits) == (0.61, 29, 29)
    assert told.found.theoretical.acted == 43
    # never costs 580 and always 582, perfect 116; 29 acts and 29 losses cost 348, 14 acts more 376
    assert (later.value, told.found.theoretical.value) == (0.5, round((580 - 376) / (580 - 116), 4))
    events = told.found.told_on.events
    assert later.expense == pytest.approx((2 * later.acted + 10 * (events - later.hits)) / 291, rel=1e-5)
    assert later.value_low is not None
    assert later.value_high is not None
    assert later.value is not None
    assert later.value_low <= later.value <= later.value_high
    assert told.found.perfect < later.expense < min(told.found.always, told.found.never)


def test_a_trigger_can_cost_less_than_theory_where_probabilities_are_too_low(tmp_path: Path) -> None:
    # told 0.12 where it always comes: by theory one never acts on a ratio of 0.2
    told = [(day, 1, 15.0 if day % 5 == 0 else 0.0, 0.12 if day % 5 == 0 else 0.01) for day in range(730)]
    found = trigger_of(held(tmp_path, rows(*told)), BOTH, TriggerQuestion(hazard="tiny", cost=2.0, loss=10.0)).found
    assert found is not None
    assert (found.chosen.acts_from, found.chosen.value, found.theoretical.acted) == (0.12, 1.0, 0)
    assert (found.chosen_low, found.chosen_high) == (0.12, 0.12)
    # the reference is never here: 10 a wet day against 2 a day
    assert found.theoretical.value == 0


def test_a_short_record_gives_the_ratio_alone_and_says_so(small: AsIssued) -> None:
    told = trigger_of(small, BOTH, trigger(small))
    assert (told.found, told.acts_from) == (None, 0.2)
    assert len(told.warnings) == 2
    assert "are needed" in told.warnings[0]
    never = trigger_of(small, BOTH, trigger(small, cost=20.0))
    assert (never.acts_from, never.warnings[0]) == (None, "acting costs as much as it prevents, or more: it never pays")


def test_only_so_many_of_the_newest_questions_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # two sites and two leads are four questions a day: 660 days before 1 January 2026 it was 12 March 2024
    monkeypatch.setattr("serving.issued.as_issued.MOST_ROWS", 4 * 660)
    record = held(tmp_path, many())
    assert (len(record), int(record.asked.end.min())) == (355, int(np.datetime64("2024-03-12", "D").astype(int)))


def test_what_is_held_is_replaced_as_a_whole_when_more_was_verified(tmp_path: Path) -> None:
    verified, records = store(tmp_path, many()), TrackRecords(tmp_path / "records")
    empty = TrackRecord(pd.DataFrame(), pd.DataFrame(), pd.DataFrame())
    records.write("tiny", empty, at("2026-01-01"))
    in_memory = AsIssuedRecords(verified, records, HANOI, 2)
    first = in_memory.of(HAZARD)
    store(tmp_path, many(site="S2"))
    in_memory.refresh()
    assert in_memory.of(HAZARD) is first  # its track record is not renewed yet
    records.write("tiny", empty, at("2026-01-02"))
    assert in_memory.of(HAZARD) is first
    in_memory.refresh()
    second = in_memory.of(HAZARD)
    assert (len(first), len(second), second.sites) == (365, 730, ("S1", "S2"))
