"""The levels of warning that hazards declare, with titles in both languages and colours for screens.

They are the service's own and not those of Decision 18/2021, which stand under `law`. The colours rise from yellow over
orange and red to purple, the lowest level first: a choice of this service.
"""

from collections.abc import Mapping, Sequence

from models.hazard import Hazard
from models.levels import AtLeast
from serving.schemas.answer_models import LevelView
from serving.schemas.forecast_models import LevelChance

COLOURS = ("#FFD43B", "#FFA94D", "#E03131", "#862E9C")
_TITLES_VI = {
    "watch": "theo dõi",
    "warning": "cảnh báo",
    "severe": "nghiêm trọng",
    "moderate": "vừa",
    "extreme": "cực đoan",
    "hot": "nắng nóng",
    "very hot": "nắng nóng gay gắt",
    "extremely hot": "nắng nóng đặc biệt gay gắt",
    "severe cold": "rét đậm",
    "damaging cold": "rét hại",
    "extreme cold": "rét cực đoan",
}


def level_views(levels: Mapping[str, AtLeast]) -> list[LevelView]:
    """When each level of a hazard is reached, the lowest first; a name without a Vietnamese title stands for itself."""
    return [
        LevelView(
            name=name,
            title_vi=_TITLES_VI.get(name, name),
            title_en=name,
            hex=COLOURS[min(rank, len(COLOURS) - 1)],
            probability=rule.probability,
            cut=rule.cut,
        )
        for rank, (name, rule) in enumerate(levels.items())
    ]


def chances(levels: Mapping[str, AtLeast], cuts: Sequence[float], probabilities: Sequence[float]) -> list[LevelChance]:
    """How probable the event of each level is, and whether that reaches it."""
    of_cut = dict(zip(cuts, map(float, probabilities), strict=True))
    return [
        LevelChance(
            level=name, probability=round(of_cut[rule.cut], 6), reached=bool(of_cut[rule.cut] >= rule.probability)
        )
        for name, rule in levels.items()
        if rule.cut in of_cut
    ]


def lowest_cut(hazard: Hazard) -> float:
    """The cut of the lowest level that a hazard declares; its mildest cut where it declares none."""
    return next((rule.cut for rule in hazard.levels.values()), hazard.target.cuts[0])
