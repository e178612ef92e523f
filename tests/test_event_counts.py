"""Counts from events: as known after each report, and what a delivery adds to those before."""

import pandas as pd
import pyarrow as pa
import pytest
from conftest import at

from features.event_counts import as_delivered, counted, last_told, not_counted_yet
from features.kept import EVENTS

NOTHING = EVENTS.schema.empty_table().to_pandas()


def version(
    event: str, known: str, site: str = "S1", day: str = "2024-05-01", count: float = 1.0, **changes: object
) -> dict[str, object]:
    """A version of an event, known and dated at a local moment."""
    row = dict.fromkeys(EVENTS.schema.names) | {
        "source": "list", "event": event, "known_time": at(known), "dated": at(known), "variable": "landslides",
        "site": site, "valid_time": at(day), "count": count,
    }  # fmt: skip
    return row | changes


def events(*versions: dict[str, object]) -> pd.DataFrame:
    return pa.Table.from_pylist(list(versions), EVENTS.schema).to_pandas()


def told(entries: pd.DataFrame) -> list[tuple[str, str, str, float]]:
    """Site, day, moment known and value of entries, in local time."""
    local = [entries[name].dt.tz_convert("Asia/Ho_Chi_Minh") for name in ("valid_time", "known_time")]
    day, known = local[0].dt.strftime("%m-%d"), local[1].dt.strftime("%m-%d %H:%M")
    return list(zip(entries["site"], day, known, entries["value"], strict=True))


def test_events_of_a_site_and_day_add_up_from_when_each_was_known() -> None:
    found = counted(events(version("a", "2024-05-02"), version("b", "2024-05-04"), version("c", "2024-05-04", "S2")))
    assert told(found) == [
        ("S1", "05-01", "05-02 00:00", 1),
        ("S1", "05-01", "05-04 00:00", 2),
        ("S2", "05-01", "05-04 00:00", 1),
    ]
    assert set(found["source"]) == {"list"}


def test_a_later_version_takes_the_place_of_the_earlier() -> None:
    moved = counted(events(version("a", "2024-05-02"), version("a", "2024-05-09", "S2", "2024-04-30")))
    assert told(moved) == [
        ("S1", "05-01", "05-02 00:00", 1), ("S1", "05-01", "05-09 00:00", 0), ("S2", "04-30", "05-09 00:00", 1)
    ]  # fmt: skip
    withdrawn = counted(events(version("a", "2024-05-02"), version("a", "2024-05-09", count=0.0)))
    assert told(withdrawn) == [("S1", "05-01", "05-02 00:00", 1), ("S1", "05-01", "05-09 00:00", 0)]


def test_an_event_of_another_kind_is_taken_from_the_count_of_the_first() -> None:
    found = counted(events(version("a", "2024-05-02"), version("a", "2024-05-09", variable="floods")))
    assert told(found[found["variable"] == "landslides"])[-1] == ("S1", "05-01", "05-09 00:00", 0)
    assert told(found[found["variable"] == "floods"]) == [("S1", "05-01", "05-09 00:00", 1)]


def test_a_suspected_event_is_no_count_until_it_is_confirmed() -> None:
    assert counted(events(version("a", "2024-05-02", count=0.0))).empty
    found = counted(events(version("a", "2024-05-02", count=0.0), version("a", "2024-05-05")))
    assert told(found) == [("S1", "05-01", "05-05 00:00", 1)]


def test_parts_of_an_event_in_several_sites_change_together() -> None:
    first = [version("a", "2024-05-02", site, count=0.5) for site in ("S1", "S2")]
    second = [version("a", "2024-05-09", site, count=0.5) for site in ("S1", "S3")]
    found = counted(events(*first, *second))
    assert told(found) == [
        ("S1", "05-01", "05-02 00:00", 0.5), ("S2", "05-01", "05-02 00:00", 0.5),
        ("S2", "05-01", "05-09 00:00", 0), ("S3", "05-01", "05-09 00:00", 0.5),
    ]  # fmt: skip
    thirds = counted(events(*(version(event, "2024-05-02", count=1 / 3) for event in "abc")))
    assert told(thirds) == [("S1", "05-01", "05-02 00:00", 1.0)]


def test_a_version_that_changes_no_count_is_no_entry() -> None:
    found = counted(events(version("a", "2024-05-02"), version("a", "2024-05-09", host="shrimp")))
    assert told(found) == [("S1", "05-01", "05-02 00:00", 1)]
    assert counted(NOTHING).empty


def delivered(new: pd.DataFrame, held: pd.DataFrame, now: str) -> list[tuple[str, str, float]]:
    """Event, moment known here and count of what a delivery adds."""
    moment = at(now)
    added = as_delivered(new, held, last_told(held, [], "list", moment), moment)
    known = added["known_time"].dt.tz_convert("Asia/Ho_Chi_Minh").dt.strftime("%m-%d %H:%M")
    return list(zip(added["event"], known, added["count"], strict=True))


def test_the_first_delivery_is_known_by_its_own_dates() -> None:
    first = events(version("a", "2024-05-02"), version("b", "2024-05-20"))
    assert delivered(first, NOTHING, "2024-05-11") == [("a", "05-02 00:00", 1), ("b", "05-20 00:00", 1)]


