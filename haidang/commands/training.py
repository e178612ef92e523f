"""Commands that test and fit: backtests, forecasters that nobody has promoted yet, and a search of parameters."""

from getpass import getuser
from typing import Annotated

import typer

from features.errors import HaidangError
from haidang.commands.words import HazardName, Json, moment_or_none, present_moment
from haidang.views.console import show_error, steps
from serving.deployment import open_deployment


def backtest_command(
    context: typer.Context,
    hazard: HazardName,
    start: Annotated[str | None, typer.Option("--from", help="first origin; two years before the end")] = None,
    end: Annotated[str | None, typer.Option("--to", help="end of the test; the frozen part")] = None,
    leave_out: Annotated[
        str | None, typer.Option(help="each season, each storm, or each group of sites by an attribute, in turn")
    ] = None,
    frozen: Annotated[bool, typer.Option(help="test on the frozen part, which a release may do once")] = False,
    again: Annotated[str | None, typer.Option(help="why a release looks at the frozen part again")] = None,
    as_json: Json = False,
) -> None:
    """Forecasts the past as it was known and scores it beside climatology and persistence."""
    from haidang.chain import backtesting
    from haidang.views.scores import show_backtest

    deployment, zone = open_deployment(context.obj), context.obj.local_zone
    chosen = deployment.hazard(hazard)
    begin, until = moment_or_none(start, zone), moment_or_none(end, zone)
    if frozen and (start or end or leave_out):
        raise HaidangError("--frozen tests the whole frozen part: leave out --from, --to and --leave-out")
    if again is not None and not (frozen and again.strip()):
        raise HaidangError("--again takes the reason why the frozen part is looked at again, and goes with --frozen")
    unseen = "year"
    with steps(f"backtest {hazard}") as told:
        if frozen:
            reason = (again or "").strip()
            tested, _ = backtesting.look_at_frozen(
                deployment, chosen, who=getuser(), now=present_moment(), reason=reason, progress=told
            )
        elif leave_out is not None:
            unseen = leave_out
            tested = backtesting.run_held_out(deployment, chosen, leave_out, start=begin, end=until, progress=told)
        else:
            tested = backtesting.run_backtest(deployment, chosen, start=begin, end=until, progress=told)
    show_backtest(tested, unseen=unseen, as_json=as_json)


def train_command(
    context: typer.Context,
    hazard: Annotated[list[str] | None, typer.Argument(help="hazards, see `haidang hazards`")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="all that the archive holds an outcome of, or have a rule")
    ] = False,
    start: Annotated[str | None, typer.Option("--test-from", help="first origin of the backtest")] = None,
    processes: Annotated[int, typer.Option(min=1, help="hazards at a time; each needs up to 3 GB")] = 1,
) -> None:
    """Backtests and fits hazards, and tracks them in MLflow; nothing is promoted."""
    from haidang.chain import fitting
    from haidang.views.fits import show_trained

    deployment, from_day = open_deployment(context.obj), moment_or_none(start, context.obj.local_zone)
    if every == bool(hazard):
        raise HaidangError("name the hazards to train, or say --all: `haidang hazards` lists them")
    names = [deployment.hazard(name).name for name in hazard or fitting.trainable(deployment)]
    failed = []
    fits = (
        fitting.fit_one_by_one(deployment, names, start=from_day, watched=steps)
        if processes == 1
        else fitting.fit_in_processes(context.obj, names, start=from_day, processes=processes)
    )
    for name, fitted in fits:
        if isinstance(fitted, HaidangError):
            if len(names) == 1:
                raise fitted
            failed.append(name)
            show_error(f"{name}: {fitted}")
            continue
        forecaster, tested = fitted
        show_trained(fitting.track(deployment, forecaster, tested))
    if failed:
        raise typer.Exit(2)


def tune_command(
    context: typer.Context,
    hazard: HazardName,
    trials: Annotated[int, typer.Option(min=1, help="how many sets of values are tried")] = 40,
    until: Annotated[str | None, typer.Option(help="nothing known later is read; two years before the end")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of the search")] = 0,
    as_json: Json = False,
) -> None:
    """Searches better parameters of a hazard's model inside the training years; nothing is changed."""
    from haidang.chain import backtesting
    from haidang.views.fits import show_tuned
    from training.tracking import open_tracking
    from training.tune import tune

    deployment = open_deployment(context.obj)
    chosen = deployment.hazard(hazard)
    end, _ = backtesting.test_span(deployment, chosen, moment_or_none(until, context.obj.local_zone), None)
    with steps(f"tune {hazard}") as told:
        tuned = tune(chosen, deployment.archive, end, trials=trials, seed=seed, progress=told)
    run = open_tracking(context.obj).record_tuning(tuned)
    show_tuned(tuned, run, as_json=as_json)
