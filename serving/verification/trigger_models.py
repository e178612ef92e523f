"""Triggers: what is asked and answered of a trigger over the record, and of the one that costs least."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from serving.schemas.forecast_models import Share
from serving.schemas.strict_model import StrictModel

Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Money = Annotated[float, Field(ge=1e-6, le=1e12, allow_inf_nan=False)]
By = Literal["none", "site", "year", "season"]
Judged = Literal["judged", "too few to judge"]
USUAL = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
_STAKE = "in any one currency"


class _OfRecord(StrictModel):
    """Which part of the record of a hazard is asked about."""

    hazard: str = Field(description="name of a hazard, see /v1/hazards", examples=["heavy_rain"])
    cut: float | None = Field(
        None,
        allow_inf_nan=False,
        description="the event, one of the hazard's cuts; that of its lowest level if left out",
    )
    sites: list[str] | None = Field(
        None, min_length=1, max_length=5000, description="codes or names; all sites of the hazard if left out",
        examples=[["06652", "Bãi Cháy"]],
    )  # fmt: skip


class SimulateQuestion(_OfRecord):
    """Had the trigger been so, what would the record have been?"""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"hazard": "heavy_rain", "probabilities": [0.1, 0.2, 0.4], "lead_from": 1, "lead_to": 3},
                {"hazard": "heavy_rain", "by": "year", "cost": 2.0, "loss": 50.0, "prevented": 0.6},
            ]
        },
    )

    level: str | None = Field(
        None,
        max_length=100,
        description="a declared level in the place of `cut` and `probabilities`: an alarm is this level or a higher "
        "one, as it was issued",
        examples=["warning"],
    )
    probabilities: list[Probability] | None = Field(
        None,
        min_length=1,
        max_length=20,
        description="an alarm stands where the event was told at least this probable; several give a curve. "
        f"{', '.join(map(str, USUAL))} if left out",
        examples=[[0.1, 0.2, 0.4]],
    )
    lead_from: int | None = Field(None, ge=0, le=1000, description="shortest lead, days; the hazard's if left out")
    lead_to: int | None = Field(
        None, ge=0, le=1000, description="longest lead, days: an alarm at any lead between warns; as `lead_from` alike"
    )
    by: By = Field("none", description="a row for each site, local year or season, or one of all")
    cost: Money | None = Field(None, description=f"of acting, {_STAKE}; with `loss`")
    loss: Money | None = Field(None, description=f"of one event at one site without acting, {_STAKE}; with `cost`")
    prevented: float = Field(1.0, ge=0.001, le=1, description="share of the loss that acting in time prevents")
    cost_per: Literal["day", "alarm"] = Field(
        "day", description="whether acting costs on each day of warning, or once for each alarm"
    )


class TriggerQuestion(_OfRecord):
    """From which probability on should an agency act?"""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"hazard": "heavy_rain", "cost": 2.0, "loss": 50.0, "prevented": 0.6}]},
    )

    lead: int | None = Field(None, ge=0, le=1000, description="days to the period; the shortest if left out")
    cost: Money = Field(description=f"of acting on one forecast at one site, {_STAKE}", examples=[2.0])
    loss: Money = Field(
        description=f"of one period with the event at one site without acting, {_STAKE}", examples=[50.0]
    )
    prevented: float = Field(1.0, ge=0.001, le=1, description="share of the loss that acting prevents")


class RecordView(StrictModel):
    """The part of the record that an answer rests on: forecasts as issued, with settled outcomes."""

    hazard: str
    unit: str
    cut: float
    sense: Literal["at_least", "at_most"]
    leads: list[int] = Field(description="days to the period")
    sites: int = Field(description="sites with such forecasts")
    n: int = Field(description="questions: forecasts of one period at one site whose outcome is known")
    issued_from: str | None = Field(description="local day of the first issue")
    issued_to: str | None = Field(description="local day of the last issue")
    verified_until: AwareDatetime | None = Field(description="when they were verified last")


class CaughtView(StrictModel):
    """Events that were warned of long before."""

    days: int
    events: int = Field(description="warned of at least so many days before they began")


class CostView(StrictModel):
    """What the trigger would have cost over all sites and days, in the caller's currency."""

    total: float = Field(description="of acting, and of losses that were not prevented")
    never: float = Field(description="of never acting")
    always: float | None = Field(description="of acting every day; null where acting costs by alarm")
    perfect: float = Field(description="to act just where the event comes, if it pays")
    saved: float = Field(description="never less total; below 0 the trigger costs more than never acting")
    site_year: float = Field(description="total for one site and year")
    site_year_low: float | None = Field(description="lower end of its central 90 %; null with too few events")
    site_year_high: float | None


class SimulatedRow(StrictModel):
    """What one trigger would have been."""

    probability: float | None = Field(description="from which an alarm stands; null where asked by level")
    group: str | None = Field(description="site code, year or season (DJF, MAM, JJA, SON); null for all together")
    site_days: int = Field(description="days at sites of which a forecast spoke")
    events: int = Field(description="days in a row, with gaps of up to two, are one event at a site")
    hits: int = Field(description="warned of before they began")
    misses: int
    alarms: int = Field(description="runs of alarms at a site with gaps of up to two days")
    false_alarms: int = Field(description="those without a day with the event")
    warning_days: int = Field(description="days at sites on which an alarm stood")
    caught: list[CaughtView]
    lead_gained_days: float | None = Field(description="median over the hits, from the first alarm that then stood")
    hit_rate: Share | None = Field(description="hits of events, with the central 90 %; null with too few events")
    false_alarm_ratio: Share | None = Field(description="false alarms of hits and false alarms; null with too few")
    costs: CostView | None = Field(description="null where none were asked, or with too few events")
    judged: Judged
    withheld: str | None = Field(description="why rates and costs are not told")


class SimulateAnswer(StrictModel):
    """What triggers would have been over the record as issued."""

    record: RecordView
    level: str | None
    by: By
    rows: list[SimulatedRow]
    note_vi: str
    note_en: str


class ValueView(StrictModel):
    """How a way of acting did on the later part of the record."""

    acts_from: float | None = Field(description="probability from which one acts; null for never")
    acted: int = Field(description="forecasts on which one would have acted")
    hits: int = Field(description="of these, that the event came")
    expense: float = Field(description="costs, and losses that were not prevented, a forecast")
    value: float | None = Field(
        description="relative economic value: 1 is perfect, 0 the better of always and never, null where even a "
        "perfect forecast saves nothing"
    )
    value_low: float | None
    value_high: float | None


class PartView(StrictModel):
    """A part of the record."""

    issued_from: str = Field(description="local day")
    issued_to: str
    n: int
    events: int


class FoundTrigger(StrictModel):
    """The trigger that costs least on the earlier part of the record, told on the later part."""

    chosen_on: PartView
    told_on: PartView
    chosen: ValueView
    chosen_low: float | None = Field(
        description="lower end of the central 90 % of the threshold when blocks are redrawn; null for never"
    )
    chosen_high: float | None = Field(description="upper end; null for never")
    theoretical: ValueView = Field(description="acting from the ratio of cost to prevented loss on")
    always: float = Field(description="expense a forecast of acting always")
    never: float
    perfect: float


class TriggerAnswer(StrictModel):
    """From which probability on it pays to act."""

    record: RecordView
    ratio: float = Field(description="cost over the loss that acting prevents")
    acts_from: float | None = Field(
        description="what theory says for calibrated probabilities: the ratio; null where acting never pays"
    )
    found: FoundTrigger | None = Field(description="null where the record is too short")
    warnings: list[str]
    reference: str
    note_vi: str
    note_en: str
