"""Completeness: where a list says that no record means no event, and nowhere else."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from features.entries import ENTRIES
from features.local_days import day_starts
from features.places import bare_name
from features.sites import Site, Sites
from features.sources.line_lists.mapping import Complete


def zeros(
    stretch: Complete, sites: Sites, variables: tuple[str, ...], source: str, zone: str, until: pd.Timestamp
) -> Iterator[pd.DataFrame]:
    """Entries of zero for each day and site of a stretch, by calendar years.

    Args:
        stretch: in which the list is complete.
        sites: those that are asked for.
        variables: what the list counts.
        source: its name.
        zone: IANA zone of the local day.
        until: zeros that are known later are left out.
    """
    last = stretch.end or until.tz_convert(zone).date()
    days = pd.date_range(stretch.start, last, freq="D").to_numpy("datetime64[D]").astype(np.int64)
    known_time = day_starts(days + 1, zone) + pd.Timedelta(days=stretch.delay_days)
    told = pd.DataFrame({"valid_time": day_starts(days, zone), "known_time": known_time, "value": 0.0})
    meant = [site.code for site in sites.values() if not stretch.where or any(is_meant(site, stretch.where))]
    where = pd.DataFrame({"site": meant}, dtype=str)
    counted = pd.DataFrame({"variable": list(stretch.variables or variables)})
    told = told[told["known_time"] <= until]
    for _, year in told.groupby(told["valid_time"].dt.tz_convert(zone).dt.year):
        yield year.merge(where, how="cross").merge(counted, how="cross").assign(source=source)[ENTRIES.names]


def is_meant(site: Site, names: tuple[str, ...]) -> Iterator[bool]:
    """Of each name, code or with its kind of unit, whether it is a site's."""
    known = {bare_name(site.name_vi, "site"), bare_name(site.name_en, "site")}
    return (name == site.code or bare_name(name, "site") in known for name in names)


def unread_speak_of(entries: pd.DataFrame, unread: pd.DataFrame) -> pd.Series:
    """Which entries a record that cannot be read may contradict: one of their day, and of their site if it tells one.

    Args:
        entries: columns site and valid_time, among others.
        unread: records: valid_time (NaT if not known), and shares: the sites they lie in (None if not known).
    """
    dated = unread[unread["valid_time"].notna()]
    anywhere = dated.loc[dated["shares"].isna(), "valid_time"]
    placed = dated[dated["shares"].notna()]
    cells = [(code, day) for shares, day in zip(placed["shares"], placed["valid_time"], strict=True) for code in shares]
    at_site = pd.MultiIndex.from_frame(entries[["site", "valid_time"]]).isin(cells)
    return entries["valid_time"].isin(anywhere) | at_site
