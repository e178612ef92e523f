"""Places: positions, names of today, and old communes and districts."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import shapely

from features.errors import HaidangError, UnknownNameError
from features.places import CROSSWALK, Crosswalk, bare_name, read_crosswalk, site_named, sites_at, spread
from features.settings import BUILT_IN_SITES
from features.sites import Site, Sites, read_sites

SHARED = Path(__file__).parents[1].parent / "shared" / "data"


@pytest.fixture(scope="module")
def province() -> Sites:
    return read_sites(BUILT_IN_SITES)


@pytest.fixture(scope="module")
def crosswalk() -> Crosswalk:
    return read_crosswalk()


def test_kinds_of_unit_marks_and_case_of_a_name_do_not_count() -> None:
    assert bare_name("Phường  Hải Hoà", "commune") == bare_name("xã Hải Hòa", "commune") == "hai hoa"
    assert bare_name("TT. Cái Rồng", "commune") == "cai rong"
    assert bare_name("TX.Quảng Yên", "district") == bare_name("Thị xã QUẢNG YÊN", "district") == "quang yen"
    assert bare_name("Quan Lạn", "commune") == "quan lan"
    assert bare_name("TP. Hạ Long", "commune") == "tp. ha long", "a city is no commune"


def test_a_site_is_found_with_its_kind_of_unit(province: Sites) -> None:
    assert site_named("P. Hồng Gai", province) == site_named("phường Hồng Gai", province) == "06685"
    assert site_named("Đặc khu Vân Đồn", province) == site_named("Van Don", province) == "06994"
    assert site_named("06652", province) == "06652"


@pytest.mark.parametrize("old", ["TP. Hạ Long", "Huyện Tiên Yên", "Thị trấn Tiên Yên", "Móng Cái"])
def test_an_old_city_district_or_town_is_not_taken_for_the_unit_of_today_that_bears_its_name(
    province: Sites, old: str
) -> None:
    with pytest.raises(UnknownNameError, match="unknown site"):
        site_named(old, province)


def test_an_old_commune_lies_where_the_resolution_put_it(crosswalk: Crosswalk) -> None:
    assert crosswalk.shares("Xã Vạn Ninh") == {"06709": 1.0}
    assert crosswalk.shares("Cái Chiên", "Hải Hà") == {"06967": 1.0}
    assert crosswalk.shares("Đồng Sơn", "TP Hạ Long") == crosswalk.shares("Đồng Sơn", "Hoành Bồ") == {"06985": 1.0}
    assert crosswalk.shares("Thanh Lân") == {"07192": 1.0}
    assert crosswalk.shares("Thanh Lâm") == {"06979": 1.0}


def test_a_unit_that_was_joined_to_another_before_shares_its_fate(crosswalk: Crosswalk) -> None:
    assert crosswalk.shares("Yết Kiêu", "Hạ Long") == {"06685": 1.0}
    assert crosswalk.shares("Cẩm Hải") == crosswalk.shares("Hải Hòa", "Cẩm Phả")


def test_a_name_that_several_old_communes_bear_is_refused_without_its_district(crosswalk: Crosswalk) -> None:
    with pytest.raises(HaidangError, match=r"'Hải Hòa' may be Xã Hải Hòa \(Cẩm Phả\), Phường Hải Hòa \(Móng Cái\)"):
        crosswalk.shares("Hải Hòa")
    assert crosswalk.shares("Hải Hòa", "Thành phố Móng Cái") == {"06712": 1.0}
    for name in ("Thanh Sơn", "Bắc Sơn", "Cộng Hòa"):
        with pytest.raises(HaidangError, match="name the district too"):
            crosswalk.shares(name)


def test_a_bare_name_of_a_commune_that_is_also_a_city_elsewhere_is_refused(crosswalk: Crosswalk) -> None:
    with pytest.raises(HaidangError, match=r"may be Xã Hạ Long \(Vân Đồn\), Thành phố Hạ Long"):
        crosswalk.shares("Hạ Long")
    assert crosswalk.shares("Xã Hạ Long") == {"06994": 1.0}
    assert crosswalk.shares("Tiên Yên") == {"06862": 1.0}
    with pytest.raises(UnknownNameError, match="unknown old commune 'Cẩm Phả'"):
        crosswalk.shares("Cẩm Phả")


def test_a_commune_of_another_district_is_told_with_those_that_there_are(crosswalk: Crosswalk) -> None:
    with pytest.raises(UnknownNameError, match="unknown old commune 'Hải Lạng, Ba Chẽ': there is .*Ba Chẽ"):
        crosswalk.shares("Hải Lạng", "Ba Chẽ")


def test_a_district_is_shared_by_the_population_of_its_new_communes(crosswalk: Crosswalk) -> None:
    tien_yen = {"06862": 22164, "06874": 6956, "06877": 18063, "06886": 9827}
    assert crosswalk.shares("", "Huyện Tiên Yên") == pytest.approx(
        {code: people / 57010 for code, people in tien_yen.items()}, abs=1e-5
    )
    assert crosswalk.shares("", "Cô Tô") == {"07192": 1.0}


def test_ha_long_holds_hoanh_bo_since_2020_and_before_stands_there_by_a_name_of_its_own(crosswalk: Crosswalk) -> None:
    hoanh_bo = set(crosswalk.shares("", "Hoành Bồ"))
    assert hoanh_bo == {"07030", "07054", "07060"}
    assert set(crosswalk.shares("", "Hạ Long")) == set(crosswalk.shares("", "Hạ Long (đến 2019)")) | hoanh_bo


def test_the_weights_of_every_old_unit_sum_to_1_and_every_code_is_a_commune(province: Sites) -> None:
    total: dict[tuple[str, str, str], float] = defaultdict(float)
    with CROSSWALK.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert row["code"] in province and row["basis"]
            total[row["level"], row["old_name"], row["old_district"]] += float(row["weight"])
    assert list(total.values()) == pytest.approx([1.0] * len(total), abs=1e-5)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_the_crosswalk_agrees_with_the_list_of_merged_communes() -> None:
    with (SHARED / "quang_ninh" / "communes.csv").open(encoding="utf-8", newline="") as file:
        communes = list(csv.DictReader(file))
    with CROSSWALK.open(encoding="utf-8", newline="") as file:
        held = {(row["old_name"], row["code"]) for row in csv.DictReader(file) if "2024-11-01" not in row["basis"]}
    merged = {(old, row["code"]) for row in communes for old in row["merged_from"].split(", ")}
    merged = merged - {("Không sáp nhập", "06967")} | {("Xã Cái Chiên", "06967")}
    assert merged == {pair for pair in held if pair[0].startswith(("Phường", "Xã", "Thị trấn"))}


def test_a_divided_place_is_refused_shared_or_given_to_its_largest_part() -> None:
    shares = {"A": 0.2, "B": 0.5, "C": 0.3}
    with pytest.raises(HaidangError, match=r"it lies in A 0.20, B 0.50, C 0.30: state in `spread`"):
        spread(shares, "refuse")
    assert spread(shares, "share") == shares
    assert spread(shares, "largest") == {"B": 1.0}
    assert spread({"A": 1.0}, "refuse") == {"A": 1.0}
    with pytest.raises(HaidangError, match="no part is known to be the largest"):
        spread({"A": 0.5, "B": 0.5}, "largest")


def test_a_crosswalk_whose_weights_are_no_shares_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crosswalk.csv"
    path.write_text("old_name,old_district,level,code,weight\nXã A,D,commune,S1,0.5\n", encoding="utf-8")
    with pytest.raises(HaidangError, match=r"the weights of Xã A \(D\) are not shares that sum to 1"):
        read_crosswalk(path)
    path.write_text("old_name,old_district,level,code,weight\nXã A,D,commune,S1,half\n", encoding="utf-8")
    with pytest.raises(HaidangError, match="line 2: the weight 'half' is not a number"):
        read_crosswalk(path)
    path.write_text("old_name,level,code\nXã A,commune,S1\n", encoding="utf-8")
    with pytest.raises(HaidangError, match="lacks the columns old_district, weight"):
        read_crosswalk(path)
    with pytest.raises(HaidangError, match="cannot be read"):
        read_crosswalk(tmp_path / "nowhere.csv")


PAIR = Sites([Site("A", "A", "A", 20.0, 107.0, {}), Site("B", "B", "B", 20.0, 107.2, {})])
SQUARES = {"A": shapely.box(106.9, 19.9, 107.1, 20.1), "B": shapely.box(107.1, 19.9, 107.3, 20.1)}


def at(*positions: tuple[float, float], within_km: float = 0.0, areas: dict[str, shapely.Polygon] | None) -> list[str]:
    latitude, longitude = np.array(positions, dtype=float).T
    return list(sites_at(latitude, longitude, PAIR, areas, within_km=within_km))


def test_a_position_belongs_to_the_area_that_holds_it() -> None:
    assert at((20.05, 106.95), (20.05, 107.25), (20.2, 107.0), areas=SQUARES) == ["A", "B", ""]
    assert at((20.0, 107.1), areas=SQUARES) == ["A"], "on a common border the first code is taken"


def test_a_position_outside_every_area_may_be_near_one() -> None:
    # 0.02 degrees of latitude are 2.224 km; of longitude at 20 N 2.090 km.
    assert at((20.12, 107.0), (20.0, 107.32), within_km=2.0, areas=SQUARES) == ["", ""]
    assert at((20.12, 107.0), (20.0, 107.32), within_km=2.15, areas=SQUARES) == ["", "B"]
    assert at((20.12, 107.0), (20.0, 107.32), within_km=2.3, areas=SQUARES) == ["A", "B"]


def test_without_areas_the_nearest_site_within_a_distance_is_meant() -> None:
    # 0.09 degrees of longitude at 20 N are 9.404 km.
    assert at((20.0, 107.09), (20.0, 107.11), (21.0, 107.0), within_km=9.5, areas=None) == ["A", "B", ""]
    assert at((20.0, 107.09), within_km=9.3, areas=None) == [""]
    assert sites_at(np.array([]), np.array([]), PAIR, SQUARES).size == 0
