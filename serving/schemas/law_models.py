"""What Decision 18/2021/QĐ-TTg adds to an answer: the level, by which cells and articles, and how far verified."""

from pydantic import Field

from serving.schemas.strict_model import StrictModel


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


class UnreadArticle(StrictModel):
    """An article of Decision 18/2021/QĐ-TTg on a hazard, by which no level is told here, and why."""

    decision: str
    article: str
    reason_vi: str
    reason_en: str


class MatrixOfHazard(StrictModel):
    """By which matrix of Decision 18/2021/QĐ-TTg a hazard has a level, see GET /v1/levels."""

    matrix: str
    article: str
    told_by: str = Field(description="the hazard whose forecast tells the values of the matrix")
    probability: float = Field(description="how probable a level must be to be proposed, a choice of this service")
