"""What may be asked of POST /risk, for one hazard or several, and what several are answered with."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from serving.schemas.answer_models import PlaceView, RiskAnswer, Threshold
from serving.schemas.strict_model import StrictModel


class Position(StrictModel):
    """A position on the ground, WGS84."""

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, description="degrees north")]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="degrees east")]


class WhereAndWhen(StrictModel):
    """Which hazards, where, how far ahead, and as of which moment."""

    hazard: str | None = Field(None, description="name of a hazard, see /v1/hazards", examples=["heavy_rain"])
    hazards: list[str] | None = Field(
        None,
        min_length=1,
        max_length=50,
        description="names of several hazards, in place of `hazard`; each is answered or withheld by itself",
        examples=[["heavy_rain", "storm_wind"]],
    )
    sites: list[str] | None = Field(
        None,
        min_length=1,
        max_length=5000,
        description="codes or names, in any Unicode form, with or without marks; all sites of a hazard if neither "
        "sites nor positions are given",
        examples=[["06652", "Bãi Cháy"]],
    )
    positions: list[Position] | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="positions, beside or in place of sites: the site whose area holds it answers, else the nearest",
    )
    leads: list[Annotated[int, Field(ge=1, le=400)]] | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="days from the issue day to the first day of a period, see /v1/hazards; all if left out. Of "
        "several hazards each answers the leads that it has",
        examples=[[1, 2, 3]],
    )
    issue_time: AwareDatetime | None = Field(
        None, description="as it was known at this moment, with an offset; the latest issue if left out"
    )


class RisksQuestion(WhereAndWhen):
    """How likely is it, where and when? Of one hazard (`hazard`) or of several (`hazards`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"hazard": "heavy_rain", "sites": ["Hạ Long"], "thresholds": [80]},
                {
                    "hazards": ["heavy_rain", "storm_wind"],
                    "positions": [{"latitude": 20.95, "longitude": 107.08}],
                    "leads": [1, 2, 3],
                },
            ]
        }
    )

    thresholds: list[Threshold] = Field(
        [],
        max_length=20,
        description="thresholds of one's own for `hazard`, in its unit, between its lowest and highest cut",
        examples=[[80]],
    )
    thresholds_of: dict[str, Annotated[list[Threshold], Field(max_length=20)]] = Field(
        {},
        max_length=50,
        description="thresholds of one's own by hazard, where several are asked about",
        examples=[{"heavy_rain": [80], "storm_wind": [20]}],
    )
    include: list[Literal["drivers"]] = Field(
        [], max_length=1, description="drivers: what moves each forecast, for at most 60 pairs of hazard and site"
    )


class Withheld(StrictModel):
    """A hazard that is not answered, and why."""

    hazard: str
    title_vi: str
    title_en: str
    reason: str = Field(description="what is the case and what an operator can do")
    reason_vi: str = Field(description="the same in Vietnamese")


class LeftOut(StrictModel):
    """A site that was asked about and that a hazard tells nothing of."""

    hazard: str
    site: str
    reason_vi: str
    reason_en: str


class RisksAnswer(StrictModel):
    """The answers of several hazards; each is as that of the hazard alone."""

    places: list[PlaceView] = Field(description="the places that were asked about, in order; empty for all sites")
    answers: list[RiskAnswer]
    withheld: list[Withheld] = Field(description="hazards that are not answered now")
    left_out: list[LeftOut] = Field(description="sites of which a hazard that is answered says nothing")
