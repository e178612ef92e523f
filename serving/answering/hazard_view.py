"""The view of a hazard: the data it needs and how fresh they are, its baselines, its skill and who answers for it."""

from collections.abc import Mapping

import pandas as pd

from features.variables import variable_named
from models.baselines import Climatology
from models.hazard import Hazard
from serving.answering.held import Held
from serving.deployment import Deployment
from serving.schemas.hazard_models import BaselineView, HazardView, NeedView
from serving.views.cards import skill, skill_horizon
from serving.views.hazard_law import matrix_of, unread
from serving.views.warning_levels import level_views


def hazard_view(
    deployment: Deployment, hazard: Hazard, held: Held, newest_known: Mapping[str, pd.Timestamp]
) -> HazardView:
    """A hazard as the service knows it.

    Args:
        deployment: the deployment.
        hazard: the hazard.
        held: what is held of it.
        newest_known: when the newest value of each variable became known.
    """
    shown = skill(hazard, held.trained)
    return HazardView(
        name=hazard.name,
        title_vi=hazard.title_vi,
        title_en=hazard.title_en,
        unit=hazard.target.unit,
        cuts=list(hazard.target.cuts),
        sense=hazard.target.sense,
        leads=[int(lead) for lead in hazard.periods.leads],
        period_days=hazard.periods.days,
        levels=level_views(hazard.levels),
        reference=hazard.reference,
        where=hazard.where,
        issue_every_days=hazard.issue_every_days,
        issue_hour=hazard.issue_hour,
        amount=hazard.amount,
        features=[feature.name for feature in hazard.features],
        law=matrix_of(hazard),
        unread=unread(hazard),
        sites=int(deployment.sites.having(hazard.where).sum()),
        needs=needs(hazard, newest_known, deployment.settings.local_zone),
        baselines=baselines(hazard),
        skill=shown,
        skill_horizon=skill_horizon(shown),
        tested_until=held.trained.tested_until if held.trained else None,
        basis=held.card.basis if held.card else None,
        model_version=held.card.version if held.card else None,
        latest_issue_time=held.latest.issue_time if held.latest else None,
        withheld=held.withheld,
        withheld_vi=held.withheld_vi,
    )


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
