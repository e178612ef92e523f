"""Storms on a displaced track, from what sites know of them: how near they come, and their wind and rain there.

The archive holds no tracks, but how near each site is to be passed on each day. A track that is displaced by a vector
passes a site as the true one passes the place that lies the vector behind it. The square of the least distance is a
polynomial of the second degree in the place, where the storm is one point or passes by on a straight line; so such a
polynomial over the sites, by least squares, tells by how much the square of the distance changes. Wind and rain change
as their published profiles do between the two distances (`features/sources/storms/profiles.py`): of storms that were
computed on displaced tracks (tests), the distance is right to some km unless they pass overhead.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from features.errors import HaidangError
from features.local_days import day_numbers
from features.sites import EARTH_RADIUS_KM, Sites
from features.snapshot import Snapshot
from features.sources.storms.at_sites import NONE_NEARER_KM
from features.sources.storms.profiles import radii_of_highest_wind, rain_rates, winds
from features.variables import variable_named
from features.vintages import Floats, Vintages

MOVED = ("storm_distance", "storm_wind", "storm_rain")
"""What follows a displaced track."""
LEFT = ("storm_bearing", "storm_closing_speed", "storm_hours_to_closest")
"""What would follow and cannot be told; the strength of a storm stays as it is."""
LARGEST_ERROR_KM = 15.0
"""Mean error of the polynomial up to which it is taken; a choice of this service."""
_TERMS, _HOURS_PER_DAY = 6, 24.0


class TrackError(HaidangError):
    """Storms whose tracks cannot be displaced."""


@dataclass(frozen=True)
class Displacement:
    """By how much the tracks of all storms ahead are displaced.

    Attributes:
        east_km: to the east; to the west if negative.
        north_km: to the north; to the south if negative.
    """

    east_km: float
    north_km: float

    def of(self, snapshot: Snapshot) -> dict[str, Floats]:
        """What is known of storms, on the displaced track.

        Args:
            snapshot: of one issue time.

        Returns:
            For each of `MOVED` the values of the issue day and the days after it, shape (site, day); NaN where nothing
            is known, or not enough to tell the wind or rain there. Days without a storm are as they were.

        Raises:
            TrackError: if too few sites know of a storm, or they do not tell of one that passes as above.
        """
        known = _known(snapshot)
        if not (self.east_km or self.north_km):
            return {name: known[name] for name in MOVED}
        here = plane(snapshot.sites)
        distance = known["storm_distance"].copy()
        for day in range(distance.shape[1]):
            near = distance[:, day] < NONE_NEARER_KM
            if near.any():
                distance[:, day] = self._passed(distance[:, day], near, here)
        # of the part of the earth that the sites lie in: the radius of the highest wind hardly changes with it
        latitude = np.repeat(snapshot.sites.attribute("latitude"), distance.shape[1]).reshape(distance.shape)
        told = {"storm_distance": distance}
        for name, profile in (("storm_wind", _wind), ("storm_rain", _rain)):
            before = profile(known["storm_strength"], latitude, known["storm_distance"])
            after = profile(known["storm_strength"], latitude, distance)
            told[name] = _in_proportion(known[name], before, after, moved=distance != known["storm_distance"])
            told[name] = np.minimum(told[name], variable_named(name).high)
        return told

    def _passed(self, distance: Floats, near: np.ndarray, here: Floats) -> Floats:
        """The distances of one day, shape (site,), on the displaced track."""
        terms = _terms(here)
        if np.linalg.matrix_rank(terms[near]) < _TERMS:
            raise TrackError(
                f"a storm is known at {int(near.sum())} sites of this day: to displace it takes six, not on a line"
            )
        squared = distance**2
        weights, *_ = np.linalg.lstsq(terms[near], squared[near], rcond=None)
        fitted = np.sqrt(np.maximum(terms @ weights, 0.0))
        error = float(np.sqrt(np.mean((fitted - distance)[near] ** 2)))
        if error > LARGEST_ERROR_KM:
            raise TrackError(
                f"the sites do not tell of one storm on a plain track: {error:.0f} km from it in the mean, more than "
                f"{LARGEST_ERROR_KM:.0f}: ask with a change of storm_distance, storm_wind and storm_rain instead"
            )
        behind = _terms(here - np.array([self.east_km, self.north_km]) / _SCALE_KM)
        passed = np.sqrt(np.maximum(squared + (behind - terms) @ weights, 0.0))
        return np.where(near, np.minimum(passed, NONE_NEARER_KM), distance)


_SCALE_KM = 100.0


def plane(sites: Sites) -> Floats:
    """Places of sites on a plane about their middle, in units of 100 km to the east and north, shape (site, 2)."""
    north, east = np.radians(sites.attribute("latitude")), np.radians(sites.attribute("longitude"))
    places = np.stack([(east - east.mean()) * np.cos(north.mean()), north - north.mean()], axis=-1)
    scaled: Floats = places * EARTH_RADIUS_KM / _SCALE_KM
    return scaled


def put(held: Vintages, values: Floats, issue_day: int) -> Vintages:
    """Values of the issue day and the days after it, shape (site, day), in the place of the last that were known."""
    site, day = np.nonzero(np.isfinite(values))
    inside = (day + issue_day >= held.first_day) & (day + issue_day < held.first_day + held.n_days)
    site, day = site[inside], day[inside]
    cell = site * held.n_days + day + issue_day - held.first_day
    some = held.start[cell + 1] > held.start[cell]
    changed = held.values.copy()
    changed[held.start[cell + 1][some] - 1] = values[site[some], day[some]]
    return replace(held, values=changed)


def _known(snapshot: Snapshot) -> dict[str, Floats]:
    """Values of the issue day and the days after it as last known, shape (site, day)."""
    (issue_day,) = day_numbers(snapshot.issue_times, snapshot.zone)
    held = {name: snapshot.vintages(name, int(issue_day)) for name in (*MOVED, "storm_strength")}
    end = max(one.first_day + one.n_days for one in held.values())
    days = np.arange(issue_day, max(end, int(issue_day) + 1))[None]
    return {name: one.last_known(snapshot.issue_times.asi8, days)[0] for name, one in held.items()}


def _terms(place: Floats) -> Floats:
    east, north = place.T
    return np.stack([np.ones_like(east), east, north, east**2, east * north, north**2], axis=-1)


def _path(strength: Floats, latitude: Floats) -> pd.DataFrame:
    unknown = np.full(strength.size, np.nan)
    return pd.DataFrame(
        {
            "z": np.sin(np.radians(latitude.ravel())),
            "wind": strength.ravel(),
            **dict.fromkeys(("pressure", "radius_30kt", "radius_50kt"), unknown),
        }
    )


def _wind(strength: Floats, latitude: Floats, distance: Floats) -> Floats:
    """Highest wind of a day by the profile, m/s, same shape: the strongest where its ring passes over the site."""
    path = _path(strength, latitude)
    ring = radii_of_highest_wind(path["wind"].to_numpy(), path["pressure"].to_numpy(), latitude.ravel())
    felt = np.fmax(distance.ravel(), ring)
    return winds(path, felt[:, None]).reshape(distance.shape)


def _rain(strength: Floats, latitude: Floats, distance: Floats) -> Floats:
    """Mm of a day with the storm at this distance throughout, same shape."""
    rates = rain_rates(_path(strength, latitude), distance.reshape(-1, 1)).reshape(distance.shape)
    return rates * _HOURS_PER_DAY


def _in_proportion(known: Floats, before: Floats, after: Floats, *, moved: np.ndarray) -> Floats:
    """What was known, changed as the profile is; what the profile tells where it told nothing before."""
    ratio = np.divide(after, before, out=np.full_like(after, np.nan), where=before > 0)
    told = np.where(before > 0, known * ratio, np.where(known > 0, known, after))
    return np.where(moved & np.isfinite(known), told, known)
