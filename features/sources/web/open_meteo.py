"""Open-Meteo, of the past: reanalysis, and forecasts as they were issued, by local day.

https://open-meteo.com/en/docs/historical-weather-api and https://open-meteo.com/en/docs/previous-runs-api.

A daily value of the provider is made of the 24 hourly ones from 00:00 to 23:00 of a local day; an hourly amount of rain
or radiation is that of the hour before, so that an amount of a day runs from 23:00 to 23:00
(https://github.com/open-meteo/open-meteo, GenericDailyCalculator.swift). Hourly values that we bring to days go by the
same rule, so that all kinds agree. Where hours are missing the provider's highest and lowest are those of a part of the
day: they are left out when its mean temperature, which is absent then, is absent.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from features.entries import ENTRIES, Batch
from features.local_days import Days, day_starts
from features.sites import Site, Sites
from features.sources.web.daily_series import (
    Series,
    check_made,
    days_at_once,
    days_between,
    highest,
    lowest,
    making,
    mean,
    only,
    present,
    stretches,
    to_batch,
    total,
)
from features.sources.web.open_meteo_answers import Question, ask
from features.sources.web.service import WebService

_HOUR, _DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
_FREE_CALLS_PER_MINUTE = 600.0  # https://open-meteo.com/en/terms
MEAN_TEMPERATURE = "temperature_2m_mean"
DAILY = (
    Series("precipitation_sum", "mm", {"rain": only}),
    Series(MEAN_TEMPERATURE, "°C", {"air_temperature": only}),
    Series("temperature_2m_max", "°C", {"highest_air_temperature": only}, whole_by=MEAN_TEMPERATURE),
    Series("temperature_2m_min", "°C", {"lowest_air_temperature": only}, whole_by=MEAN_TEMPERATURE),
    Series("wind_speed_10m_max", "m/s", {"wind_speed": only}, whole_by=MEAN_TEMPERATURE),
    Series("wind_gusts_10m_max", "m/s", {"wind_gust": only}, whole_by=MEAN_TEMPERATURE),
    Series("relative_humidity_2m_mean", "%", {"relative_humidity": only}),
    Series("shortwave_radiation_sum", "MJ/m²", {"solar_radiation": only}),
    Series("et0_fao_evapotranspiration", "mm", {"evapotranspiration": only}),
    Series("pressure_msl_mean", "hPa", {"air_pressure": only}),
    Series("soil_moisture_0_to_7cm_mean", "m³/m³", {"soil_moisture": only}),
)
WEATHER = tuple(variable for one in DAILY for variable in one.makes if variable != "soil_moisture")
_HOURLY = (
    Series("precipitation", "mm", {"rain": total}),
    Series(
        "temperature_2m",
        "°C",
        {"air_temperature": mean, "highest_air_temperature": highest, "lowest_air_temperature": lowest},
    ),
    Series("wind_speed_10m", "m/s", {"wind_speed": highest}),
    Series("relative_humidity_2m", "%", {"relative_humidity": mean}),
    Series("pressure_msl", "hPa", {"air_pressure": mean}),
)


@dataclass(frozen=True)
class OpenMeteo:
    """What all kinds have in common.

    Attributes:
        zone: IANA zone of the deployment's local day.
        name: of the source.
        variables: which of the kind's variables are wanted.
        where: attribute of the sites that are asked about; all for None.
        key: of a customer; the customers' hosts are asked then.
        address: of a server of one's own.
        calls_per_minute: weighted calls that the server allows; 600 for the free one, else without limit.
        attempts: how often a question is asked before it is given up.
        first_wait_seconds: before the second attempt.
        busy_wait_seconds: least wait after more calls than are allowed.
        timeout_seconds: without any byte of an answer.
        licence: under which terms the provider gives the values.
    """

    zone: str
    name: str = ""
    variables: tuple[str, ...] = ()
    where: str | None = None
    key: str | None = field(default=None, repr=False)
    address: str | None = None
    calls_per_minute: PositiveFloat | None = None
    attempts: PositiveInt = 5
    first_wait_seconds: NonNegativeFloat = 2.0
    busy_wait_seconds: NonNegativeFloat = 30.0
    timeout_seconds: PositiveFloat = 60.0
    licence: str = "CC BY 4.0, Open-Meteo.com; without a key for non-commercial use only"

    _host: ClassVar[str]
    _series: ClassVar[tuple[Series, ...]]

    def __post_init__(self) -> None:
        """Checks the variables.

        Raises:
            UnknownNameError: if the kind does not bring one of them.
        """
        check_made(self.variables, self._series)

    @cached_property
    def service(self) -> WebService:
        public = self.address is None and self.key is None
        per_minute = self.calls_per_minute or (_FREE_CALLS_PER_MINUTE if public else np.inf)
        return WebService(
            "Open-Meteo",
            self.address or f"https://{'customer-' if self.key else ''}{self._host}.open-meteo.com",
            {"apikey": self.key} if self.key else {},
            attempts=self.attempts,
            first_wait_seconds=self.first_wait_seconds,
            busy_wait_seconds=self.busy_wait_seconds,
            pause_seconds=60 / per_minute,
            timeout_seconds=self.timeout_seconds,
        )

    def places(self, sites: Sites) -> list[Site]:
        return [site for site, wanted in zip(sites.values(), sites.having(self.where), strict=True) if wanted]

    def nowhere(self) -> Batch:
        return Batch(ENTRIES.empty_table().to_pandas(), remarks=(f"no site that was asked for is {self.where}",))


@dataclass(frozen=True)
class OpenMeteoHistory(OpenMeteo):
    """Daily weather since 1940 by a reanalysis, ERA5 of Copernicus.

    One model is asked for by its name: what the provider calls its best match fills the last days with values of
    another one and replaces them later.

    Attributes:
        model: era5, era5_land, era5_seamless or another of the historical weather API.
        latency_days: how long after a day its values are there: ERA5 comes with a delay of five days.
        clock: tells the present moment; days whose values cannot be there yet are not asked for.
    """

    name: str = "open_meteo_history"
    variables: tuple[str, ...] = WEATHER
    model: str = "era5"
    latency_days: NonNegativeFloat = 5.0
    clock: Callable[[], pd.Timestamp] = present
    revisits: ClassVar[pd.Timedelta] = pd.Timedelta(days=7)

    _host = "archive-api"
    _series = DAILY
    _begins: ClassVar[pd.Timestamp] = pd.Timestamp("1940-01-01", tz="UTC")

    @property
    def latency(self) -> pd.Timedelta:
        return pd.Timedelta(days=self.latency_days)

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields about a year at once, in the order of time.

        Raises:
            ProviderError: if there is no answer, or it is not what is documented.
        """
        places = self.places(sites)
        days = days_between(max(start, self._begins), end, self.zone)
        known_time = day_starts(days + 1, self.zone) + self.latency
        days = days[known_time <= self.clock()]
        if not places:
            yield self.nowhere()
            return
        series = making(self.variables, self._series)
        question = Question("/v1/archive", "daily", series, {"models": self.model})
        at_once = days_at_once(len(places), len(self.variables))
        for stretch, offset in stretches(days, self.zone, at_once):
            told = ask(self.service, question, places, stretch, offset, self.name)
            over = day_starts(stretch + 1, self.zone)
            yield to_batch(
                told,
                [(series, over + self.latency)],
                day_starts(stretch, self.zone),
                self.name,
                delivered_until=over[-1],
            )


