"""Where the rows of a line list lie: on which sites of today each counts, and as what part of one event."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from features.errors import HaidangError
from features.places import Crosswalk, Shares, site_named, sites_at, spread
from features.sites import Sites
from features.sources.line_lists.mapping import LineListMapping
from features.sources.tables.cells import cell_texts, read_numbers

OUTSIDE, OTHER_PLACES, OTHER_SITES = "lie outside all sites", "are of other places", "are of other sites"


@dataclass(frozen=True)
class Found:
    """What is found of a place.

    Attributes:
        shares: code of a site -> part of an event that counts there; None where nothing is found.
        aside: why a good place brings nothing here; "" where it does.
        fault: what is wrong with it; "" if nothing.
    """

    shares: Shares | None = None
    aside: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Finder:
    """Finds the sites of rows by a mapping.

    Attributes:
        mapping: what the columns mean.
        sites: the sites that are asked for.
        areas: their areas; None where only points are known.
        crosswalk: what became of old units.
    """

    mapping: LineListMapping
    sites: Sites
    areas: Mapping[str, BaseGeometry] | None
    crosswalk: Crosswalk

    def find(self, cells: pd.DataFrame, of_today: pd.Series) -> pd.DataFrame:
        """Finds each row's sites.

        Args:
            cells: the columns that the mapping reads.
            of_today: whether a row's names are those of today, where a list has both.

        Returns:
            Columns shares, aside and fault as in `Found`, place (the names as written, None without), latitude and
            longitude (NaN without).
        """
        place = self.mapping.place
        ways = {"site": place.site, "commune": place.commune, "district": place.district}
        texts = {way: "" if column is None else cell_texts(cells[column]) for way, column in ways.items()}
        named = pd.DataFrame(texts, index=cells.index)
        where = self._positions(cells)
        asked = named.assign(of_today=of_today)[where["found"].isna()]
        for key, alike in asked.groupby([*ways, "of_today"], sort=False):
            found = self._named(*map(str, key[:3]), of_today=bool(key[3]))
            where.loc[alike.index, "found"] = pd.Series([found] * len(alike), index=alike.index, dtype=object)
        columns = [cell_texts(cells[column]) for column in place.named_by]
        written = [", ".join(filter(None, row)) or None for row in zip(*columns, strict=True)]
        return pd.DataFrame(
            {
                "shares": where["found"].map(lambda found: found.shares),
                "aside": where["found"].map(lambda found: found.aside),
                "fault": where["found"].map(lambda found: found.fault),
                "place": pd.Series(written if columns else None, index=cells.index, dtype=object),
                "latitude": where["latitude"],
                "longitude": where["longitude"],
            }
        )

    def _positions(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Columns found (None for rows without a position), latitude and longitude (NaN if there is none)."""
        place = self.mapping.place
        where = pd.DataFrame({"found": None, "latitude": np.nan, "longitude": np.nan}, index=cells.index)
        where["found"] = where["found"].astype(object)
        if place.latitude is None or place.longitude is None:
            return where
        north, east = cell_texts(cells[place.latitude]), cell_texts(cells[place.longitude])
        latitude, wrong_north = read_numbers(north, self.mapping)
        longitude, wrong_east = read_numbers(east, self.mapping)
        wrong = wrong_north | wrong_east | (np.isnan(latitude) != np.isnan(longitude))
        wrong |= (np.abs(latitude) > 90) | (np.abs(longitude) > 180)
        stated = ~wrong & np.isfinite(latitude) & ((latitude != 0) | (longitude != 0))
        where.loc[stated, "latitude"], where.loc[stated, "longitude"] = latitude[stated], longitude[stated]
        codes = sites_at(latitude[stated], longitude[stated], self.sites, self.areas, within_km=place.within_km)
        at_site = {code: Found({code: 1.0}) for code in self.sites.codes} | {"": Found(aside=OUTSIDE)}
        where.loc[stated, "found"] = pd.Series(codes, where.index[stated], dtype=object).map(at_site)
        faults = f"{place.latitude}, {place.longitude} is " + north.map(repr) + ", " + east.map(repr)
        faulty = faults[wrong].map(lambda fault: Found(fault=f"{fault}, not a position in degrees"))
        where.loc[wrong, "found"] = faulty
        return where

    def _named(self, site: str, commune: str, district: str, *, of_today: bool) -> Found:
        """What names stand for; "" where a row gives none."""
        place = self.mapping.place
        has_old = place.commune is not None or place.district is not None
        if place.site is not None and (of_today or not has_old):
            names: list[tuple[str | None, str]] = [(place.site, site)]
        else:
            names = [(place.commune, commune), (place.district, district)]
        stated = ", ".join(f"{column} is {text!r}" for column, text in names if column is not None)
        known = [place.names.get(text, text) for _, text in names]
        if not any(known):
            return Found(fault=f"{stated or 'the position is blank'}: the row names no place")
        try:
            if len(known) == 1 or known[0] in self.sites:
                return Found({site_named(known[0], self.sites): 1.0})
            shares = spread(self.crosswalk.shares(*known), place.spread)
        except HaidangError as error:
            if place.others == "skip":
                return Found(aside=OTHER_PLACES)
            return Found(fault=f"{stated}: {error}; mend it, or say in `names` what is meant")
        asked = {code: share for code, share in shares.items() if code in self.sites}
        return Found(asked) if asked else Found(aside=OTHER_SITES)
