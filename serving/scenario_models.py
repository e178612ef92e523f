"""What may be asked of POST /scenario, and what it is answered with."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from models.ladder import Step
from models.targets import Sense
from serving.answer_models import LevelView, PlaceView
from serving.forecast_models import BeyondTraining, Interval
from serving.risk_models import LeftOut, WhereAndWhen, Withheld
from serving.strict_model import StrictModel

MOST_CHANGES, MOST_HAZARDS, MOST_SITES = 8, 10, 200

Told = Literal["inside", "outside", "held at the edge", "no range"]
Promise = Literal["kept", "held", "none"]


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


class Amounts(StrictModel):
    """An amount both ways."""

    issued: float
    scenario: float
    difference: float = Field(description="scenario less issued")


class CutChances(Amounts):
    """The probability of the event at a cut, both ways."""

    cut: float = Field(description="in the hazard's unit")


class DriverBothWays(Amounts):
    """What one driver adds to the log-odds of the event of the lowest level, both ways, as the model tells it."""

    name: str
    title_vi: str
    title_en: str


class Beyond(BeyondTraining):
    """An input of the scenario beyond all that the forecaster has learned from."""

    by: float | None = Field(description="how far beyond, in the feature's unit; null where the value is not said")
    as_issued: bool = Field(description="whether it lies beyond in the forecast as issued too")


class ScenarioPeriod(StrictModel):
    """One period at one site, as issued and under the scenario."""

    lead: int
    valid_from: AwareDatetime
    valid_to: AwareDatetime
    probabilities: list[CutChances]
    expected: Amounts | None = Field(description="expected outcome, in the hazard's unit")
    interval_issued: Interval | None
    interval_scenario: Interval | None
    level_issued: str | None = Field(description="highest declared level that is reached as issued")
    level_scenario: str | None = Field(description="the same under the scenario")
    moved: list[str] = Field(description="features that the changes moved, of those the model reads")
    beyond_training: list[Beyond] = Field(description="inputs of the scenario that were never seen in training")
    raised: bool = Field(description="whether the guard held a probability to that at the nearest input seen")
    promise: Promise = Field(
        description="whether the hazard promises that such a change never lowers, or never raises, the risk. kept: the "
        "model kept it by itself; held: the answer was held to it; none: it promises nothing of these changes"
    )
    step: Step | None = Field(description="who answered, see /risk")
    drivers: list[DriverBothWays] | None = Field(None, description="where asked for, the most changed first")


class ScenarioSite(StrictModel):
    """The periods of one site."""

    site: str
    name_vi: str
    name_en: str
    periods: list[ScenarioPeriod]


class ChangeView(StrictModel):
    """What became of one change for one hazard."""

    number: int = Field(description="place in the question, from 0")
    kind: Literal["scale", "shift", "displace_track"]
    read: bool = Field(description="whether the hazard reads what is changed; if not, the change does nothing here")
    variables: list[str] = Field(description="that were changed and that the hazard reads")
    left: list[str] = Field(description="of the same subject, read by the hazard, and left as they were")
    values: int = Field(description="values known at the sites asked about that the change is of")
    held: int = Field(description="of these, how many were held at the end of the plausible range of the variable")
    told_vi: str
    told_en: str


class Verdict(StrictModel):
    """The guard's verdict: may the model be asked that?"""

    told: Told = Field(
        description="inside: no input lies outside the range of training. outside: some do, trust the answer less. "
        "held at the edge: some do, and where more of it never lowers the risk the answer is held to that at the "
        "nearest input seen. no range: a published rule answers, which has no training"
    )
    periods: int = Field(description="periods asked about, over all sites")
    outside: int = Field(description="of these, how many have an input outside the range of training")
    newly_outside: int = Field(description="of these, how many had none as issued")
    held: int = Field(description="of these, in how many the guard held a probability at the edge")
    features: list[Beyond] = Field(description="for each feature outside, where it is farthest")
    told_vi: str
    told_en: str


class HazardScenario(StrictModel):
    """The scenario of one hazard. It is no forecast: it is stored nowhere and is never verified."""

    hazard: str
    title_vi: str
    title_en: str
    unit: str
    sense: Sense
    scenario: Literal[True]
    told_vi: str = Field(examples=["GIẢ ĐỊNH, không phải dự báo đã phát: Mưa lớn"])
    told_en: str = Field(examples=["SCENARIO, not an issued forecast: Heavy rain"])
    origin: Literal["issued", "hindcast"] = Field(description="of the forecast beside which the scenario stands")
    simulated: bool
    issue_time: AwareDatetime
    model_version: str
    archive_version: int
    warning_levels: list[LevelView]
    changes: list[ChangeView]
    verdict: Verdict
    drivers_withheld: str | None = Field(None, description="why no drivers are told, where they were asked for")
    drivers_withheld_vi: str | None = Field(None, description="the same in Vietnamese")
    forecasts: list[ScenarioSite]


class NotRead(StrictModel):
    """A hazard that reads nothing of what was changed."""

    hazard: str
    title_vi: str
    title_en: str
    drivers: list[str] = Field(description="the drivers that it reads", examples=[["rain_ahead", "rain_before"]])
    variables: list[str] = Field(description="the variables that it reads", examples=[["rain", "air_temperature"]])
    reason_vi: str
    reason_en: str


class ScenarioAnswer(StrictModel):
    """The scenario of each hazard, beside what was issued."""

    places: list[PlaceView] = Field(description="the places that were asked about, in order; empty for all sites")
    answers: list[HazardScenario]
    not_read: list[NotRead] = Field(description="hazards that read nothing of what was changed")
    withheld: list[Withheld] = Field(description="hazards that are not answered now")
    left_out: list[LeftOut] = Field(description="sites of which a hazard that is answered says nothing")
