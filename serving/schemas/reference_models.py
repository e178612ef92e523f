"""What there is to ask about: the matrices of the law and the freshness of the sources."""

from typing import Literal

from pydantic import AwareDatetime, Field

from models.targets import Sense
from serving.schemas.law_models import LevelOfLaw
from serving.schemas.strict_model import StrictModel


class MarkView(StrictModel):
    """How far a cell was verified."""

    mark: str
    meaning_vi: str
    meaning_en: str


class CellView(StrictModel):
    """A cell of a matrix."""

    number: int = Field(description="as in the field `cell` of an answer")
    article: str
    place: str = Field(description="name of a column group, see places")
    values: str = Field(description="the class of values as the law prints it")
    duration: str = Field(description="the days or months as the law prints them")
    level: int = Field(description="0 where the law assigns none")
    mark: str = Field(description="see marks")
    verified: bool = Field(description="whether the words of the law were read")
    note_vi: str
    note_en: str
    other_level: int | None = Field(description="what another source says, where sources conflict")


class ClassOfValues(StrictModel):
    """Where a class of values begins; it ends where the next begins."""

    bound: float
    inclusive: bool = Field(description="whether a value of exactly the bound is in the class")


class PlaceOfLaw(StrictModel):
    """A column group of a matrix."""

    name: str
    vi: str
    en: str


class MatrixView(StrictModel):
    """The matrix of a hazard in the Decision."""

    name: str
    article: str
    title_vi: str
    title_en: str
    measured_vi: str
    measured_en: str
    unit: str
    sense: Sense
    counted: Literal["spell", "days_before"] = Field(
        description="what the durations count: the steps of the spell, or the days of prior rain"
    )
    step: Literal["day", "month"]
    durations: list[int] = Field(description="shortest length of each band, rising")
    classes: list[ClassOfValues]
    places: list[PlaceOfLaw]
    cells: list[CellView]
    remarks_vi: list[str]
    remarks_en: list[str]
    hazards: list[str] = Field(description="hazards of this deployment that are read by it")


class CompoundView(StrictModel):
    """Article 4, clause 4: where several hazards come together."""

    article: str
    verified: bool
    rise: int
    rise_where_serious_loss_is_feared: int
    highest: int


class LawView(StrictModel):
    """Decision 18/2021/QĐ-TTg as far as it is encoded, and what of it is verified."""

    decision: str
    issued: str = Field(description="date")
    in_force: str = Field(description="since this date")
    gazette: str
    compared_with_gazette: bool
    encoding: str = Field(description="version of the encoding")
    reference: str = Field(description="where Article 4 was read")
    intervals_vi: str = Field(description="to which class a value on a bound belongs")
    intervals_en: str
    marks: list[MarkView]
    levels: list[LevelOfLaw]
    compound: CompoundView
    matrices: list[MatrixView]


class SourceVariable(StrictModel):
    """What a source has told of a variable."""

    variable: str
    title_vi: str
    title_en: str
    unit: str
    values: int = Field(description="entries that are held, forecasts and corrections among them")
    data_until: AwareDatetime = Field(description="newest day with a value; in the future for a forecast")
    known_at: AwareDatetime = Field(description="when the newest value became known")


class SourceView(StrictModel):
    """A source of data, how its last ingest went, and how fresh its values are."""

    name: str
    configured: bool = Field(description="whether the settings of the deployment name it")
    simulated: bool = Field(description="whether it is the simulated province: its values say nothing of the real one")
    state: Literal["never asked", "running", "finished", "failed", "interrupted", "resting"] = Field(
        description="of its last ingest. never asked: not here, as far as the log tells. resting: it failed thrice "
        "in a row and is left alone for a while"
    )
    promised_latency_days: float | None = Field(description="days after which it promises a value; null if never asked")
    last_asked_at: AwareDatetime | None
    last_ended_at: AwareDatetime | None
    delivered_until: AwareDatetime | None = Field(description="everything before this moment is stored")
    rests_until: AwareDatetime | None
    variables: list[SourceVariable] = Field(description="of which values are held")