@dataclass(frozen=True)
class OpenMeteoPreviousRuns(OpenMeteo):
    """Forecasts of past days as they were issued one to seven days ahead, since 2024, to train on.

    The provider's `<name>_previous_dayN` of an hour comes from the newest run that began at least N * 24 hours before
    it. The last hour of a local day is 23:00, so that every run which serves a day has begun by 23:00 less N * 24
    hours, and is known when it has been published too: day D is known N days ahead at 23:00 of day D - N plus
    `publication_hours`. Days are asked for once all their leads are known; forecasts of days to come are brought by
    `open_meteo_forecast`.

    Attributes:
        model: a model of the forecast API.
        leads: which N, 1 to 7.
        publication_hours: how long after its start a run is published, at most. Open data of IFS come 7:40 hours after
            it, an hour later before October 2025 (https://github.com/open-meteo/open-meteo/pull/1516); the rest is for
            the provider. No more than 24, lest a forecast be known when its day is over.
        clock: tells the present moment.
    """

    name: str = "open_meteo_previous_runs"
    variables: tuple[str, ...] = ("rain", "air_temperature", "highest_air_temperature", "wind_speed")
    model: str = "ecmwf_ifs025"
    leads: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1)] = (1, 2, 3, 4, 5, 6, 7)
    publication_hours: Annotated[float, Field(ge=0, le=24)] = 10.0
    clock: Callable[[], pd.Timestamp] = present
    revisits: ClassVar[pd.Timedelta] = pd.Timedelta(days=7)

    _host = "previous-runs-api"
    _series = _HOURLY
    _begins: ClassVar[pd.Timestamp] = pd.Timestamp("2024-01-01", tz="UTC")

    @property
    def latency(self) -> pd.Timedelta:
        return pd.Timedelta(hours=self.publication_hours)

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields some months at once, in the order of time.

        Raises:
            ProviderError: if there is no answer, or it is not what is documented.
        """
        places = self.places(sites)
        days = days_between(max(start, self._begins), end, self.zone)
        days = days[self._known(days, min(self.leads)) <= self.clock()]
        if not places:
            yield self.nowhere()
            return
        by_lead = {lead: self._ahead(lead) for lead in self.leads}
        wanted = tuple(one for series in by_lead.values() for one in series)
        question = Question("/v1/forecast", "hourly", wanted, {"models": self.model})
        at_once = days_at_once(len(places), len(self.variables) * len(self.leads))
        for stretch, offset in stretches(days, self.zone, at_once):
            told = ask(self.service, question, places, stretch, offset, self.name)
            yield to_batch(
                told,
                [(series, self._known(stretch, lead)) for lead, series in by_lead.items()],
                day_starts(stretch, self.zone),
                self.name,
                delivered_until=day_starts(stretch + 1, self.zone)[-1],
            )

    def _ahead(self, lead: int) -> tuple[Series, ...]:
        series = making(self.variables, self._series)
        return tuple(Series(f"{one.name}_previous_day{lead}", one.told, one.makes) for one in series)

    def _known(self, days: Days, lead: int) -> pd.DatetimeIndex:
        last_hour = day_starts(days + 1, self.zone) - _HOUR
        return last_hour - lead * _DAY + pd.Timedelta(hours=self.publication_hours)
