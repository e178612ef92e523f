"""Live evidence: what challenger and champion forecast side by side, as they were issued, once the truth is in."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from models.hazard import Hazard
from training.decision import Finding
from training.paired import ONE_SIDED, REFERENCE, SCORES, compared

SHADOW_DAYS = 28  # four weeks at least for weather
_KEYS = ["issue_time", "site", "period"]


def in_the_shadow(hazard: Hazard, verified: pd.DataFrame, challenger: str, champion: str) -> Iterator[Finding]:
    """Compares both on the questions that both answered live.

    Nothing is found before both were issued over four weeks. Then Diebold and Mariano's test must not say that the
    challenger is worse; it promotes nobody.

    Args:
        hazard: the hazard.
        verified: verified forecasts: hazard, issue_time, site, period, forecaster, cuts, probabilities, outcome.
        challenger: version of the challenger.
        champion: version of the champion.
    """
    cuts = list(hazard.target.cuts)
    settled = verified[(verified["hazard"] == hazard.name) & verified["outcome"].notna()]
    settled = settled[np.array([list(told) == cuts for told in settled["cuts"]], dtype=bool)]
    by = {one: settled[settled["forecaster"] == one].set_index(_KEYS) for one in (challenger, champion)}
    both = by[challenger].index.intersection(by[champion].index).unique()
    issued = pd.DatetimeIndex(both.get_level_values("issue_time"))
    days = 0 if both.empty else (issued.max() - issued.min()).days + 1
    if days < SHADOW_DAYS:
        return

    def answers(one: str) -> pd.DataFrame:
        told = by[one].loc[both, "probabilities"]
        return pd.DataFrame(np.stack(told.to_list()), both, cuts)

    outcome = by[champion].loc[both, "outcome"]
    # the champion's own loss is what differences are shares of: both baselines may be missing from old records
    table = compared(hazard, outcome, {"challenger": answers(challenger), REFERENCE: answers(champion)})
    cells = table.events > 0
    if not cells.any():
        return
    figures = {f"live_{score}": table.confidence("challenger", REFERENCE, score, cells) for score in SCORES}
    told = ", ".join(f"{score} {value:.2f}" for score, value in zip(SCORES, figures.values(), strict=True))
    worse = min(figures.values()) < ONE_SIDED
    yield Finding(
        "unproven" if worse else "holds",
        f"{days} ngày chạy bóng, độ tin rằng tốt hơn: {told}",
        f"{days} days in the shadow, confidence that it is better: {told}",
        {"shadow_days": float(days), **figures},
    )
