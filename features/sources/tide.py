"""The astronomical tide at the coast, from the harmonic constants of a station.

Each constituent of the tide goes round at its own speed: `height = sum of f H cos(V + u - g)`, with the amplitude H and
the Greenwich phase lag g of the station, the angle V of the constituent by the longitudes of moon, sun and the moon's
perigee, and f and u by the moon's node, in 18.6 years (Schureman 1958, "Manual of Harmonic Analysis and Prediction of
Tides"). The constituents are those of `features/tide_constituents.csv`. Speeds: NTSLF, list of short tide analyses;
nodal factors: Pugh 1987, "Tides, Surges and Mean Sea-Level"; longitudes: Meeus 1998, "Astronomical Algorithms".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.entries import ENTRIES, Batch
from features.errors import HaidangError, UnknownNameError
from features.local_days import Days, day_numbers, day_starts
from features.sites import Sites

Floats = npt.NDArray[np.float64]
CONSTITUENTS = pd.read_csv(Path(__file__).parents[1] / "tide_constituents.csv", index_col="name")
"""Speed, multiples of the hour angle and of the longitudes of moon, sun and perigee, quarter turns, nodal factors."""
_NOON_2000 = pd.Timestamp("2000-01-01T12:00", tz="UTC")
_MOON, _SUN = (218.3164591, 13.17639647754579), (280.46645, 0.985647360164271)
_PERIGEE, _NODE = (83.3532430, 0.11140352391786447), (125.0445550, -0.052953762762491446)
_HOURS = 24


@dataclass(frozen=True)
class Tide:
    """Highest astronomical tide of each local day, m above mean sea level, by whole hours, known some days ahead.

    Attributes:
        constants: of a station: constituent -> amplitude, m, and Greenwich phase lag, degrees, the constituent's angle
            taken in UTC. Constants that were made for another zone are changed first.
        zone: IANA zone of the local day.
        where: attribute of the sites that it holds for; all of them for None.
        ahead_days: how long ahead a day's tide is told.
        name: short name of the source.
        licence: under which terms the values are given.
    """

    constants: Mapping[str, tuple[float, float]]
    zone: str
    where: str | None = "coastal"
    ahead_days: int = 30
    name: str = "tide"
    licence: str = "that of the station's harmonic constants"

    variables = ("tide_level",)
    latency = pd.Timedelta(0)
    revisits = None

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            UnknownNameError: if a constituent is not known.
            HaidangError: if there is none, an amplitude is negative, or the tide would be told after its day.
        """
        if not self.constants:
            raise HaidangError("constants is empty: state amplitude and phase lag of a constituent, O1 = [0.7, 40]")
        for constituent, (amplitude, _) in self.constants.items():
            if constituent not in CONSTITUENTS.index:
                raise UnknownNameError("constituent of the tide", constituent, list(CONSTITUENTS.index))
            if not amplitude >= 0:
                raise HaidangError(f"the amplitude of {constituent} is {amplitude} m: it is never negative")
        if self.ahead_days < 1:
            raise HaidangError(f"ahead_days is {self.ahead_days}: a tide is told at least one day ahead")

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields a batch per local year of the days that begin in [start, end), the same at every site.

        Days beyond 1990 to 2060, where the longitudes hold to a minute of arc or so, bring nothing.
        """
        codes = [code for code, here in zip(sites.codes, sites.having(self.where), strict=True) if here]
        bounds = pd.DatetimeIndex([max(start, _EARLIEST), min(end, _LATEST)]).tz_convert("UTC")
        first, after = day_numbers(bounds, self.zone)
        days = np.arange(first, after + 1)
        begins = day_starts(days, self.zone)
        days = days[np.asarray((begins >= bounds[0]) & (begins < bounds[1]))]
        years = days.astype("datetime64[D]").astype("datetime64[Y]")
        for year in np.unique(years):
            yield Batch(self._entries(codes, days[years == year]))

    def _entries(self, codes: list[str], days: Days) -> pd.DataFrame:
        highest = self.highest(days).round(3)
        count = len(codes)
        return pd.DataFrame(
            {
                "site": codes * len(days),
                "variable": self.variables[0],
                "valid_time": day_starts(days, self.zone).repeat(count),
                "known_time": day_starts(days - self.ahead_days, self.zone).repeat(count),
                "value": highest.repeat(count),
                "source": self.name,
            },
            columns=ENTRIES.names,
        )

    def highest(self, days: Days) -> Floats:
        """Highest tide of local days, m above mean sea level, shape (day,)."""
        starts = day_starts(days, self.zone)
        times = starts.repeat(_HOURS) + pd.to_timedelta(np.tile(np.arange(_HOURS), len(starts)), "h")
        found: Floats = heights(self.constants, times).reshape(len(starts), _HOURS).max(axis=1)
        return found


def heights(constants: Mapping[str, tuple[float, float]], times: pd.DatetimeIndex) -> Floats:
    """The tide at moments, m above mean sea level, shape (time,).

    Args:
        constants: as in `Tide`.
        times: moments with a time zone.
    """
    names = list(constants)
    amplitude, lag = np.array([constants[name] for name in names], dtype=float).T
    factor, shift = nodal(names, times)
    found: Floats = (factor * amplitude * np.cos(np.radians(angles(names, times) + shift - lag))).sum(axis=1)
    return found


def angles(names: list[str], times: pd.DatetimeIndex) -> Floats:
    """Angles V of constituents over Greenwich, degrees, shape (time, constituent)."""
    of = CONSTITUENTS.loc[names]
    turned = 15 * _hours_of_day(times)
    moon, sun, perigee = (_longitude(times, *law) for law in (_MOON, _SUN, _PERIGEE))
    parts = np.column_stack([turned, moon, sun, perigee, np.full(len(times), 90.0)])
    found: Floats = parts @ of[["tau", "moon", "sun", "perigee", "quarters"]].to_numpy(float).T
    return found % 360


def nodal(names: list[str], times: pd.DatetimeIndex) -> tuple[Floats, Floats]:
    """Factors f of the amplitudes, and shifts u of the angles, degrees, both shape (time, constituent)."""
    of = CONSTITUENTS.loc[names]
    node = np.radians(_longitude(times, *_NODE))[:, None]
    factor = of["nodal_mean"].to_numpy() + of["nodal_amplitude"].to_numpy() * np.cos(node)
    return factor, of["nodal_phase_degrees"].to_numpy() * np.sin(node)


def _hours_of_day(times: pd.DatetimeIndex) -> Floats:
    utc = times.tz_convert("UTC")
    hours: Floats = np.asarray((utc - utc.normalize()) / pd.Timedelta(hours=1))
    return hours


def _longitude(times: pd.DatetimeIndex, at_2000: float, per_day: float) -> Floats:
    longitude: Floats = at_2000 + per_day * np.asarray((times - _NOON_2000) / pd.Timedelta(days=1))
    return longitude


_EARLIEST, _LATEST = pd.Timestamp("1990-01-01", tz="UTC"), pd.Timestamp("2060-01-01", tz="UTC")
