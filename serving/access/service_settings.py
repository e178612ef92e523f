"""The settings of the service: who may read, and how much may be asked.

They come from the environment (prefix `HAIDANG_SERVICE_`) and from `service.toml` in the deployment's folder; the
environment wins.
"""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from serving.access.sharing import Sharing
from serving.access.slots import COMPUTED_AT_ONCE

FILE_NAME = "service.toml"
LARGEST_BODY = 1_000_000


class ServiceSettings(BaseSettings):
    """Who may read without a key, what is restricted, and the limits of a request."""

    model_config = SettingsConfigDict(env_prefix="HAIDANG_SERVICE_", frozen=True, extra="forbid")

    home: Path = Field(Path(), description="the deployment's folder, in which service.toml lies", exclude=True)
    public: bool = Field(
        True,
        description="whether what is public is read without a key; restricted sites and small counts always need the "
        "role agency, and every change needs a role of its own",
    )
    key_requests_per_second: float = Field(20.0, gt=0, description="of one key, in the long run")
    key_burst: int = Field(200, ge=1, description="requests of one key at once")
    address_requests_per_second: float = Field(5.0, gt=0, description="of one address without a key, in the long run")
    address_burst: int = Field(100, ge=1, description="requests of one address at once")
    seconds: float = Field(30.0, gt=0, description="after which a request is given up")
    at_once: int = Field(100, ge=1, description="requests that are answered at the same time")
    computed_at_once: int = Field(
        COMPUTED_AT_ONCE,
        ge=1,
        description="hindcasts, replays, scenarios and explanations that are worked out at the same time",
    )
    largest_body: int = Field(LARGEST_BODY, ge=1, description="bytes")
    traces: bool = Field(
        False,
        description="whether spans are made of requests; BentoML's own configuration (`tracing`) says where they go",
    )
    counted_attributes: frozenset[str] = Field(
        frozenset({"shrimp_ponds", "fish_cages", "oyster_rafts", "clam_beds"}),
        description="attributes of sites that count farms; counts below 5 are not shown without the role agency",
    )
    restricted_variables: frozenset[str] = Field(
        frozenset(), description="variables of which no value at a site is shown without the role agency"
    )
    sharing: Sharing | None = Field(
        None, description="owner and licence of the data, for the catalogue and bulk files; without, none are shared"
    )

    @model_validator(mode="after")
    def _what_is_public_has_a_licence(self) -> Self:
        if self.public and self.sharing is not None and self.sharing.licence is None:
            raise ValueError(
                "sharing.licence is missing, and this deployment is public: state the address of the licence of its "
                "data, such as https://creativecommons.org/licenses/by/4.0/, or set public to false"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Puts the file behind the arguments and the environment."""
        home = Path(init_settings().get("home") or cls.model_fields["home"].default)
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, home / FILE_NAME)
