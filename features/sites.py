"""The sites of a deployment: places that are forecast, with their positions and attributes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import HaidangError, UnknownNameError, plain_letters

EARTH_RADIUS_KM = 6371.0088  # IUGG mean radius, doi:10.1007/s001900050278
_REQUIRED = ("code", "name_vi", "name_en", "latitude", "longitude")


@dataclass(frozen=True)
class Site:
    """A place that is forecast: a commune, a farm, a shellfish bed, a gauge, a province.

    Attributes:
        code: key used everywhere, for instance the commune code of the statistics office.
        name_vi: Vietnamese name.
        name_en: English name.
        latitude: degrees north, WGS84.
        longitude: degrees east, WGS84.
        attributes: further facts as numbers; yes is 1 and no is 0, NaN is unknown.
    """

    code: str
    name_vi: str
    name_en: str
    latitude: float
    longitude: float
    attributes: Mapping[str, float]


class Sites(Mapping[str, Site]):
    """All sites of a deployment, by code, in the order of their codes."""

    def __init__(self, sites: Mapping[str, Site] | list[Site]) -> None:
        listed = sites if isinstance(sites, list) else list(sites.values())
        self._by_code = {site.code: site for site in sorted(listed, key=lambda site: site.code)}
        if len(self._by_code) != len(listed):
            codes = [site.code for site in listed]
            twice = sorted({code for code in codes if codes.count(code) > 1})
            raise HaidangError(f"site codes are given twice: {', '.join(twice)}")

    def __getitem__(self, code: str) -> Site:
        try:
            return self._by_code[code]
        except KeyError:
            named = [f"{site.code} {site.name_vi}" for site in self._by_code.values()]
            raise UnknownNameError("site", code, named) from None

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in order."""
        return tuple(self._by_code)

    def find(self, text: str) -> Site:
        """The site with this code or name; marks and letter case of the name do not count.

        Raises:
            UnknownNameError: if there is none, or if several sites bear the name; the nearest are listed first.
        """
        if text in self._by_code:
            return self._by_code[text]
        wanted = plain_letters(text)
        found = [s for s in self._by_code.values() if wanted in (plain_letters(s.name_vi), plain_letters(s.name_en))]
        return found[0] if len(found) == 1 else self[text]

    def attribute(self, name: str) -> npt.NDArray[np.float64]:
        """An attribute of all sites in order; `latitude` and `longitude` are attributes too.

        Raises:
            UnknownNameError: if no site has the attribute.
        """
        if name in ("latitude", "longitude"):
            return np.array([getattr(site, name) for site in self._by_code.values()])
        known = {key for site in self._by_code.values() for key in site.attributes}
        if name not in known:
            raise UnknownNameError("site attribute", name, sorted(known))
        return np.array([site.attributes.get(name, np.nan) for site in self._by_code.values()])

    def having(self, attribute: str | None) -> npt.NDArray[np.bool_]:
        """Which sites have a truthy attribute; all of them for None, none where no site knows the attribute."""
        if attribute is None:
            return np.ones(len(self), dtype=bool)
        return np.array([site.attributes.get(attribute, np.nan) > 0 for site in self._by_code.values()])

    @cached_property
    def distances_km(self) -> npt.NDArray[np.float64]:
        """Great-circle distances between all sites, km, shape (site, site), by the haversine formula."""
        latitude, longitude = (np.radians(self.attribute(name)) for name in ("latitude", "longitude"))
        half_latitude = np.sin((latitude[:, None] - latitude) / 2) ** 2
        half_longitude = np.sin((longitude[:, None] - longitude) / 2) ** 2
        haversine = half_latitude + np.cos(latitude)[:, None] * np.cos(latitude) * half_longitude
        distances: npt.NDArray[np.float64] = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(haversine))
        return distances


def read_sites(path: Path) -> Sites:
    """Reads a sites file: CSV with the columns code, name_vi, name_en, latitude, longitude, and attributes.

    Attribute columns hold numbers, or yes / no; blank is unknown.

    Raises:
        HaidangError: if the file is missing, a column is missing, or a value is not usable; says which row.
    """
    if not path.is_file():
        raise HaidangError(f"there is no sites file {path}: set HAIDANG_SITES to a CSV with {', '.join(_REQUIRED)}")
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    missing = [column for column in _REQUIRED if column not in table]
    if missing:
        raise HaidangError(f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(table.columns)}")
    return Sites([_site(row, f"{path}, row {number + 2}") for number, row in enumerate(table.to_dict("records"))])


def _site(row: Mapping[object, str], where: str) -> Site:
    values = {str(key): value.strip() for key, value in row.items()}
    numbers = {key: _number(value, key, where) for key, value in values.items() if key not in _REQUIRED[:3]}
    latitude, longitude = numbers.pop("latitude"), numbers.pop("longitude")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise HaidangError(f"{where}: {latitude}, {longitude} is not a position in degrees north and east")
    if not values["code"]:
        raise HaidangError(f"{where}: the code is empty")
    return Site(values["code"], values["name_vi"], values["name_en"], latitude, longitude, MappingProxyType(numbers))


def _number(text: str, column: str, where: str) -> float:
    words = {"": np.nan, "yes": 1.0, "no": 0.0}
    try:
        return words[text.casefold()] if text.casefold() in words else float(text)
    except ValueError as error:
        raise HaidangError(f"{where}: {column} is {text!r}, neither a number nor yes or no") from error
