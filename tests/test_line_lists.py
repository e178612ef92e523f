"""Line lists: events one by one, read by a declared mapping and counted as they were known."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import shapely
from conftest import at

from features.archive import Archive
from features.entries import Receipt
from features.errors import HaidangError, UnknownNameError
from features.ingest import ingest
from features.past import TotalOver
from features.periods import Periods
from features.settings import Settings
from features.sites import Site, Sites
from features.sources.catalogue import source_named
from features.sources.line_lists.mapping import LineListMapping
from features.sources.line_lists.source import LineListSource
from models.targets import Total

HANOI = "Asia/Ho_Chi_Minh"
EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
NOW = at("2024-06-30 09:00")
Write = Callable[..., Path]

SITES = Sites(
    [
        Site("06652", "Hà Tu", "Ha Tu", 20.96, 107.16, {}),
        Site("06658", "Cao Xanh", "Cao Xanh", 21.00, 107.12, {}),
        Site("06661", "Việt Hưng", "Viet Hung", 20.99, 106.98, {}),
        Site("06706", "Tuần Châu", "Tuan Chau", 20.98, 106.93, {}),
    ]
)


def mapping(**changes: object) -> LineListMapping:
    stated: dict[str, object] = {
        "name": "ponds", "variable": "white_spot_onsets", "identity": ["id"], "place": {"site": "site"},
        "onset": {"column": "onset"}, "reported": {"column": "reported"}, "counts_on": ["onset"],
    }  # fmt: skip
    return LineListMapping.model_validate({k: v for k, v in (stated | changes).items() if v is not None})


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*lines: str) -> Path:
        path = tmp_path / "list.csv"
        path.write_text("\n".join((*lines, "")), encoding="utf-8")
        return path

    return written


def source(path: Path, stated: LineListMapping, now: pd.Timestamp = NOW, **changes: object) -> LineListSource:
    return replace(LineListSource(path, stated, HANOI, clock=lambda: now), **changes)  # type: ignore[arg-type]


def events(path: Path, stated: LineListMapping, **changes: object) -> pd.DataFrame:
    first, *_ = source(path, stated, **changes).fetch(SITES, *EVER)  # type: ignore[arg-type]
    return first.tables["events"]


def refused(path: Path, stated: LineListMapping, **changes: object) -> list[str]:
    first, *_ = source(path, stated, **changes).fetch(SITES, *EVER)  # type: ignore[arg-type]
    return list(first.rejected["reason"])


def passed_over(path: Path, stated: LineListMapping) -> dict[str, int]:
    first, *_ = source(path, stated).fetch(SITES, *EVER)
    assert first.read == len(first.tables["events"]) + first.unread + sum(first.passed_over.values())
    return dict(first.passed_over)


def taken_in(path: Path, stated: LineListMapping, archive: Archive, now: pd.Timestamp = NOW) -> Receipt:
    return ingest(source(path, stated, now), archive, *EVER, now=now)


def days(moments: pd.Series) -> list[str]:
    return list(moments.dt.tz_convert(HANOI).dt.strftime("%Y-%m-%d %H:%M"))


STATUS = {"status_column": "status", "counting": ["Dương tính"], "not_counting": ["Nghi ngờ", "Hủy"]}
IN_MAY = {"from": "2024-05-01", "to": "2024-05-31", "delay_days": 0, "where": ["Hà Tu", "06658"]}


def test_weekly_counts_as_of_each_moment_are_those_that_a_person_counts(tmp_path: Path, write: Write) -> None:
    stated = mapping(**STATUS, confirmed={"column": "confirmed"}, complete=[IN_MAY])
    archive = Archive(tmp_path / "archive", SITES, HANOI)
    head = "id,site,onset,reported,confirmed,status"
    write(
        head,
        "A,Hà Tu,2024-05-01,2024-05-03,,Dương tính",
        "B,Hà Tu,2024-05-02,2024-05-06,,Nghi ngờ",
        "C,Cao Xanh,2024-05-04,2024-05-05,,Dương tính",
    )
    taken_in(tmp_path / "list.csv", stated, archive, at("2024-05-11 09:00"))
    # B is confirmed, C began a day earlier, D is new, and E had been forgotten
    write(
        head,
        "A,Hà Tu,2024-05-01,2024-05-03,,Dương tính",
        "B,Hà Tu,2024-05-02,2024-05-06,2024-05-15,Dương tính",
        "C,Cao Xanh,2024-05-03,2024-05-05,,Dương tính",
        "D,Cao Xanh,2024-05-12,2024-05-14,,Dương tính",
        "E,Hà Tu,2024-05-02,2024-05-04,,Dương tính",
    )
    second = taken_in(tmp_path / "list.csv", stated, archive, at("2024-05-18 09:00"))
    assert second.remarks == ("2 events are known so from now on only: earlier deliveries said otherwise or nothing",)
    # A is withdrawn, and B was in Cao Xanh
    write(
        head,
        "A,Hà Tu,2024-05-01,2024-05-03,,Hủy",
        "B,Cao Xanh,2024-05-02,2024-05-06,2024-05-15,Dương tính",
        "C,Cao Xanh,2024-05-03,2024-05-05,,Dương tính",
        "D,Cao Xanh,2024-05-12,2024-05-14,,Dương tính",
        "E,Hà Tu,2024-05-02,2024-05-04,,Dương tính",
    )
    taken_in(tmp_path / "list.csv", stated, archive, at("2024-05-25 09:00"))
    assert archive.quarantined().empty

    week = Total("white_spot_onsets", cuts=(1.0,), settle_days=0)
    before_may, one_week = pd.DatetimeIndex([at("2024-04-30 07:00")]), Periods(days=7, count=1)
    in_the_week = {}
    for by in ("05-07 23:00", "05-08 07:00", "05-16 07:00", "05-18 08:00", "05-18 10:00", "05-25 10:00"):
        outcome = week.outcome(archive, before_may, one_week, by=at(f"2024-{by}")).to_numpy()[0, :, 0]
        in_the_week[by] = outcome[:2].tolist()
    assert str(in_the_week.pop("05-07 23:00")) == "[nan, nan]", "the week is not over"
    assert in_the_week == {  # Hà Tu, Cao Xanh
        "05-08 07:00": [1, 1],  # A; C
        "05-16 07:00": [2, 1],  # A and B; C
        "05-18 08:00": [2, 1],
        "05-18 10:00": [3, 1],  # A, B and E; C, a day earlier in the same week
        "05-25 10:00": [1, 2],  # E; B and C
    }

    last_week = TotalOver("white_spot_onsets", days=7, coverage=1.0)
    issued = [at(f"2024-{day} 07:00") for day in ("05-07", "05-08", "05-09", "05-11", "05-16", "05-20")]
    counts = last_week(archive.as_of(pd.DatetimeIndex(issued)), one_week).to_numpy()[
        :,
        :,
    ]
    told = {moment.strftime("%m-%d"): row[:2].tolist() for moment, row in zip(issued, counts, strict=True)}
    assert str(told.pop("05-07")) == "[nan, nan]", "30 April lies before the list is complete"
    assert told == {
        "05-08": [1, 1],  # 1 to 7 May
        "05-09": [0, 1],  # 2 to 8 May: B is suspected only
        "05-11": [0, 1],  # 4 to 10 May: C
        "05-16": [0, 1],  # 9 to 15 May: D
        "05-20": [0, 0],  # 13 to 19 May
    }


def test_taking_a_list_in_twice_changes_nothing(tmp_path: Path, write: Write) -> None:
    path = write(
        "id,site,onset,reported,note",
        "1,Hà Tu,2024-05-01,2024-05-03,",
        "2,Hà Tu,2024-05-01,2024-05-04,x",
        "3,Cao Xanh,2024-05-02,2024-05-02,y",
        "4,nowhere,2024-05-02,2024-05-02,",
    )
    stated, archive = mapping(keep=["note"]), Archive(tmp_path / "archive", SITES, HANOI)
    assert taken_in(path, stated, archive) == Receipt(accepted=3, quarantined=1, read=4, unread=1, kept={"events": 3})
    version = archive.version
    again = taken_in(path, stated, archive, NOW + pd.Timedelta(days=7))
    assert again == Receipt(duplicates=3, quarantined=1, read=4, unread=1, kept={"events": 0})
    assert archive.version == version and len(archive.quarantined()) == 1


def test_what_a_list_no_longer_holds_still_counts_and_is_told(tmp_path: Path, write: Write) -> None:
    archive, head = Archive(tmp_path / "archive", SITES, HANOI), "id,site,onset,reported"
    rows = [f"{day},Hà Tu,2024-05-0{day},2024-05-0{day}" for day in (1, 2, 3, 4)]
    taken_in(write(head, *rows), mapping(), archive)
    receipt = taken_in(write(head, rows[1], rows[3]), mapping(), archive)
    # 1 May lies before the first day of the second delivery
    assert receipt.remarks == (
        "1 events still count that the list no longer holds: withdraw by their status what was wrong",
    )
    assert archive.observed("white_spot_onsets", by=NOW, start=at("2024-05-03"), end=at("2024-05-03")).sum() == 1


def test_an_event_counts_on_the_first_date_it_has_and_all_dates_are_kept(write: Write) -> None:
    path = write(
        "id,site,onset,sampled,reported",
        "1,Hà Tu,2024-05-01,2024-05-02,2024-05-03",
        "2,Hà Tu,,2024-05-02,2024-05-03",
        "3,Hà Tu,,,2024-05-03",
        "4,Hà Tu,,,",
    )
    stated = mapping(sampled={"column": "sampled"}, counts_on=["onset", "sampled", "reported"])
    found = events(path, stated)
    assert days(found["valid_time"]) == ["2024-05-01 00:00", "2024-05-02 00:00", "2024-05-03 00:00"]
    assert found["onset"].notna().tolist() == [True, False, False]
    assert days(found["sampled"].dropna()) == ["2024-05-02 00:00", "2024-05-02 00:00"]
    assert refused(path, stated) == ["list.csv, line 5: does not say when it was onset or sampled or reported"]


def test_a_row_is_known_at_the_end_of_its_report_and_never_before_the_last_date_in_it(write: Write) -> None:
    path = write(
        "id,site,onset,reported,confirmed",
        "1,Hà Tu,2024-05-01,2024-05-03,",
        "2,Hà Tu,2024-05-01,2024-05-03,2024-05-12",
        "3,Hà Tu,2024-05-03,2024-05-03,2024-05-02",
    )
    stated = mapping(confirmed={"column": "confirmed"})
    assert days(events(path, stated)["known_time"]) == ["2024-05-04 00:00", "2024-05-13 00:00", "2024-05-04 00:00"]
    delayed = days(events(path, mapping(confirmed={"column": "confirmed"}, delay_days=2))["known_time"])
    assert delayed == ["2024-05-06 00:00", "2024-05-13 00:00", "2024-05-06 00:00"]


def test_without_a_report_a_row_is_known_a_stated_time_after_another_date(write: Write) -> None:
    path = write("id,site,onset", "1,Hà Tu,2024-05-01")
    after = mapping(reported=None, known_on=["onset"], delay_days=30)
    assert days(events(path, after)["known_time"]) == ["2024-06-01 00:00"]
    assert source(path, after).latency == pd.Timedelta(days=30)


def test_a_report_of_the_same_day_is_known_when_the_day_is_over(write: Write) -> None:
    clock = {"column": "reported", "format": "%Y-%m-%d %H:%M"}
    path = write("id,site,onset,reported", "1,Hà Tu,2024-05-01,2024-05-01 10:00", "2,Hà Tu,2024-05-01,2024-05-02 10:00")
    assert days(events(path, mapping(reported=clock))["known_time"]) == ["2024-05-02 00:00", "2024-05-02 10:00"]


def test_dates_that_cannot_be_read_or_be_true_are_refused(write: Write) -> None:
    path = write(
        "id,site,onset,reported",
        "1,Hà Tu,31/02/2024,2024-05-03",
        "2,Hà Tu,2042-05-01,2042-05-02",
        "3,Hà Tu,2024-05-04,2024-05-03",
        "4,Hà Tu,2024-05-03,",
        "5,Hà Tu,today,2024-05-03",
        "6,Hà Tu,2024-06-30,2024-06-30",
    )
    assert refused(path, mapping()) == [
        "list.csv, line 2: onset is '31/02/2024', not a time as %Y-%m-%d tells",
        "list.csv, line 3: was onset on 2042-05-01, a day that has not come",
        "list.csv, line 4: was reported before it was onset on 2024-05-04",
        "list.csv, line 5: does not say when it was reported",
        "list.csv, line 6: onset is 'today', not a time as %Y-%m-%d tells",
    ]
    assert days(events(path, mapping())["known_time"]) == ["2024-07-01 00:00"], "today's report is known tonight"


def test_counts_areas_hosts_and_statuses_are_read_as_declared(write: Write) -> None:
    path = write(
        "id,site,onset,reported,ponds,m2,host,status",
        "1,Hà Tu,2024-05-01,2024-05-01,3,5000,tôm sú,DƯƠNG TÍNH",
        "2,Hà Tu,2024-05-01,2024-05-01,2,,,nghi ngờ",
        "3,Hà Tu,2024-05-01,2024-05-01,-1,,,Dương tính",
        "4,Hà Tu,2024-05-01,2024-05-01,,,,Dương tính",
        "5,Hà Tu,2024-05-01,2024-05-01,1,lớn,,Dương tính",
        "6,Hà Tu,2024-05-01,2024-05-01,1,,,Chờ",
        "7,Hà Tu,2024-05-01,2024-05-01,,,,Hủy",
    )
    stated = mapping(**STATUS, count_column="ponds", area_column="m2", area_unit="m^2", host_column="host")
    found = events(path, stated)
    assert found["count"].tolist() == [3.0, 0.0, 0.0]
    assert found["area_ha"].iloc[0] == pytest.approx(0.5) and pd.isna(found["area_ha"].iloc[1])
    assert found["host"].iloc[0] == "tôm sú" and pd.isna(found["host"].iloc[1])
    assert [reason.partition(": ")[2] for reason in refused(path, stated)] == [
        "ponds is '-1', not a number of at least 0",
        "ponds is blank: say how many it stands for",
        "m2 is 'lớn', not a number of at least 0",
        "status is 'Chờ', neither `counting` nor `not_counting`: say which",
    ]
    with pytest.raises(HaidangError, match="column 'm2': degC does not convert to hectare"):
        events(path, mapping(area_column="m2", area_unit="degC"))


def test_kinds_become_variables_and_others_are_refused_or_passed_over(write: Write) -> None:
    path = write(
        "id,site,onset,reported,what,where",
        "1,Hà Tu,2024-05-01,2024-05-01,Lũ quét,QN",
        "2,Hà Tu,2024-05-01,2024-05-01,ngập  lụt,QN",
        "3,Hà Tu,2024-05-01,2024-05-01,Hạn,QN",
        "4,Hà Tu,2024-05-01,2024-05-01,Lũ quét,HP",
    )
    kinds = {"variable": None, "kind_column": "what", "kinds": {"Lũ quét": "landslides", "Ngập lụt": "floods"}}
    stated = mapping(**kinds, only={"where": ["qn"]})
    assert events(path, stated)["variable"].tolist() == ["landslides", "floods"]
    assert refused(path, stated) == [
        "list.csv, line 4: what is 'Hạn', and `kinds` names Lũ quét, Ngập lụt: add it, or skip `other_kinds`"
    ]
    assert passed_over(path, stated) == {"are of other regions": 1}
    skipping = mapping(**kinds, only={"where": ["QN"]}, other_kinds="skip")
    assert passed_over(path, skipping) == {"are of other kinds": 1, "are of other regions": 1}


def test_old_communes_become_those_of_today_and_a_divided_one_by_the_stated_rule(write: Write) -> None:
    path = write(
        "id,xa,huyen,onset,reported",
        "1,P. Hà Phong,TP. Hạ Long,2024-05-01,2024-05-01",
        "2,Hà Khẩu,Hạ Long,2024-05-01,2024-05-01",
        "3,Thanh Sơn,,2024-05-01,2024-05-01",
        "4,Cái Rồng,Vân Đồn,2024-05-01,2024-05-01",
    )
    place = {"commune": "xa", "district": "huyen"}
    found = events(path, mapping(place=place | {"spread": "share"}))
    assert found[["event", "site", "count", "place"]].to_numpy().tolist() == [
        ["1", "06652", 1.0, "P. Hà Phong, TP. Hạ Long"],
        ["2", "06661", 0.5, "Hà Khẩu, Hạ Long"],
        ["2", "06706", 0.5, "Hà Khẩu, Hạ Long"],
    ]
    first, *_ = source(path, mapping(place=place)).fetch(SITES, *EVER)
    divided, ambiguous = first.rejected["reason"]
    assert "xa is 'Hà Khẩu', huyen is 'Hạ Long': it lies in 06661 0.50, 06706 0.50: state in `spread`" in divided
    assert "xa is 'Thanh Sơn', huyen is '': old commune 'Thanh Sơn' may be Xã Thanh Sơn (Ba Chẽ), " in ambiguous
    assert first.passed_over == {"are of other sites": 1}, "Vân Đồn is a commune, but none that is asked for"
    assert refused(path, mapping(place=place | {"others": "skip", "spread": "share"})) == []


def test_a_list_of_both_times_reads_its_names_by_the_date_of_the_report(write: Write) -> None:
    path = write(
        "id,xa,huyen,onset,reported",
        "1,Việt Hưng,Hạ Long,2025-06-29,2025-06-30",
        "2,Tuần Châu,,2025-06-30,2025-07-01",
        "3,Hà Khẩu,Hạ Long,2025-06-30,2025-07-01",
    )
    stated = mapping(place={"site": "xa", "commune": "xa", "district": "huyen", "spread": "share"})
    now = at("2025-08-01")
    assert events(path, stated, now=now)["site"].tolist() == ["06661", "06706"]
    assert "xa is 'Hà Khẩu': unknown site" in refused(path, stated, now=now)[0]


def test_names_of_ones_own_are_declared(write: Write) -> None:
    path = write(
        "id,site,onset,reported",
        "1,khu 4,2024-05-01,2024-05-01",
        "2,Cao Xanh,2024-05-01,2024-05-01",
        "3,,2024-05-01,2024-05-01",
    )
    stated = mapping(place={"site": "site", "names": {"khu 4": "Hà Tu"}})
    assert events(path, stated)["site"].tolist() == ["06652", "06658"]
    assert refused(path, stated) == ["list.csv, line 4: site is '': the row names no place"]


def test_a_position_decides_where_a_row_has_one(write: Write, tmp_path: Path) -> None:
    path = write(
        "id,site,lat,lon,onset,reported",
        "1,Hà Tu,21.001,107.121,2024-05-01,2024-05-01",
        "2,Hà Tu,0,0,2024-05-01,2024-05-01",
        "3,Hà Tu,,,2024-05-01,2024-05-01",
        "4,Hà Tu,10,107,2024-05-01,2024-05-01",
        "5,Hà Tu,107.1,21.0,2024-05-01,2024-05-01",
        "6,Hà Tu,21.0,,2024-05-01,2024-05-01",
    )
    place = {"site": "site", "latitude": "lat", "longitude": "lon", "within_km": 2}
    stated = mapping(place=place)
    assert events(path, stated)[["site", "latitude"]].fillna(0).to_numpy().tolist() == [
        ["06658", 21.001], ["06652", 0], ["06652", 0]
    ]  # fmt: skip
    assert passed_over(path, stated) == {"lie outside all sites": 1}
    assert [reason.partition(": ")[2] for reason in refused(path, stated)] == [
        "lat, lon is '107.1', '21.0', not a position in degrees",
        "lat, lon is '21.0', '', not a position in degrees",
    ]
    square = {
        "type": "Feature",
        "properties": {"code": "06652"},
        "geometry": shapely.geometry.mapping(shapely.box(107, 20.9, 107.2, 21.1)),
    }
    areas = tmp_path / "areas.geojson"
    areas.write_text(json.dumps({"type": "FeatureCollection", "features": [square]}), encoding="utf-8")
    assert events(path, stated, boundaries=areas)["site"].iloc[0] == "06652", "the area holds it, not the nearest point"


def test_what_tells_events_apart_is_kept_alone_and_as_a_digest_of_several_columns(write: Write) -> None:
    path = write(
        "id,site,onset,reported",
        "QN-1,Hà Tu,2024-05-01,2024-05-01",
        "QN-1,Cao Xanh,2024-05-01,2024-05-01",
        ",Hà Tu,2024-05-01,2024-05-01",
    )
    assert refused(path, mapping())[0].endswith("says something else: keep one, or add to `identity`")
    assert refused(path, mapping())[2].endswith("id is blank: nothing tells the event from others")
    several = events(path, mapping(identity=["id", "site"]))
    assert several["event"].nunique() == 3 and several["event"].str.fullmatch("[0-9a-f]{20}").all()
    again = write("site,id,onset,reported", "Hà Tu,QN-1,2024-05-01,2024-05-01")
    assert events(again, mapping(identity=["id", "site"]))["event"].tolist() == several["event"].tolist()[:1]


def test_reports_of_one_event_are_versions_and_repeated_ones_are_passed_over(write: Write) -> None:
    path = write(
        "id,site,onset,reported",
        "1,Hà Tu,2024-05-01,2024-05-02",
        "1,Hà Tu,2024-05-01,2024-05-02",
        "1,Cao Xanh,2024-05-01,2024-05-09",
    )
    assert events(path, mapping())["site"].tolist() == ["06652", "06658"]
    assert passed_over(path, mapping()) == {"stand there already": 1}


def test_further_columns_are_kept_as_details(write: Write) -> None:
    path = write(
        "id,site,onset,reported,note,dead,losses",
        "1,Hà Tu,2024-05-01,2024-05-01,bờ đê,2,150000000",
        "2,Hà Tu,2024-05-01,2024-05-01,,,",
    )
    found = events(path, mapping(keep=["note"], keep_numbers=["dead", "losses"]))
    assert [json.loads(text) for text in found["details"]] == [
        {"note": "bờ đê", "dead": 2.0, "losses": 150000000.0},
        {},
    ]


def test_blank_cells_of_merged_columns_mean_what_stands_above(write: Write) -> None:
    path = write(
        "id,site,onset,reported",
        "1,Hà Tu,2024-05-01,2024-05-01",
        "2,,2024-05-02,2024-05-02",
        "3,Cao Xanh,2024-05-01,2024-05-01",
        "4,,2024-05-01,2024-05-01",
    )
    assert events(path, mapping(fill_down=["site"]))["site"].tolist() == ["06652", "06652", "06658", "06658"]
    assert len(refused(path, mapping())) == 2


def test_nothing_of_persons_enters_the_archive_or_the_quarantine(tmp_path: Path, write: Write) -> None:
    path = write(
        "id,site,onset,reported,Họ tên,SĐT,Owner,note,free",
        "1,Hà Tu,2024-05-01,2024-05-01,Nguyễn Văn An,0912345678,An,tốt,Lê Thị Bình",
        "2,Hà Tu,2024-05-01,2024-05-01,Trần Thị Chi,0912345679,Chi,gọi 0987 654 321,x",
        "3,0977 111 222,2024-05-01,2024-05-01,Phạm Dũng,0912345680,Dung,tốt,x",
        "4,Hà Tu,bad,2024-05-01,Đỗ,Em,0912345681,Em Đỗ,tốt,x,001085001234",
    )
    archive = Archive(tmp_path / "archive", SITES, HANOI)
    receipt = taken_in(path, mapping(keep=["note"], personal=["Họ tên", "SĐT", "CCCD"]), archive)
    assert (receipt.read, receipt.unread, receipt.kept) == (4, 3, {"events": 1})
    assert receipt.remarks == (
        "dropped from 4 rows, as declared: 'Họ tên', 'SĐT'",
        "not read, and seem to speak of persons: 'Owner'; name them in `personal`",
    )
    aside = archive.quarantined()
    assert sorted(aside["reason"].str.partition(": ")[2].str.slice(0, 47)) == [
        "has 11 fields, the header 9",
        "note holds what looks like a telephone number, ",
        "site holds what looks like a telephone number, ",
    ]
    assert set(json.loads(aside["row"].iloc[0])) == {"id", "site", "note", "onset", "reported"}
    at_rest = archive.kept("events").read().to_json(force_ascii=False) + aside.to_json(force_ascii=False)
    for secret in (
        "Nguyễn",
        "Trần",
        "0912345678",
        "0987 654 321",
        "0977 111 222",
        "001085001234",
        "Lê Thị",
        "Dung",
        "Đỗ",
    ):
        assert secret not in at_rest, secret


def test_an_event_number_that_is_a_persons_is_refused_unless_only_a_digest_is_kept(write: Write) -> None:
    path = write("id,site,onset,reported", "001085001234,Hà Tu,2024-05-01,2024-05-01")
    assert "id holds what looks like" in refused(path, mapping())[0] and "1085" not in refused(path, mapping())[0]
    (event,) = events(path, mapping(identity=["id", "site"]))["event"]
    assert "1085" not in event


def test_a_mapping_that_uses_a_column_of_persons_is_refused() -> None:
    with pytest.raises(ValueError, match="column 'Chủ hộ' seems to speak of a person: leave it out and name it in"):
        mapping(identity=["Chủ hộ", "onset"])
    with pytest.raises(ValueError, match="column 'Địa chỉ' seems to speak of a person"):
        mapping(place={"site": "Địa chỉ"})
    assert mapping(place={"site": "Địa chỉ"}, not_personal=["Địa chỉ"]).place.site == "Địa chỉ"
    with pytest.raises(ValueError, match="column 'note' is `personal` and used"):
        mapping(keep=["note"], personal=["note"])


def zeros(path: Path, stated: LineListMapping, **changes: object) -> pd.DataFrame:
    _, *years = source(path, stated, **changes).fetch(SITES, *EVER)  # type: ignore[arg-type]
    return pd.concat([batch.entries for batch in years])


def test_nothing_is_zero_where_the_list_does_not_say_that_it_is_complete(tmp_path: Path, write: Write) -> None:
    path = write("id,site,onset,reported", "1,Hà Tu,2024-05-01,2024-05-03")
    archive = Archive(tmp_path / "archive", SITES, HANOI)
    assert taken_in(path, mapping(), archive).accepted == 1
    held = archive.observed("white_spot_onsets", by=NOW, start=at("2024-04-01"), end=at("2024-06-01"))
    assert held.notnull().sum() == 1


def test_zeros_are_given_for_the_stretch_the_sites_and_the_variables_that_are_declared(write: Write) -> None:
    path = write("id,site,onset,reported,what", "1,Hà Tu,2024-05-01,2024-05-03,a")
    kinds = {"variable": None, "kind_column": "what", "kinds": {"a": "landslides", "b": "floods"}}
    stretch = {
        "from": "2023-12-31",
        "to": "2024-01-01",
        "delay_days": 3,
        "where": ["P. Hà Tu"],
        "variables": ["floods"],
    }
    found = zeros(path, mapping(**kinds, complete=[stretch]))
    assert days(found["valid_time"]) == ["2023-12-31 00:00", "2024-01-01 00:00"]
    assert days(found["known_time"]) == ["2024-01-04 00:00", "2024-01-05 00:00"]
    assert set(found["site"]) == {"06652"} and set(found["variable"]) == {"floods"} and set(found["value"]) == {0.0}
    everywhere = zeros(path, mapping(**kinds, complete=[stretch | {"where": [], "variables": []}]))
    assert len(everywhere) == 2 * 4 * 2
    with pytest.raises(ValueError, match="`complete` names white_spot_onsets, which the list does not count"):
        mapping(**kinds, complete=[stretch | {"variables": ["white_spot_onsets"]}])


def test_zeros_end_with_what_is_known_and_an_open_stretch_with_the_last_report(write: Write) -> None:
    path = write("id,site,onset,reported", "1,Hà Tu,2024-05-01,2024-05-03")
    stretch = {"from": "2024-05-01", "to": "2024-12-31", "delay_days": 1, "where": ["Hà Tu"]}
    # at nine on 11 May the day before yesterday, 9 May, is known since midnight
    assert (
        days(zeros(path, mapping(complete=[stretch]), now=at("2024-05-11 09:00"))["valid_time"])[-1]
        == "2024-05-09 00:00"
    )
    open_end = mapping(complete=[stretch | {"to": None}])
    assert days(zeros(path, open_end)["valid_time"]) == ["2024-05-01 00:00", "2024-05-02 00:00"]


def test_the_zero_is_known_first_and_the_count_later(tmp_path: Path, write: Write) -> None:
    path = write("id,site,onset,reported", "1,Hà Tu,2024-05-02,2024-05-09", "2,Cao Xanh,2024-05-02,2024-05-02")
    archive = Archive(tmp_path / "archive", SITES, HANOI)
    receipt = taken_in(path, mapping(complete=[IN_MAY | {"from": "2024-05-02", "to": "2024-05-02"}]), archive)
    assert receipt == Receipt(accepted=3, read=2, kept={"events": 2}), "Cao Xanh's count is known as early as its zero"
    known = {}
    for by in ("2024-05-03", "2024-05-10"):
        held = archive.observed("white_spot_onsets", by=at(by), start=at("2024-05-02"), end=at("2024-05-02"))
        known[by] = held.to_numpy()[:2, 0].tolist()
    assert known == {"2024-05-03": [0.0, 1.0], "2024-05-10": [1.0, 1.0]}


def test_a_count_that_comes_late_into_a_complete_stretch_does_not_tear_what_was_told(
    tmp_path: Path, write: Write
) -> None:
    stated, archive = mapping(complete=[IN_MAY | {"delay_days": 2}]), Archive(tmp_path / "archive", SITES, HANOI)
    path = write("id,site,onset,reported", "1,Hà Tu,2024-05-01,2024-05-03")
    taken_in(path, stated, archive, at("2024-05-14 09:00"))
    # dated 13 May, but the delivery of 14 May had told that up to 11 May there was no more
    write("id,site,onset,reported", "1,Hà Tu,2024-05-01,2024-05-03", "2,Hà Tu,2024-05-11,2024-05-12")
    receipt = taken_in(path, stated, archive, at("2024-05-21 09:00"))
    assert receipt.quarantined == 0 and len(receipt.remarks) == 1
    (late,) = archive.kept("events").read().query("event == '2'")["known_time"]
    assert late == at("2024-05-21 09:00")
    held = archive.observed("white_spot_onsets", by=NOW, start=at("2024-05-11"), end=at("2024-05-11"))
    assert held.to_numpy()[0, 0] == 1.0


def test_no_zero_stands_where_a_record_that_cannot_be_read_speaks_of_the_day(write: Write) -> None:
    path = write(
        "id,site,onset,reported,ponds",
        "1,Hà Tu,2024-05-02,2024-05-03,x",
        "2,nowhere,2024-05-04,2024-05-05,1",
        "3,Hà Tu,2024-05-20,2024-05-20,1",
    )
    stretch = {"from": "2024-05-01", "to": "2024-05-05", "delay_days": 0}
    found = zeros(path, mapping(count_column="ponds", complete=[stretch]))
    missing = {(site, f"2024-05-0{day} 00:00") for site in SITES for day in range(1, 6)} - set(
        zip(found["site"], days(found["valid_time"]), strict=True)
    )
    assert missing == {("06652", "2024-05-02 00:00")} | {(site, "2024-05-04 00:00") for site in SITES}


def test_sites_of_a_complete_stretch_that_are_not_there_are_told(write: Write) -> None:
    path = write("id,site,onset,reported", "1,Hà Tu,2024-05-02,2024-05-03")
    first, *_ = source(path, mapping(complete=[IN_MAY | {"where": ["Ha Tu", "Hà Tư"]}])).fetch(SITES, *EVER)
    assert first.remarks == ()
    first, *_ = source(path, mapping(complete=[IN_MAY | {"where": ["Hà Tú 2"]}])).fetch(SITES, *EVER)
    assert first.remarks == ("`complete` names 'Hà Tú 2', which is no site that is asked for",)


def test_a_list_is_taken_whole_and_zeros_of_the_asked_stretch(write: Write) -> None:
    path = write("id,site,onset,reported", "1,Hà Tu,2024-05-02,2024-05-03", "2,Hà Tu,2024-05-20,2024-05-21")
    stated = mapping(complete=[IN_MAY | {"where": ["Hà Tu"]}])
    first, *years = source(path, stated).fetch(SITES, at("2024-05-10"), at("2024-05-12"))
    assert first.tables["events"]["event"].tolist() == ["1", "2"]
    assert days(pd.concat([batch.entries for batch in years])["valid_time"]) == ["2024-05-10 00:00", "2024-05-11 00:00"]


def test_a_list_of_nothing_is_taken(tmp_path: Path, write: Write) -> None:
    archive = Archive(tmp_path / "archive", SITES, HANOI)
    path = write("id,site,onset,reported")
    assert taken_in(path, mapping(), archive) == Receipt(kept={"events": 0})
    open_end = mapping(complete=[{"from": "2024-05-01", "delay_days": 0}])
    assert taken_in(path, open_end, archive) == Receipt(kept={"events": 0}), "it reaches nowhere"
    assert taken_in(path, mapping(complete=[IN_MAY]), archive).accepted == 31 * 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"variable": None}, "state what is counted"),
        ({"kind_column": "what"}, "state what is counted"),
        ({"reported": None}, "nothing says when an event was reported"),
        ({"counts_on": ["sampled"]}, "nothing says when an event was sampled"),
        ({"onset": {"column": "onset", "format": "%m/%Y"}}, "`onset` tells no day"),
        ({"status_column": "status"}, "state `status_column` with the words"),
        ({"place": {}}, "state where events happened"),
        ({"place": {"latitude": "lat"}}, "state both `latitude` and `longitude`"),
        ({"identity": []}, "at least 1 item"),
        (STATUS | {"not_counting": ["Dương tính"]}, "Dương tính is both `counting` and `not_counting`"),
        ({"complete": [IN_MAY | {"to": "2024-04-30"}]}, "the first day comes before the last"),
        ({"counts": ["onset"]}, "Extra inputs are not permitted"),
    ],
)
def test_a_mapping_that_leaves_something_open_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        mapping(**changes)


def test_only_daily_counts_are_made_of_events() -> None:
    with pytest.raises(HaidangError, match="counts events as rain, which is mm over 1 days"):
        source(Path("list.csv"), mapping(variable="rain"))
    with pytest.raises(HaidangError, match="dengue_cases, which is count over 28 days"):
        source(Path("list.csv"), mapping(variable="dengue_cases"))
    with pytest.raises(UnknownNameError, match="unknown variable 'landslide'"):
        source(Path("list.csv"), mapping(variable="landslide"))


def test_a_list_is_named_by_the_settings_or_by_its_mapping(tmp_path: Path) -> None:
    (tmp_path / "haidang.toml").write_text(
        '[sources.slides]\nkind = "line_list"\nfile = "slides.csv"\nmapping = "nasa_landslides"\n', encoding="utf-8"
    )
    made = source_named("slides", Settings(home=tmp_path), {})
    assert isinstance(made, LineListSource)
    assert (made.name, made.file, made.zone, made.variables) == (
        "slides",
        tmp_path / "slides.csv",
        HANOI,
        ("landslides",),
    )
    plain = source_named("line_list", Settings(home=tmp_path), {"file": "x.csv", "mapping": "nasa_landslides"})
    assert plain.name == "nasa_landslides" and plain.revisits is None and plain.licence
