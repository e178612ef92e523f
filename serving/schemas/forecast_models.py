"""The forecast of one site, period by period: probabilities, amounts, levels, and what each rests on."""

from typing import Literal

from pydantic import AwareDatetime, Field

from models.ladder import Step
from serving.schemas.law_models import LegalPeriod
from serving.schemas.likelihood import Term
from serving.schemas.strict_model import StrictModel


class Exceedance(StrictModel):
    """How likely an outcome at or above a threshold is."""

    at_least: float = Field(description="in the hazard's unit")
    probability: float = Field(description="between 0 and 1")
    likelihood: Term = Field(description="the probability in words, see likelihood_scale")

    @property
    def threshold(self) -> float:
        return self.at_least

    @property
    def told(self) -> str:
        """For a heading."""
        return f">= {self.at_least:g}"


class Undercut(StrictModel):
    """How likely an outcome at or below a threshold is, for hazards such as cold."""

    at_most: float = Field(description="in the hazard's unit")
    probability: float = Field(description="between 0 and 1")
    likelihood: Term = Field(description="the probability in words, see likelihood_scale")

    @property
    def threshold(self) -> float:
        return self.at_most

    @property
    def told(self) -> str:
        """For a heading."""
        return f"<= {self.at_most:g}"


class Quantile(StrictModel):
    """An amount below which the outcome stays with a probability."""

    level: float = Field(description="probability that the outcome is not above the value, between 0 and 1")
    value: float = Field(description="in the hazard's unit")


class Interval(StrictModel):
    """Two amounts between which the outcome lies with a probability."""

    probability: float
    low: float = Field(
        description="lower end, in the hazard's unit; where it is the lowest amount that there is, as no rain, the "
        "interval is an upper bound alone"
    )
    high: float = Field(description="upper end, in the hazard's unit")


class BeyondTraining(StrictModel):
    """An input beyond all that the forecaster has learned from."""

    feature: str
    value: float | None = Field(description="null where it is restricted, or so small a count that it tells whose")
    low: float = Field(description="lowest value in training, in the feature's unit")
    high: float = Field(description="highest value in training")


class LevelChance(StrictModel):
    """How probable the event of a declared level is, and whether that is enough to reach it."""

    level: str = Field(description="name, see warning_levels")
    probability: float = Field(description="of the event at the level's cut")
    reached: bool


class DriverView(StrictModel):
    """What one driver does to the odds of the event."""

    name: str
    title_vi: str
    title_en: str
    log_odds: float = Field(description="by how much it moves the natural logarithm of the odds")
    told_vi: str
    told_en: str


class Share(StrictModel):
    """A share of cases, with the central 90 % of what it may be."""

    share: float
    low: float
    high: float


class TrackRecord(StrictModel):
    """How warnings of the lowest declared level did at this place and lead, as issued; days in a row are one event."""

    n: int = Field(description="forecasts whose outcome is known")
    events: int = Field(description="how often the event came")
    hits: int = Field(description="warned before it began")
    misses: int = Field(description="it came, and no warning before")
    false_alarms: int = Field(description="warned, and it did not come")
    interval: Share | None = Field(
        description="share of events that were warned of, with its interval; null where there are too few to judge"
    )
    judged: Literal["judged", "too few to judge"]


class PeriodForecast(StrictModel):
    """The forecast of one period at one site."""

    id: str | None = Field(
        None, description="of the stored record, see /v1/forecasts/{id}; null for a hindcast, which is not stored"
    )
    lead: int = Field(description="days from the issue day to the first day of the period")
    valid_from: AwareDatetime
    valid_to: AwareDatetime = Field(description="end of the period, exclusive")
    probabilities: list[Exceedance | Undercut]
    thresholds: list[Exceedance | Undercut] = Field(
        [], description="the caller's own thresholds, interpolated between the cuts"
    )
    expected: float | None = Field(description="expected outcome, in the hazard's unit; a published rule tells none")
    quantiles: list[Quantile] = Field(
        [],
        description="of an amount such as rain, rising with the level; never at odds with the probabilities of the "
        "cuts. Empty for hazards of events, for a published rule, and in issues from before they were told",
    )
    interval: Interval | None = Field(
        None, description="conformal by season and lead; null where no quantiles are told"
    )
    level: str | None = Field(description="highest level of warning that the hazard declares and that is reached")
    levels: list[LevelChance] = Field(description="each declared level, the lowest first")
    told_vi: str = Field(
        description="the event of the lowest level in words",
        examples=["có khả năng (70 %): Mưa lớn từ 50 mm trở lên"],
    )
    told_en: str = Field(description="the same in English", examples=["likely (70 %): Heavy rain, 50 mm or more"])
    beyond_skill: bool | None = Field(
        description="whether the lead lies beyond the skill horizon; null where no test of the forecaster is at hand"
    )
    track_record: TrackRecord | None = Field(None, description="at this place and lead; null where none is kept")
    drivers: list[DriverView] | None = Field(
        None, description="what moves the event of the lowest level, where asked for by `include`"
    )
    law: LegalPeriod | None = Field(None, description="the disaster-risk level; null where the hazard has no matrix")
    missing: list[str] = Field(description="features that could not be known")
    step: Step | None = Field(
        None,
        description="who answered: full, the hazard's own model; no_forecast_weather or no_surveillance, what answers "
        "where nothing is known of forecasts by others, or of reports and samples; climatology, where nothing is known "
        "at all. null for a published rule",
    )
    beyond_training: list[BeyondTraining] = Field(
        [], description="inputs that lie outside what was ever seen in training: trust the answer less"
    )
    raised: bool = Field(
        False,
        description="whether a probability is a floor: beyond training it is not below that at the nearest input seen",
    )


class SiteForecast(StrictModel):
    """The forecasts of one site."""

    site: str
    name_vi: str
    name_en: str
    latitude: float
    longitude: float
    periods: list[PeriodForecast]
