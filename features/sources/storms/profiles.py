"""What a tropical cyclone does at a distance: wind and rain by published profiles.

Both are those of open water and are the same on all sides of the storm: no roughness or height of the land, no motion
of the storm, no shear. Inland and behind hills the wind is less, on slopes that face it the rain is more.
"""

import math

import numpy as np
import pandas as pd

from features.entries import Floats
from features.sources.storms.tracks import KNOT, TEN_MINUTES_OF_ONE
from features.sources.tables.mapping import Measured
from features.sources.units import converter

WIND_REACH_KM, RAIN_REACH_KM = 1000.0, 500.0
_INCH = float(converter("rain", Measured(variable="storm_rain", unit="inch"))(np.ones(1))[0])
_PRESSURE_AROUND = 1010.0
_OUTER_DECAY = 0.5
_HOURS_PER_DAY = 24.0


def strengths(wind: Floats, pressure: Floats) -> Floats:
    """Highest sustained wind of storms, m/s (mean of ten minutes): as given, else by the central pressure.

    Vmax = 6.7 (1010 - p)^0.644 in knots and hPa, a mean of one minute: Atkinson and Holliday (1977), western North
    Pacific, doi:10.1175/1520-0493(1977)105<0421:TCMSLP>2.0.CO;2.

    Args:
        wind: as given, m/s; NaN where it is not.
        pressure: central pressure, hPa; NaN where it is not given.

    Returns:
        NaN where neither is given.
    """
    depth = np.maximum(_PRESSURE_AROUND - pressure, 0.0)
    return np.where(np.isnan(wind), 6.7 * depth**0.644 * KNOT * TEN_MINUTES_OF_ONE, wind)


def radii_of_highest_wind(strength: Floats, pressure: Floats, latitude: Floats) -> Floats:
    """Radius of the highest wind, km: ln R = 3.015 - 6.291e-5 dp^2 + 0.0337 |latitude|, dp in hPa.

    Vickery and Wadhera (2008), equation 11, all hurricanes, doi:10.1175/2008JAMC1837.1. Where the central pressure is
    not given, dp is that of the strength by the relation of `strengths`.
    """
    by_wind = (strength / (6.7 * KNOT * TEN_MINUTES_OF_ONE)) ** (1 / 0.644)
    depth = np.where(np.isnan(pressure), by_wind, np.maximum(_PRESSURE_AROUND - pressure, 0.0))
    return np.exp(3.015 - 6.291e-5 * depth**2 + 0.0337 * np.abs(latitude))


def winds(path: pd.DataFrame, distance: Floats) -> Floats:
    """Wind at a distance from storms, m/s (mean of ten minutes, ten metres above open water).

    A modified Rankine vortex, V = Vmax r / R inside the radius R of the highest wind and V = Vmax (R / r)^x outside,
    whose exponent x is fitted to the radii of 50 and 30 knots as in Knaff et al. (2007), doi:10.1175/WAF1026.1, where
    the agency gives them; beyond them, and where it gives none, x is 0.5, the middle of the 0.4 to 0.6 that are
    observed (Holland 1980, doi:10.1175/1520-0493(1980)108<1212:AAMOTW>2.0.CO;2).

    Args:
        path: columns z (sine of the latitude), wind, pressure, radius_30kt and radius_50kt, see `hourly`.
        distance: km, shape (hour, site).

    Returns:
        Shape (hour, site); 0 beyond 1,000 km, NaN where the strength of the storm is not known.
    """
    pressure = path["pressure"].to_numpy(dtype=float)
    strength = strengths(path["wind"].to_numpy(dtype=float), pressure)
    latitude = np.degrees(np.arcsin(path["z"].to_numpy(dtype=float)))
    radius, speed = radii_of_highest_wind(strength, pressure, latitude), strength
    wind = speed[:, None] * np.minimum(distance / radius[:, None], 1.0)
    for knots in (50.0, 30.0):
        given = path[f"radius_{knots:.0f}kt"].to_numpy(dtype=float)
        usable = (given > radius) & (speed > knots * KNOT)
        outer, lower = np.where(usable, given, radius), np.where(usable, knots * KNOT, speed)
        ratio = np.log(np.where(usable, outer / radius, math.e))
        decay = np.log(np.divide(speed, lower, out=np.ones_like(speed), where=usable)) / ratio
        between = (distance > radius[:, None]) & (distance <= outer[:, None])
        wind = np.where(between, _decayed(speed, radius, decay, distance), wind)
        radius, speed = outer, lower
    beyond = _decayed(speed, radius, np.full_like(speed, _OUTER_DECAY), distance)
    wind = np.where(distance > radius[:, None], beyond, wind)
    unknown = np.isnan(strength)[:, None]
    return np.where(distance > WIND_REACH_KM, 0.0, np.where(unknown, np.nan, wind))


def _decayed(speed: Floats, radius: Floats, decay: Floats, distance: Floats) -> Floats:
    outside = np.maximum(distance, radius[:, None])
    wind: Floats = speed[:, None] * (radius[:, None] / outside) ** decay[:, None]
    return wind


def rain_rates(path: pd.DataFrame, distance: Floats) -> Floats:
    """Mean rain at a distance from storms, mm/h, by R-CLIPER.

    T(r) = T0 + (Tm - T0) r / rm inside rm and Tm exp(-(r - rm) / re) outside, with T0 = -1.10 + 3.96 U and Tm = -1.60
    + 4.80 U in inches a day, rm = 64.5 - 13 U and re = 150 - 16 U in km, U = 1 + (Vmax - 35) / 33 with Vmax in knots,
    a mean of one minute: Tuleya, DeMaria and Kuligowski (2007), equations 3 to 5 and Table 2, doi:10.1175/WAF972.1.
    The gauges that it was fitted to lie within 500 km.

    Args:
        path: columns wind and pressure, see `hourly`.
        distance: km, shape (hour, site).

    Returns:
        Shape (hour, site); 0 beyond 500 km, NaN where the strength of the storm is not known.
    """
    strength = strengths(path["wind"].to_numpy(dtype=float), path["pressure"].to_numpy(dtype=float))
    u = (1.0 + (strength / KNOT / TEN_MINUTES_OF_ONE - 35.0) / 33.0)[:, None]
    at_centre, highest = -1.10 + 3.96 * u, -1.60 + 4.80 * u
    inner, scale = np.maximum(64.5 - 13.0 * u, 1.0), 150.0 - 16.0 * u
    inside = at_centre + (highest - at_centre) * distance / inner
    outside = highest * np.exp(-np.maximum(distance - inner, 0.0) / scale)
    inches_a_day = np.maximum(np.where(distance <= inner, inside, outside), 0.0)
    return np.where(distance > RAIN_REACH_KM, 0.0, inches_a_day * _INCH / _HOURS_PER_DAY)
