"""What a storm does at the sites: rain, wind and surge along its path.

Wind falls from the radius of 35 km as r^-0.55; rain falls off over 190 km. Surge: inverse barometer that fades over
80 km and set-up by the wind towards the shore; central pressure from wind, Atkinson and Holliday 1977,
doi:10.1175/1520-0493(1977)105<0421:TCMSLP>2.0.CO;2.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.sites import Sites
from features.sources.simulated.laws import rain_multiplier
from features.sources.simulated.storms import LIFE_DAYS, STEPS_A_DAY, Tracks

Single = npt.NDArray[np.float32]

_RADIUS_KM, _WIND_FADING, _RAIN_FADING_KM, _SURGE_FADING_KM = 35.0, 0.55, 190.0, 80.0
_KM_PER_DEGREE, _EAST_SHRINKS = 111.0, 0.933
_SHOREWARD_EAST, _SHOREWARD_NORTH = -np.sqrt(0.5), np.sqrt(0.5)


@dataclass(frozen=True)
class Felt:
    """What storms bring; `day` counts the days of their life, or of the calendar.

    Attributes:
        rain: mm/day, shape (..., day, site).
        wind: highest wind of the day, m/s, shape (..., day, site).
        surge: m, shape (..., day, quarter of the day, coastal site).
    """

    rain: Single
    wind: Single
    surge: Single


@dataclass(frozen=True)
class Passage:
    """How near storms come on each day, and how strong they are then, both of shape (..., day, site).

    Attributes:
        distance: least distance of the centre, km.
        strength: highest sustained wind of the storm at that time, m/s.
    """

    distance: Single
    strength: Single


@dataclass(frozen=True)
class Terrain:
    """What the sites do to a storm's wind and rain, and which of them have a shore.

    Attributes:
        sites: the sites; attributes coastal, island and elevation_m are read.
    """

    sites: Sites

    def felt(self, tracks: Tracks) -> Felt:
        """What storms on these tracks, of shape (..., step), bring to the sites on each of their eight days."""
        east, north = self._away(tracks)
        strength = tracks.wind[..., None].astype(np.float32)
        distance = np.maximum(np.hypot(east, north), 1)
        profile = np.where(distance < _RADIUS_KM, distance / _RADIUS_KM, (_RADIUS_KM / distance) ** _WIND_FADING)
        wind = strength * profile * self._exposure
        rain = (8 + 4 * np.clip(strength, 0, 45)) * np.exp(-distance / _RAIN_FADING_KM) * self._rain_factor
        shore = self.coastal
        towards = (-north[..., shore] * _SHOREWARD_EAST + east[..., shore] * _SHOREWARD_NORTH) / distance[..., shore]
        shoreward = wind[..., shore] * np.maximum(towards, 0)
        deficit = (strength / 3.45) ** 1.553
        surge = 0.010 * deficit * np.exp(-distance[..., shore] / _SURGE_FADING_KM) + 0.0009 * shoreward**2
        return Felt(
            _by_day(rain).mean(axis=-2).astype(np.float32),
            _by_day(wind).max(axis=-2).astype(np.float32),
            _by_day(surge).astype(np.float32),
        )

    def passage(self, tracks: Tracks) -> Passage:
        """How near storms on these tracks, of shape (..., step), come to the sites on each of their eight days."""
        distance = _by_day(np.hypot(*self._away(tracks)).astype(np.float32))
        nearest = distance.argmin(axis=-2)[..., None, :]
        strength = tracks.wind.reshape(*tracks.wind.shape[:-1], LIFE_DAYS, STEPS_A_DAY, 1)
        of_sites = np.broadcast_to(strength, distance.shape).astype(np.float32)
        return Passage(*(np.take_along_axis(part, nearest, -2)[..., 0, :] for part in (distance, of_sites)))

    def _away(self, tracks: Tracks) -> tuple[Single, Single]:
        """How far the sites lie east and north of the centres, km, shape (..., step, site)."""
        longitude, latitude = (part[..., None].astype(np.float32) for part in (tracks.longitude, tracks.latitude))
        east = (self._longitude - longitude) * np.float32(_KM_PER_DEGREE * _EAST_SHRINKS)
        return east, (self._latitude - latitude) * np.float32(_KM_PER_DEGREE)

    @cached_property
    def coastal(self) -> npt.NDArray[np.int64]:
        """Positions of the coastal sites."""
        return np.flatnonzero(self.sites.having("coastal"))

    @cached_property
    def _longitude(self) -> Single:
        return self.sites.attribute("longitude").astype(np.float32)

    @cached_property
    def _latitude(self) -> Single:
        return self.sites.attribute("latitude").astype(np.float32)

    @cached_property
    def _exposure(self) -> Single:
        coast = np.where(self.sites.having("island"), 1.0, np.where(self.sites.having("coastal"), 0.92, 0.72))
        return coast.astype(np.float32)

    @cached_property
    def _rain_factor(self) -> Single:
        factor = (1 + 0.35 * self.sites.attribute("elevation_m") / 500) * rain_multiplier(self.sites)
        return factor.astype(np.float32)


def _by_day(values: Single) -> Single:
    """From (..., step, site) to (..., day, quarter of the day, site)."""
    return values.reshape(*values.shape[:-2], LIFE_DAYS, STEPS_A_DAY, values.shape[-1])
