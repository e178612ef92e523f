"""Commands that try all out: a demonstration, a simulated province with its oracle, and a rehearsal of the past."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from features.entries import SIMULATED
from features.settings import Settings
from haidang.commands.words import HazardName, Json, moment_of
from haidang.views.console import print_models, steps
from serving.deployment import open_deployment

LAST_SIMULATED_YEAR = 2025
_CASES = "quang-ninh; or, with --data, domoic-acid, vietnam-dengue, hong-kong-rain or salmon"
_FAULT = (
    "late WHAT from=DAY to=DAY days=N, down WHAT from=DAY to=DAY, stuck VARIABLE site=CODE from=DAY to=DAY, "
    "biased VARIABLE from=DAY factor=1.2, or killed JOB on=DAY; WHAT is a variable or a source; may be given again"
)


def demo_command(
    context: typer.Context,
    case: Annotated[str, typer.Option(help=_CASES)] = "quang-ninh",
    data: Annotated[Path | None, typer.Option(help="folder with the case's data, where it needs some")] = None,
) -> None:
    """Runs the whole chain: ingest, backtest, train, promote, issue, serve, ask."""
    from haidang.demonstration.demo import run_demo

    home = context.obj.home if "home" in context.obj.model_fields_set else Path("var") / case
    run_demo(case, home, data)


def simulate_command(
    context: typer.Context,
    years: Annotated[int, typer.Option(min=1, help="how many calendar years")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="of all randomness; the places stay the same")] = 7,
    first_year: Annotated[int | None, typer.Option(help="first of the years; the last is 2025 by default")] = None,
    sites: Annotated[int, typer.Option(min=54, max=3321, help="the 54 communes, and hamlets beyond them")] = 54,
    run_every: Annotated[int, typer.Option(min=1, help="days from one run of forecasts to the next")] = 1,
    warming: Annotated[float, typer.Option(help="trend of air temperature, degC in ten years")] = 0.21,
    model_change: Annotated[int | None, typer.Option(help="year from which the weather model is another")] = None,
    outages: Annotated[float, typer.Option(min=0, help="outages of the runs, and of each station, in a year")] = 0.0,
    faults: Annotated[float, typer.Option(min=0, help="faults of each sensor in a year")] = 0.0,
) -> None:
    """Writes the archive of a simulated province, whose truth is known; run twice it changes nothing."""
    from features.sources.simulated import SimulatedProvince
    from haidang.chain import simulation
    from haidang.views.archive import newly_refused, show_receipt

    settings: Settings = context.obj
    province = SimulatedProvince(
        years=years,
        seed=seed,
        first_year=LAST_SIMULATED_YEAR + 1 - years if first_year is None else first_year,
        n_sites=sites,
        run_every_days=run_every,
        warming_per_decade=warming,
        model_change_year=model_change,
        outages_per_year=outages,
        faults_per_year=faults,
        zone=settings.local_zone,
    )
    simulation.prepare(settings.home, province)
    deployment = open_deployment(Settings(home=settings.home))
    with steps(f"simulate {years} years") as told:
        receipt = simulation.simulate(deployment, province, progress=told)
    show_receipt(SIMULATED, receipt, newly_refused(deployment, SIMULATED, receipt))


def oracle_command(
    context: typer.Context,
    hazard: HazardName,
    years: Annotated[int, typer.Option(min=1, help="fresh simulated years that the champion is judged on")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="of the fresh years")] = 1,
    ceiling_years: Annotated[
        int | None,
        typer.Option(min=0, help="years that the observable ceiling is learned from; by default where states hide"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Says what share of the achievable skill the champion has, in a simulated province."""
    from haidang.chain import simulation
    from haidang.views.scores import show_judged

    deployment = open_deployment(context.obj)
    chosen = deployment.hazard(hazard)
    with steps(f"oracle {hazard}") as told:
        judged = simulation.judge_champion(
            deployment, chosen, years=years, seed=seed, ceiling_years=ceiling_years, progress=told
        )
    show_judged(chosen, judged, as_json=as_json)


def rehearse_command(
    context: typer.Context,
    start: Annotated[str, typer.Option("--from", help="first day")],
    end: Annotated[str, typer.Option("--to", help="day after the last")],
    hazard: Annotated[list[str] | None, typer.Option("--hazard", help="may be given again; all by default")] = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", help=_FAULT)] = None,
    into: Annotated[Path | None, typer.Option(help="folder to keep it in; thrown away by default")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Lives through a past stretch day by day, in a folder of its own, and tells how the forecasts did."""
    from haidang.rehearsals.faults import fault_of
    from haidang.rehearsals.rehearsing import rehearse, show_report

    settings: Settings = context.obj
    zone = settings.local_zone
    faults = [fault_of(text, zone) for text in fault or []]
    with tempfile.TemporaryDirectory() as scratch:
        folder = into or Path(scratch) / "rehearsal"
        told = rehearse(settings, folder, moment_of(start, zone), moment_of(end, zone), hazard or [], faults)
    if as_json:
        print_models([told])
    else:
        show_report(told)
