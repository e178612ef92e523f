"""NASA POWER: daily weather since 1981 by MERRA-2 and its successors, sunshine by CERES, at single points.

https://power.larc.nasa.gov/docs/services/api/temporal/daily/: one point and at most twenty parameters a call; JSON with
`properties.parameter` (name -> YYYYMMDD -> value), `header.fill_value` (-999) where nothing is known, and the units in
`parameters`. The community AG has radiation in MJ/m^2/day. Meteorology reaches to within several days of the present
(GEOS), radiation to within about seven (FLASHFlux): https://power.larc.nasa.gov/docs/services/api/temporal/hourly/.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from features.entries import Batch, Floats
from features.local_days import Days, day_starts
from features.sites import Site, Sites
from features.sources.web.daily_series import (
    FARTHEST_KM,
    Series,
    Told,
    apart_km,
    check_made,
    days_at_once,
    days_between,
    making,
    only,
    present,
    to_batch,
)
from features.sources.web.service import ProviderError, WebService

_PATH = "/api/temporal/daily/point"
_TIME_STANDARD = "LST"
_METEOROLOGY = (
    Series("PRECTOTCORR", "mm/day", {"rain": only}, unit="mm/day*day"),
    Series("T2M", "C", {"air_temperature": only}, unit="degC"),
    Series("T2M_MAX", "C", {"highest_air_temperature": only}, unit="degC"),
    Series("T2M_MIN", "C", {"lowest_air_temperature": only}, unit="degC"),
    Series("RH2M", "%", {"relative_humidity": only}),
    Series("WS10M_MAX", "m/s", {"wind_speed": only}),
)
_SUNSHINE = (Series("ALLSKY_SFC_SW_DWN", "MJ/m^2/day", {"solar_radiation": only}, unit="MJ/m^2/day*day"),)
_VARIABLES = tuple(variable for one in (*_METEOROLOGY, *_SUNSHINE) for variable in one.makes)


@dataclass(frozen=True)
class NasaPower:
    """Daily weather and sunshine since 1981 by NASA POWER.

    Days are those of the provider's local solar time, a whole number of hours from UTC by swaths of 15 degrees of
    longitude: from 97.5 to 112.5 degrees east, and so in all of Vietnam, that is UTC+7, the local day. Where the zone
    is other hours from UTC than its swath, days differ by that difference.

    Attributes:
        zone: IANA zone of the deployment's local day.
        name: of the source.
        variables: which of the variables are wanted.
        latency_days: how long after a day its meteorology is there.
        sunshine_latency_days: how long after a day its radiation is there.
        address: of the service.
        attempts: how often a question is asked before it is given up.
        first_wait_seconds: before the second attempt.
        pause_seconds: least time from one question to the next.
        timeout_seconds: without any byte of an answer.
        clock: tells the present moment; days whose values cannot be there yet are not asked for.
        licence: under which terms the provider gives the values.
    """

    zone: str
    name: str = "nasa_power"
    variables: tuple[str, ...] = _VARIABLES
    latency_days: NonNegativeFloat = 3.0
    sunshine_latency_days: NonNegativeFloat = 7.0
    address: str = "https://power.larc.nasa.gov"
    attempts: PositiveInt = 5
    first_wait_seconds: NonNegativeFloat = 2.0
    pause_seconds: NonNegativeFloat = 1.0
    timeout_seconds: PositiveFloat = 60.0
    clock: Callable[[], pd.Timestamp] = present
    licence: str = "free to use; cite the NASA Langley Research Center POWER Project"
    revisits: ClassVar[pd.Timedelta] = pd.Timedelta(days=7)

    _begins: ClassVar[pd.Timestamp] = pd.Timestamp("1981-01-01", tz="UTC")

    def __post_init__(self) -> None:
        """Checks the variables.

        Raises:
            UnknownNameError: if one of them is not brought.
        """
        check_made(self.variables, (*_METEOROLOGY, *_SUNSHINE))

    @property
    def latency(self) -> pd.Timedelta:
        return pd.Timedelta(days=max(self.latency_days, self.sunshine_latency_days))

    @cached_property
    def _service(self) -> WebService:
        return WebService(
            "NASA POWER",
            self.address,
            attempts=self.attempts,
            first_wait_seconds=self.first_wait_seconds,
            pause_seconds=self.pause_seconds,
            timeout_seconds=self.timeout_seconds,
        )

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields about a year at once, in the order of time.

        Raises:
            ProviderError: if there is no answer, or it is not what is documented.
        """
        groups = (
            (making(self.variables, _METEOROLOGY), pd.Timedelta(days=self.latency_days)),
            (making(self.variables, _SUNSHINE), pd.Timedelta(days=self.sunshine_latency_days)),
        )
        wanted = [(series, latency) for series, latency in groups if series]
        days = days_between(max(start, self._begins), end, self.zone)
        first_known = day_starts(days + 1, self.zone) + min(latency for _, latency in wanted)
        days = days[first_known <= self.clock()]
        at_once = days_at_once(len(sites), len(self.variables))
        for begin in range(0, len(days), at_once):
            stretch = days[begin : begin + at_once]
            over = day_starts(stretch + 1, self.zone)
            yield to_batch(
                self._told(list(sites.values()), [one for series, _ in wanted for one in series], stretch),
                [(series, over + latency) for series, latency in wanted],
                day_starts(stretch, self.zone),
                self.name,
                delivered_until=over[-1],
            )

    def _told(self, sites: list[Site], series: list[Series], days: Days) -> Told:
        places = [self._place(site, series, days) for site in sites]
        values = {one.name: np.stack([place[one.name] for place in places])[..., None] for one in series}
        return Told([site.code for site in sites], values)

    def _place(self, site: Site, series: list[Series], days: Days) -> Mapping[str, Floats]:
        dates = [str(date).replace("-", "") for date in days.astype("datetime64[D]")]
        asked: dict[str, str] = {
            "parameters": ",".join(one.name for one in series),
            "community": "AG",
            "longitude": f"{site.longitude:.4f}",
            "latitude": f"{site.latitude:.4f}",
            "start": dates[0],
            "end": dates[-1],
            "format": "JSON",
            "time-standard": _TIME_STANDARD,
        }
        answer = self._service.json(_PATH, asked)
        where = f"NASA POWER {_PATH}, site {site.code}, {dates[0]} to {dates[-1]}"
        try:
            return _read(answer, site, series, dates, where)
        except ProviderError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise ProviderError(f"{where}: the answer is not what is documented: {error!r}") from error


