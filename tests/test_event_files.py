"""Events from files as their owners write them: NASA's landslides, DesInventar, WAHIS, and a province's own sheets."""

import csv
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from conftest import at

from features.archive import Archive
from features.entries import Receipt
from features.ingest import ingest
from features.settings import BUILT_IN_SITES
from features.sites import Site, Sites, read_sites
from features.sources.line_lists.mapping import read_line_list_mapping
from features.sources.line_lists.source import LineListSource

HANOI = "Asia/Ho_Chi_Minh"
SHARED = Path(__file__).parents[1].parent / "shared" / "data"
SLIDES = SHARED / "landslides" / "landslides.csv"
AREAS = SHARED / "quang_ninh" / "quang_ninh_54_units_simplified.geojson"
EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
NOW = at("2025-12-01 09:00")

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")


def source(file: Path, mapping: str, **changes: object) -> LineListSource:
    return LineListSource(file, read_line_list_mapping(mapping), HANOI, clock=lambda: NOW, **changes)  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive", read_sites(BUILT_IN_SITES), HANOI)


def taken_in(made: LineListSource, archive: Archive) -> Receipt:
    return ingest(made, archive, *EVER, now=NOW)


def kept(archive: Archive) -> pd.DataFrame:
    events = archive.kept("events").read().sort_values(["valid_time", "site"])
    return events.assign(day=events["valid_time"].dt.tz_convert(HANOI).dt.strftime("%Y-%m-%d"))


@needs_shared
def test_landslides_of_the_province_are_matched_to_their_communes_and_all_others_are_told(archive: Archive) -> None:
    receipt = taken_in(source(SLIDES, "nasa_landslides", boundaries=AREAS), archive)
    assert receipt == Receipt(
        accepted=6, read=11_033, passed_over={"lie outside all sites": 11_027}, kept={"events": 6}
    )
    found = kept(archive)
    assert list(zip(found["day"], found["site"], strict=True)) == [
        ("2007-07-01", "06793"),  # Cẩm Phả
        ("2010-08-17", "06886"),  # Hải Lạng
        ("2013-07-28", "06685"),  # Hồng Gai
        ("2015-07-28", "06793"),
        ("2015-07-28", "06994"),  # Vân Đồn
        ("2016-05-08", "06760"),  # Mông Dương
    ]
    assert (found["known_time"] == found["valid_time"] + pd.Timedelta(days=31)).all()
    assert json.loads(found["details"].iloc[4])["fatality_count"] == 9.0
    held = archive.observed("landslides", by=NOW, start=at("2015-07-27"), end=at("2015-07-29"))
    assert held.sel(site="06793").fillna(-1).to_numpy().tolist() == [-1.0, 1.0, -1.0], "no record is not zero"


@needs_shared
def test_without_boundaries_the_nearest_commune_is_meant(archive: Archive) -> None:
    assert taken_in(source(SLIDES, "nasa_landslides"), archive).read == 11_033
    assert "06793" in set(kept(archive)["site"])


@needs_shared
def test_all_landslides_of_the_region_are_found(tmp_path: Path) -> None:
    box = {"type": "Polygon", "coordinates": [[[102, 18], [112, 18], [112, 24], [102, 24], [102, 18]]]}
    region = {"type": "Feature", "properties": {"code": "gulf"}, "geometry": box}
    areas = tmp_path / "areas.geojson"
    areas.write_text(json.dumps({"type": "FeatureCollection", "features": [region]}), encoding="utf-8")
    gulf = Sites([Site("gulf", "Vịnh Bắc Bộ", "Gulf of Tonkin", 21.0, 107.0, {})])
    mapping = read_line_list_mapping("nasa_landslides")
    exact = mapping.model_copy(update={"place": mapping.place.model_copy(update={"within_km": 0.0})})
    first, *_ = LineListSource(SLIDES, exact, HANOI, areas, clock=lambda: NOW).fetch(gulf, *EVER)
    again = first.passed_over.get("stand there already", 0)
    assert (first.read, first.unread) == (11_033, 0)
    assert len(first.tables["events"]) + again == 103
    assert first.passed_over["lie outside all sites"] == 11_033 - 103


