"""Clause 4 of Article 4: the level of several hazards may be raised. A proposal for a person, never applied by itself.

"Có thể" (may): software proposes, a person decides, and the reason is kept. Which hazards come "at once or in
succession" is for the caller to say: the law gives no number of days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.law.decision_18 import DECISION_18
from models.law.matrix import Mark, Text


@dataclass(frozen=True)
class Proposal:
    """A level that a person may decide on.

    Attributes:
        level: proposed.
        from_level: highest level of the single hazards, in force as long as nobody decides.
        hazards: level by hazard.
        reason: what allows it, and why.
        article: article and clause.
        mark: how far the clause was verified.
    """

    level: int
    from_level: int
    hazards: Mapping[str, int]
    reason: Text
    article: str
    mark: Mark


def propose(levels: Mapping[str, int]) -> Proposal | None:
    """One level more, where two or more hazards of level 1 or above come at once or in succession.

    Args:
        levels: level by hazard, each one of the Decision's.

    Returns:
        None where there are fewer than two such hazards, or the level is the highest already.

    Raises:
        UnknownNameError: if a hazard is not one of the Decision's.
    """
    reason = Text("xảy ra đồng thời hoặc liên tiếp", "come at once or in succession")
    return _proposal(levels, DECISION_18.compound.rise, reason)


def propose_where_serious_loss_is_feared(levels: Mapping[str, int], *, feared: Text) -> Proposal | None:
    """Up to two levels more, where two or more such hazards also threaten serious loss of life and property.

    Args:
        levels: level by hazard, each one of the Decision's.
        feared: what loss a person fears, and why.

    Returns:
        None where there are fewer than two such hazards, or the level is the highest already.

    Raises:
        UnknownNameError: if a hazard is not one of the Decision's.
        ValueError: if it is not said what is feared, in both languages.
    """
    if not feared.vi.strip() or not feared.en.strip():
        raise ValueError("say what serious loss is feared, in Vietnamese and in English: it is the reason of the rise")
    reason = Text(
        f"xảy ra đồng thời hoặc liên tiếp, có nguy cơ thiệt hại nghiêm trọng về người và tài sản ({feared.vi})",
        f"come at once or in succession and threaten serious loss of life and property ({feared.en})",
    )
    return _proposal(levels, DECISION_18.compound.rise_where_serious_loss_is_feared, reason)


def _proposal(levels: Mapping[str, int], rise: int, because: Text) -> Proposal | None:
    tables = {hazard: DECISION_18.table(hazard) for hazard in levels}
    acting = {hazard: level for hazard, level in levels.items() if level >= 1}
    highest = max(acting.values(), default=0)
    raised = min(highest + rise, DECISION_18.compound.highest)
    if len({tables[hazard].article for hazard in acting}) < 2 or raised <= highest:
        return None
    article = DECISION_18.compound.article
    named_vi = ", ".join(f"{tables[hazard].title.vi} cấp {level}" for hazard, level in acting.items())
    named_en = ", ".join(f"{tables[hazard].title.en} level {level}" for hazard, level in acting.items())
    reason = Text(
        f"{named_vi} {because.vi}: khoản 4 Điều 4 Quyết định {DECISION_18.number} cho phép xem xét tăng từ cấp "
        f"{highest} lên cấp {raised}. Đây là đề xuất; người có thẩm quyền quyết định.",
        f"{named_en} {because.en}: clause 4 of Article 4 of Decision {DECISION_18.number} allows a rise from level "
        f"{highest} to level {raised}. This is a proposal; the person in charge decides.",
    )
    return Proposal(raised, highest, MappingProxyType(acting), reason, article, DECISION_18.compound.mark)
