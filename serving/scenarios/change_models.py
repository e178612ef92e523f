"""What may be asked of POST /scenario: changes of what was known, for hazards and sites."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from serving.schemas.risk_models import WhereAndWhen
from serving.schemas.strict_model import StrictModel

MOST_CHANGES, MOST_HAZARDS, MOST_SITES = 8, 10, 200


class _OfDriver(StrictModel):
    variable: str | None = Field(
        None, max_length=60, description="what is changed, see needs of /v1/hazards", examples=["rain"]
    )
    driver: str | None = Field(
        None,
        max_length=60,
        description="in place of a variable: all variables of a driver, see drivers in the answer of /explain, that "
        "the hazard reads and that are told in `unit`",
        examples=["rain_ahead"],
    )
    when: Literal["ahead", "past"] | None = Field(
        None,
        description="ahead: what is forecast of the issue day and the days after it. past: what is known of the days "
        "before the issue day. If left out, ahead for a variable that is forecast, else past; a driver says it itself",
    )
    days: Annotated[int, Field(ge=1, le=366)] | None = Field(
        None, description="of the past, only so many days before the issue day; if left out, 366", examples=[7]
    )
    unit: str | None = Field(
        None,
        max_length=20,
        description="the declared unit of the variable, as a check: K is taken for degC, ppt for g/kg. Of a driver, "
        "which of its variables follow; if left out, those in the unit of its first variable",
        examples=["g/kg"],
    )


class Scale(_OfDriver):
    """Times a factor, for amounts that begin at zero."""

    kind: Literal["scale"]
    factor: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] | None = Field(
        None, description="give it or `percent`", examples=[1.5]
    )
    percent: Annotated[float, Field(ge=-100, le=900, allow_inf_nan=False)] | None = Field(
        None, description="so much more, or less if negative", examples=[50]
    )


class Shift(_OfDriver):
    """So much more, or less if negative, in the declared unit."""

    kind: Literal["shift"]
    by: Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)] = Field(examples=[-8])


class DisplaceTrack(StrictModel):
    """Storms ahead on a track that lies elsewhere.

    The archive holds how near storms come to the sites, and their wind and rain there, not their tracks. What these are
    on the displaced track is worked out from the distances at all sites, see told_en in the answer.
    """

    kind: Literal["displace_track"]
    east_km: Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)] = Field(
        0.0, description="to the east; to the west if negative", examples=[50]
    )
    north_km: Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)] = Field(
        0.0, description="to the north; to the south if negative", examples=[0]
    )


AnyChange = Annotated[Scale | Shift | DisplaceTrack, Field(discriminator="kind")]


class ScenarioQuestion(WhereAndWhen):
    """What if something else had been known? Of one hazard (`hazard`) or of several (`hazards`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "hazard": "heavy_rain",
                    "sites": ["Hạ Long"],
                    "changes": [{"kind": "scale", "driver": "rain_ahead", "percent": 50}],
                },
                {
                    "hazards": ["fresh_ponds", "shrimp_white_spot"],
                    "sites": ["Hạ Long"],
                    "changes": [{"kind": "shift", "variable": "pond_salinity", "by": -8, "unit": "g/kg", "days": 14}],
                },
                {
                    "hazards": ["storm_wind", "storm_surge"],
                    "changes": [{"kind": "displace_track", "east_km": 50, "north_km": 0}],
                },
            ]
        }
    )

    hazards: list[str] | None = Field(
        None,
        min_length=1,
        max_length=MOST_HAZARDS,
        description="names of several hazards, in place of `hazard`; each is answered or withheld by itself",
        examples=[["heavy_rain", "storm_wind"]],
    )
    sites: list[str] | None = Field(
        None,
        min_length=1,
        max_length=MOST_SITES,
        description="as in the question of /risk",
        examples=[["06652", "Bãi Cháy"]],
    )
    changes: list[AnyChange] = Field(
        min_length=1,
        max_length=MOST_CHANGES,
        description="one after the other, at all sites; a displaced track comes first",
    )
    include: list[Literal["drivers"]] = Field(
        [], max_length=1, description="drivers: what moves each forecast, both ways, for at most 60 pairs as in /risk"
    )
