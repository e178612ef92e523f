"""Data quality: what is late, missing, stuck or out of range now, by variable, source and site, and since when."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.archive import Archive
from features.feeds import feeds_of
from features.ingest_log import IngestLog
from features.local_days import day_starts
from features.variables import VARIABLES, variable_named

STUCK_DAYS, REFUSED_DAYS = 5, 7
_HISTORY_DAYS, _WINDOW_DAYS, _SILENT_DAYS, _SILENT_TURNS = 730, 90, 3, 3
_DAY = pd.Timedelta(days=1)
_WHERE = r"(?P<variable>\w+) at site (?P<site>\S+) on (?P<day>\d{4}-\d{2}-\d{2})"
_KINDS = {
    "late": ("chậm", "late"),
    "missing": ("thiếu", "missing"),
    "stuck": ("đứng yên", "stuck"),
    "out of range": ("ngoài khoảng hợp lý", "out of range"),
}


@dataclass(frozen=True)
class QualityAlarm:
    """One thing that is wrong with the data.

    Attributes:
        kind: late, missing, stuck or out of range.
        variable: the variable.
        source: whose values.
        sites: codes of the sites; none for all.
        since: since when.
    """

    kind: str
    variable: str
    source: str
    sites: tuple[str, ...]
    since: pd.Timestamp

    def text(self, zone: str) -> str:
        """The alarm in Vietnamese and English."""
        vi, en = _KINDS[self.kind]
        variable = VARIABLES[self.variable]
        since = f"{self.since.tz_convert(zone):%Y-%m-%d %H:%M}"
        places = ", ".join(self.sites[:10]) + (f" (+{len(self.sites) - 10})" if len(self.sites) > 10 else "")
        at_vi, at_en = (f" tại {places}", f" at {places}") if self.sites else ("", "")
        return (
            f"{variable.title_vi} ({self.source}) {vi}{at_vi} từ {since} / "
            f"{variable.title_en} ({self.source}) {en}{at_en} since {since}"
        )


def data_quality(archive: Archive, log: IngestLog, now: pd.Timestamp) -> tuple[QualityAlarm, ...]:
    """All that is wrong with what the archive holds at a moment.

    Late is what is older than its source promises. Missing are sites of which a source told in the last 90 days, and
    now for three turns and three days nothing more while it tells of others. Stuck are daily observations that stand
    for five days or more, and longer than any in two years before; counts, and the lowest value that there is, may
    stand. Out of range is what was refused for its value, of the last seven days.

    Args:
        archive: what was known.
        log: the log of ingests, which knows what sources promise.
        now: the moment.
    """
    if not archive.exists:
        return ()
    late: list[QualityAlarm] = []
    found: list[QualityAlarm] = []
    for variable in archive.variables():
        rows = archive.newest_rows(variable, _WINDOW_DAYS * max(1, variable_named(variable).span_days))
        late += _late(variable, rows, log, now)
        rows = rows[rows["known_time"] <= now]
        found += [*_missing(variable, rows), *_stuck(archive, variable, rows, now)]
    return (*late, *found, *_out_of_range(archive, now))


def _late(variable: str, rows: pd.DataFrame, log: IngestLog, now: pd.Timestamp) -> Iterator[QualityAlarm]:
    for feed in feeds_of(variable, rows, log, now):
        if feed.late and feed.promised_days is not None:
            since = now - (feed.age_days - feed.promised_days) * _DAY
            yield QualityAlarm("late", feed.variable, feed.source, (), since.round("s"))


def _missing(variable: str, rows: pd.DataFrame) -> Iterator[QualityAlarm]:
    for source, told in rows.groupby("source", observed=True):
        newest = told["known_time"].max()
        silent: dict[str, pd.Timestamp] = {}
        last = told.groupby("site", observed=True)["known_time"].max()
        for site in last.index[newest - last > _SILENT_DAYS * _DAY]:
            turns = np.sort(told.loc[told["site"] == site, "known_time"].unique())
            if len(turns) >= _SILENT_TURNS:
                usual = pd.Timedelta(np.median(np.diff(turns)))
                if newest - turns[-1] > max(_SILENT_DAYS * _DAY, _SILENT_TURNS * usual):
                    silent[str(site)] = pd.Timestamp(turns[-1]) + usual
        if silent:
            yield QualityAlarm("missing", variable, str(source), tuple(sorted(silent)), min(silent.values()))


def _stuck(archive: Archive, variable: str, rows: pd.DataFrame, now: pd.Timestamp) -> Iterator[QualityAlarm]:
    told = variable_named(variable)
    if told.span_days != 1 or told.subject == "reports":
        return
    recent = archive.observed(variable, by=now, start=now - _WINDOW_DAYS * _DAY, end=now)
    if not any(_may_stand(series[np.isfinite(series)], told.low) for series in recent.to_numpy()):
        return
    values = archive.observed(variable, by=now, start=now - _HISTORY_DAYS * _DAY, end=now)
    sites, since = [], []
    for code, series in zip(values["site"].to_numpy(), values.to_numpy(), strict=True):
        known = np.flatnonzero(np.isfinite(series))
        lengths = run_lengths(series[known])
        standing = int(lengths[-1]) if len(lengths) else 0
        if standing >= STUCK_DAYS and standing > lengths[:-standing].max(initial=0) and series[known[-1]] > told.low:
            sites.append(str(code))
            since.append(int(values["time"].to_numpy()[known[-standing]].astype("datetime64[D]").astype(np.int64)))
    if sites:
        start = day_starts([min(since)], archive.zone)[0]
        own = rows[rows["site"].isin(sites) & (rows["known_time"] >= rows["valid_time"] + _DAY)]
        sources = ", ".join(sorted(own["source"].astype(str).unique()))
        yield QualityAlarm("stuck", variable, sources, tuple(sites), start)


def _may_stand(known: npt.NDArray[np.float64], low: float) -> bool:
    """Whether the last known values stand above the lowest that there is, or are too few to tell."""
    last = known[-STUCK_DAYS:]
    return len(last) < STUCK_DAYS or bool(np.ptp(last) == 0 and last[-1] > low)


def run_lengths(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """How many equal values in a row end at each value."""
    new = np.concatenate([[True], np.diff(values) != 0])[: len(values)]
    places = np.arange(len(values))
    return places - np.maximum.accumulate(np.where(new, places, 0)) + 1


def _out_of_range(archive: Archive, now: pd.Timestamp) -> Iterator[QualityAlarm]:
    refused = archive.quarantined()
    told = refused["reason"].str.extract(_WHERE)
    of_value = refused["reason"].str.contains("plausible value|outside|: spike|: step|: stuck", regex=True)
    rows = told.assign(source=refused["source"])[of_value & told["variable"].isin(list(VARIABLES))]
    rows = rows.assign(day=pd.to_datetime(rows["day"]).dt.tz_localize(archive.zone))
    rows = rows[(rows["day"] <= now) & (rows["day"] > now - REFUSED_DAYS * _DAY)]
    for (variable, source), own in rows.groupby(["variable", "source"]):
        sites = tuple(sorted(own["site"].unique()))
        yield QualityAlarm("out of range", str(variable), str(source), sites, own["day"].min())
