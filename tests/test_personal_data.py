"""Personal data: headers and contents that tell who somebody is."""

import pandas as pd
import pytest

from features.sources.line_lists.personal_data import WITHHELD, holds_personal, looks_personal, without_personal


@pytest.mark.parametrize(
    "header",
    [
        "Họ và tên", "Họ tên", "HỌ TÊN CHỦ HỘ", "Tên chủ ao", "Tên cơ sở / chủ cơ sở", "Người báo cáo", "Người nuôi",
        "Bệnh nhân", "Hộ nuôi", "Hộ gia đình", "Mã hộ", "Số điện thoại", "SĐT", "CMND/CCCD", "Căn cước", "Địa chỉ",
        "Số nhà", "Ngày sinh", "Năm sinh", "Số thẻ BHYT", "Tên", "Số hộ / số điện thoại", "Name", "full_name",
        "patient_name", "Owner's name", "Farmer", "Household ID", "Phone", "phone_number", "E-mail", "National ID",
        "Passport No", "Address", "DOB", "Date of birth", "Contact", "Điện\nthoại",
    ],
)  # fmt: skip
def test_a_header_that_speaks_of_a_person_is_seen(header: str) -> None:
    assert looks_personal(header)


@pytest.mark.parametrize(
    "header",
    [
        "Xã", "Tên xã", "Tên bệnh", "Tên thiên tai", "Ngày phát bệnh", "Số hộ bị thiệt hại", "Số hộ nuôi", "Số chủ hộ",
        "Số người chết", "Số nhà bị hại", "Đối tượng nuôi", "Mã mẫu", "Mã số vùng nuôi", "Ghi chú", "source_name",
        "Location_name", "Outbreak_id", "Species", "households affected", "name0", "fatality_count", "Event name",
    ],
)  # fmt: skip
def test_a_header_that_does_not_is_left_alone(header: str) -> None:
    assert not looks_personal(header)


@pytest.mark.parametrize(
    "text",
    [
        "0912345678", "0912 345 678", "0912.345.678", "091-234-5678", "09 1234 5678", "gọi 0912345678 nhé",
        "+84912345678", "84912345678", "(+84) 912 345 678", "0203 3825 123", "01681234567", "+1 (415) 555-2671",
        "123456789", "001085001234", "số CCCD:022085001234.", "a.b@example.vn",
    ],
)  # fmt: skip
def test_numbers_of_telephones_and_identity_cards_and_addresses_of_mail_are_seen(text: str) -> None:
    assert holds_personal(text)


@pytest.mark.parametrize(
    "text",
    [
        "01/02/2024", "03-05-2024 08:30", "03.05.2024 08:30", "2024-05-03 08:30:15", "20240512", "107.123456789",
        "20,123456789", "12345678", "1234567890", "150.000.000 đồng", "QN-2024-001", "ao số 3, khu 5", "5-6 tháng 8",
    ],
)  # fmt: skip
def test_dates_positions_amounts_and_other_numbers_are_left_alone(text: str) -> None:
    assert not holds_personal(text)


def test_cells_that_look_personal_are_withheld_and_the_kept_columns_that_hold_them_are_told() -> None:
    cells = pd.DataFrame(
        {
            "note": ["ao số 3", "gọi 0912345678", "", "ok"],
            "id": ["QN-1", "QN-2", "001085001234", "QN-4"],
            "losses": ["150000000", "1,5", "2", "0912 345 678"],
        }
    )
    withheld, where = without_personal(cells, numbers=["losses"], kept=["note"])
    assert withheld.to_numpy().tolist() == [
        ["ao số 3", "QN-1", "150000000"], [WITHHELD, "QN-2", "1,5"], ["", WITHHELD, "2"], ["ok", "QN-4", WITHHELD]
    ]  # fmt: skip
    assert list(where) == ["", "note", "", "losses"]
    assert cells.loc[1, "note"] == "gọi 0912345678", "the cells that were given stay as they are"
