"""The archive: two clocks, appends that can be repeated, corrections that overwrite nothing."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import HANOI, MakeArchive, Row, at, entry, table
from deltalake import write_deltalake
from deltalake.table import TableMerger

from features.archive import Archive
from features.entries import ENTRIES, Receipt
from features.errors import HaidangError
from features.periods import Periods
from features.sites import Sites

REPORT = entry("S1", "rain", "2024-03-09", "2024-03-10 06:00", 12.5)
CORRECTION = entry("S1", "rain", "2024-03-09", "2024-03-12 06:00", 21.5)


def yesterday(archive: Archive, moment: str, site: str = "S1") -> float:
    return float(archive.as_of(at(moment)).past("rain", 1).sel(site=site).item())


def observed(archive: Archive, variable: str, by: str, day: str = "2024-03-09") -> list[float]:
    return archive.observed(variable, by=at(by), start=at(day), end=at(day)).to_numpy()[:, 0].tolist()


def test_an_entry_is_read_back(archive: MakeArchive) -> None:
    assert yesterday(archive(REPORT), "2024-03-10 07:00") == 12.5


def test_the_receipt_tells_what_became_of_each_row(archive: MakeArchive) -> None:
    held = archive()
    rows = (REPORT, REPORT, CORRECTION, REPORT | {"site": "S9"}, REPORT | {"value": -1.0, "site": "S2"})
    assert held.append(table(*rows)) == Receipt(accepted=2, duplicates=1, quarantined=2)


def test_the_same_entries_twice_change_nothing(archive: MakeArchive) -> None:
    held = archive(REPORT, CORRECTION)
    version = held.version
    assert held.append(table(REPORT, CORRECTION)) == Receipt(duplicates=2)
    assert held.version == version
    assert held.quarantined().empty


def test_a_stretch_that_is_held_in_part_brings_the_rest(archive: MakeArchive) -> None:
    held = archive(REPORT, entry("S1", "rain", "2024-03-11", "2024-03-12 06:00", 3.0))
    between = entry("S1", "rain", "2024-03-10", "2024-03-11 06:00", 7.0)
    contradicts = entry("S1", "rain", "2024-03-11", "2024-03-12 06:00", 4.0)
    assert held.append(table(contradicts, between, REPORT)) == Receipt(accepted=1, duplicates=1, quarantined=1)
    assert observed(held, "rain", "2024-03-13", "2024-03-10")[0] == 7.0
    assert observed(held, "rain", "2024-03-13", "2024-03-11")[0] == 3.0


@pytest.mark.parametrize("names", ["str", "object", "category"])
def test_names_may_be_texts_objects_or_categories(archive: MakeArchive, names: str) -> None:
    rows = table(REPORT, CORRECTION, REPORT | {"site": "S2"}, REPORT | {"site": "S9"})
    held = archive(entries=rows.astype(dict.fromkeys(["site", "variable", "source"], names)))
    assert observed(held, "rain", "2024-03-13")[:2] == [21.5, 12.5]
    assert json.loads(held.quarantined()["row"].iloc[0])["site"] == "S9"
    assert held.append(rows) == Receipt(duplicates=3, quarantined=1)
    assert len(held.quarantined()) == 1


def meanwhile(monkeypatch: pytest.MonkeyPatch, archive: Archive, *rows: Row) -> None:
    """Another process appends rows while the next append is about to commit its own."""
    execute = TableMerger.execute

    def late(merger: TableMerger) -> dict[str, object]:
        monkeypatch.setattr(TableMerger, "execute", execute)
        archive.append(table(*rows))
        return execute(merger)

    monkeypatch.setattr(TableMerger, "execute", late)


def test_of_two_appends_of_the_same_rows_at_once_one_is_refused(
    archive: MakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = archive(CORRECTION)
    meanwhile(monkeypatch, held, REPORT)
    with pytest.raises(HaidangError, match=r"none of them is: another process was writing"):
        held.append(table(REPORT, REPORT | {"site": "S2"}))
    assert held.append(table(REPORT, REPORT | {"site": "S2"})) == Receipt(accepted=1, duplicates=1)


def test_appends_of_other_years_at_once_are_both_taken(archive: MakeArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    held = archive(REPORT)
    other = entry("S1", "rain", "2023-03-09", "2023-03-10 06:00", 5.0)
    meanwhile(monkeypatch, held, other)
    assert held.append(table(CORRECTION)) == Receipt(accepted=1)
    assert held.append(table(REPORT, CORRECTION, other)) == Receipt(duplicates=3)


def test_the_same_refused_rows_twice_lie_in_the_quarantine_once(archive: MakeArchive) -> None:
    held = archive(REPORT | {"site": "S9"})
    held.append(table(REPORT | {"site": "S9"}))
    assert len(held.quarantined()) == 1


def test_each_append_that_brings_something_adds_one_version(archive: MakeArchive) -> None:
    held = archive(REPORT)
    version = held.version
    held.append(table(CORRECTION))
    assert held.version == version + 1


def test_a_correction_replaces_the_report_it_corrects_from_then_on_and_not_before(archive: MakeArchive) -> None:
    held = archive(REPORT, CORRECTION)
    three_back = held.as_of([at("2024-03-12 05:59"), at("2024-03-12 06:00")]).past("rain", 3)
    assert three_back.sel(site="S1", back=3).to_numpy().tolist() == [12.5, 21.5]


def test_a_report_is_not_known_a_microsecond_before_its_known_time(archive: MakeArchive) -> None:
    held = archive(REPORT, entry("S2", "rain", "2024-03-01", "2024-03-02 06:00", 1.0))
    just_before = at("2024-03-10 06:00") - pd.Timedelta(microseconds=1)
    both = held.as_of([just_before, at("2024-03-10 06:00")]).past("rain", 1).sel(site="S1", back=1)
    np.testing.assert_array_equal(both, [np.nan, 12.5])


def test_a_correction_may_come_in_before_the_report_it_corrects(archive: MakeArchive) -> None:
    held = archive(CORRECTION)
    held.append(table(REPORT))
    assert yesterday(held, "2024-03-10 07:00") == 12.5
    assert observed(held, "rain", "2024-03-13")[0] == 21.5


def test_an_entry_that_contradicts_a_held_one_is_quarantined(archive: MakeArchive) -> None:
    held = archive(REPORT)
    assert held.append(table(REPORT | {"value": 99.0})) == Receipt(quarantined=1)
    assert yesterday(held, "2024-03-10 07:00") == 12.5
    assert "holds 12.5 for this entry: a correction needs a later known_time" in held.quarantined()["reason"].iloc[0]


def test_the_quarantine_holds_the_original_row(archive: MakeArchive) -> None:
    held = archive(REPORT | {"value": "12,5", "source": "Trạm Hòn Gai"})
    aside = held.quarantined().iloc[0]
    assert aside["source"] == "Trạm Hòn Gai"
    assert json.loads(aside["row"])["value"] == "12,5"


def test_a_forecast_never_counts_as_observed(archive: MakeArchive) -> None:
    forecast = entry("S1", "rain", "2024-03-09", "2024-03-07 06:00", 80.0, "model")
    last_moment = entry("S2", "rain", "2024-03-09", "2024-03-09 23:59", 70.0, "model")
    held = archive(forecast, last_moment, REPORT)
    before, after = (observed(held, "rain", by) for by in ("2024-03-10 05:00", "2024-03-10 06:00"))
    np.testing.assert_array_equal(before, [np.nan] * 5)
    np.testing.assert_array_equal(after, [12.5] + [np.nan] * 4)


def test_truth_is_read_as_it_stood_at_a_moment(archive: MakeArchive) -> None:
    held = archive(REPORT, CORRECTION)
    assert observed(held, "rain", "2024-03-12 05:59")[0] == 12.5
    assert observed(held, "rain", "2024-03-12 06:00")[0] == 21.5


def test_a_sample_is_observed_at_its_moment_and_a_week_when_it_is_over(archive: MakeArchive) -> None:
    sample = entry("S1", "domoic_acid", "2024-03-09", "2024-03-09 15:00", 22.0)
    week = entry("S1", "sea_surface_temperature", "2024-03-09", "2024-03-16 00:00", 18.0)
    held = archive(sample, week)
    assert observed(held, "domoic_acid", "2024-03-09 15:00")[0] == 22.0
    assert observed(held, "sea_surface_temperature", "2024-03-16")[0] == 18.0


def test_truth_has_local_dates_from_the_day_of_the_start_to_the_day_of_the_end(archive: MakeArchive) -> None:
    held = archive(REPORT)
    truth = held.observed("rain", by=at("2024-03-20"), start=at("2024-03-08 23:00"), end=at("2024-03-10 01:00"))
    assert truth["time"].dt.strftime("%m-%d").to_numpy().tolist() == ["03-08", "03-09", "03-10"]
    np.testing.assert_array_equal(truth.sel(site="S1"), [np.nan, 12.5, np.nan])
    assert truth.attrs["units"] == "mm"


def test_an_archive_is_bound_to_its_zone(archive: MakeArchive, sites: Sites, tmp_path: Path) -> None:
    archive(REPORT)
    with pytest.raises(HaidangError, match="counts days in Asia/Ho_Chi_Minh, not in UTC: set the local zone"):
        Archive(tmp_path / "archive_0", sites, "UTC")


def test_a_question_from_before_the_archive_begins_is_refused(archive: MakeArchive) -> None:
    held = archive(REPORT)
    assert (held.begins(), held.ends()) == (at("2024-03-10 06:00"), at("2024-03-10 06:00"))
    with pytest.raises(HaidangError, match="begins at 2024-03-10T06:00:00.07:00: 2024-03-10T05:00:00.07:00 is before"):
        held.as_of(at("2024-03-10 05:00"))


def test_a_question_without_a_zone_is_refused(archive: MakeArchive) -> None:
    with pytest.raises(HaidangError, match="issue time 2024-03-10 07:00:00 has no time zone"):
        archive(REPORT).as_of(pd.Timestamp("2024-03-10 07:00"))


def test_an_archive_that_is_not_there_yet_says_what_to_run(archive: MakeArchive) -> None:
    empty = archive()
    assert not empty.exists
    assert empty.quarantined().empty
    with pytest.raises(HaidangError, match="no archive in .* yet: run `haidang ingest` first"):
        empty.as_of(at("2024-03-10 07:00"))


def test_an_archive_of_refused_rows_alone_says_what_to_run(archive: MakeArchive) -> None:
    with pytest.raises(HaidangError, match="run `haidang ingest` first"):
        archive(REPORT | {"site": "S9"}).begins()


def test_a_version_can_be_read_as_it_was(archive: MakeArchive) -> None:
    held = archive(REPORT)
    version = held.version
    held.append(table(CORRECTION))
    pinned = held.at_version(version)
    assert observed(pinned, "rain", "2024-03-20")[0] == 12.5
    assert observed(held, "rain", "2024-03-20")[0] == 21.5
    assert pinned.ends() == at("2024-03-10 06:00")
    now = held.pinned()
    held.append(table(CORRECTION | {"known_time": at("2024-04-10 06:00"), "value": 3.0}))
    assert (now.version, observed(now, "rain", "2024-04-20")[0]) == (version + 1, 21.5)
    assert observed(held, "rain", "2024-04-20")[0] == 3.0


def test_a_snapshot_does_not_see_what_is_appended_after_it_was_taken(archive: MakeArchive) -> None:
    held = archive(REPORT)
    snapshot = held.as_of(at("2024-03-13 07:00"))
    held.append(table(CORRECTION))
    assert snapshot.past("rain", 4).sel(site="S1", back=4).item() == 12.5


def test_a_killed_append_leaves_the_archive_as_it_was(archive: MakeArchive, tmp_path: Path) -> None:
    held = archive(REPORT)
    version = held.version
    stray = pa.Table.from_pandas(table(CORRECTION), ENTRIES, preserve_index=False).drop_columns(["variable"])
    pq.write_table(stray, tmp_path / "archive_0" / "entries" / "variable=rain" / "part-killed.parquet")
    assert held.version == version
    assert held.ends() == at("2024-03-10 06:00")
    assert observed(held, "rain", "2024-03-20")[0] == 12.5
    assert held.append(table(CORRECTION)) == Receipt(accepted=1)
    assert observed(held, "rain", "2024-03-20")[0] == 21.5


def test_small_files_are_joined_without_changing_an_entry(archive: MakeArchive) -> None:
    held = archive(REPORT)
    held.append(table(CORRECTION))
    held.append(table(REPORT | {"site": "S3", "value": 3.0}))
    held.compact()
    assert observed(held, "rain", "2024-03-11")[:3:2] == [12.5, 3.0]
    assert observed(held, "rain", "2024-03-20")[:3:2] == [21.5, 3.0]
    assert held.append(table(CORRECTION)) == Receipt(duplicates=1)


def test_files_as_they_were_once_written_are_read_and_added_to(archive: MakeArchive, tmp_path: Path) -> None:
    held = archive(REPORT, CORRECTION)
    older = table(CORRECTION | {"site": "S3", "value": 4.0}, REPORT | {"site": "S3"})
    plain = pa.Table.from_pandas(older, ENTRIES, preserve_index=False)
    write_deltalake(tmp_path / "archive_0" / "entries", plain, mode="append")
    assert observed(held, "rain", "2024-03-20")[:3:2] == [21.5, 4.0]
    assert held.append(older) == Receipt(duplicates=2)
    held.compact()
    assert held.append(older) == Receipt(duplicates=2)


def test_the_first_and_the_last_moment_are_known_to_the_microsecond(archive: MakeArchive) -> None:
    early, late = at("2024-03-10 06:00:00.000001"), at("2024-03-12 06:00:00.999999")
    held = archive(REPORT | {"known_time": early}, CORRECTION | {"known_time": late})
    assert (held.begins(), held.ends("rain")) == (early, late)
    with pytest.raises(HaidangError, match="holds no air_temperature yet: ingest some"):
        held.ends("air_temperature")


def test_what_is_held_is_known_again_to_the_microsecond_whatever_comes_with_it(archive: MakeArchive) -> None:
    early, late = at("2024-03-11 06:00:00.000001"), at("2024-03-11 06:00:00.999999")
    held = archive(REPORT | {"known_time": early}, REPORT | {"known_time": late, "site": "S2"})
    first, last = (table(REPORT | {"known_time": moment, "site": "S3"}) for moment in (early, late))
    again = table(REPORT | {"known_time": early}, REPORT | {"known_time": late, "site": "S2"})
    assert held.append(pd.concat([again[:1], first], ignore_index=True)) == Receipt(accepted=1, duplicates=1)
    assert held.append(pd.concat([again[1:], last], ignore_index=True)) == Receipt(accepted=1, duplicates=1)
    assert held.append(again) == Receipt(duplicates=2)


def test_entries_of_a_site_that_left_the_list_are_not_read(archive: MakeArchive, sites: Sites, tmp_path: Path) -> None:
    archive(REPORT, REPORT | {"site": "S2", "value": 2.0})
    fewer = Archive(tmp_path / "archive_0", Sites([sites["S2"], sites["S3"]]), HANOI)
    np.testing.assert_array_equal(observed(fewer, "rain", "2024-03-11"), [2.0, np.nan])


def test_of_two_sources_known_at_once_always_the_same_one_holds(archive: MakeArchive) -> None:
    other = REPORT | {"source": "radar", "value": 14.0}
    one_way, other_way = archive(REPORT, other), archive(other)
    other_way.append(table(REPORT))
    assert yesterday(one_way, "2024-03-10 07:00") == yesterday(other_way, "2024-03-10 07:00") == 12.5


def test_the_issue_day_itself_is_neither_past_nor_ahead(archive: MakeArchive) -> None:
    today = entry("S1", "rain", "2024-03-10", "2024-03-09 06:00", 50.0, "model")
    snapshot = archive(today).as_of(at("2024-03-10 07:00"))
    assert snapshot.past("rain", 3).isnull().all()
    assert snapshot.ahead("rain", Periods(days=1, count=3)).isnull().all()


def test_the_local_day_decides_what_was_yesterday(archive: MakeArchive) -> None:
    held = archive(REPORT | {"known_time": at("2024-03-10 00:00")})
    # 23:30 and 00:30 in Hanoi are one day in UTC and two here.
    snapshot = held.as_of([at("2024-03-10 23:30"), at("2024-03-11 00:30")])
    np.testing.assert_array_equal(snapshot.past("rain", 2).sel(site="S1"), [[12.5, np.nan], [np.nan, 12.5]])


def test_an_undeclared_variable_is_refused(archive: MakeArchive) -> None:
    with pytest.raises(HaidangError, match="unknown variable 'rian': there is rain"):
        archive(REPORT).as_of(at("2024-03-10 07:00")).past("rian", 1)


def test_a_snapshot_says_how_far_a_variable_reaches(archive: MakeArchive) -> None:
    newest = archive(REPORT, CORRECTION).as_of([at("2024-03-10 07:00"), at("2024-03-11 07:00")]).newest("rain")
    assert newest.loc["S1"].tolist() == [at("2024-03-09"), at("2024-03-10 06:00")]
    assert newest.drop("S1").isna().all(axis=None)


def test_a_snapshot_of_nothing_reaches_nowhere(archive: MakeArchive) -> None:
    newest = archive(REPORT).as_of(at("2024-03-10 07:00")).newest("pond_salinity")
    assert newest.index.tolist() == ["S1", "S2", "S3", "S4", "S5"]
    assert newest.isna().all(axis=None)