def test_cards_of_desinventar_are_counted_by_commune_or_shared_in_a_district(tmp_path: Path, archive: Archive) -> None:
    fields = (
        "serial", "level0", "level1", "level2", "name0", "name1", "name2", "evento", "lugar", "fechano", "fechames",
        "fechadia", "muertos", "heridos", "desaparece", "vivdest", "vivafec", "evacuados", "nhectareas", "valorus",
        "valorloc", "latitude", "longitude",
    )  # fmt: skip
    none = (0,) * 9
    cards: Sequence[Sequence[object]] = (
        (
            "7",
            "VN",
            "D",
            "C",
            "Quảng Ninh",
            "Huyện Tiên Yên",
            "Xã Hà Lâu",
            "FLASH FLOOD",
            "",
            2008,
            9,
            25,
            3,
            *none[1:],
            0,
            0,
        ),
        ("8", "VN", "D", "", "Quảng Ninh", "Huyện Ba Chẽ", "", "FLOOD", "", 2008, 9, 26, *none, 0, 0),
        ("8", "VN", "D", "", "Quảng Ninh", "Huyện Ba Chẽ", "", "DROUGHT", "", 2008, 9, 26, *none, 0, 0),
        ("9", "VN", "D", "", "Lạng Sơn", "Huyện Đình Lập", "", "FLOOD", "", 2008, 9, 26, *none, 0, 0),
        ("10", "VN", "D", "", "Quảng Ninh", "Huyện Ba Chẽ", "", "FLOOD", "", 2008, 0, 0, *none, 0, 0),
        ("11", "VN", "D", "", "Quảng Ninh", "", "", "STORM", "", 2008, 8, 7, *none[:-1], 150000000000, 20.99, 107.756),
    )
    path = tmp_path / "fichas.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([fields, *cards])
    receipt = taken_in(source(path, "desinventar"), archive)
    assert (receipt.read, receipt.unread, receipt.used) == (6, 1, 3)
    assert receipt.passed_over == {"are of other kinds": 1, "are of other regions": 1}
    assert "fechano, fechames, fechadia is '2008', '0', '0', not a time" in archive.quarantined()["reason"].iloc[0]
    found = kept(archive)
    storm, slide, *flood = found[["variable", "site", "count", "day"]].to_numpy().tolist()
    assert storm == ["storm_damages", "07192", 1.0, "2008-08-07"], "the position says Cô Tô"
    assert slide == ["landslides", "06874", 1.0, "2008-09-25"], "Hà Lâu lies in Điền Xá"
    assert [row[1] for row in flood] == ["06978", "06979", "06985"]
    # populations of Ba Chẽ, Kỳ Thượng and Lương Minh
    assert [row[2] for row in flood] == pytest.approx([17504 / 29030, 5918 / 29030, 5608 / 29030], abs=1e-5)
    assert json.loads(found["details"].iloc[0])["valorloc"] == 150000000000.0
    total = archive.observed("floods", by=NOW, start=at("2008-09-26"), end=at("2008-09-26"))
    assert float(total.sum()) == pytest.approx(1.0)


