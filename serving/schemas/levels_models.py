"""What may be asked of several hazards' levels together, and what is answered."""

from datetime import date

from pydantic import AwareDatetime, Field

from serving.schemas.law_models import LevelOfLaw
from serving.schemas.strict_model import StrictModel


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
