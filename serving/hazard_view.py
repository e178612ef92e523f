"""The view of a hazard: the data it needs and how fresh they are, its baselines, its skill and how far that reaches."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pandas as pd

from features.variables import variable_named
from models.baselines import Climatology
from models.forecaster import ArtifactError, Card, read_card
from models.hazard import Hazard
from models.law.decision_18 import DECISION_18
from serving.deployment import Deployment
from serving.hazard_models import BaselineView, NeedView, SkillView
from serving.law_models import MatrixOfHazard


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


def needs(hazard: Hazard, newest_known: Mapping[str, pd.Timestamp], zone: str) -> list[NeedView]:
    """The variables that a hazard reads, and its target, each with how fresh the archive is."""
    names = dict.fromkeys((hazard.target.variable, *hazard.variables))
    found = []
    for name in names:
        variable, known = variable_named(name), newest_known.get(name)
        found.append(
            NeedView(
                variable=name,
                title_vi=variable.title_vi,
                title_en=variable.title_en,
                unit=variable.unit,
                outcome=name == hazard.target.variable,
                read=name in hazard.variables,
                held=known is not None,
                known_at=None if known is None else known.tz_convert(zone).to_pydatetime(),
            )
        )
    return found


def baselines(hazard: Hazard) -> list[BaselineView]:
    """Both baselines, in words."""
    now = variable_named(hazard.persistence.variables[0])
    season_and_place = isinstance(hazard.climatology, Climatology)
    return [
        BaselineView(
            name="climatology",
            told_vi="tần suất theo mùa và địa điểm" if season_and_place else "tỷ lệ của mỗi lớp trong khí hậu",
            told_en="how often at the place in the season" if season_and_place else "the share of each climate class",
            feature=None,
        ),
        BaselineView(
            name="persistence",
            told_vi=f"{now.title_vi} như hiện nay",
            told_en=f"{now.title_en} as it is now",
            feature=hazard.persistence.name,
        ),
    ]


def lowest_cut(hazard: Hazard) -> float:
    """The cut of the lowest level that a hazard declares; its mildest cut where it declares none."""
    return next((rule.cut for rule in hazard.levels.values()), hazard.target.cuts[0])


def matrix_of(hazard: Hazard) -> MatrixOfHazard | None:
    """The matrix of the law by which a hazard has a level; None where it has none."""
    rule = hazard.law
    if rule is None:
        return None
    article = DECISION_18.table(rule.table).article
    told_by = rule.told_by or hazard.name
    return MatrixOfHazard(matrix=rule.table, article=article, told_by=told_by, probability=rule.probability)


def skill(hazard: Hazard, card: Card | None) -> list[SkillView]:
    """The skill that a card tells, by lead, at the cut of the hazard's lowest level."""
    lowest = lowest_cut(hazard)
    rows = [row for row in card.skill if row.cut == lowest] if card is not None else []
    left_out = {"brier", "brier_climatology", "brier_persistence"}
    return [SkillView(**row.model_dump(exclude=left_out), judged=row.judged) for row in rows]


def skill_horizon(shown: Iterable[SkillView]) -> int | None:
    """The last lead at which both baselines are beaten with the whole interval; None where there is none."""
    return max((row.lead for row in shown if row.judged == "yes"), default=None)
