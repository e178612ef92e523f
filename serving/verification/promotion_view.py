"""What the backtest showed of the forecaster in service before it was promoted; nothing of it was ever issued."""

import numpy as np

from models.forecaster import Card, Skill
from serving.verification.verification_models import Promotion, PromotionSkill, SkillFigure


def promotion(card: Card | None) -> Promotion | None:
    """The skill that the card of the champion tells; None where nobody is in service."""
    if card is None:
        return None
    return Promotion(
        model_version=card.version,
        basis=card.basis,
        tested_from=card.tested_from,
        tested_until=card.tested_until,
        simulated=card.simulated,
        rows=[_row(one) for one in card.skill],
    )


def _row(skill: Skill) -> PromotionSkill:
    return PromotionSkill(
        lead=skill.lead,
        cut=skill.cut,
        n=skill.n,
        events=skill.events,
        brier=round(skill.brier, 6),
        skill_climatology=_figure(skill.skill_climatology, skill.skill_climatology_low, skill.skill_climatology_high),
        skill_persistence=_figure(skill.skill_persistence, skill.skill_persistence_low, skill.skill_persistence_high),
        judged=skill.judged,
    )


def _figure(skill: float, low: float, high: float) -> SkillFigure | None:
    if not np.isfinite([skill, low, high]).all():
        return None
    return SkillFigure(skill=round(skill, 4), low=round(low, 4), high=round(high, 4))
