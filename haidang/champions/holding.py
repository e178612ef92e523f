"""The band: a champion whose live calibration leaves it is rolled back, or held back where nobody was before it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from features.database import open_database
from features.errors import HaidangError
from haidang.champions.promoting import ITSELF, roll_back
from models.hazard import Hazard
from serving.access.audit import Audit
from serving.deployment import Deployment
from training.performance import Performance

FEWEST = 30
ALERT = "calibration"
Tell = Callable[[str, str, str], None]
Held = Literal["kept", "rolled back", "held back"]


@dataclass(frozen=True)
class LiveCalibration:
    """What the track record says of a forecaster's calibration.

    Attributes:
        forecaster: version of whom it speaks.
        evidence: against calibration, see `training/performance.py`.
        level: what evidence reaches in the mean less than once in ten years of issues of a calibrated forecaster.
        n: issue times with a verified forecast.
        expected: events that its probabilities promised.
        observed: events that came.
    """

    forecaster: str
    evidence: float
    level: float
    n: int
    expected: float
    observed: float


def hold_to_band(deployment: Deployment, hazard: Hazard, live: LiveCalibration, now: pd.Timestamp, tell: Tell) -> Held:
    """Rolls a champion back if the evidence has reached the level, from 30 issues at least, and tells of it.

    Where no earlier champion can answer, it is held back: nobody is answered by it until another is promoted. Said of
    another forecaster than the champion, or again of one that is held back, nothing is done.

    Args:
        deployment: the deployment.
        hazard: the hazard.
        live: what the track record says.
        now: the present moment.
        tell: raises an alert: kind, about, text.
    """
    card = deployment.shelf.card(hazard.name)
    if card is None or card.version != live.forecaster or live.evidence < live.level or live.n < FEWEST:
        return "kept"
    if deployment.shelf.held_back(hazard.name) is not None:
        return "held back"
    evidence = f"evidence {live.evidence:.3g} of {live.level:.3g}, {live.n} issues"
    told = f"{live.observed:g} events where {live.expected:.1f} were promised, {evidence}"
    about = f"calibration left its band / hiệu chuẩn ra ngoài giới hạn: {told}"
    try:
        earlier = roll_back(deployment, hazard, now, reason=about)
    except HaidangError as error:
        audit = Audit(open_database(deployment.settings.database_address))
        audit.write(ITSELF, "hold back", hazard.name, {**asdict(live), "no way back": str(error)}, now)
        deployment.shelf.hold_back(hazard.name, about)
        tell(ALERT, hazard.name, f"the champion of {hazard.name} is held back: {about}")
        return "held back"
    tell(ALERT, hazard.name, f"{hazard.name} was rolled back to {earlier.tag}: {about}")
    return "rolled back"


def hold_all(
    deployment: Deployment, judged: Mapping[str, Performance], now: pd.Timestamp, tell: Tell
) -> dict[str, Held]:
    """Holds each champion to its band, by what was found of its performance; gives those of whom none is kept."""
    found: dict[str, Held] = {}
    for name, one in judged.items():
        live = LiveCalibration(one.forecaster, one.calibration_lost, one.level, one.issues, one.expected, one.observed)
        if (held := hold_to_band(deployment, deployment.hazard(name), live, now, tell)) != "kept":
            found[name] = held
    return found
