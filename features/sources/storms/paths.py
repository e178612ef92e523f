"""Where a storm is between its fixes: hour by hour along the great circle."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.entries import Floats
from features.sites import EARTH_RADIUS_KM, Sites

JOINED_HOURS = 24.0
_HOUR = 3_600_000_000
_PLACE = ["x", "y", "z"]
_BETWEEN = ["wind", "pressure", "radius_30kt", "radius_50kt"]


def hourly(fixes: pd.DataFrame) -> pd.DataFrame:
    """The path of each storm, from its first fix on every full hour later.

    Two fixes at most a day apart are joined by even motion on the great circle. Strength and size lie between those of
    the two fixes in proportion, and are unknown (NaN) between fixes of which one does not give them.

    Args:
        fixes: columns storm, time, latitude, longitude, wind, pressure, radius_30kt and radius_50kt, by storm and
            time, one row per storm and time.

    Returns:
        Columns storm, time, x, y, z (unit vector from the centre of the earth), wind, pressure, radius_30kt and
        radius_50kt, by storm and time.
    """
    storm = pd.factorize(fixes["storm"])[0]
    first = np.flatnonzero(np.diff(storm, prepend=-1))
    last = np.append(first[1:], len(fixes))[: len(first)] - 1
    moment = pd.DatetimeIndex(fixes["time"]).as_unit("us").asi8
    since = (moment - moment[first][storm]) / _HOUR
    count = np.floor(since[last]).astype(np.int64) + 1
    of = np.repeat(np.arange(len(first)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    apart = since.max(initial=0.0) + 2.0
    before = np.searchsorted(storm * apart + since, of * apart + step, side="right") - 1
    after = np.minimum(before + 1, last[of])
    gap = since[after] - since[before]
    weight = np.divide(step - since[before], gap, out=np.zeros(len(gap)), where=gap > 0)
    joined = (weight == 0) | (gap <= JOINED_HOURS)
    before, after, weight = before[joined], after[joined], weight[joined]

    fixed = places_of(fixes["latitude"].to_numpy(dtype=float), fixes["longitude"].to_numpy(dtype=float))
    turn = np.arccos(np.clip((fixed[before] * fixed[after]).sum(axis=1), -1.0, 1.0)) / np.pi
    shares = [part * np.sinc(part * turn) / np.sinc(turn) for part in (1 - weight, weight)]  # sin(part a) / sin(a)
    places = shares[0][:, None] * fixed[before] + shares[1][:, None] * fixed[after]
    path = {}
    for name in _BETWEEN:
        given = fixes[name].to_numpy(dtype=float)
        path[name] = np.where(weight == 0, given[before], (1 - weight) * given[before] + weight * given[after])
    at_first = first[of[joined]]
    time = pd.to_datetime(moment[at_first] + step[joined] * _HOUR, unit="us", utc=True).as_unit("us")
    storms = fixes["storm"].to_numpy()[at_first]
    return pd.DataFrame({"storm": storms, "time": time, **dict(zip(_PLACE, places.T, strict=True)), **path})


def places_of(latitude: Floats, longitude: Floats) -> Floats:
    """Unit vectors from the centre of the earth, shape (n, 3), of degrees north and east."""
    north, east = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)


def path_places(path: pd.DataFrame) -> Floats:
    """The unit vectors of a path, shape (hour, 3)."""
    return path[_PLACE].to_numpy(dtype=float)


def site_places(sites: Sites) -> Floats:
    """The unit vectors of sites, shape (site, 3)."""
    return places_of(sites.attribute("latitude"), sites.attribute("longitude"))


def distances_km(places: Floats, sites: Floats) -> Floats:
    """Great-circle distances, km, shape (n, site), between places and sites as unit vectors."""
    return EARTH_RADIUS_KM * np.arccos(np.clip(places @ sites.T, -1.0, 1.0))


def bearings(places: Floats, sites: Floats) -> npt.NDArray[np.float64]:
    """Bearing of places as seen from sites, degrees clockwise from north, 0 to 360.

    Args:
        places: unit vectors, shape (n, site, 3).
        sites: unit vectors, shape (site, 3).

    Returns:
        Shape (n, site).
    """
    x, y = sites[:, 0], sites[:, 1]
    level = np.maximum(np.hypot(x, y), np.finfo(float).tiny)
    east = np.stack([-y / level, x / level, np.zeros_like(x)], axis=-1)
    north = np.cross(sites, east)
    angle = np.arctan2((places * east).sum(axis=-1), (places * north).sum(axis=-1))
    return np.degrees(angle) % 360.0
