"""How the data of a deployment are shared: whose they are, under which licence, and what may be passed on."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"{}|\\^`]+$")]


class Sharing(BaseModel):
    """The table `sharing` of service.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owner_vi: str = Field(min_length=1, description="the agency whose data they are, in Vietnamese")
    owner_en: str = Field(min_length=1, description="the same in English")
    contact: Address = Field(description="page on which the owner is reached")
    address: Address = Field(description="of this service, as callers write it, such as https://haidang.example.vn")
    licence: Address | None = Field(
        None, description="address of the licence of the data; a deployment that is read without a key must state it"
    )
    observations: dict[str, Address] = Field(
        {},
        description="sources whose observations are passed on: name of the source -> address of its licence, which "
        "somebody has read and which allows it; those of any other source are not shared",
    )
    changes_days: int = Field(400, ge=1, description="for how long it can be asked what has changed since a version")
