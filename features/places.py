"""Places: which sites a record speaks of, by its position, by a name of today, or by the names of old units.

Quảng Ninh has had 54 communes and no districts since 1 July 2025 (Resolution 1679/NQ-UBTVQH15). The crosswalk
`features/crosswalk_quang_ninh.csv` says what became of the old communes and districts: one row for each old unit and
each new commune that has a part of it; the weights of an old unit sum to 1, and `basis` says where they come from.

- Old communes are those that the resolution names, by the column `merged_from` of a table made from its text
  (https://soha.vn/chi-tiet-don-vi-hanh-chinh-cap-xa-cua-tinh-quang-ninh-198250630094607186.htm); their districts are
  those of the units before November 2024. Those that Resolution 1199/NQ-UBTVQH15 joined to others on 1 November 2024
  (https://doanhnhanasean.com/print-213282.html) share the fate of these.
- The resolution divides twelve communes among several new ones without saying how much goes where. Their shares are
  taken to be equal: an assumption, and the reason why a divided place is refused unless a mapping says otherwise.
- Districts are shared by the population of the new communes, which were drawn along the old lines but for small parts.
- Hoành Bồ was a district until the end of 2019, then a part of the city of Hạ Long: its communes are found under both,
  and the city as it was before stands there as "Hạ Long (đến 2019)".
"""

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from features.errors import HaidangError, UnknownNameError, plain_letters
from features.sites import EARTH_RADIUS_KM, Sites

CROSSWALK = Path(__file__).with_name("crosswalk_quang_ninh.csv")
NEW_UNITS_SINCE = "2025-07-01"
Spread = Literal["refuse", "share", "largest"]
Shares = Mapping[str, float]
_COLUMNS = ("old_name", "old_district", "level", "code", "weight")
_KINDS = {
    "site": re.compile(r"(?:phuong|xa|dac khu)\s+|[px]\.\s*"),
    "commune": re.compile(r"(?:phuong|xa|thi tran|tt)\s+|(?:p|x|tt)\.\s*"),
    "district": re.compile(r"(?:huyen|thi xa|thanh pho|tp|tx)\s+|(?:h|tp|tx)\.\s*"),
}
_KM_PER_DEGREE = np.pi * EARTH_RADIUS_KM / 180
_TOUCHES_KM = 1e-9


def bare_name(text: str, level: Literal["site", "commune", "district"]) -> str:
    """A name without the kinds of unit of its level, marks and letter case: "Phường Hải Hoà" and "hai hoa" are one.

    Kinds of another level stay, so that "TP. Hạ Long" is not taken for the ward or the commune of that name.
    """
    plain = " ".join(plain_letters(text).split())
    kind = _KINDS[level].match(plain)
    return plain[kind.end() :] if kind else plain


def site_named(text: str, sites: Sites) -> str:
    """The code of the site with this code or name; the kind of unit before a name does not count.

    Raises:
        UnknownNameError: if there is none, or several bear the name.
    """
    wanted = bare_name(text, "site")
    if text not in sites:
        names = {site.code: (site.name_vi, site.name_en) for site in sites.values()}
        bear = [code for code, known in names.items() if wanted in {bare_name(name, "site") for name in known}]
        if len(bear) == 1:
            return bear[0]
    return sites.find(text).code


@dataclass(frozen=True)
class OldUnit:
    """A commune or district of before, and where it lies today.

    Attributes:
        name: with its kind, such as "Xã Hải Lạng".
        district: the district it lay in; its own name for a district.
        shares: code of a commune of today -> share of the old unit that lies in it; they sum to 1.
    """

    name: str
    district: str
    shares: Shares


@dataclass(frozen=True)
class Crosswalk:
    """From old communes and districts to the communes of today.

    Attributes:
        units: level ("commune" or "district") and bare name -> the old units of that name.
    """

    units: Mapping[tuple[str, str], tuple[OldUnit, ...]]

    def shares(self, commune: str, district: str = "") -> Shares:
        """Where an old commune lies today, or, where none is named, an old district.

        Raises:
            HaidangError: if there is no such unit, or several bear the name and the district is not given; the error
                names them.
        """
        if not commune:
            return self._only(self.units.get(("district", bare_name(district, "district")), ()), "district", district)
        name = bare_name(commune, "commune")
        found = self.units.get(("commune", name), ())
        if district:
            lay_in = bare_name(district, "district")
            found = tuple(unit for unit in found if bare_name(unit.district, "district") == lay_in)
            return self._only(found, "commune", f"{commune}, {district}")
        if found and name == " ".join(plain_letters(commune).split()):
            of_district = self.units.get(("district", name), ())
            found += tuple(unit for unit in of_district if unit.district not in {each.district for each in found})
        return self._only(found, "commune", commune)

    def _only(self, found: tuple[OldUnit, ...], level: str, asked: str) -> Shares:
        lie = {tuple(unit.shares.items()) for unit in found}
        if len(lie) == 1:
            return found[0].shares
        if found:
            listed = ", ".join(f"{unit.name} ({unit.district})" for unit in found)
            raise HaidangError(f"old {level} {asked!r} may be {listed}: name the district too")
        there = [unit for (kind, _), units in self.units.items() if kind == level for unit in units]
        raise UnknownNameError(f"old {level}", asked, {f"{unit.name}, {unit.district}" for unit in there})


