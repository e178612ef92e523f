"""What may be asked and what is answered: the shapes of the risk API."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from models.targets import Sense

Threshold = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RiskQuestion(_Strict):
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


class LatestQuestion(_Strict):
    """The query of /v1/forecasts/latest."""

    hazard: str = Field(description="name of a hazard, see /v1/hazards")
    site: str | None = Field(None, description="code or name; all sites of the hazard if left out")


class Exceedance(_Strict):
    """How likely an outcome at or above a threshold is."""

    at_least: float
    probability: float

    @property
    def threshold(self) -> float:
        return self.at_least

    @property
    def told(self) -> str:
        """For a heading."""
        return f">= {self.at_least:g}"


class Undercut(_Strict):
    """How likely an outcome at or below a threshold is, for hazards such as cold."""

    at_most: float
    probability: float

    @property
    def threshold(self) -> float:
        return self.at_most

    @property
    def told(self) -> str:
        """For a heading."""
        return f"<= {self.at_most:g}"


class PeriodForecast(_Strict):
    """The forecast of one period at one site."""

    lead: int = Field(description="days from the issue day to the first day of the period")
    valid_from: AwareDatetime
    valid_to: AwareDatetime = Field(description="end of the period, exclusive")
    probabilities: list[Exceedance | Undercut]
    thresholds: list[Exceedance | Undercut] = Field(
        [], description="the caller's own thresholds, interpolated between the cuts"
    )
    expected: float = Field(description="expected outcome, in the hazard's unit")
    level: str | None = Field(description="highest level of warning that is reached")
    missing: list[str] = Field(description="features that could not be known")


class SiteForecast(_Strict):
    """The forecasts of one site."""

    site: str
    name_vi: str
    name_en: str
    latitude: float
    longitude: float
    periods: list[PeriodForecast]


class InputAge(_Strict):
    """How far an input reached when the forecast was made."""

    variable: str
    unit: str
    data_until: AwareDatetime | None = Field(description="newest day with a value; in the future for a forecast")
    known_at: AwareDatetime | None = Field(description="when the newest value became known")
    sites_without: int = Field(description="sites of the hazard for which nothing at all was known")
    simulated: bool = Field(description="whether values of the simulated province are among it")


class RiskAnswer(_Strict):
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
    model_version: str
    learned_until: AwareDatetime | None = Field(description="last issue time that the forecaster learned from")
    baselines_beaten: str = Field(description="what the backtest of the forecaster showed, in words")
    archive_version: int
    inputs: list[InputAge]
    missing_inputs: list[str] = Field(description="inputs of which nothing was known anywhere")
    forecasts: list[SiteForecast]


class LevelView(_Strict):
    """When a level is reached: the cut's event is at least this probable."""

    name: str
    probability: float
    cut: float


class HazardView(_Strict):
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
    reference: str
    sites: int
    model_version: str | None
    latest_issue_time: AwareDatetime | None
    withheld: str | None = Field(description="why no answer is given, where none is")


class SiteView(_Strict):
    """A site that is forecast; unknown attributes are null."""

    code: str
    name_vi: str
    name_en: str
    latitude: float
    longitude: float
    attributes: dict[str, float | None]


class Problem(BaseModel):
    """A problem report as of RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []
