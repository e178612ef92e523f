"""The catalogue: which kinds of source there are, and how one is made from its settings."""

import dataclasses
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from features.errors import HaidangError, UnknownNameError
from features.ingest import Source
from features.settings import Settings

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "tables": "features.sources.tables.source:TableSource",
        "chirps": "features.sources.grids.satellite_rain:Chirps",
        "climate_data_store": "features.sources.grids.climate_data_store:ClimateDataStore",
        "cmip6": "features.sources.grids.projections:Cmip6",
        "era5": "features.sources.grids.era5:Era5",
        "imerg": "features.sources.grids.satellite_rain:Imerg",
        "mur": "features.sources.grids.sea_temperature:Mur",
        "oisst": "features.sources.grids.sea_temperature:Oisst",
        "nasa_power": "features.sources.web.nasa_power:NasaPower",
        "open_meteo_air": "features.sources.web.open_meteo_runs:OpenMeteoAir",
        "open_meteo_ensemble": "features.sources.web.open_meteo_runs:OpenMeteoEnsemble",
        "open_meteo_flood": "features.sources.web.open_meteo_runs:OpenMeteoFlood",
        "open_meteo_forecast": "features.sources.web.open_meteo_runs:OpenMeteoForecast",
        "open_meteo_history": "features.sources.web.open_meteo:OpenMeteoHistory",
        "open_meteo_marine": "features.sources.web.open_meteo_runs:OpenMeteoMarine",
        "open_meteo_previous_runs": "features.sources.web.open_meteo:OpenMeteoPreviousRuns",
        "water_quality": "features.sources.tables.water_quality:WaterQualitySource",
        "hubverse": "features.sources.peers.hubverse:Hubverse",
        "psp_forecast": "features.sources.peers.psp_forecast:ShellfishToxinForecasts",
        "jma_best_track": "features.sources.storms.best_track:JmaBestTrack",
        "ibtracs": "features.sources.storms.ibtracs:Ibtracs",
        "forecast_tracks": "features.sources.storms.forecast_tracks:ForecastTracks",
        "line_list": "features.sources.line_lists.source:LineListSource",
        "climate_indices": "features.sources.climate_indices:ClimateIndices",
        "tide": "features.sources.tide:Tide",
    }
)
"""Kind of source -> where its class stands; a class is imported when it is needed, so that others cost no time."""


def source_class(kind: str) -> type[Any]:
    """The class of a kind of source: a dataclass whose fields are its settings.

    Raises:
        UnknownNameError: if there is no such kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of source", kind, KINDS)
    module, _, name = KINDS[kind].partition(":")
    return getattr(import_module(module), name)


def source_named(name: str, settings: Settings, stated: Mapping[str, object]) -> Source:
    """A source of a deployment: one of its settings, or a kind with its defaults.

    Args:
        name: as in the table `sources` of the settings, or a kind.
        settings: of the deployment; zone and boundaries come from here where a source wants them.
        stated: settings that hold for this time only.

    Raises:
        HaidangError: if there is no such source, or a setting is wrong or missing; says which.
    """
    configured = settings.sources.get(name)
    if configured is None and name not in KINDS:
        raise UnknownNameError("source", name, [*settings.sources, *KINDS])
    given = dict(configured or {}) | dict(stated)
    kind = str(given.pop("kind", name))
    chosen = source_class(kind)
    fields = {field.name for field in dataclasses.fields(chosen)}
    common: dict[str, Any] = {"zone": settings.local_zone, "boundaries": settings.boundaries}
    if name != kind:
        common["name"] = name
    own = {key: value for key, value in common.items() if key in fields} | given
    if strangers := sorted(set(own) - fields):
        raise HaidangError(
            f"source {name}: there is no setting {strangers[0]!r}; there are {', '.join(sorted(fields))}"
        )
    try:
        made: Source = TypeAdapter(chosen).validate_python(own)
    except ValidationError as error:
        texts = [(fault["loc"], fault["msg"].removeprefix("Value error, ")) for fault in error.errors()]
        faults = "; ".join(f"{'.'.join(map(str, at))}: {text}" for at, text in texts)
        raise HaidangError(f"source {name}: {faults}") from error
    return made
