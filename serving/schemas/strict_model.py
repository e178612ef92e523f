"""A shape of a question or answer that takes no field it does not know."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """A shape that takes no field it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
