"""Why forecasts are as they are: what may be asked of POST /explain and GET /v1/explanations, and what is answered."""

from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field

from models.ladder import Step
from models.targets import Sense
from serving.schemas.answer_models import PlaceView
from serving.schemas.forecast_models import DriverView
from serving.schemas.risk_models import LeftOut, WhereAndWhen, Withheld
from serving.schemas.strict_model import StrictModel


class WhyQuestion(WhereAndWhen):
    """Why is the risk as it is? Of one hazard, of several, or of one stored forecast by its `id`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"hazard": "heavy_rain", "sites": ["Hạ Long"], "leads": [1, 2]},
                {"hazards": ["heavy_rain", "storm_wind"], "sites": ["Hạ Long", "Cô Tô"]},
                {"id": "heavy_rain.20250904T230000Z.f23eb7f4605098a8"},
            ]
        },
    )

    id: str | None = Field(
        None,
        max_length=200,
        description="of a stored forecast, see /v1/forecasts; in place of hazard, sites, leads and issue time",
        examples=["heavy_rain.20250904T230000Z.f23eb7f4605098a8"],
    )
    cut: float | None = Field(
        None,
        allow_inf_nan=False,
        description="one of the cuts, for one hazard; that of each hazard's lowest level if left out",
        examples=[50],
    )


class ExplainedPeriod(StrictModel):
    """What drives the forecast of one period, in log-odds that add up.

    log_odds = usual_log_odds + the sum over all drivers, and usual_log_odds = climatology_log_odds + how far the odds
    where all inputs are usual lie from the climatology; to within the rounding to six digits.
    """

    lead: int
    valid_from: AwareDatetime
    valid_to: AwareDatetime
    probability: float = Field(description="of the event at the cut, as /risk tells it")
    log_odds: float = Field(description="natural logarithm of its odds")
    climatology: float = Field(description="its probability in this season at this site, whatever the inputs")
    climatology_log_odds: float
    usual: float = Field(description="its probability where all inputs are usual, from which the drivers move it")
    usual_log_odds: float
    drivers: list[DriverView] = Field(description="all that the hazard reads, the strongest first")
    told_vi: str = Field(
        description="in one sentence", examples=["44 %, bình thường 17 %: tăng rõ do mưa dự báo (tỷ số chênh × 3,8)"]
    )
    told_en: str = Field(
        description="the same in English",
        examples=["44 %, usually 17 %: raised clearly by rain ahead (odds × 3.8)"],
    )
    step: Step | None = Field(description="who answered, see /risk")


class ExplainedSite(StrictModel):
    """The periods of one site."""

    site: str
    name_vi: str
    name_en: str
    periods: list[ExplainedPeriod]


class HazardExplanation(StrictModel):
    """What moved the forecasts of one hazard; it does not tell what causes the hazard."""

    hazard: str
    title_vi: str
    title_en: str
    unit: str
    sense: Sense
    cut: float
    origin: Literal["issued", "hindcast"]
    simulated: bool
    issue_time: AwareDatetime
    model_version: str
    archive_version: int
    forecasts: list[ExplainedSite]


class ExplainAnswer(StrictModel):
    """The explanation of each hazard by itself."""

    places: list[PlaceView] = Field(description="the places that were asked about, in order; empty for all sites")
    answers: list[HazardExplanation]
    withheld: list[Withheld] = Field(description="hazards that are not explained now")
    left_out: list[LeftOut] = Field(description="sites of which a hazard that is explained says nothing")


class ExplainQuestion(StrictModel):
    """The query of /v1/explanations: what drives the latest issued forecast at a site?"""

    hazard: str = Field(description="name of a hazard, see /v1/hazards")
    site: str = Field(description="code or name")
    lead: int | None = Field(None, description="days to the first day of a period; all periods if left out")
    cut: float | None = Field(None, description="one of the hazard's cuts; that of its lowest level if left out")


class PeriodExplanation(StrictModel):
    """What drives the forecast of one period, the strongest driver first; what hardly matters is left out."""

    lead: int
    probability: float = Field(description="of the event at the cut")
    climatology: float = Field(description="its probability in this season at this site, whatever the inputs")
    usual: float = Field(description="its probability where all inputs are usual, from which the drivers move it")
    step: Step | None = Field(description="as in the answer of /risk")
    drivers: list[DriverView]


class Explanation(StrictModel):
    """What moved the model away from its answer to usual inputs; it does not tell what causes the hazard."""

    hazard: str
    title_vi: str
    title_en: str
    unit: str
    simulated: bool
    site: str
    name_vi: str
    name_en: str
    issue_time: AwareDatetime
    model_version: str
    cut: float
    sense: Sense
    periods: list[PeriodExplanation]