def test_outbreaks_of_wahis_count_once_for_all_their_reports_and_species(tmp_path: Path, archive: Archive) -> None:
    rows = [
        ["epi_event_id", "Report_id", "Outbreak_id", "disease_eng", "iso_code", "country", "Species", "Location_name",
         "Latitude", "Longitude", "Outbreak_start_date", "Outbreak_end_date", "cases"],
        [4001, 11, 90001, "White spot syndrome virus (Inf. with)", "VNM", "Vietnam", "Giant tiger prawn", "Van Ninh",
         21.492, 107.949, datetime(2024, 5, 6), None, 10],  # noqa: DTZ001
        [4001, 12, 90001, "White spot syndrome virus (Inf. with)", "VNM", "Vietnam", "Giant tiger prawn", "Van Ninh",
         21.492, 107.949, datetime(2024, 5, 6), datetime(2024, 6, 1), 40],  # noqa: DTZ001
        [4001, 12, 90001, "White spot syndrome virus (Inf. with)", "VNM", "Vietnam", "Whiteleg shrimp", "Van Ninh",
         21.492, 107.949, datetime(2024, 5, 6), datetime(2024, 6, 1), 5],  # noqa: DTZ001
        [4002, 13, 90002, "White spot syndrome virus (Inf. with)", "VNM", "Vietnam", "Giant tiger prawn", "Bac Lieu",
         9.28, 105.72, datetime(2024, 5, 6), None, 7],  # noqa: DTZ001
        [4003, 14, 90003, "Foot and mouth disease virus (Inf. with)", "VNM", "Vietnam", "Cattle", "Van Ninh",
         21.492, 107.949, datetime(2024, 5, 6), None, 7],  # noqa: DTZ001
        [4004, 15, 90004, "White spot syndrome virus (Inf. with)", "AUS", "Australia", "Prawn", "Logan River",
         -27.7, 153.3, datetime(2024, 5, 6), None, 7],  # noqa: DTZ001
    ]  # fmt: skip
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "infur.xlsx")
    receipt = taken_in(source(tmp_path / "infur.xlsx", "wahis_outbreaks"), archive)
    assert receipt == Receipt(
        accepted=1, read=6, kept={"events": 1},
        passed_over={"stand there already": 2, "lie outside all sites": 2, "are of other kinds": 1},
    )  # fmt: skip
    found = kept(archive)
    assert found[["variable", "site", "count", "day"]].to_numpy().tolist() == [
        ["white_spot_onsets", "06709", 1.0, "2024-05-06"]
    ]
    assert found["known_time"].iloc[0] == at("2024-06-06")


