"""Areas of sites, read from GeoJSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gridded_samples import sites_at

from features.boundaries import read_boundaries
from features.errors import HaidangError
from features.settings import BUILT_IN_SITES
from features.sites import read_sites

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
TWO = sites_at(A=(21.0, 107.0), B=(21.5, 107.5))
Write = Callable[..., Path]


def square(west: float, south: float, side: float = 0.1) -> dict[str, Any]:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(code: object, geometry: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"code": code, "name": "x"}, "geometry": geometry}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*features: dict[str, Any]) -> Path:
        path = tmp_path / "areas.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
        return path

    return written


def test_areas_are_matched_by_code_and_others_are_passed_over(write: Write) -> None:
    path = write(feature("B", square(107.5, 21.5)), feature("Z", square(0, 0)), feature("A", square(107, 21, 0.2)))
    found = read_boundaries(path, TWO)
    assert list(found) == ["A", "B"]
    assert found["A"].bounds == pytest.approx((107.0, 21.0, 107.2, 21.2))
    assert found["B"].area == pytest.approx(0.01)


def test_a_site_without_a_feature_is_not_in_the_answer(write: Write) -> None:
    assert list(read_boundaries(write(feature("A", square(107, 21))), TWO)) == ["A"]


def test_an_outline_that_crosses_itself_is_made_valid(write: Write) -> None:
    bow = {"type": "Polygon", "coordinates": [[[107, 21], [107.2, 21.2], [107.2, 21], [107, 21.2], [107, 21]]]}
    found = read_boundaries(write(feature("A", bow)), TWO)["A"]
    assert found.is_valid
    assert found.area == pytest.approx(0.02)  # two triangles of base 0.2 and height 0.1


def test_of_a_mended_outline_only_areas_are_kept(write: Write) -> None:
    spike = [[107, 21], [107.2, 21], [107.2, 21.2], [107, 21.2], [107, 21.1], [106.8, 21.1], [107, 21.1], [107, 21]]
    found = read_boundaries(write(feature("A", {"type": "Polygon", "coordinates": [spike]})), TWO)["A"]
    assert found.geom_type == "Polygon"
    assert found.bounds == pytest.approx((107.0, 21.0, 107.2, 21.2))


def test_heights_are_left_out(write: Write) -> None:
    flat = square(107, 21)
    flat["coordinates"] = [[[*point, 12.0] for point in flat["coordinates"][0]]]
    assert not read_boundaries(write(feature("A", flat)), TWO)["A"].has_z


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (None, "the area of A is no geometry"),
        ({"type": "Polygon", "coordinates": [[[107, 21], [107, 22]]]}, "the area of A is no geometry"),
        ({"type": "Point", "coordinates": [107, 21]}, "the area of A is a Point, not a Polygon"),
        ({"type": "Polygon", "coordinates": []}, "the area of A is empty"),
        ({"type": "Polygon", "coordinates": [[[107, 21], [107, 22], [107, 21.5], [107, 21]]]}, "encloses nothing"),
        (square(600_000, 2_300_000, 5_000), r"no degrees east and north: save it in WGS84"),
    ],
)
def test_what_is_no_area_is_refused_by_name(write: Write, geometry: object, said: str) -> None:
    with pytest.raises(HaidangError, match=rf"areas\.geojson.*{said}"):
        read_boundaries(write(feature("A", geometry)), TWO)


def test_a_broken_area_of_a_stranger_does_not_matter(write: Write) -> None:
    assert list(read_boundaries(write(feature("A", square(107, 21)), feature("Z", None)), TWO)) == ["A"]


def test_two_features_of_one_site_are_refused(write: Write) -> None:
    with pytest.raises(HaidangError, match=r"several features of A: join each to one MultiPolygon"):
        read_boundaries(write(feature("A", square(107, 21)), feature("A", square(107.5, 21))), TWO)


def test_a_file_of_other_codes_says_which_there_are(write: Write) -> None:
    with pytest.raises(HaidangError, match=r"area of no site: its features have the codes '6652', the sites 'A', 'B'"):
        read_boundaries(write(feature(6652, square(107, 21))), TWO)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "is not JSON"), ("[]", "is no GeoJSON"), ('{"type": "Feature"}', "is no GeoJSON"), ("\xff", "is not JSON")],
)
def test_a_file_that_is_no_geojson_says_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "areas.geojson"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(HaidangError, match=rf"areas\.geojson {said}"):
        read_boundaries(path, TWO)
    with pytest.raises(HaidangError, match=r"nowhere\.geojson cannot be read: No such file"):
        read_boundaries(tmp_path / "nowhere.geojson", TWO)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_the_54_units_of_quang_ninh_have_areas() -> None:
    sites = read_sites(BUILT_IN_SITES)
    found = read_boundaries(SHARED / "quang_ninh" / "quang_ninh_54_units_simplified.geojson", sites)
    assert tuple(found) == sites.codes
    assert all(area.is_valid for area in found.values())
    # A square degree at 21 N is about 111.2 * 111.2 * cos 21 = 11,540 km2; the list says 5,822.7 km2 in all.
    assert sum(area.area for area in found.values()) * 11_540 == pytest.approx(5_822.7, rel=0.02)
