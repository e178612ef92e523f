"""What POST /scenario is answered with: each forecast as issued and under the scenario, and the guard's verdict."""

from typing import Literal

from pydantic import AwareDatetime, Field

from models.ladder import Step
from models.targets import Sense
from serving.schemas.answer_models import LevelView, PlaceView
from serving.schemas.forecast_models import BeyondTraining, Interval
from serving.schemas.risk_models import LeftOut, Withheld
from serving.schemas.strict_model import StrictModel

Told = Literal["inside", "outside", "held at the edge", "no range"]
Promise = Literal["kept", "held", "none"]


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
