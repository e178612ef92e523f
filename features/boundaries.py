"""Boundaries: the areas of the sites, read from a GeoJSON file."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from features.errors import HaidangError
from features.sites import Sites

_AREAL = ("Polygon", "MultiPolygon")


def read_boundaries(path: Path, sites: Sites) -> Mapping[str, BaseGeometry]:
    """Reads the areas of sites from a GeoJSON file (RFC 7946) whose features have the property `code`.

    Features of other codes are passed over; sites without a feature are not in the answer. What overlaps or crosses
    itself is made valid.

    Args:
        path: a FeatureCollection, in degrees east and north (WGS84).
        sites: whose areas are wanted.

    Returns:
        Site code -> a Polygon or MultiPolygon, in degrees.

    Raises:
        HaidangError: if the file cannot be read, holds the area of no site at all, or the feature of a site is given
            twice, is no area, or does not lie in degrees.
    """
    features = _features(path)
    codes = [_code(feature) for feature in features]
    wanted = {code: feature for code, feature in zip(codes, features, strict=True) if code in sites}
    if not wanted:
        there = ", ".join(sorted({repr(code) for code in codes})[:6]) or "none"
        raise HaidangError(
            f"{path} holds the area of no site: its features have the codes {there}, the sites "
            f"{', '.join(map(repr, sites.codes[:6]))}: write the codes of the sites file into the property `code`"
        )
    if twice := sorted({code for code in wanted if codes.count(code) > 1}):
        raise HaidangError(f"{path} holds several features of {', '.join(twice)}: join each to one MultiPolygon")
    return MappingProxyType({code: _area(wanted[code], f"{path}: the area of {code}") for code in sorted(wanted)})


def _features(path: Path) -> list[dict[str, Any]]:
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise HaidangError(f"{path} cannot be read: {error.strerror}; `boundaries` names a GeoJSON file") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise HaidangError(f"{path} is not JSON in UTF-8: {error}; save it as GeoJSON again") from error
    features = told.get("features") if isinstance(told, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise HaidangError(f"{path} is no GeoJSON FeatureCollection: save the areas as one, with the property `code`")
    return features


def _code(feature: Mapping[str, Any]) -> str:
    return str((feature.get("properties") or {}).get("code", ""))


def _area(feature: Mapping[str, Any], which: str) -> BaseGeometry:
    try:
        told = shapely.force_2d(shape(feature["geometry"]))
    except (shapely.errors.ShapelyError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise HaidangError(f"{which} is no geometry: {error}; draw it again") from error
    if told.geom_type not in _AREAL or told.is_empty:
        raise HaidangError(f"{which} is {_article(told)}, not a Polygon or MultiPolygon: draw its outline")
    west, south, east, north = told.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise HaidangError(
            f"{which} reaches from {west:g}, {south:g} to {east:g}, {north:g}, which are no degrees east and north: "
            f"save it in WGS84 longitude and latitude (EPSG:4326)"
        )
    parts = shapely.get_parts(told if told.is_valid else shapely.make_valid(told)).tolist()
    whole = shapely.union_all([part for part in parts if part.geom_type in _AREAL])
    if not whole.area > 0:
        raise HaidangError(f"{which} has an outline that encloses nothing: draw it again")
    return whole


def _article(geometry: BaseGeometry) -> str:
    return "empty" if geometry.is_empty else f"a {geometry.geom_type}"
