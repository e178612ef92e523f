"""`haidang report`: tests a hazard, writes its page and card, and keeps them with the pictures in MLflow."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer


def report_command(
    context: typer.Context,
    hazard: Annotated[str, typer.Argument(help="name of a hazard, see `haidang hazards`")],
    out: Annotated[Path | None, typer.Option(help="folder; `reports` in the deployment's folder by default")] = None,
    start: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first origin of the backtest")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="end of the test; the frozen part")
    ] = None,
) -> None:
    """Writes a page on how good a hazard's forecasts are: skill, reliability, value, events, map, worst cases, card."""
    from features.boundaries import read_boundaries
    from haidang.chain import backtesting
    from haidang.views.console import console, steps, waiting
    from haidang.views.hazard_report.facts import gather
    from haidang.views.hazard_report.page import default_folder, write
    from haidang.views.hazard_report.pictures import pictures
    from serving.deployment import open_deployment
    from serving.views.cards import newest_card
    from training.archive_peers import recipes
    from training.tracking import open_tracking

    deployment = open_deployment(context.obj)
    settings, chosen = deployment.settings, deployment.hazard(hazard)
    span = [None if day is None else pd.Timestamp(day, tz=settings.local_zone) for day in (start, end)]
    with steps(f"backtest {hazard}") as told:
        tested = backtesting.run_backtest(
            deployment, chosen, start=span[0], end=span[1], further=recipes(chosen), progress=told
        )
    with waiting(f"report {hazard}"):
        facts = gather(tested, deployment.archive, newest_card(deployment, chosen))
        boundaries = {} if settings.boundaries is None else read_boundaries(settings.boundaries, deployment.sites)
        drawn = pictures(facts, boundaries)
        written = write(facts, drawn, out or default_folder(settings))
        skill = facts.by_lead[facts.cut]
        run = open_tracking(settings).record_report(chosen.name, [written.page, written.card], drawn, skill)
    for file in (written.page, written.card):
        console.print(str(file), highlight=False, soft_wrap=True)
    console.print(f"MLflow run {run}", highlight=False)
