"""The question about one hazard, and its answer with all that is needed to judge it."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from serving.schemas.forecast_models import SiteForecast
from serving.schemas.law_models import LegalView, UnreadArticle
from serving.schemas.likelihood import LikelihoodTerm
from serving.schemas.strict_model import StrictModel

Threshold = Annotated[float, Field(allow_inf_nan=False)]


class RiskQuestion(StrictModel):
    """How likely is it, where and when?"""

    hazard: str = Field(description="name of a hazard, see /v1/hazards", examples=["heavy_rain"])
    sites: list[str] | None = Field(
        None, min_length=1, max_length=5000, description="codes or names; all sites of the hazard if left out",
        examples=[["06652", "Bãi Cháy"]],
    )  # fmt: skip
    issue_time: AwareDatetime | None = Field(
        None, description="as it was known at this moment, with an offset; the latest issue if left out"
    )
    thresholds: list[Threshold] = Field(
        [],
        max_length=20,
        description="thresholds of one's own, in the hazard's unit, between its lowest and highest cut",
    )


class InputAge(StrictModel):
    """How far an input reached when the forecast was made."""

    variable: str
    unit: str
    data_until: AwareDatetime | None = Field(description="newest day with a value; in the future for a forecast")
    known_at: AwareDatetime | None = Field(description="when the newest value became known")
    sites_without: int = Field(description="sites of the hazard for which nothing at all was known")
    simulated: bool = Field(description="whether values of the simulated province are among it")


class PlaceView(StrictModel):
    """What became of a place that was asked about."""

    asked: str = Field(description="a code or name, or latitude and longitude, as asked", examples=["20.95, 107.08"])
    site: str = Field(description="code of the site that answers for it")
    name_vi: str
    name_en: str
    found_by: Literal["code", "name", "area", "nearest"] = Field(
        description="area: the position lies in the boundaries of the site. nearest: it lies in none that is known"
    )
    distance_km: float | None = Field(
        description="from the position asked to that of the site, along a great circle; null for a code or name"
    )


class LevelView(StrictModel):
    """A level of warning that a hazard declares: it is reached where the cut's event is at least this probable."""

    name: str
    title_vi: str
    title_en: str
    hex: str = Field(description="colour on screens, a choice of this service; colours of the law stand under law")
    probability: float
    cut: float


class RiskAnswer(StrictModel):
    """An answer, with all that is needed to judge it."""

    hazard: str
    title_vi: str
    title_en: str
    unit: str
    origin: Literal["issued", "hindcast"] = Field(
        description="issued: stored when it was made. hindcast: computed now, from what was known at the issue time, "
        "by a forecaster that may have learned from later outcomes"
    )
    simulated: bool = Field(
        description="true where it comes from simulated data: it says nothing about the real province"
    )
    issue_time: AwareDatetime
    issued_at: AwareDatetime = Field(description="when the answer was made")
    basis: Literal["model", "rule"] | None = Field(
        description="model: learned from past outcomes. rule: a published rule, which nobody could verify here; its "
        "chances say whether its conditions are met. null: an earlier forecaster issued, see its own card"
    )
    model_version: str
    learned_until: AwareDatetime | None = Field(description="last issue time that the forecaster learned from")
    baselines_beaten: str = Field(description="what the backtest of the forecaster showed, in words")
    archive_version: int
    inputs: list[InputAge]
    missing_inputs: list[str] = Field(description="inputs of which nothing was known anywhere")
    skill_horizon: int | None = Field(
        description="last lead, in days, at which the backtest of this forecaster beats climatology and persistence "
        "with the whole interval; null where there is none, or no test is at hand"
    )
    warning_levels: list[LevelView] = Field(description="the levels that the hazard declares, the lowest first")
    likelihood_scale: list[LikelihoodTerm] = Field(
        description="the words for probabilities: Mastrandrea et al. 2010, IPCC AR5 guidance note on consistent "
        "treatment of uncertainties, table 1; the Vietnamese words are ours"
    )
    law: LegalView | None = Field(None, description="what the legal levels rest on; null where the hazard has none")
    unread: UnreadArticle | None = Field(
        None, description="an article of the law that speaks of the hazard and gives no level here, and why"
    )
    places: list[PlaceView] = Field([], description="the places that were asked about, in order; empty for all sites")
    drivers_withheld: str | None = Field(None, description="why no drivers are told, where they were asked for")
    drivers_withheld_vi: str | None = Field(None, description="the same in Vietnamese")
    forecasts: list[SiteForecast]
