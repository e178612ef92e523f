"""Stored forecasts as they are listed, with their passport and their replay."""

from typing import Literal

from pydantic import AwareDatetime, Field

from models.targets import Sense
from serving.schemas.answer_models import InputAge
from serving.schemas.forecast_models import PeriodForecast
from serving.schemas.strict_model import StrictModel

Format = Literal["json", "geojson", "csv", "parquet", "hubverse"]


class ForecastRecord(PeriodForecast):
    """One forecast: of a hazard, issued at a time by a forecaster, for a period at a site.

    In lists `law` is null; the level of the law stands in the record alone and in the answer of /risk.
    """

    hazard: str
    title_vi: str
    title_en: str
    unit: str
    sense: Sense
    simulated: bool = Field(description="true where it comes from simulated data")
    issue_time: AwareDatetime
    issued_at: AwareDatetime
    model_version: str
    archive_version: int
    site: str
    name_vi: str
    name_en: str
    latitude: float
    longitude: float


class LatestQuestion(StrictModel):
    """The query of /v1/forecasts/latest."""

    hazard: str = Field(description="name of a hazard, see /v1/hazards", examples=["heavy_rain"])
    site: str | None = Field(
        None, description="code or name; all sites of the hazard if left out", examples=["Hạ Long"]
    )
    format: Format | None = Field(None, description="of the answer; goes before the header Accept", examples=["csv"])


class ForecastsQuestion(StrictModel):
    """The query of /v1/forecasts; all filters hold together."""

    hazard: str | None = Field(None, description="name, see /v1/hazards", examples=["heavy_rain"])
    site: str | None = Field(None, description="code or name", examples=["Hạ Long"])
    issue_time_from: AwareDatetime | None = Field(None, description="issued for this moment or later")
    issue_time_to: AwareDatetime | None = Field(None, description="issued for a moment before this one")
    valid_time_from: AwareDatetime | None = Field(None, description="the period ends after this moment")
    valid_time_to: AwareDatetime | None = Field(None, description="the period begins before this moment")
    level: str | None = Field(
        None, description="the highest declared level that is reached, by name; `any` for any", examples=["warning"]
    )
    limit: int = Field(100, ge=1, le=1000, description="most records of a page")
    cursor: str | None = Field(None, max_length=1000, description="`next` of the page before, with the same filters")
    format: Format | None = Field(None, description="of the answer; goes before the header Accept")


class FormatQuestion(StrictModel):
    """The query of a resource that comes in several formats."""

    format: Format | None = Field(None, description="of the answer; goes before the header Accept")


class ForecastPage(StrictModel):
    """A page of stored forecasts, the newest issue first."""

    forecasts: list[ForecastRecord]
    next: str | None = Field(
        description="cursor of the next page; null at the end. All pages tell of the records that were stored when the "
        "first was asked for: what is issued meanwhile neither moves nor doubles any"
    )


class InputState(InputAge):
    """An input, and whether the forecast could use it."""

    features: int = Field(description="features of the model that read it")
    features_missing: int = Field(description="of these, how many could not be known for this record")
    state: Literal["used", "used in part", "stale or out of reach", "missing"] = Field(
        description="stale or out of reach: values were known, but none that any feature could still use. missing: "
        "nothing was known at any site"
    )


class Passport(StrictModel):
    """Where a stored forecast comes from: all that is needed to judge and to replay it."""

    id: str
    hazard: str
    site: str
    lead: int
    issue_time: AwareDatetime
    issued_at: AwareDatetime
    archive_version: int = Field(description="version of the table of entries that was read")
    model_version: str = Field(description="digest of the fitted estimator")
    fingerprint: str = Field(description="digest of the hazard as it was declared")
    declared_so_today: bool = Field(description="whether the hazard is still declared as it was")
    model_at_hand: bool = Field(description="whether the forecaster can still be loaded; what follows is null if not")
    code_version: str | None = Field(description="of the code that fitted it")
    libraries: dict[str, str] | None
    basis: Literal["model", "rule"] | None
    fitted_at: AwareDatetime | None
    learned_from: AwareDatetime | None
    learned_until: AwareDatetime | None
    truth_read_at: AwareDatetime | None
    rows: int | None = Field(description="questions that it learned from")
    simulated: bool | None = Field(description="whether it learned from simulated data")
    baselines_beaten: str | None = Field(description="what its backtest showed, in words")
    features: list[str] = Field(description="in order, as the hazard is declared today")
    features_missing: list[str] = Field(description="those that could not be known for this record")
    step: str | None = Field(description="which step of the ladder answered, see /risk")
    inputs: list[InputState]


class Difference(StrictModel):
    """A column in which a replay differs."""

    column: str
    stored: str
    replayed: str


class Replay(StrictModel):
    """A stored forecast, worked out again from the archive as it was known then."""

    id: str
    equal: bool | None = Field(description="whether it is the same byte for byte; null where it cannot be replayed")
    told_vi: str
    told_en: str
    reason: str | None = Field(description="why it is not equal, or cannot be replayed")
    sha256_stored: str = Field(description="of the canonical JSON of the stored columns")
    sha256_replayed: str | None
    differences: list[Difference]
