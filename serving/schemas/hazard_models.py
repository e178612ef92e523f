"""Hazards and sites as the service knows them: what they need, what they are compared with, and their skill."""

from typing import Literal

from pydantic import AwareDatetime, Field

from models.targets import Sense
from serving.schemas.answer_models import LevelView
from serving.schemas.law_models import MatrixOfHazard, UnreadArticle
from serving.schemas.strict_model import StrictModel


class NeedView(StrictModel):
    """A variable that a hazard learns or forecasts from."""

    variable: str
    title_vi: str
    title_en: str
    unit: str
    outcome: bool = Field(description="whether it tells what came, so that there is something to learn from")
    read: bool = Field(description="whether a forecast reads it")
    held: bool = Field(description="whether the archive holds any value")
    known_at: AwareDatetime | None = Field(description="when the newest value became known")


class BaselineView(StrictModel):
    """A baseline that every forecast must beat."""

    name: Literal["climatology", "persistence"]
    told_vi: str
    told_en: str
    feature: str | None = Field(description="the feature that says what is the case now")


class SkillView(StrictModel):
    """Brier skill in the backtest of the newest fit, each with the central 90 % of its interval; 1 is perfect."""

    lead: int
    cut: float
    n: int
    events: int
    skill_climatology: float
    skill_climatology_low: float
    skill_climatology_high: float
    skill_persistence: float
    skill_persistence_low: float
    skill_persistence_high: float
    judged: Literal["yes", "no", "too few events"] = Field(
        description="whether both baselines are beaten with the whole interval"
    )


class HazardView(StrictModel):
    """A hazard as the service knows it."""

    name: str
    title_vi: str
    title_en: str
    unit: str
    cuts: list[float] = Field(description="from the mildest event to the severest")
    sense: Sense = Field(description="whether an event is an outcome of at least, or of at most, a cut")
    leads: list[int]
    period_days: int
    levels: list[LevelView]
    reference: str = Field(description="where the event, its thresholds or the method is published")
    where: str | None = Field(description="attribute of the sites at which it is forecast; null for all sites")
    issue_every_days: int
    issue_hour: int = Field(description="local hour of the issue time")
    amount: bool = Field(description="whether quantiles and an interval are told too")
    features: list[str] = Field(description="what the model reads, in order")
    law: MatrixOfHazard | None = Field(description="null where the law as encoded has no matrix for it")
    unread: UnreadArticle | None = Field(
        description="an article of the law that speaks of it and gives no level here, and why"
    )
    sites: int = Field(description="at how many sites it is forecast")
    needs: list[NeedView] = Field(description="the data that it reads and learns from")
    baselines: list[BaselineView]
    skill: list[SkillView] = Field(description="by lead, at the cut of the lowest level; empty where none was tested")
    skill_horizon: int | None = Field(
        description="the last lead, in days, at which both baselines are beaten with the whole interval"
    )
    tested_until: AwareDatetime | None = Field(description="the last issue time of that backtest")
    basis: Literal["model", "rule"] | None = Field(
        description="whether a model was learned, or a published rule answers as no outcome is known"
    )
    model_version: str | None
    latest_issue_time: AwareDatetime | None
    withheld: str | None = Field(description="why no answer is given, where none is")
    withheld_vi: str | None = Field(description="the same in Vietnamese")


class SiteView(StrictModel):
    """A site that is forecast; unknown attributes are null."""

    code: str
    name_vi: str
    name_en: str
    latitude: float
    longitude: float
    attributes: dict[str, float | None]
    hazards: list[str] = Field(description="names of the hazards that are forecast there")