def test_a_delivery_that_repeats_what_is_held_adds_nothing() -> None:
    held = events(
        version("a", "2024-05-02"), version("b", "2024-05-04", latitude=20.5, area_ha=0.3, details='{"x": 1}')
    )
    assert delivered(held, held, "2024-05-11") == []
    assert delivered(held.iloc[:1], held, "2024-05-11") == [], "what a list no longer holds stays what it was"


def test_what_an_earlier_delivery_should_have_held_is_known_from_now_on() -> None:
    held = events(version("a", "2024-05-02"), version("b", "2024-05-10"))
    late, new = version("c", "2024-05-09"), version("d", "2024-05-17")
    assert delivered(events(late, new), held, "2024-05-18 09:00") == [("c", "05-18 09:00", 1), ("d", "05-17 00:00", 1)]


def test_zeros_that_were_told_count_as_told_and_what_is_not_known_yet_does_not() -> None:
    held = events(version("a", "2024-05-02"), version("b", "2024-05-30"))
    newest = pd.DataFrame({"source": ["list", "other"], "known_time": [at("2024-05-12"), at("2024-05-19")]})
    assert last_told(held, [newest], "list", at("2024-05-20")) == at("2024-05-12")
    assert last_told(held, [newest], "list", None) == at("2024-05-30")
    assert last_told(NOTHING, [], "list", at("2024-05-20")) is None


def test_a_change_of_a_record_whose_date_stays_is_known_from_now_on() -> None:
    held = events(version("a", "2024-05-02"), version("b", "2024-05-10"))
    assert delivered(events(version("a", "2024-05-02", count=0.0)), held, "2024-05-18") == [("a", "05-18 00:00", 0)]


def test_what_was_said_before_is_a_change_where_something_else_was_said_since() -> None:
    confirmed, withdrawn = version("a", "2024-05-02"), version("a", "2024-05-02", count=0.0)
    held = events(confirmed, withdrawn | {"known_time": at("2024-05-18")}, version("b", "2024-05-10"))
    assert delivered(events(confirmed), held, "2024-05-25") == [("a", "05-25 00:00", 1)]


def test_an_older_statement_in_a_list_of_reports_is_not_news() -> None:
    first, second = version("a", "2024-05-02"), version("a", "2024-05-09", count=0.0)
    held = events(first, second)
    assert delivered(events(first), held, "2024-05-18") == []
    assert delivered(events(first, second), held, "2024-05-18") == []


def test_of_several_versions_that_come_late_the_last_stands() -> None:
    held = events(version("z", "2024-05-12"))
    late = events(
        version("a", "2024-05-02"), version("a", "2024-05-05", count=0.0), version("a", "2024-05-08", count=2.0)
    )
    assert delivered(late, held, "2024-05-18") == [("a", "05-18 00:00", 2)]
    mixed = events(version("a", "2024-05-02"), version("a", "2024-05-15", count=2.0))
    assert delivered(mixed, held, "2024-05-18") == [("a", "05-15 00:00", 2)]


def test_a_version_never_becomes_known_before_the_one_it_replaces() -> None:
    held = events(version("a", "2024-06-01"), version("z", "2024-05-01"))
    added = as_delivered(events(version("a", "2024-05-30", "S2")), held, at("2024-05-01"), at("2024-05-18"))
    assert list(added["known_time"]) == [at("2024-06-01") + pd.Timedelta(microseconds=1)]
    assert list(added["dated"]) == [at("2024-05-30")]


def test_where_the_past_is_made_up_dates_stay() -> None:
    held = events(version("a", "2024-05-02"), version("b", "2024-05-10"))
    added = as_delivered(events(version("c", "2024-05-09")), held, at("2024-05-10"), None)
    assert list(added["known_time"]) == [at("2024-05-09")]


def test_an_event_in_two_sites_is_delivered_whole_when_one_part_moves() -> None:
    held = events(*(version("a", "2024-05-02", site, count=0.5) for site in ("S1", "S2")))
    moved = events(*(version("a", "2024-05-02", site, count=0.5) for site in ("S1", "S3")))
    assert delivered(moved, held, "2024-05-18") == [("a", "05-18 00:00", 0.5), ("a", "05-18 00:00", 0.5)]


def zero(site: str, day: str, known: str) -> dict[str, object]:
    return {
        "site": site, "variable": "landslides", "valid_time": at(day), "known_time": at(known), "value": 0.0,
        "source": "list",
    }  # fmt: skip


@pytest.mark.parametrize(("known", "kept"), [("2024-05-01 23:00", True), ("2024-05-02", False), ("2024-05-03", False)])
def test_a_zero_stands_only_while_no_count_of_its_day_is_known(known: str, *, kept: bool) -> None:
    zeros = pd.DataFrame(
        [zero("S1", "2024-05-01", known), zero("S2", "2024-05-01", known), zero("S1", "2024-05-02", known)]
    )
    left = not_counted_yet(zeros, counted(events(version("a", "2024-05-02"))))
    assert list(left.index) == ([0, 1, 2] if kept else [1, 2])


def test_without_counts_all_zeros_stand() -> None:
    zeros = pd.DataFrame([zero("S1", "2024-05-01", "2024-05-02")])
    assert len(not_counted_yet(zeros, counted(NOTHING))) == 1
    assert not_counted_yet(zeros.iloc[:0], counted(events(version("a", "2024-05-02")))).empty
