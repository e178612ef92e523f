"""Files of storm tracks for tests, written in the providers' formats."""

from pathlib import Path

import pandas as pd

from features.entries import Batch
from features.ingest import Source
from features.sites import Site, Sites

EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")


def site_at(latitude: float, longitude: float, code: str = "here") -> Site:
    return Site(code, code, code, latitude, longitude, {})


HERE = Sites([site_at(0.0, 106.0)])


def jma(path: Path, *storms: tuple[str, list[str]]) -> Path:
    """A best-track file of RSMC Tokyo: (international number, data lines) for each storm."""
    lines = []
    for number, fixes in storms:
        lines.append(
            f"66666 {number}  {len(fixes):03d} 0001 {number} 0 6             MEKKHALA              20150217        "
        )
        lines += fixes
    path.write_text("\r\n".join(lines) + "\r\n", encoding="ascii", newline="")
    return path


def fix(
    time: str,
    latitude: float,
    longitude: float,
    *,
    grade: int = 5,
    pressure: str = " 970",
    knots: int = 70,
    radii: str = "",
) -> str:
    """A data line of RSMC Tokyo; `radii` begins in column 42, for instance `90050 0050 90150 0150`."""
    place = f"{round(latitude * 10):03d} {round(longitude * 10):04d}"
    return f"{time} 002 {grade} {place} {pressure}     {knots:03d}     {radii:<39}"


def whole(source: Source, sites: Sites = HERE, start: pd.Timestamp = EVER[0], end: pd.Timestamp = EVER[1]) -> Batch:
    """All that a source brings, as one batch."""
    batches = list(source.fetch(sites, start, end))
    passed_over: dict[str, int] = {}
    for batch in batches:
        for why, count in batch.passed_over.items():
            passed_over[why] = passed_over.get(why, 0) + count
    return Batch(
        pd.concat([batch.entries for batch in batches], ignore_index=True),
        pd.concat([batch.rejected for batch in batches], ignore_index=True),
        read=sum(batch.read for batch in batches),
        unread=sum(batch.unread for batch in batches),
        passed_over=passed_over,
        remarks=tuple(remark for batch in batches for remark in batch.remarks),
    )


def by_day(batch: Batch, zone: str = "UTC", site: str = "here") -> pd.DataFrame:
    """Values of a site, one row per local date, one column per variable."""
    of_site = batch.entries[batch.entries["site"] == site]
    dates = of_site["valid_time"].dt.tz_convert(zone).dt.strftime("%Y-%m-%d")
    return of_site.assign(date=dates).set_index(["date", "variable"])["value"].unstack()  # noqa: PD010
