"""The door of the archive: each check with its reason, and no row lost."""

import json

import pandas as pd
import pytest
from conftest import HANOI, Row, a_row_of_sites, at, entry, table
from hypothesis import given, settings
from hypothesis import strategies as st

from features.entries import Receipt, inspect
from features.errors import HaidangError
from features.sites import Sites

GOOD = entry("S1", "rain", "2024-03-09", "2024-03-10 06:00", 12.5)


def test_a_good_entry_passes_in_utc(sites: Sites) -> None:
    checked = inspect(table(GOOD), sites, HANOI)
    assert checked.rejected.empty
    passed = checked.entries.iloc[0]
    assert passed["valid_time"] == pd.Timestamp("2024-03-08T17:00Z")
    assert passed["known_time"] == pd.Timestamp("2024-03-09T23:00Z")
    assert passed["value"] == 12.5


def test_times_may_be_texts_with_different_offsets(sites: Sites) -> None:
    rows = table(
        GOOD | {"valid_time": "2024-03-09T00:00+07:00", "known_time": "2024-03-09T23:00Z"},
        GOOD | {"site": "S2", "valid_time": "2024-03-08T17:00:00Z", "known_time": "2024-03-10T06:00:00+0700"},
    )
    passed = inspect(rows, sites, HANOI).entries
    assert passed["valid_time"].tolist() == [at("2024-03-09")] * 2
    assert passed["known_time"].tolist() == [at("2024-03-10 06:00")] * 2


REFUSED: dict[str, tuple[Row, str]] = {
    "unknown site": ({"site": "S9"}, "unknown site 'S9': add it to the sites file"),
    "no site": ({"site": None}, "unknown site"),
    "unknown variable": ({"variable": "snow"}, "unknown variable 'snow'"),
    "no variable": ({"variable": None}, "unknown variable"),
    "naive valid time": ({"valid_time": "2024-03-09"}, "valid_time '2024-03-09' is not a time with a zone"),
    "naive known time": ({"known_time": "2024-03-10 06:00"}, "known_time .* is not a time with a zone"),
    "no time at all": ({"valid_time": "yesterday"}, "valid_time 'yesterday' is not a time"),
    "no known time": ({"known_time": None}, "known_time .* is not a time with a zone"),
    "not a number": ({"value": "a lot"}, "rain at site S1 on .* is 'a lot', not a finite number"),
    "missing value": ({"value": float("nan")}, "rain at site S1 on .* is nan, not a finite number"),
    "infinite": ({"value": float("inf")}, "not a finite number"),
    "too low": (
        {"value": -4.0},
        "rain at site S1 on .* is -4.0 mm, below its lowest plausible value 0: check the .*unit",
    ),
    "too high": ({"value": 2001.0}, "is 2001.0 mm, above its highest plausible value 2000"),
    "not midnight": ({"valid_time": "2024-03-09T00:00Z"}, f"does not start at midnight in {HANOI}"),
    "known before it could be": (
        {"variable": "pond_salinity", "known_time": "2024-03-09T23:59:59+07:00"},
        "pond_salinity at site S1 .* before it could be observed: check known_time, and the local zone",
    ),
    "known before its week is over": (
        {"variable": "sea_surface_temperature", "known_time": "2024-03-15T23:59+07:00"},
        "before it could be observed",
    ),
    "no source": ({"source": None}, "source"),
}


@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_bad_entry_is_refused_with_its_reason(sites: Sites, change: Row, reason: str) -> None:
    other = GOOD | {"site": "S2"}
    checked = inspect(table(GOOD | change, other), sites, HANOI)
    assert checked.entries["site"].tolist() == ["S2"]
    assert checked.rejected["reason"].str.contains(reason, regex=True).tolist() == [True]


ACCEPTED: dict[str, Row] = {
    "the lowest plausible value": {"value": 0},
    "the highest plausible value": {"value": 2000},
    "a number as a text": {"value": "12.5"},
    "known when its day is over": {"variable": "pond_salinity", "known_time": "2024-03-10T00:00+07:00"},
    "a forecast of what is forecast": {"known_time": "2024-03-01T06:00+07:00"},
    "a sample known on its day": {"variable": "domoic_acid", "known_time": "2024-03-09T00:00+07:00"},
    "a week known when it is over": {
        "variable": "sea_surface_temperature", "known_time": "2024-03-16T00:00+07:00",
    },
}  # fmt: skip


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_a_plausible_entry_passes(sites: Sites, change: Row) -> None:
    assert inspect(table(GOOD | change), sites, HANOI).rejected.empty


def test_a_column_of_naive_times_is_refused_row_by_row(sites: Sites) -> None:
    rows = table(GOOD, GOOD | {"site": "S2"})
    naive = rows.assign(valid_time=rows["valid_time"].dt.tz_localize(None))
    checked = inspect(naive, sites, HANOI)
    assert checked.entries.empty
    assert checked.rejected["reason"].str.contains("not a time with a zone").all()


def test_the_first_fault_is_the_one_that_is_told(sites: Sites) -> None:
    reason = inspect(table(GOOD | {"site": "S9", "value": -4}), sites, HANOI).rejected["reason"]
    assert reason.str.contains("unknown site").tolist() == [True]


def test_equal_rows_come_back_once(sites: Sites) -> None:
    checked = inspect(table(GOOD, GOOD, GOOD), sites, HANOI)
    assert (len(checked.entries), len(checked.rejected)) == (1, 0)


