"""The datasets that are shared: their titles, columns and keys, how they are parted, and what they are derived from.

The columns stand in `serving/catalogue/dataset_columns.csv`. Frequencies are those of the EU's authority table
(http://publications.europa.eu/resource/authority/frequency), which DCAT-AP asks for.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import pyarrow as pa

from features.entries import MOMENT

Kind = Literal["text", "number", "integer", "moment", "yes or no"]
Parting = Literal["day of issue", "month of issue", "month", "whole"]
ARROW: Mapping[Kind, pa.DataType] = MappingProxyType(
    {"text": pa.string(), "number": pa.float64(), "integer": pa.int64(), "moment": MOMENT, "yes or no": pa.bool_()}
)
_COLUMNS = Path(__file__).with_name("dataset_columns.csv")


@dataclass(frozen=True)
class Column:
    """A column of a dataset.

    Attributes:
        name: its name.
        kind: of its values; moments are UTC.
        unit: of its values, where it is the same in all rows.
        key: whether it is part of what tells rows apart; then it is never empty.
        en: what it says, in English.
        vi: the same in Vietnamese.
    """

    name: str
    kind: Kind
    unit: str | None
    key: bool
    en: str
    vi: str


@dataclass(frozen=True)
class Dataset:
    """A table that is shared.

    Attributes:
        name: its name.
        title_vi: Vietnamese title.
        title_en: English title.
        about_vi: what it holds, in Vietnamese.
        about_en: the same in English.
        parting: what one file holds; days and months are UTC.
        frequency: how often it is brought up to date, a code of the EU's authority table.
        derived_from: the datasets that it is made of.
        series: the series that it belongs to; None for none.
        columns: its columns, in order.
    """

    name: str
    title_vi: str
    title_en: str
    about_vi: str
    about_en: str
    parting: Parting
    frequency: str
    derived_from: tuple[str, ...]
    series: str | None
    columns: tuple[Column, ...]

    @property
    def key(self) -> list[str]:
        """The columns that tell rows apart."""
        return [column.name for column in self.columns if column.key]

    @property
    def schema(self) -> pa.Schema:
        """Its columns as Parquet has them."""
        return pa.schema([pa.field(one.name, ARROW[one.kind], nullable=not one.key) for one in self.columns])


def _columns() -> dict[str, tuple[Column, ...]]:
    with _COLUMNS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kinds: dict[str, Kind] = {str(kind): kind for kind in ARROW}
    found: dict[str, tuple[Column, ...]] = {}
    for row in rows:
        column = Column(
            row["column"], kinds[row["type"]], row["unit"] or None, row["key"] == "yes", row["en"], row["vi"]
        )
        found[row["dataset"]] = (*found.get(row["dataset"], ()), column)
    return found


_OF = _columns()
_PROPOSED_VI = "Mức là đề xuất của mô hình; cảnh báo chính thức do cơ quan có thẩm quyền ban hành."
_PROPOSED_EN = "Levels are proposals of the model; official warnings are issued by the authority."


def _dataset(
    name: str,
    titles: tuple[str, str],
    about: tuple[str, str],
    parting: Parting,
    frequency: str,
    derived_from: tuple[str, ...] = (),
    series: str | None = None,
) -> Dataset:
    return Dataset(name, *titles, *about, parting, frequency, derived_from, series, _OF[name])


DATASETS: Mapping[str, Dataset] = MappingProxyType(
    {
        one.name: one
        for one in (
            _dataset(
                "forecasts",
                ("Dự báo đã phát hành", "Issued forecasts"),
                (
                    f"Mọi dự báo như đã phát hành, mỗi con số một dòng. {_PROPOSED_VI}",
                    f"Every forecast as it was issued, a row for each number. {_PROPOSED_EN}",
                ),
                "day of issue",
                "DAILY",
                ("observations",),
            ),
            _dataset(
                "warnings",
                ("Mức cảnh báo của dự báo", "Warning levels that forecasts reach"),
                (
                    f"Các dự báo đạt một mức cảnh báo đã công bố. {_PROPOSED_VI}",
                    f"The forecasts that reach a declared warning level. {_PROPOSED_EN}",
                ),
                "month of issue",
                "DAILY",
                ("forecasts",),
            ),
            _dataset(
                "verified_forecasts",
                ("Dự báo đã đối chiếu", "Verified forecasts"),
                (
                    "Dự báo đã phát hành cùng kết quả thực tế, mỗi ngưỡng một dòng.",
                    "Issued forecasts with what came of them, a row for each cut.",
                ),
                "month of issue",
                "DAILY",
                ("forecasts", "observations"),
                "track_record",
            ),
            _dataset(
                "track_record_scores",
                ("Thành tích: điểm số", "Track record: scores"),
                (
                    "Điểm của dự báo đã phát hành theo địa điểm, thời hạn và ngưỡng.",
                    "Scores of the issued forecasts by site, lead and cut.",
                ),
                "whole",
                "DAILY",
                ("verified_forecasts",),
                "track_record",
            ),
            _dataset(
                "track_record_skill",
                ("Thành tích: kỹ năng so với đối chứng", "Track record: skill beside references"),
                (
                    "Kỹ năng so với khí hậu, quán tính và hệ thống khác.",
                    "Skill beside climatology, persistence and peers.",
                ),
                "whole",
                "DAILY",
                ("verified_forecasts",),
                "track_record",
            ),
            _dataset(
                "track_record_alarms",
                ("Thành tích: báo trước, bỏ sót, báo động giả", "Track record: hits, misses, false alarms"),
                (
                    "Số đợt được báo trước, bị bỏ sót và báo động giả theo mức cảnh báo.",
                    "Hits, misses and false alarms by warning level.",
                ),
                "whole",
                "DAILY",
                ("verified_forecasts",),
                "track_record",
            ),
            _dataset(
                "observations",
                ("Quan trắc công khai", "Public observations"),
                (
                    "Giá trị quan trắc từ các nguồn cho phép chia sẻ lại; không có dự báo.",
                    "Observed values of the sources whose licence allows to pass them on; no forecasts.",
                ),
                "month",
                "DAILY",
            ),
            _dataset(
                "sites",
                ("Danh mục địa điểm và mã xã", "Sites, with the codes of communes"),
                (
                    "Dữ liệu chủ: mã và tên các xã, phường, đặc khu và địa điểm khác được dự báo.",
                    "Master data: codes and names of the communes and other sites that are forecast.",
                ),
                "whole",
                "IRREG",
            ),
            _dataset(
                "old_communes",
                ("Đối chiếu đơn vị hành chính cũ", "Crosswalk of old communes and districts"),
                (
                    "Dữ liệu chủ: xã và huyện trước ngày 1/7/2025 thuộc xã nào hiện nay.",
                    "Master data: in which communes of today the communes and districts before 1 July 2025 lie.",
                ),
                "whole",
                "IRREG",
                ("sites",),
            ),
        )
    }
)
"""Every dataset by its name."""
SERIES: Mapping[str, tuple[str, str]] = MappingProxyType({"track_record": ("Thành tích dự báo", "Track record")})
"""Series of datasets: name -> Vietnamese and English title."""
