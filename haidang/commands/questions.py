"""Commands that ask: what is forecast where, how likely a hazard is and why, and how the climate may change."""

from typing import Annotated

import typer

from haidang.commands.words import HazardName, Json, moment_or_none, present_moment
from haidang.views.answers import show_explanation, show_risk
from haidang.views.console import waiting
from haidang.views.hazards import show_hazards, show_sites
from serving.answering.answers import Answers
from serving.answering.explaining import explained
from serving.deployment import open_deployment
from serving.schemas.answer_models import RiskQuestion
from serving.schemas.explain_models import ExplainQuestion
from serving.views.site_view import site_views

YEARS_AHEAD = (2030, 2050, 2090)


def hazards_command(context: typer.Context, as_json: Json = False) -> None:
    """Lists the hazards with the data they need, their baselines, skill and skill horizon, and who answers."""
    show_hazards(_answers(context).hazard_views(), as_json=as_json)


def sites_command(context: typer.Context, as_json: Json = False) -> None:
    """Lists the sites of the deployment."""
    show_sites(site_views(open_deployment(context.obj)), as_json=as_json)


def risk_command(
    context: typer.Context,
    hazard: HazardName,
    site: Annotated[list[str] | None, typer.Option(help="code or name; may be given again")] = None,
    at: Annotated[str | None, typer.Option(help="as known at this moment; the latest issue by default")] = None,
    threshold: Annotated[list[float] | None, typer.Option(help="a threshold of your own; may be given again")] = None,
    as_json: Json = False,
) -> None:
    """Answers how likely a hazard is, where and when."""
    moment = moment_or_none(at, context.obj.local_zone)
    question = RiskQuestion(
        hazard=hazard,
        sites=site or None,
        issue_time=None if moment is None else moment.to_pydatetime(),
        thresholds=threshold or [],
    )
    show_risk(_answers(context).risk(question, now=present_moment().to_pydatetime()), as_json=as_json)


def explain_command(
    context: typer.Context,
    hazard: HazardName,
    site: Annotated[str, typer.Option(help="code or name")],
    lead: Annotated[int | None, typer.Option(help="days to the first day of a period; all by default")] = None,
    cut: Annotated[float | None, typer.Option(help="one of the cuts; that of the lowest level by default")] = None,
    as_json: Json = False,
) -> None:
    """Tells what drives the latest issued forecast at a site."""
    question = ExplainQuestion(hazard=hazard, site=site, lead=lead, cut=cut)
    show_explanation(explained(_answers(context), question), as_json=as_json)


def climate_command(
    context: typer.Context,
    index: Annotated[list[str] | None, typer.Argument(help="climate indices; all by default")] = None,
    site: Annotated[list[str] | None, typer.Option(help="code or name; all sites together by default")] = None,
    year: Annotated[list[int] | None, typer.Option("--year", help="may be given again; 2030, 2050, 2090")] = None,
    as_json: Json = False,
) -> None:
    """Says how the climate may change by scenario, from the projections in the archive, with the models' spread."""
    from haidang.views.climate import show_climate
    from models.climate.assessed import assess
    from models.climate.indices import INDICES, index_named

    deployment = open_deployment(context.obj)
    wanted = [index_named(name) for name in index or INDICES]
    places = [deployment.sites.find(name).code for name in site or []]
    with waiting("climate"):
        told = assess(deployment.archive, wanted, year or YEARS_AHEAD, sites=places)
    show_climate(told, deployment.sites, as_json=as_json)


def _answers(context: typer.Context) -> Answers:
    answers = Answers(open_deployment(context.obj))
    answers.refresh()
    return answers
