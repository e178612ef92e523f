"""Storms beyond the range: in a simulated deployment both are asked about storms of fresh years, beside the truth."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from features.errors import HaidangError
from haidang.chain.simulation import province_of
from models.forecaster import Forecaster
from models.hazard import Hazard
from serving.deployment import Deployment
from training.beyond_range import Beyond, beyond_range
from training.decision import Finding

NEAR_ENOUGH, FEWEST_STORMS = 0.1, 5
_TOLD_OF_STORMS = "storm_strength"
_FRESH_SEEDS, _FRESH_YEARS = (20_001, 20_002), 30


def storms_kept(
    deployment: Deployment, hazard: Hazard, challenger: Forecaster, champion: Forecaster | None
) -> Iterator[Finding]:
    """Asks about the strongest storms; nothing is found where the truth of them is not known.

    It is not known of a real province, of hazards that storms do not tell of, or of periods longer than a day.
    """
    daily = hazard.periods.days == hazard.periods.step == 1
    if not (deployment.settings.simulated.exists() and daily and _TOLD_OF_STORMS in hazard.variables):
        return
    province = province_of(deployment.settings)
    fresh = [replace(province, seed=seed, years=_FRESH_YEARS, known_until=None) for seed in _FRESH_SEEDS]
    leads = [int(lead) for lead in hazard.periods.leads if lead <= 2]
    try:
        mine = beyond_range(hazard, challenger.estimator, fresh, leads=leads)
        theirs = None if champion is None else beyond_range(hazard, champion.estimator, fresh, leads=leads)
    except HaidangError:
        return
    yield near_the_truth(mine, theirs)


def near_the_truth(mine: Sequence[Beyond], theirs: Sequence[Beyond] | None) -> Finding:
    """Whether answers lie within 0.1 of the truth in the mean, or no further from it than the champion's may.

    A lead of fewer than five storms decides nothing.

    Args:
        mine: of the challenger, one for each lead and cut.
        theirs: of the champion, in the same order; None where there is none.
    """
    borne = [NEAR_ENOUGH] * len(mine) if theirs is None else [max(NEAR_ENOUGH, one.high) for one in theirs]
    judged = [(one, most) for one, most in zip(mine, borne, strict=True) if one.storms >= FEWEST_STORMS]
    if not judged:
        most = max(one.storms for one in mine)
        few = f"{most} < {FEWEST_STORMS}"
        return Finding("holds", f"quá ít bão mạnh để kết luận: {few}", f"too few strong storms to tell: {few}", {})
    far = [one for one, most in judged if one.error > most]
    worst = max(far or [one for one, _ in judged], key=lambda one: one.error)
    told = f"|p - o| {worst.error:.3f}, {worst.lead} d, {worst.cut:g}, {worst.storms} storms"
    figures = {f"storms_error_{one.lead}_{one.cut:g}": one.error for one, _ in judged}
    if far:
        return Finding(
            "broken", f"xa sự thật trong bão mạnh: {told}", f"far from the truth in strong storms: {told}", figures
        )
    return Finding("holds", f"sát sự thật trong bão mạnh: {told}", f"near the truth in strong storms: {told}", figures)
