"""The band: a champion whose live calibration leaves it is rolled back, or held back where nobody was before it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from features.database import open_database
from features.errors import HaidangError
from haidang.promoting import ITSELF, roll_back
from models.hazard import Hazard
from serving.audit import Audit
from serving.deployment import Deployment

HIGHEST_E_VALUE = 100.0
FEWEST = 30
ALERT = "calibration"
Tell = Callable[[str, str, str], None]
Held = Literal["kept", "rolled back", "held back"]


@dataclass(frozen=True)
class LiveCalibration:
    """What the track record says of a forecaster's calibration.

    Attributes:
        forecaster: version of whom it speaks.
        e_value: evidence against calibration; were the forecaster calibrated, it would ever reach a value E with a
            chance of 1 / E at most (Ville's inequality), however often one looks.
        n: verified forecasts.
        expected: events that its probabilities promised.
        observed: events that came.
    """

    forecaster: str
    e_value: float
    n: int
    expected: float
    observed: float


def hold_to_band(deployment: Deployment, hazard: Hazard, live: LiveCalibration, now: pd.Timestamp, tell: Tell) -> Held:
    """Rolls a champion back whose e-value has reached 100 from 30 verified forecasts at least, and tells of it.

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
    if card is None or card.version != live.forecaster or live.e_value < HIGHEST_E_VALUE or live.n < FEWEST:
        return "kept"
    if deployment.shelf.held_back(hazard.name) is not None:
        return "held back"
    told = f"{live.observed:g} events where {live.expected:.1f} were promised, e-value {live.e_value:.3g}, n {live.n}"
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