def read_crosswalk(path: Path = CROSSWALK) -> Crosswalk:
    """Reads a crosswalk: CSV with the columns old_name, old_district, level, code and weight.

    Raises:
        HaidangError: if it cannot be read, a column is missing, a weight is no share, or those of an old unit do not
            sum to 1.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise HaidangError(f"{path} cannot be read: {error.strerror}; `crosswalk` names a CSV of old units") from error
    if missing := [name for name in _COLUMNS if rows and name not in rows[0]]:
        raise HaidangError(f"{path} lacks the columns {', '.join(missing)}")
    weights: dict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
    for number, row in enumerate(rows, start=2):
        try:
            weights[row["level"], row["old_name"], row["old_district"]][row["code"]] = float(row["weight"])
        except ValueError as error:
            raise HaidangError(f"{path}, line {number}: the weight {row['weight']!r} is not a number") from error
    units: dict[tuple[str, str], list[OldUnit]] = defaultdict(list)
    for (level, name, district), shares in weights.items():
        total = sum(shares.values())
        if min(shares.values()) <= 0 or abs(total - 1) > 1e-4:
            raise HaidangError(f"{path}: the weights of {name} ({district}) are not shares that sum to 1")
        whole = {code: shares[code] / total for code in sorted(shares)}
        bare = bare_name(district, "district") if level == "district" else bare_name(name, "commune")
        units[level, bare].append(OldUnit(name, district, whole))
    return Crosswalk({key: tuple(found) for key, found in units.items()})


def spread(shares: Shares, rule: Spread) -> Shares:
    """Where a record of a place counts, and as what part of one, by a stated rule.

    Args:
        shares: code of a site -> share of the place that lies in it.
        rule: what becomes of a place that lies in several sites.

    Raises:
        HaidangError: if it lies in several and is refused, or has no largest part.
    """
    if len(shares) == 1 or rule == "share":
        return shares
    listed = ", ".join(f"{code} {share:.2f}" for code, share in shares.items())
    first, second = sorted(shares, key=lambda code: -shares[code])[:2]
    if rule == "refuse":
        raise HaidangError(f"it lies in {listed}: state in `spread` whether it is shared")
    if np.isclose(shares[first], shares[second]):
        raise HaidangError(f"it lies in {listed}, and no part is known to be the largest")
    return {first: 1.0}


def sites_at(
    latitude: npt.NDArray[np.float64],
    longitude: npt.NDArray[np.float64],
    sites: Sites,
    areas: Mapping[str, BaseGeometry] | None = None,
    *,
    within_km: float = 0.0,
) -> npt.NDArray[np.object_]:
    """The site at each position: the one in whose area it lies, else the nearest within a distance.

    Without areas the sites are points. Of several areas that hold a position the first in the order of codes is taken.
    Distances are measured on a plane whose degrees of longitude are shortened by the cosine of the sites' mean
    latitude: within 1 % of the sphere in a province.

    Args:
        latitude: degrees north, shape (n,), no NaN.
        longitude: degrees east, shape (n,), no NaN.
        sites: the sites.
        areas: site code -> its area in degrees; None where only points are known.
        within_km: how far outside a site's area, or from its point, a position may lie, km.

    Returns:
        Codes, "" where no site is near enough; shape (n,).
    """
    codes = np.array([code for code in sites.codes if areas is None or code in areas], dtype=object)
    points = {code: shapely.Point(site.longitude, site.latitude) for code, site in sites.items()}
    shortened = np.array([np.cos(np.radians(sites.attribute("latitude").mean())), 1.0])
    drawn = [(points if areas is None else areas)[code] for code in codes]
    tree = shapely.STRtree(shapely.transform(np.array(drawn, dtype=object), lambda degrees: degrees * shortened))
    asked = shapely.points(np.column_stack([longitude, latitude]) * shortened)
    reach = max(within_km, _TOUCHES_KM) / _KM_PER_DEGREE
    position, near = tree.query_nearest(asked, max_distance=reach, all_matches=True)
    found = np.full(len(asked), "", dtype=object)
    found[position[::-1]] = codes[near[::-1]]
    return found