def _read(answer: Any, site: Site, series: list[Series], dates: list[str], where: str) -> Mapping[str, Floats]:
    """The values of each series, shape (day,), in the provider's unit; NaN where nothing is known."""
    header, units, told = answer["header"], answer["parameters"], answer["properties"]["parameter"]
    longitude, latitude = (float(degrees) for degrees in answer["geometry"]["coordinates"][:2])
    if (apart := apart_km(site, latitude, longitude)) > FARTHEST_KM:
        raise ProviderError(f"{where}: answered for a place {apart:.0f} km away: check the site's position")
    if header["time_standard"] != _TIME_STANDARD:
        raise ProviderError(f"{where}: days are those of {header['time_standard']}, not of {_TIME_STANDARD}")
    fill = float(header["fill_value"])
    read = {}
    for one in series:
        if one.name not in told or one.name not in units:
            raise ProviderError(f"{where}: {one.name} is missing from the answer: the provider may have renamed it")
        if units[one.name]["units"] != one.told:
            unit = units[one.name]["units"]
            raise ProviderError(f"{where}: {one.name} is in {unit!r}, not in {one.told!r}: its unit has changed")
        if list(told[one.name]) != dates:
            raise ProviderError(f"{where}: {one.name} has {len(told[one.name])} days, not the {len(dates)} asked for")
        values = np.array(list(told[one.name].values()), dtype=float)
        read[one.name] = np.where(values == fill, np.nan, values)
    return read
