"""The settings of a deployment: one folder, its sites, its hazards, its local day.

They come from the environment (prefix `HAIDANG_`) and from `haidang.toml` in the deployment's folder; the environment
wins. Beside `serving/access/service_settings.py` no other module reads
the environment.
"""

import os
import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from features.errors import HaidangError

FILE_NAME = "haidang.toml"
BUILT_IN_SITES = Path(__file__).with_name("quang_ninh.csv")


class Settings(BaseSettings):
    """Where a deployment lives and what it covers; relative paths in `haidang.toml` are relative to that file."""

    model_config = SettingsConfigDict(
        env_prefix="HAIDANG_", env_nested_delimiter="__", env_nested_max_split=2, frozen=True, extra="forbid"
    )

    home: Path = Field(Path("var/haidang"), description="folder that holds everything at rest")
    local_zone: str = Field("Asia/Ho_Chi_Minh", description="IANA zone of the local day")
    sites: Path = Field(BUILT_IN_SITES, description="CSV of the sites that are forecast")
    hazards: Path | None = Field(None, description="folder of hazard files of one's own")
    boundaries: Path | None = Field(None, description="GeoJSON of the sites' areas, each with the property `code`")
    sources: dict[str, dict[str, Any]] = Field({}, description="sources: name -> its kind and settings")
    tracking_uri: str | None = Field(None, description="MLflow tracking store; a SQLite file in home by default")
    database_url: str | None = Field(None, description="database of what operators keep; a SQLite file by default")
    frozen_years: int = Field(2, ge=0, description="last years that backtests and tuning leave alone")
    host: str = Field("127.0.0.1", description="address that the service binds")
    port: int = Field(3000, ge=1, le=65535, description="port that the service binds")
    refresh_seconds: float = Field(5.0, gt=0, description="how often the service looks for new forecasts")

    @field_validator("local_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{zone!r} is not an IANA time zone, such as Asia/Ho_Chi_Minh") from error
        return zone

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Puts the deployment's own file behind the arguments and the environment."""
        home = init_settings().get("home") or env_settings().get("home") or cls.model_fields["home"].default
        file = _RelativeToFile(settings_cls, Path(home) / FILE_NAME)
        return init_settings, env_settings, file

    def environment(self) -> dict[str, str]:
        """The environment of the service: these settings, without the sources and their keys, and no telemetry."""
        wanted = ((name, value) for name, value in self if value is not None and name != "sources")
        own = {f"HAIDANG_{name.upper()}": str(value) for name, value in wanted}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HAIDANG_SOURCES")}
        return {**inherited, **own, **QUIET}

    @property
    def archive(self) -> Path:
        """Folder of the archive's Delta tables."""
        return self.home / "archive"

    @property
    def database(self) -> Path:
        """SQLite file of what operators keep: the log of ingests."""
        return self.home / "haidang.db"

    @property
    def database_address(self) -> str:
        """Address of that database, as SQLAlchemy writes it."""
        return self.database_url or f"sqlite:///{self.database.absolute()}"

    @property
    def simulated(self) -> Path:
        """File that describes the simulated province of the archive; missing where the archive is real."""
        return self.home / "simulated.json"

    @property
    def issued(self) -> Path:
        """Folder of the Delta table of issued forecasts."""
        return self.home / "issued"

    @property
    def shadow(self) -> Path:
        """Folder of the Delta table of what challengers forecast beside the champions; never shown."""
        return self.home / "shadow"

    @property
    def verified(self) -> Path:
        """Folder of the Delta table of verified forecasts."""
        return self.home / "verified"

    @property
    def track_records(self) -> Path:
        """Folder of the track records."""
        return self.home / "track_records"

    @property
    def published(self) -> Path:
        """Folder of the bulk files that everybody may read."""
        return self.home / "published"

    @property
    def forecasters(self) -> Path:
        """Folder in which fits leave their forecasters before they are tracked."""
        return self.home / "forecasters"

    @property
    def shelf(self) -> Path:
        """Folder of the BentoML model store with the promoted forecasters."""
        return self.home / "shelf"

    @property
    def tracking(self) -> str:
        """URI of the MLflow store."""
        return self.tracking_uri or f"sqlite:///{(self.home / 'mlflow.db').absolute()}"


class _RelativeToFile(TomlConfigSettingsSource):
    """Reads `haidang.toml`; paths in it are resolved against its folder."""

    def __init__(self, settings_cls: type[BaseSettings], file: Path) -> None:
        try:
            super().__init__(settings_cls, file)
        except tomllib.TOMLDecodeError as error:
            raise HaidangError(f"{file} is not TOML: {error}") from error
        for name in ("sites", "hazards", "boundaries"):
            if name in self.init_kwargs:
                self.init_kwargs[name] = file.parent / self.init_kwargs[name]
        for stated in self.init_kwargs.get("sources", {}).values():
            for name in {"file", "folder", "mapping", "crosswalk"} & set(stated):
                if Path(stated[name]).suffix or name == "folder":
                    stated[name] = file.parent / stated[name]


# BentoML compares with "True", MLflow with "true"; passive OpenMP waits leave a busy neighbour its core.
QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "DO_NOT_TRACK": "true",
    "OMP_WAIT_POLICY": "passive",
}


def keep_tools_quiet() -> None:
    """Turns off the telemetry of BentoML and MLflow in this process; call it before either is imported."""
    os.environ.update(QUIET)
