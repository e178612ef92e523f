"""What the cards of forecasters tell: which fit is the newest, its skill, and how far that reaches."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from models.forecaster import ArtifactError, Card, read_card
from models.hazard import Hazard
from serving.deployment import Deployment
from serving.schemas.hazard_models import SkillView
from serving.views.warning_levels import lowest_cut


def newest_card(deployment: Deployment, hazard: Hazard) -> Card | None:
    """The card of the newest fit of a hazard as it is now; that of the champion where no fit is at hand."""
    folders = deployment.settings.forecasters.glob(f"{hazard.name}-*")
    newest = sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)
    for card in _readable(deployment, hazard, newest):
        if card.fingerprint == hazard.fingerprint:
            return card
    return None


def _readable(deployment: Deployment, hazard: Hazard, folders: Iterable[Path]) -> Iterator[Card]:
    """Cards of fits, the newest first, and that of the champion; what was changed after it was saved is passed over."""
    for folder in folders:
        with suppress(ArtifactError):
            yield read_card(folder)
    with suppress(ArtifactError):
        if (card := deployment.shelf.card(hazard.name)) is not None:
            yield card


def skill(hazard: Hazard, card: Card | None) -> list[SkillView]:
    """The skill that a card tells, by lead, at the cut of the hazard's lowest level."""
    lowest = lowest_cut(hazard)
    rows = [row for row in card.skill if row.cut == lowest] if card is not None else []
    left_out = {"brier", "brier_climatology", "brier_persistence"}
    return [SkillView(**row.model_dump(exclude=left_out), judged=row.judged) for row in rows]


def skill_horizon(shown: Iterable[SkillView]) -> int | None:
    """The last lead at which both baselines are beaten with the whole interval; None where there is none."""
    return max((row.lead for row in shown if row.judged == "yes"), default=None)
