"""The groups that a record is told of by: sites, years or seasons."""

import numpy as np
import numpy.typing as npt

from models.alarm_runs import EventDays
from models.season import SEASONS
from serving.issued.as_issued import AsIssued

Integers = npt.NDArray[np.int64]


def groups_of(record: AsIssued, days: EventDays, by: str) -> tuple[list[str | None], Integers]:
    """Labels of the groups, and to which each site and day belongs, shape (site, day)."""
    shape = len(record.sites), len(days.numbers)
    dates = days.numbers.astype("datetime64[D]")
    if by == "site":
        seen, place = np.unique(record.asked.site, return_inverse=True)
        of_site = np.zeros(shape[0], dtype=np.int64)
        of_site[record.asked.site] = place
        return [record.sites[number] for number in seen], np.broadcast_to(of_site[:, None], shape)
    if by == "year":
        years, place = np.unique(dates.astype("datetime64[Y]"), return_inverse=True)
        return [str(year) for year in years], np.broadcast_to(place, shape)
    if by == "season":
        return list(SEASONS), np.broadcast_to(seasons(days.numbers), shape)
    return [None], np.zeros(shape, dtype=np.int64)


def seasons(days: Integers) -> Integers:
    """Where the season of each local day stands in `SEASONS`."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return (months + 1) % 12 // 3
