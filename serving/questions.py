"""What may be asked and what is answered: the shapes of the risk API."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from models.ladder import Step
from models.targets import Sense
from serving.likelihood import LikelihoodTerm, Term

Format = Literal["json", "geojson", "csv", "parquet", "hubverse"]
Threshold = Annotated[float, Field(allow_inf_nan=False)]


class StrictModel(BaseModel):
    """A shape that takes no field it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


class LatestQuestion(StrictModel):
    """The query of /v1/forecasts/latest."""

    hazard: str = Field(description="name of a hazard, see /v1/hazards", examples=["heavy_rain"])
    site: str | None = Field(
        None, description="code or name; all sites of the hazard if left out", examples=["Hạ Long"]
    )
    format: Format | None = Field(None, description="of the answer; goes before the header Accept", examples=["csv"])


class ExplainQuestion(StrictModel):
    """The query of /v1/explanations: what drives the latest issued forecast at a site?"""

    hazard: str = Field(description="name of a hazard, see /v1/hazards")
    site: str = Field(description="code or name")
    lead: int | None = Field(None, description="days to the first day of a period; all periods if left out")
    cut: float | None = Field(None, description="one of the hazard's cuts; that of its lowest level if left out")


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


class LegalPeriod(StrictModel):
    """The disaster-risk level of a period, a proposal: the level is set by who issues the bulletin."""

    level: int | None = Field(
        description="proposed: the highest level that is at least as probable as law.probability; 0 below level 1, "
        "null where a day that nobody knows could change it"
    )
    at_least: list[float | None] = Field(
        description="probability of level 1 or above, of level 2 or above, and so on up to the highest of the matrix"
    )
    cell: int | None = Field(description="number, in law.cells, of the cell that most probably gives the level")


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


class InputAge(StrictModel):
    """How far an input reached when the forecast was made."""

    variable: str
    unit: str
    data_until: AwareDatetime | None = Field(description="newest day with a value; in the future for a forecast")
    known_at: AwareDatetime | None = Field(description="when the newest value became known")
    sites_without: int = Field(description="sites of the hazard for which nothing at all was known")
    simulated: bool = Field(description="whether values of the simulated province are among it")


class LegalCell(StrictModel):
    """A cell of the law, and how far anybody verified it."""

    number: int
    level: int
    article: str
    mark: str = Field(
        description="V: the words of the law were read. S2, S1: secondary sources. X: sources conflict. M: from "
        "memory. D: a choice of this service, not law"
    )
    verified: bool
    ground_vi: str
    ground_en: str
    caution_vi: str
    caution_en: str


class LevelOfLaw(StrictModel):
    """A level of Article 4."""

    level: int
    name_vi: str
    name_en: str
    colour_vi: str
    colour_en: str
    hex: str = Field(description="colour on screens, a choice of this service")
    verified: bool = Field(description="whether name and colour were read in the law")


class LegalView(StrictModel):
    """By which matrix of Decision 18/2021/QĐ-TTg the levels are told, and what of it is verified."""

    decision: str
    article: str
    title_vi: str
    title_en: str
    compared_with_gazette: bool
    encoding: str = Field(description="version of the encoding of the Decision")
    told_by: str = Field(description="the hazard whose forecast tells the level")
    probability: float = Field(description="how probable a level must be to be proposed, a choice of this service")
    days_joined_vi: str = Field(description="how the days of a spell are joined; empty where one day decides")
    days_joined_en: str
    levels: list[LevelOfLaw] = Field(description="those that are proposed in this answer")
    cells: list[LegalCell] = Field(description="those that give a level in this answer")
    remarks_vi: list[str]
    remarks_en: list[str]
    withheld: str | None = Field(None, description="why no level is given, where none is")
    withheld_vi: str | None = Field(None, description="the same in Vietnamese")


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


class UnreadArticle(StrictModel):
    """An article of Decision 18/2021/QĐ-TTg on a hazard, by which no level is told here, and why."""

    decision: str
    article: str
    reason_vi: str
    reason_en: str


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


class FearedLoss(StrictModel):
    """What serious loss of life and property a person fears, and why."""

    vi: str = Field(min_length=1, max_length=500)
    en: str = Field(min_length=1, max_length=500)


class LevelsQuestion(StrictModel):
    """Which disaster-risk levels do several hazards have together?"""

    hazards: list[str] | None = Field(
        None, min_length=1, max_length=50, description="names; all with a matrix of the law if left out"
    )
    sites: list[str] | None = Field(None, min_length=1, max_length=5000, description="codes or names; all if left out")
    issue_time: AwareDatetime | None = Field(None, description="as in the question of /risk")
    serious_loss: FearedLoss | None = Field(
        None, description="Article 4, clause 4: where a person fears serious loss, up to two levels more are proposed"
    )


class CompoundProposal(StrictModel):
    """A rise by Article 4, clause 4, that a person may decide on; the service never applies it."""

    level: int
    from_level: int
    article: str
    verified: bool
    reason_vi: str
    reason_en: str


class DayLevels(StrictModel):
    """The levels of one local day."""

    day: date
    levels: dict[str, int] = Field(description="proposed level by hazard, where it is known")
    proposal: CompoundProposal | None


class SiteLevels(StrictModel):
    """The levels of one site."""

    site: str
    name_vi: str
    name_en: str
    days: list[DayLevels]


class LevelsAnswer(StrictModel):
    """Levels by site and day, and what may be proposed where hazards meet."""

    decision: str
    simulated: bool
    issue_times: dict[str, AwareDatetime] = Field(description="by hazard")
    withheld: dict[str, str] = Field(description="hazards that are not answered, and why")
    withheld_vi: dict[str, str] = Field(description="the same in Vietnamese")
    together_vi: str = Field(description="when hazards count as coming at once or in succession")
    together_en: str
    levels: list[LevelOfLaw]
    sites: list[SiteLevels]


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


class MatrixOfHazard(StrictModel):
    """By which matrix of Decision 18/2021/QĐ-TTg a hazard has a level, see GET /v1/levels."""

    matrix: str
    article: str
    told_by: str = Field(description="the hazard whose forecast tells the values of the matrix")
    probability: float = Field(description="how probable a level must be to be proposed, a choice of this service")


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


class SiteView(StrictModel):
    """A site that is forecast; unknown attributes are null."""

    code: str
    name_vi: str
    name_en: str
    latitude: float
    longitude: float
    attributes: dict[str, float | None]
    hazards: list[str] = Field(description="names of the hazards that are forecast there")


class Problem(BaseModel):
    """A problem report as of RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    detail_vi: str | None = Field(None, description="in Vietnamese, where an answer is withheld; null for other errors")
    errors: list[dict[str, str]] = []
