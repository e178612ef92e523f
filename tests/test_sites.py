"""Sites: positions, distances, names with and without marks, and a file whose faults are told by row."""

from pathlib import Path

import numpy as np
import pytest

from features.errors import HaidangError, UnknownNameError, nearest_first, plain_letters
from features.settings import BUILT_IN_SITES
from features.sites import Site, Sites, read_sites

HEADER = "code,name_vi,name_en,latitude,longitude,elevation_m,coastal"


def written(folder: Path, *lines: str) -> Path:
    path = folder / "sites.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_sites_stand_in_the_order_of_their_codes() -> None:
    three = Sites([Site(code, code, code, 21.0, 107.0, {}) for code in ("b", "c", "a")])
    assert three.codes == ("a", "b", "c") == tuple(three)


@pytest.mark.parametrize("text", ["S1", "Hạ Long", "ha long", "HA LONG", "hạ long", "Ha Lóng"])
def test_a_site_is_found_by_code_or_by_name_whatever_its_marks(sites: Sites, text: str) -> None:
    assert sites.find(text).code == "S1"


@pytest.mark.parametrize("text", ["van don", "Vân Đồn", "VÂN ĐỒN", "vân đôn"])
def test_the_vietnamese_d_counts_as_d(sites: Sites, text: str) -> None:
    assert sites.find(text).code == "S3"
    assert plain_letters("Đầm Hà") == "dam ha"


def test_an_unknown_name_lists_the_nearest_first(sites: Sites) -> None:
    with pytest.raises(UnknownNameError, match="unknown site 'mong cay': there is S5 Móng Cái") as caught:
        sites.find("mong cay")
    assert caught.value.kind == "site"
    assert len(caught.value.known) == 5


def test_nearness_of_names_does_not_see_marks() -> None:
    assert nearest_first("ha long", ["Hà Nội", "Hạ Long", "Hải Phòng"])[0] == "Hạ Long"


def test_a_name_that_two_sites_bear_is_refused() -> None:
    twins = Sites([Site(code, "Hải Hòa", "Hai Hoa", 21.0, 107.0, {}) for code in ("1", "2")])
    with pytest.raises(UnknownNameError, match="1 Hải Hòa, 2 Hải Hòa"):
        twins.find("hai hoa")


def test_an_unknown_code_is_refused_with_what_there_is(sites: Sites) -> None:
    with pytest.raises(UnknownNameError, match="unknown site 'S9'"):
        sites["S9"]
    assert "S9" not in sites


def test_codes_that_are_given_twice_are_refused() -> None:
    with pytest.raises(HaidangError, match="given twice: a$"):
        Sites([Site("a", "A", "A", 21.0, 107.0, {}), Site("a", "B", "B", 21.0, 107.0, {})])


def test_a_tenth_of_a_degree_of_latitude_is_11_km(sites: Sites) -> None:
    # 6371.0088 km * pi / 1800 = 11.11951 km
    from_first = sites.distances_km[0]
    np.testing.assert_allclose(from_first, np.array([0, 1, 2, 3, 13]) * 11.11951, rtol=1e-6)
    np.testing.assert_array_equal(sites.distances_km, sites.distances_km.T)


def test_a_quarter_of_the_equator_is_10007_km() -> None:
    two = Sites([Site("a", "A", "A", 0.0, 0.0, {}), Site("b", "B", "B", 0.0, 90.0, {})])
    assert two.distances_km[0, 1] == pytest.approx(10007.557, abs=0.001)  # 6371.0088 * pi / 2


def test_an_attribute_is_nan_where_it_is_not_known(sites: Sites) -> None:
    np.testing.assert_array_equal(sites.attribute("shrimp_ponds"), [0, 30, 12, np.nan, np.nan])
    np.testing.assert_array_equal(sites.attribute("latitude"), [20.0, 20.1, 20.2, 20.3, 21.3])


def test_an_attribute_that_no_site_has_is_refused(sites: Sites) -> None:
    with pytest.raises(UnknownNameError, match="unknown site attribute 'elevation': there is elevation_m"):
        sites.attribute("elevation")


def test_only_sites_whose_attribute_is_true_have_it(sites: Sites) -> None:
    assert sites.having("shrimp_ponds").tolist() == [False, True, True, False, False]
    assert sites.having(None).all()
    assert not sites.having("razor_clams").any()


def test_a_file_is_read_with_yes_no_numbers_and_blanks(tmp_path: Path) -> None:
    lines = ("06652,Hà Tu,Ha Tu,20.9627,107.1593,60,yes", "06712, Móng Cái ,Mong Cai,21.5,107.9,,No")
    read = read_sites(written(tmp_path, HEADER, *lines))
    assert read.codes == ("06652", "06712")
    assert read["06712"].name_vi == "Móng Cái"
    np.testing.assert_array_equal(read.attribute("elevation_m"), [60, np.nan])
    np.testing.assert_array_equal(read.attribute("coastal"), [1, 0])


def test_the_built_in_file_has_leading_zeros_and_marks() -> None:
    built_in = read_sites(BUILT_IN_SITES)
    assert built_in.find("bai chay").code == "06673"


def test_a_missing_file_is_told_with_the_setting_to_change(tmp_path: Path) -> None:
    with pytest.raises(HaidangError, match="no sites file .*HAIDANG_SITES"):
        read_sites(tmp_path / "none.csv")


def test_missing_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(HaidangError, match="lacks the columns name_en, longitude; it has code, name_vi, latitude"):
        read_sites(written(tmp_path, "code,name_vi,latitude", "1,A,21.0"))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("2,B,B,21.0,107.0,high,yes", "row 3: elevation_m is 'high', neither a number nor yes or no"),
        ("2,B,B,north,107.0,5,yes", "row 3: latitude is 'north'"),
        ("2,B,B,,107.0,5,yes", "row 3: nan, 107.0 is not a position"),
        ("2,B,B,107.0,21.0,5,yes", "row 3: 107.0, 21.0 is not a position"),
        (",B,B,21.0,107.0,5,yes", "row 3: the code is empty"),
        ("1,B,B,21.0,107.0,5,yes", "given twice: 1"),
    ],
)
def test_a_fault_in_a_file_says_its_row(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(HaidangError, match=told):
        read_sites(written(tmp_path, HEADER, "1,A,A,21.0,107.0,5,yes", line))
