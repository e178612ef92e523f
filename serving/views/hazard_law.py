"""What Decision 18/2021/QĐ-TTg says of a hazard: the matrix that it is read by, or why an article is not read."""

from models.hazard import Hazard
from models.law.decision_18 import DECISION_18
from serving.schemas.law_models import MatrixOfHazard, UnreadArticle


def matrix_of(hazard: Hazard) -> MatrixOfHazard | None:
    """The matrix of the law by which a hazard has a level; None where it has none."""
    rule = hazard.law
    if rule is None:
        return None
    article = DECISION_18.table(rule.table).article
    told_by = rule.told_by or hazard.name
    return MatrixOfHazard(matrix=rule.table, article=article, told_by=told_by, probability=rule.probability)


def unread(hazard: Hazard) -> UnreadArticle | None:
    """The article of the law that speaks of a hazard and gives no level here; None where there is none."""
    if hazard.unread is None:
        return None
    reason = hazard.unread.reason
    return UnreadArticle(
        decision=DECISION_18.number, article=hazard.unread.article, reason_vi=reason.vi, reason_en=reason.en
    )