def test_of_two_values_for_one_key_neither_is_taken(sites: Sites) -> None:
    checked = inspect(table(GOOD, GOOD | {"value": 13.0}, GOOD | {"site": "S2"}), sites, HANOI)
    assert checked.entries["site"].tolist() == ["S2"]
    assert checked.rejected["reason"].str.contains("two values for one").tolist() == [True, True]


def test_good_entries_come_in_the_order_of_their_keys(sites: Sites) -> None:
    later = entry("S1", "rain", "2024-03-10", "2024-03-11 06:00", 1.0)
    corrected = GOOD | {"known_time": at("2024-03-12 06:00"), "value": 2.0}
    other = entry("S1", "pond_salinity", "2024-03-10", "2024-03-11 06:00", 3.0)
    rows = table(later, corrected, GOOD | {"site": "S2", "value": 4.0}, GOOD, other, GOOD)
    assert inspect(rows, sites, HANOI).entries["value"].tolist() == [3.0, 12.5, 2.0, 4.0, 1.0]


def test_categories_that_no_row_has_are_no_fault(sites: Sites) -> None:
    rows = table(GOOD, GOOD | {"site": "S2"})
    sites_known = pd.CategoricalDtype(["S2", "S9", "S1"])
    checked = inspect(rows.astype({"site": sites_known, "variable": "category"}), sites, HANOI)
    assert sorted(checked.entries["site"]) == ["S1", "S2"]
    assert checked.rejected.empty


def test_two_sources_may_say_two_things(sites: Sites) -> None:
    assert len(inspect(table(GOOD, GOOD | {"value": 13.0, "source": "radar"}), sites, HANOI).entries) == 2


def test_a_refused_row_is_kept_as_it_came(sites: Sites) -> None:
    rejected = inspect(table(GOOD | {"site": "Trạm số 9", "value": "nhiều"}), sites, HANOI).rejected
    row = json.loads(rejected["row"].iloc[0])
    assert (row["site"], row["value"], row["variable"]) == ("Trạm số 9", "nhiều", "rain")
    assert rejected["source"].tolist() == ["station"]


@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\u2028", "\u0085"])
def test_a_line_break_within_a_cell_does_not_tear_its_row(sites: Sites, breaks: str) -> None:
    rejected = inspect(table(GOOD | {"site": f"S{breaks}9"}, GOOD | {"site": "S8"}), sites, HANOI).rejected
    assert [json.loads(row)["site"] for row in rejected["row"]] == [f"S{breaks}9", "S8"]


def test_a_missing_column_is_refused_as_a_whole(sites: Sites) -> None:
    with pytest.raises(HaidangError, match="lack the columns known_time, source; they have site, variable"):
        inspect(table(GOOD).drop(columns=["known_time", "source"]), sites, HANOI)


def test_no_rows_are_no_fault(sites: Sites) -> None:
    checked = inspect(table(GOOD).iloc[:0], sites, HANOI)
    assert (len(checked.entries), len(checked.rejected)) == (0, 0)


ANY_ROW = st.fixed_dictionaries(
    {
        "site": st.sampled_from(["S1", "S2", "S9"]),
        "variable": st.sampled_from(["rain", "pond_salinity", "snow"]),
        "valid_time": st.sampled_from([at("2024-03-09"), at("2024-03-09 12:00"), "2024-03-09", None]),
        "known_time": st.sampled_from([at("2024-03-10 06:00"), at("2024-03-08 06:00"), None]),
        "value": st.sampled_from([0.0, 1.0, -1.0, float("nan"), "much"]),
        "source": st.sampled_from(["station", "radar"]),
    }
)


@given(st.lists(ANY_ROW, min_size=1, max_size=30))
@settings(max_examples=25, deadline=None)
def test_no_row_is_lost_at_the_door(rows: list[Row]) -> None:
    checked = inspect(pd.DataFrame(rows), a_row_of_sites(), HANOI)
    seen: set[tuple[object, ...]] = set()
    for row in checked.entries.itertuples(index=False):
        assert tuple(row) not in seen
        seen.add(tuple(row))
    good = {
        (row["site"], row["variable"], row["known_time"], row["value"], row["source"])
        for row in rows
        if row["site"] != "S9" and row["variable"] != "snow" and row["value"] in (0.0, 1.0)
        and row["valid_time"] == at("2024-03-09") and row["known_time"] is not None
        and (row["variable"] == "rain" or row["known_time"] == at("2024-03-10 06:00"))
    }  # fmt: skip
    torn = {key for key in good if key[:3] + (1.0 - key[3],) + key[4:] in good}  # type: ignore[operator]
    kept = {(s, v, known, value, source) for s, v, _, known, value, source in seen}
    assert kept == good - torn
    bad = [row for row in checked.rejected["reason"] if not row.startswith("two values")]
    of_good = sum(1 for row in rows if _key(row) in good)
    assert len(bad) == len(rows) - of_good


def _key(row: Row) -> tuple[object, ...]:
    at_midnight = row["valid_time"] == at("2024-03-09")
    return (row["site"], row["variable"], row["known_time"], row["value"], row["source"]) if at_midnight else ()


def test_receipts_add_up() -> None:
    assert Receipt(1, 2, 3) + Receipt(quarantined=4) == Receipt(1, 2, 7)


def test_a_value_of_a_month_is_not_known_before_the_month_is_over(sites: Sites) -> None:
    early = entry("S1", "monthly_rain", "2024-01-01", "2024-01-31 12:00", 30.0)
    in_time = entry("S1", "monthly_rain", "2024-01-01", "2024-02-01", 30.0)
    checked = inspect(table(early, in_time), sites, HANOI)
    assert list(checked.entries["known_time"]) == [at("2024-02-01")]
    assert "before it could be observed" in checked.rejected["reason"].iloc[0]
