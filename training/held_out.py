"""Robustness: groups of sites, seasons or storms are left out in turn, and asked of who learned from the others.

It says how far what was learned holds at other places, in another season or for another storm. It is no forecast of
later years: what came after is learned from too. Features are as known at the issue time all the same, and outcomes of
the part that is asked about are never learned from.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from features.local_days import day_numbers, day_starts
from models.hazard import Hazard
from models.season import SEASONS
from training.backtest import Backtest, answers, joined
from training.examples import Examples, examples, first_issue

STORM_KM = 300.0
_GAP_DAYS = 2
Progress = Callable[[int, int], None]
Part = tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]


@dataclass(frozen=True)
class Stretch:
    """Issue times in [start, end) that belong together: a season of a year, or those that speak of a storm.

    Attributes:
        name: such as "2023 JJA".
        start: UTC.
        end: UTC, exclusive.
    """

    name: str
    start: pd.Timestamp
    end: pd.Timestamp


def leave_groups_out(
    hazard: Hazard,
    archive: Archive,
    attribute: str,
    *,
    start: pd.Timestamp | None = None,
    end: pd.Timestamp | None = None,
    progress: Progress = lambda done, of: None,
) -> Backtest:
    """Leaves each group of sites out once: farms, stretches of coast, districts.

    The other groups are learned from over the whole stretch. Choose groups far enough apart that what happens in one
    does not tell of the other.

    Args:
        hazard: the hazard.
        archive: the archive.
        attribute: site attribute whose values are the groups; sites without a value are left alone.
        start: first issue time; the first that can be asked about for None.
        end: issue times end before this; when the archive ends for None.
        progress: is told how many groups are done, of how many.

    Raises:
        UnknownNameError: if no site has the attribute.
        HaidangError: if there are fewer than two groups with outcomes, or no issue time.
        NoOutcomeError: if no outcome is known.
    """
    known = _known(hazard, archive, start, end)
    of_site = dict(zip(archive.sites.codes, archive.sites.attribute(attribute), strict=True))
    group = known.rows.index.get_level_values("site").map(of_site).to_numpy(float)
    groups = np.unique(group[np.isfinite(group)])
    if len(groups) < 2:
        raise HaidangError(
            f"{len(groups)} group of sites by {attribute} has outcomes of {hazard.name}: there must be two at least"
        )
    parts = [(np.isfinite(group) & (group != held_out), group == held_out) for held_out in groups]
    return _asked_of_others(hazard, known, parts, progress)


def leave_stretches_out(
    hazard: Hazard,
    archive: Archive,
    stretches: Iterable[Stretch],
    *,
    start: pd.Timestamp | None = None,
    end: pd.Timestamp | None = None,
    progress: Progress = lambda done, of: None,
) -> Backtest:
    """Leaves each stretch of time out once, with the embargo before and after it, in which answers share what came.

    Args:
        hazard: the hazard.
        archive: the archive.
        stretches: see `seasons` and `storms`; what lies in none is learned from and not asked about.
        start: first issue time; the first that can be asked about for None.
        end: issue times end before this; when the archive ends for None.
        progress: is told how many stretches are done, of how many.

    Raises:
        HaidangError: if there are fewer than two stretches with outcomes, or no issue time.
        NoOutcomeError: if no outcome is known.
    """
    known = _known(hazard, archive, start, end)
    times = pd.DatetimeIndex(known.rows.index.get_level_values("issue_time"))
    embargo, parts = pd.Timedelta(days=hazard.embargo_days), []
    for stretch in stretches:
        asked = np.asarray((times >= stretch.start) & (times < stretch.end))
        learned = np.asarray((times < stretch.start - embargo) | (times >= stretch.end + embargo))
        if asked.any() and learned.any():
            parts.append((learned, asked))
    if len(parts) < 2:
        raise HaidangError(
            f"{len(parts)} stretch of time with outcomes of {hazard.name} can be left out: there must be two at least; "
            "name a longer stretch"
        )
    return _asked_of_others(hazard, known, parts, progress)


def seasons(archive: Archive, start: pd.Timestamp, end: pd.Timestamp) -> list[Stretch]:
    """The seasons of the years that [start, end) touches; December belongs to the winter of the year after."""
    first = start.tz_convert(archive.zone).tz_localize(None)
    months = pd.date_range(first - pd.DateOffset(months=3), end.tz_convert(archive.zone).tz_localize(None), freq="MS")
    begins = [month for month in months if month.month % 3 == 0]
    return [
        Stretch(
            f"{(begin + pd.DateOffset(months=1)).year} {SEASONS[begin.month % 12 // 3]}",
            *(
                moment.tz_localize(archive.zone).tz_convert("UTC")
                for moment in (begin, begin + pd.DateOffset(months=3))
            ),
        )
        for begin in begins
    ]


def storms(hazard: Hazard, archive: Archive, start: pd.Timestamp, end: pd.Timestamp) -> list[Stretch]:
    """The storms of [start, end): days with a cyclone within 300 km of a site, and the issue times that speak of them.

    Days with at most two between them are one storm, named by its first day. An issue time belongs to one storm only.

    Raises:
        HaidangError: if the archive holds no distance of storms, or none came near.
    """
    if "storm_distance" not in archive.variables():
        raise HaidangError("no storm can be left out: the archive holds no storm_distance; ingest storm tracks first")
    distance = archive.observed("storm_distance", by=archive.ends(), start=start, end=end)
    near = np.flatnonzero((distance <= STORM_KM).any("site").to_numpy())
    if near.size == 0:
        raise HaidangError(
            f"no storm came within {STORM_KM:g} km of a site from {start} to {end}: name a longer stretch"
        )
    days = day_numbers(pd.DatetimeIndex([start]), archive.zone)[0] + near
    found, free = [], np.iinfo(np.int64).min
    for storm in np.split(days, np.flatnonzero(np.diff(days) > _GAP_DAYS + 1) + 1):
        first, last = max(storm[0] - hazard.periods.reach, free), storm[-1]
        free = last
        if first < last:
            bounds = day_starts(np.array([first, last]), archive.zone)
            found.append(Stretch(str(np.datetime64(int(storm[0]), "D")), bounds[0], bounds[1]))
    return found


def _known(hazard: Hazard, archive: Archive, start: pd.Timestamp | None, end: pd.Timestamp | None) -> Examples:
    first = first_issue(archive) if start is None else max(start, first_issue(archive))
    last = archive.ends() if end is None else end
    times = hazard.issue_times(first, last, archive.zone, every_days=hazard.issue_every_days)
    if times.empty:
        raise HaidangError(f"{hazard.name} is not asked from {first} to {last}: name a longer stretch")
    return examples(hazard, hazard.ask(archive, times), archive, by=archive.ends())


def _asked_of_others(hazard: Hazard, known: Examples, parts: list[Part], progress: Progress) -> Backtest:
    """What is answered about each part by who learned from another, in one backtest."""
    answered = []
    for done, (learned, asked) in enumerate(parts):
        others = Examples(known.rows[learned], known.outcome[learned])
        answered.append(answers(hazard, others, known.rows[asked]))
        progress(done + 1, len(parts))
    return joined(hazard, known, answered)
