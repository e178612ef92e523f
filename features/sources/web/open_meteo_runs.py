"""Open-Meteo, of the days ahead: the newest runs of models of weather, ensembles, seas, rivers and air, by local day.

https://open-meteo.com/en/docs and its sisters ensemble-api, marine-weather-api, flood-api and air-quality-api.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field, PositiveInt

from features.entries import ENTRIES, Batch
from features.local_days import Days, day_numbers, day_starts
from features.sites import Site, Sites
from features.sources.web.daily_series import (
    Series,
    Told,
    highest,
    making,
    mean,
    ninth_of_ten,
    only,
    spread,
    stretches,
    to_batch,
)
from features.sources.web.open_meteo import DAILY, MEAN_TEMPERATURE, WEATHER, OpenMeteo
from features.sources.web.open_meteo_answers import Question, Run, ask, newest_run
from features.sources.web.service import ProviderError

_MEMBERS = (
    Series("precipitation_sum", "mm", {"rain_ensemble_mean": mean, "rain_ensemble_high": ninth_of_ten}),
    Series("wind_speed_10m_max", "m/s", {"wind_speed_ensemble_high": ninth_of_ten}, whole_by=MEAN_TEMPERATURE),
    Series(
        MEAN_TEMPERATURE,
        "°C",
        {"air_temperature_ensemble_mean": mean, "air_temperature_ensemble_spread": spread},
    ),
)
_WAVES = (
    Series("wave_height", "m", {"wave_height": highest}),
    Series("wave_period", "s", {"wave_period": highest}),
)
_SEA = (
    Series("sea_surface_temperature", "°C", {"sea_water_temperature": mean}),
    Series("sea_level_height_msl", "m", {"water_level": highest}),
)
_RIVER = (Series("river_discharge", "m³/s", {"river_discharge": only}),)
_PARTICLES = (
    Series("pm2_5", "μg/m³", {"fine_particles": mean}),
    Series("pm10", "μg/m³", {"coarse_particles": mean}),
    Series("ozone", "μg/m³", {"ozone": mean}),
)


@dataclass(frozen=True)
class _Ahead:
    """One model's part of a kind of forecast: what is asked, and the folder of its runs' metadata."""

    question: Question
    runs_of: str


@dataclass(frozen=True)
class _NewestRun(OpenMeteo, ABC):
    """What the kinds that bring the newest run of a model have in common.

    Each value is known when the provider had the run (`last_run_availability_time`). A day that had begun when the run
    did is a mixture of this and older runs, and is left out; so is a day that was over when the run came. A run that is
    brought again makes the same entries again. A run that comes while values are fetched is fetched anew.

    Attributes:
        days: how many days ahead are asked for.
    """

    days: PositiveInt = 10
    latency: ClassVar[pd.Timedelta] = pd.Timedelta(hours=12)
    revisits: ClassVar[None] = None

    _tries: ClassVar[int] = 3

    @property
    @abstractmethod
    def _parts(self) -> tuple[_Ahead, ...]:
        """What the kind asks for."""

    @property
    def _day_zone(self) -> str:
        """Zone of the provider's days."""
        return self.zone

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields the newest run of each model.

        Raises:
            ProviderError: if there is no answer, or it is not what is documented, or runs follow too fast.
        """
        places = self.places(sites)
        if not places:
            yield self.nowhere()
            return
        for part in self._parts:
            run, pieces = self._whole_run(part, places, start, end)
            remark = f"{part.runs_of}: run of {run.began:%Y-%m-%dT%H:%MZ}, available at {run.available:%Y-%m-%dT%H:%MZ}"
            for stretch, told in pieces:
                known_time = pd.DatetimeIndex([run.available]).as_unit("us").repeat(len(stretch))
                yield to_batch(
                    told,
                    [(part.question.series, known_time)],
                    day_starts(stretch, self.zone),
                    self.name,
                    remarks=(remark,),
                )
            if not pieces:
                yield Batch(ENTRIES.empty_table().to_pandas(), remarks=(f"{remark}: no day of it was asked for",))

    def _whole_run(
        self, part: _Ahead, places: Sequence[Site], start: pd.Timestamp, end: pd.Timestamp
    ) -> tuple[Run, list[tuple[Days, Told]]]:
        run = newest_run(self.service, part.runs_of)
        for _ in range(self._tries):
            days = self._days(run, start, end)
            pieces = [
                (stretch, ask(self.service, part.question, places, stretch, offset, self.name))
                for stretch, offset in stretches(days, self._day_zone)
            ]
            after = newest_run(self.service, part.runs_of)
            if after.began == run.began:
                return run, pieces
            run = after
        raise ProviderError(
            f"Open-Meteo {part.runs_of}: a new run came each time while one was fetched; ask again later"
        )

    def _days(self, run: Run, start: pd.Timestamp, end: pd.Timestamp) -> Days:
        """The days asked for that the run covers wholly, and that were not over when it came."""
        before = pd.DatetimeIndex([run.began - pd.Timedelta("1us")])
        whole = int(day_numbers(before, self._day_zone)[0]) + 1
        not_over = int(day_numbers(pd.DatetimeIndex([run.available]), self.zone)[0])
        days = np.arange(max(whole, not_over), whole + self.days)
        starts = day_starts(days, self.zone)
        return days[(starts >= start) & (starts < end)]


def _made_by(*groups: tuple[Series, ...]) -> tuple[str, ...]:
    return tuple(variable for series in groups for one in series for variable in one.makes)


@dataclass(frozen=True)
class OpenMeteoForecast(_NewestRun):
    """Daily weather of the days ahead by the newest run of one model.

    Attributes:
        model: a model of the forecast API.
        runs_of: folder of its runs' metadata, where it has another name.
    """

    name: str = "open_meteo_forecast"
    variables: tuple[str, ...] = WEATHER
    model: str = "ecmwf_ifs025"
    runs_of: str | None = None

    _host = "api"
    _series = DAILY

    @property
    def _parts(self) -> tuple[_Ahead, ...]:
        question = Question("/v1/forecast", "daily", making(self.variables, DAILY), {"models": self.model})
        return (_Ahead(question, self.runs_of or self.model),)


@dataclass(frozen=True)
class OpenMeteoEnsemble(_NewestRun):
    """Mean, spread and ninth of ten members of rain, wind and temperature of the days ahead, by one ensemble.

    A value is made of all members or not at all. The ninth of ten is the lowest member that at least nine tenths of
    the members do not exceed; the spread is the members' standard deviation, with n - 1 in the denominator.

    Attributes:
        model: an ensemble of the ensemble API.
        runs_of: folder of its runs' metadata, where it has another name.
        members: how many members it has, the control among them.
    """

    name: str = "open_meteo_ensemble"
    variables: tuple[str, ...] = _made_by(_MEMBERS)
    model: str = "ecmwf_ifs025_ensemble"
    runs_of: str | None = None
    members: Annotated[int, Field(ge=2)] = 51

    _host = "ensemble-api"
    _series = _MEMBERS

    @property
    def _parts(self) -> tuple[_Ahead, ...]:
        wanted = making(self.variables, _MEMBERS)
        question = Question("/v1/ensemble", "daily", wanted, {"models": self.model}, self.members)
        return (_Ahead(question, self.runs_of or self.model),)


@dataclass(frozen=True)
class OpenMeteoMarine(_NewestRun):
    """Highest waves and water level, and mean temperature of the sea, of the days ahead at coastal sites.

    The water level is the one above mean sea level, tides included, of the nearest cell at sea.

    Attributes:
        wave_model: a model of the marine API that has waves.
        sea_model: one that has water levels and temperatures.
    """

    name: str = "open_meteo_marine"
    variables: tuple[str, ...] = _made_by(_WAVES, _SEA)
    where: str | None = "coastal"
    days: PositiveInt = 7
    wave_model: str = "meteofrance_wave"
    sea_model: str = "meteofrance_currents"

    _host = "marine-api"
    _series = (*_WAVES, *_SEA)

    @property
    def _parts(self) -> tuple[_Ahead, ...]:
        both = ((self.wave_model, making(self.variables, _WAVES)), (self.sea_model, making(self.variables, _SEA)))
        return tuple(
            _Ahead(Question("/v1/marine", "hourly", series, {"models": model, "cell_selection": "sea"}), model)
            for model, series in both
            if series
        )


@dataclass(frozen=True)
class OpenMeteoFlood(_NewestRun):
    """Discharge of rivers of the days ahead, by GloFAS.

    The provider's days are those of UTC: a day of the river begins some hours after the local day that bears its date,
    in Vietnam seven. A site gets the nearest cell of 5 km, which need not be that of the river meant: move the site's
    position onto the river until the flow is right (https://open-meteo.com/en/docs/flood-api).

    Attributes:
        model: a model of the flood API.
        runs_of: folder of its runs' metadata.
    """

    name: str = "open_meteo_flood"
    variables: tuple[str, ...] = _made_by(_RIVER)
    days: PositiveInt = 30
    model: str = "forecast_v4"
    runs_of: str = "glofas_forecast_v4"

    _host = "flood-api"
    _series = _RIVER

    @property
    def _day_zone(self) -> str:
        return "UTC"

    @property
    def _parts(self) -> tuple[_Ahead, ...]:
        return (_Ahead(Question("/v1/flood", "daily", _RIVER, {"models": self.model}), self.runs_of),)


@dataclass(frozen=True)
class OpenMeteoAir(_NewestRun):
    """Daily means of fine and coarse particles and of ozone of the days ahead, by CAMS.

    Attributes:
        model: a domain of the air quality API.
    """

    name: str = "open_meteo_air"
    variables: tuple[str, ...] = _made_by(_PARTICLES)
    days: PositiveInt = 5
    model: str = "cams_global"

    _host = "air-quality-api"
    _series = _PARTICLES

    @property
    def _parts(self) -> tuple[_Ahead, ...]:
        wanted = making(self.variables, _PARTICLES)
        return (_Ahead(Question("/v1/air-quality", "hourly", wanted, {"domains": self.model}), self.model),)