TITLES = [
    ["SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
    ["CHI CỤC THỦY SẢN", None, None, "Độc lập - Tự do - Hạnh phúc"],
    ["DANH SÁCH THEO DÕI NĂM 2024"],
]


def sheet(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in [*TITLES, header, *rows]:
        book.active.append(row)
    book.save(path)
    return path


def test_a_province_lists_its_samples_with_merged_cells_decimal_commas_and_names(
    tmp_path: Path, archive: Archive
) -> None:
    header = [
        "TT", "Huyện", "Xã", "Chủ hộ", "Điện thoại", "Mã mẫu", "Đối tượng nuôi", "Bệnh", "Số ao", "Diện tích (ha)",
        "Ngày phát bệnh", "Ngày lấy mẫu", "Ngày có kết quả", "Ngày báo cáo", "Kết quả",
    ]  # fmt: skip
    may = lambda day: datetime(2024, 5, day)  # noqa: DTZ001, E731
    rows: list[list[object]] = [
        [1, "TP Móng Cái", "Vạn Ninh", "Nguyễn Văn A", "0912 345 678", "MC-01", "Tôm sú", "Đốm trắng", 2, "1,5",
         may(6), may(7), may(10), may(8), "Dương tính"],
        [2, None, None, "Trần B", "0912 345 679", "MC-02", "Tôm thẻ", "Hoại tử gan tụy cấp", 1, "0,4",
         "-", "08/05/2024", None, "09/05/2024", "Chờ kết quả"],
        [3, "H. Tiên Yên", "Xã Hải Lạng", "Lê C", "0912 345 680", "TY-01", "Tôm thẻ", "Đốm trắng", 3, "0,9",
         may(11), may(12), may(14), may(13), "Dương tính"],
        [4, None, "Xã Đồng Rui", "Phạm D", "0912 345 681", "TY-02", "Tôm thẻ", "Đốm trắng", "vài", "0,9",
         may(11), may(12), may(14), may(13), "Dương tính"],
    ]  # fmt: skip
    receipt = taken_in(source(sheet(tmp_path / "tom.xlsx", header, rows), "aquatic_surveillance"), archive)
    assert (receipt.read, receipt.unread, receipt.used, receipt.kept) == (4, 1, 3, {"events": 5})
    assert receipt.remarks == ("dropped from 4 rows, as declared: 'Chủ hộ', 'Điện thoại'",)
    found = kept(archive).set_index(["event", "site"])
    assert found.loc[("MC-01", "06709"), ["variable", "count", "area_ha", "host", "day"]].tolist() == [
        "white_spot_onsets", 2.0, 1.5, "Tôm sú", "2024-05-06"
    ]  # fmt: skip
    assert found.loc[("MC-01", "06709"), "known_time"] == at("2024-05-11"), "the result of 10 May is in it"
    assert found.loc[("MC-02", "06709"), ["count", "day"]].tolist() == [0.0, "2024-05-08"], "the date of the sample"
    assert found.loc["TY-01", "count"].to_dict() == {"06799": 1.0, "06886": 1.0, "06978": 1.0}, "three ponds in thirds"
    assert archive.variables() == ["white_spot_onsets"], "what waits for its result is no count"
    (aside,) = archive.quarantined().to_dict("records")
    assert aside["reason"] == "tom.xlsx, line 8: Số ao is 'vài', not a number of at least 0"
    assert "Phạm" not in aside["row"] and "0912" not in aside["row"] and "Xã Đồng Rui" in aside["row"]


def test_a_province_lists_its_disasters_across_the_change_of_units(tmp_path: Path, archive: Archive) -> None:
    header = [
        "STT", "Loại hình thiên tai", "Ngày xảy ra", "Huyện", "Xã", "Địa điểm", "Số người chết", "Số nhà bị hại",
        "Thiệt hại (triệu đồng)", "Ngày báo cáo", "Người báo cáo",
    ]  # fmt: skip
    rows: list[list[object]] = [
        [1, "Sạt lở đất", "09/09/2024", "Huyện Bình Liêu", "Xã Húc Động", "bản Sú Cáu", 1, 2,
         "1.250,5", "10/09/2024", "Ông A"],
        [2, "Bão", "07/09/2024", "Huyện Cô Tô", None, None, 0, 120, "35.000", "12/09/2024", "Bà B"],
        [3, "Mưa đá", "07/04/2025", "Huyện Ba Chẽ", None, None, 0, 5, "10", "08/04/2025", "Ông C"],
        [4, "Lũ quét", "23/07/2025", None, "Xã Ba Chẽ", "Khu 3", 0, 4, "200", "24/07/2025", "Ông D"],
        [5, "Ngập lụt", "23/07/2025", None, "Huyện Ba Chẽ", None, 0, 4, "200", "24/07/2025", "Ông D"],
    ]  # fmt: skip
    receipt = taken_in(source(sheet(tmp_path / "thien_tai.xlsx", header, rows), "province_disasters"), archive)
    assert (receipt.read, receipt.unread, receipt.used) == (5, 1, 3)
    assert receipt.passed_over == {"are of other kinds": 1}
    found = kept(archive)
    assert found[["variable", "site", "count", "day"]].to_numpy().tolist() == [
        ["storm_damages", "07192", 1.0, "2024-09-07"],
        ["landslides", "06838", 1.0, "2024-09-09"],
        ["landslides", "06978", 1.0, "2025-07-23"],
    ]
    assert json.loads(found["details"].iloc[1]) == {
        "Số người chết": 1.0, "Số nhà bị hại": 2.0, "Thiệt hại (triệu đồng)": 1250.5, "Địa điểm": "bản Sú Cáu"
    }  # fmt: skip
    assert "Xã is 'Huyện Ba Chẽ': unknown site" in archive.quarantined()["reason"].iloc[0], "there are no districts now"
