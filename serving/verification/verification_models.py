"""How forecasts did: what is asked of the verification, and what is answered."""

from typing import Literal

from pydantic import AwareDatetime, Field

from models.targets import Sense
from serving.schemas.forecast_models import Share
from serving.schemas.strict_model import StrictModel

Season = Literal["year", "DJF", "MAM", "JJA", "SON"]
Scope = Literal["site", "all sites", "restricted sites of a commune", "all restricted sites"]


class VerificationQuestion(StrictModel):
    """The query of /v1/verification; all filters hold together."""

    hazard: str = Field(description="name of a hazard, see /v1/hazards", examples=["heavy_rain"])
    site: str | None = Field(None, description="code or name", examples=["Hạ Long"])
    scope: Scope | None = Field(None, description="only rows of this kind", examples=["all sites"])
    lead: int | None = Field(None, ge=0, le=1000, description="days to the period; 0 for all leads together")
    cut: float | None = Field(None, allow_inf_nan=False, description="one of the hazard's cuts")
    season: Season | None = Field(None, description="`year` for the whole year", examples=["JJA"])
    level: str | None = Field(None, max_length=100, description="declared level whose warnings are counted")
    limit: int = Field(100, ge=1, le=1000, description="most rows of a page")
    cursor: str | None = Field(None, max_length=1000, description="`next` of the page before, with the same filters")
    format: Literal["json", "csv"] | None = Field(None, description="of the answer; goes before the header Accept")


class SkillFigure(StrictModel):
    """Brier skill against a baseline, with the central 90 % of a block bootstrap over days of all sites."""

    skill: float = Field(description="1 is perfect, 0 as good as the baseline")
    low: float
    high: float


class ReliabilityBin(StrictModel):
    """Forecasts of about the same probability, and how often the event came."""

    from_probability: float
    to_probability: float
    n: int
    mean_probability: float
    events: int
    share: float = Field(description="events of n")


class VerificationRow(StrictModel):
    """How the forecasts did, as issued, at one place, lead, season and cut."""

    scope: Scope
    site: str | None = Field(description="code of the site, or of the commune whose restricted sites these are")
    sites: int | None = Field(description="of how many restricted sites; null elsewhere, and where it is not said")
    lead: int | None = Field(description="days to the period; null for all leads together")
    season: Season
    cut: float = Field(description="the event, in the hazard's unit")
    level: str | None = Field(description="declared level whose warnings are counted; null where none is of this cut")
    n: int | None = Field(description="questions: forecasts of one period whose outcome is known")
    events: int | None = Field(description="questions with the event")
    expected: float | None = Field(description="sum of the probabilities, to compare with `events`")
    brier: float | None = Field(description="mean squared error of the probability, 0 is perfect")
    log_score: float | None = Field(description="mean negative natural logarithm of what was given to what came")
    skill_climatology: SkillFigure | None = Field(description="null with too few events, or where nothing was told")
    skill_persistence: SkillFigure | None
    runs: int | None = Field(
        description="events as runs of days with gaps of up to two; hits and misses add up to them"
    )
    hits: int | None = Field(description="warned of before they began")
    misses: int | None
    false_alarms: int | None = Field(description="runs of warnings without a day with the event")
    hit_rate: Share | None
    false_alarm_ratio: Share | None
    lead_gained_days: float | None = Field(description="median over the hits")
    reliability: list[ReliabilityBin] = Field(description="bins of probability that hold any forecast")
    judged: Literal["judged", "too few to judge"]
    suppressed: bool = Field(description="true where figures are not said as too few sites or events stand behind them")
    reason: str | None = Field(description="why they are not said")


class PromotionSkill(StrictModel):
    """Skill of the forecaster in service in the backtest that it was promoted on; not the live record."""

    lead: int
    cut: float
    n: int
    events: int
    brier: float
    skill_climatology: SkillFigure | None
    skill_persistence: SkillFigure | None
    judged: Literal["yes", "no", "too few events"] = Field(
        description="whether both baselines are beaten with the whole interval"
    )


class Promotion(StrictModel):
    """What the backtest showed before the forecaster in service was promoted; not the live record."""

    model_version: str
    basis: Literal["model", "rule"]
    tested_from: AwareDatetime | None
    tested_until: AwareDatetime | None
    simulated: bool = Field(description="whether it learned from, and was tested on, simulated data")
    rows: list[PromotionSkill]


class VerificationPage(StrictModel):
    """A page of the live record: forecasts as issued, with settled outcomes; and beside it the backtest."""

    hazard: str
    unit: str
    sense: Sense
    verified_until: AwareDatetime | None = Field(description="null while nothing is verified")
    issued_from: str | None = Field(description="local day of the first issue of the record")
    issued_to: str | None
    events_to_judge: int = Field(
        description="with fewer events there are too few to judge: no skill and no rate is told"
    )
    rows: list[VerificationRow]
    next: str | None = Field(description="cursor of the next page; null at the end")
    at_promotion: Promotion | None = Field(description="null where no forecaster is in service")
    note_vi: str
    note_en: str


class AggregatesQuestion(StrictModel):
    """The query of /v1/aggregates."""

    hazard: str = Field(description="name of a hazard, see /v1/hazards", examples=["heavy_rain"])


class AggregateProbability(StrictModel):
    """The mean over sites of how likely the event of a cut is."""

    cut: float = Field(description="in the hazard's unit")
    probability: float


class AggregateRow(StrictModel):
    """The latest forecast for the restricted sites of a commune, or for all, brought together."""

    scope: Scope
    site: str | None = Field(description="code of the commune; null for all, and for sites in no commune of the list")
    lead: int | None = Field(description="null where nothing is said")
    sites: int | None = Field(description="how many restricted sites; null where it is not said")
    probabilities: list[AggregateProbability]
    suppressed: bool
    reason: str | None = Field(description="why nothing is said")


class AggregatesAnswer(StrictModel):
    """What everybody may know of restricted sites: means over enough of them."""

    hazard: str
    unit: str
    sense: Sense
    issue_time: AwareDatetime | None = Field(description="null before the first issue")
    fewest: int = Field(description="fewer sites than this, or counts from 1 up to it, are not said")
    rows: list[AggregateRow] = Field(description="empty where no site is hidden from the caller")
    note_vi: str
    note_en: str
