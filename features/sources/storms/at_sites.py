"""Tropical cyclones as sites see them: how near, where, how strong, coming or going, on each local day.

Distances are great-circle ones on a sphere, right to 0.5 %. The path is taken hour by hour, so that the least distance
of a storm that passes overhead at 30 km/h is too large by 15 km at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.entries import Floats
from features.local_days import Days, day_numbers, day_starts
from features.sites import Sites
from features.sources.storms.paths import bearings, distances_km, path_places, site_places
from features.sources.storms.profiles import rain_rates, winds
from features.variables import variable_named

NONE_NEARER_KM = variable_named("storm_distance").high
STORM_VARIABLES = (
    "storm_distance",
    "storm_bearing",
    "storm_strength",
    "storm_closing_speed",
    "storm_hours_to_closest",
    "storm_wind",
    "storm_rain",
)
OF_NEAREST, OF_ALL = STORM_VARIABLES[:5], STORM_VARIABLES[5:]
_LONGEST_AHEAD = variable_named("storm_hours_to_closest").high
_HOUR = 3_600_000_000


@dataclass(frozen=True)
class StormDays:
    """Storms on the local days of their lives; a storm-day is a day on which a storm has a path.

    Attributes:
        storm: which storm, shape (storm_day,).
        day: number of the local day, shape (storm_day,).
        hours: points of the path in the day, 24 if it covers the whole day, shape (storm_day,).
        values: variable -> its values, shape (storm_day, site); NaN where it is not known.
    """

    storm: npt.NDArray[np.object_]
    day: Days
    hours: Days
    values: Mapping[str, Floats]

    @property
    def near(self) -> npt.NDArray[np.bool_]:
        """Which storm-days are of storms that come nearer than 3,000 km to any site on any day."""
        nearest = self.values["storm_distance"].min(axis=1, initial=np.inf)
        return np.isin(self.storm, self.storm[nearest < NONE_NEARER_KM])

    def picked(self, kept: npt.NDArray[np.bool_]) -> "StormDays":
        """Some of the storm-days."""
        values = {name: value[kept] for name, value in self.values.items()}
        return StormDays(self.storm[kept], self.day[kept], self.hours[kept], values)


def storm_days(path: pd.DataFrame, sites: Sites, zone: str) -> StormDays:
    """What each storm does at each site on each local day.

    storm_distance is the least of the day and storm_bearing the direction of the centre then; storm_strength is the
    highest of the day that is given; storm_closing_speed is how much nearer it is at the end of the day than at its
    beginning, by the hours between; storm_hours_to_closest counts from noon to the least distance of the path from the
    start of the day on, and is not told beyond 480 hours; storm_wind is the highest of the day and storm_rain its sum.

    Args:
        path: as `hourly` gives it.
        sites: the sites.
        zone: IANA zone of the local day.
    """
    time = pd.DatetimeIndex(path["time"]).as_unit("us")
    day, storm = day_numbers(time, zone), pd.factorize(path["storm"])[0]
    first = np.flatnonzero((np.diff(day, prepend=-1) != 0) | (np.diff(storm, prepend=-1) != 0))
    last = np.append(first[1:], len(path))[: len(first)] - 1
    of = np.repeat(np.arange(len(first)), last - first + 1)
    places, at = path_places(path), site_places(sites)
    distance = distances_km(places, at)
    hour = time.asi8 / _HOUR
    noon = day_starts(day[first], zone).asi8 / _HOUR + 12.0

    nearest = _first_least(distance, first, of)
    least = np.take_along_axis(distance, nearest, axis=0)
    span = (hour[last] - hour[first])[:, None]
    closing = np.divide(distance[first] - distance[last], span, out=np.full(least.shape, np.nan), where=span > 0)
    ahead = hour[_least_from_here_on(least, nearest, storm[first])] - noon[:, None]
    strength = np.fmax.reduceat(path["wind"].to_numpy(dtype=float), first)
    values = {
        "storm_distance": least,
        "storm_bearing": bearings(places[nearest], at),
        "storm_strength": np.broadcast_to(strength[:, None], least.shape),
        "storm_closing_speed": closing,
        "storm_hours_to_closest": np.where(ahead <= _LONGEST_AHEAD, ahead, np.nan),
        "storm_wind": np.maximum.reduceat(winds(path, distance), first),
        "storm_rain": np.add.reduceat(rain_rates(path, distance), first),
    }
    return StormDays(path["storm"].to_numpy()[first], day[first], last - first + 1, values)


def _first_least(distance: Floats, first: Days, of: Days) -> npt.NDArray[np.int64]:
    """The hour of the least distance of each storm-day and site, the first of equal ones; shape (storm_day, site)."""
    least = np.minimum.reduceat(distance, first)
    hours = np.where(distance == least[of], np.arange(len(distance))[:, None], len(distance))
    earliest: npt.NDArray[np.int64] = np.minimum.reduceat(hours, first)
    return earliest


def _least_from_here_on(least: Floats, nearest: npt.NDArray[np.int64], storm: Days) -> npt.NDArray[np.int64]:
    """The hour of the least distance of each storm from each of its days on; shape (storm_day, site)."""
    hours, best = nearest.copy(), least.copy()
    for at in range(len(storm) - 2, -1, -1):
        if storm[at] == storm[at + 1]:
            later = best[at + 1] < best[at]
            best[at, later], hours[at, later] = best[at + 1, later], hours[at + 1, later]
    return hours


def all_together(storms: StormDays, days: Days, n_sites: int) -> dict[str, Floats]:
    """What the nearest of all storms does, and what all do together, on each day.

    Args:
        storms: storms on their days.
        days: sorted numbers of the days that are wanted.
        n_sites: number of sites.

    Returns:
        Variable -> values, shape (day, site). On a day without a storm within 3,000 km the distance is 3,000 km, wind
        and rain are 0, and bearing, strength, closing speed and hours are NaN.
    """
    values = {name: np.full((len(days), n_sites), np.nan) for name in OF_NEAREST}
    values |= {name: np.zeros((len(days), n_sites)) for name in OF_ALL}
    values["storm_distance"][:] = NONE_NEARER_KM
    wanted = np.isin(storms.day, days)
    for row in np.flatnonzero(wanted):
        at = np.searchsorted(days, storms.day[row])
        nearer = storms.values["storm_distance"][row] < values["storm_distance"][at]
        for name in OF_NEAREST:
            values[name][at, nearer] = storms.values[name][row, nearer]
        values["storm_wind"][at] = np.maximum(values["storm_wind"][at], storms.values["storm_wind"][row])
        values["storm_rain"][at] += storms.values["storm_rain"][row]
    return values


def untold_of_others(values: Mapping[str, Floats], days: npt.NDArray[np.bool_]) -> None:
    """Takes out, on days on which not every storm is known, what all do together, and that none is within 3,000 km."""
    for name in OF_ALL:
        values[name][days] = np.nan
    distance = values["storm_distance"]
    distance[days[:, None] & (distance == NONE_NEARER_KM)] = np.nan


def storm_entries(
    values: Mapping[str, Floats], days: Days, known: pd.DatetimeIndex, *, sites: Sites, zone: str, source: str
) -> pd.DataFrame:
    """Entries of daily values, by day, site and variable, to a hundredth of their unit; NaN makes none.

    Args:
        values: variable -> values, shape (day, site).
        days: numbers of the local days.
        known: when the values of each day could first be read.
        sites: the sites.
        zone: IANA zone of the local day.
        source: name of the source.
    """
    stacked = np.stack([values[name] for name in STORM_VARIABLES], axis=-1)
    day, site, variable = np.nonzero(np.isfinite(stacked))
    return pd.DataFrame(
        {
            "site": np.array(sites.codes, dtype=object)[site],
            "variable": np.array(STORM_VARIABLES, dtype=object)[variable],
            "valid_time": day_starts(days, zone).as_unit("us")[day],
            "known_time": known.as_unit("us")[day],
            "value": np.round(stacked[day, site, variable], 2),
            "source": source,
        }
    )
