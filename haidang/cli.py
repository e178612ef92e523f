"""The command line `haidang`; a command imports by itself what only it needs, so that questions are quick."""

import os
import sys
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from features.entries import SIMULATED, Receipt
from features.errors import HaidangError
from features.settings import Settings, keep_tools_quiet

keep_tools_quiet()

from haidang import operations, views  # noqa: E402  (after the tools were told to keep quiet)
from haidang.drift_command import announce_command, drift_command  # noqa: E402
from haidang.hazard_report.command import report_command  # noqa: E402
from haidang.key_commands import keys_app  # noqa: E402
from haidang.nowcasting import nowcast_command  # noqa: E402
from haidang.observed_levels import observed_levels_command  # noqa: E402
from haidang.promotion_commands import audit_app, promote_command, shadow_command  # noqa: E402
from haidang.publish_command import publish_command  # noqa: E402
from haidang.rehearse_command import rehearse_command  # noqa: E402
from haidang.serve import serve_command  # noqa: E402
from haidang.track_records import track_record_command, verify_command  # noqa: E402
from models.hazard import Hazard  # noqa: E402
from serving.answer_models import RiskQuestion  # noqa: E402
from serving.answers import Answers  # noqa: E402
from serving.deployment import Deployment, open_deployment  # noqa: E402
from serving.explain_models import ExplainQuestion  # noqa: E402
from serving.explaining import explained  # noqa: E402
from serving.site_view import site_views  # noqa: E402

app = typer.Typer(
    help="Hải Đăng: early warning of disasters, climate and disease.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
LAST_SIMULATED_YEAR = 2025
YEARS_AHEAD = (2030, 2050, 2090)
_CASES = "quang-ninh; or, with --data, domoic-acid, vietnam-dengue, hong-kong-rain or salmon"
HazardName = Annotated[str, typer.Argument(help="name of a hazard, see `haidang hazards`")]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.callback()
def choose_home(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="folder of the deployment; HAIDANG_HOME by default")] = None,
) -> None:
    """Hải Đăng: early warning of disasters, climate and disease."""
    context.obj = Settings() if home is None else Settings(home=home)


@app.command()
def demo(
    context: typer.Context,
    case: Annotated[str, typer.Option(help=_CASES)] = "quang-ninh",
    data: Annotated[Path | None, typer.Option(help="folder with the case's data, where it needs some")] = None,
) -> None:
    """Runs the whole chain: ingest, backtest, train, promote, issue, serve, ask."""
    from haidang.demo import run_demo

    home = context.obj.home if "home" in context.obj.model_fields_set else Path("var") / case
    run_demo(case, home, data)


@app.command("ingest")
def ingest_command(
    context: typer.Context,
    source: Annotated[
        list[str] | None, typer.Argument(help="sources, see `haidang sources`; all of haidang.toml")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="first day; where the last ingest ended by default")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="day after the last")] = None,
    sites: Annotated[list[str] | None, typer.Option(help="code or name of a site; may be given again")] = None,
    file: Annotated[Path | None, typer.Option(help="the file, for sources that read one")] = None,
    mapping: Annotated[str | None, typer.Option(help="what its columns mean: a TOML file, or a built-in name")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE of the source, for this time")] = None,
    force: Annotated[bool, typer.Option(help="ask a source too that rests after three failures")] = False,
) -> None:
    """Brings values into the archive; run twice it changes nothing, interrupted it goes on where it was."""
    from haidang import ingests

    deployment, zone = open_deployment(context.obj), context.obj.local_zone
    stated = dict(_stated(text) for text in setting or [])
    stated |= {name: value for name, value in (("file", file), ("mapping", mapping)) if value is not None}
    asked = ingests.Asked(_optional(start, zone), _optional(end, zone), tuple(sites) if sites else None)
    failed = []
    for chosen in ingests.sources_of(deployment, source or [], stated):
        try:
            with views.counting(f"ingest {chosen.name}") as told:
                receipt = ingests.ingest_logged(deployment, chosen, asked, clock=_now, force=force, progress=told)
        except HaidangError as error:
            failed.append(chosen.name)
            views.show_error(error)
            continue
        views.show_receipt(chosen.name, receipt, _refused(deployment, chosen.name, receipt))
    if failed:
        raise typer.Exit(2)


@app.command("sources")
def sources_command(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="one of them, to see all that it says of itself")] = None,
    as_json: Json = False,
) -> None:
    """Lists the sources: those of haidang.toml, and the kinds that there are."""
    from haidang import reports

    if name is None:
        reports.show_sources(context.obj, as_json=as_json)
    else:
        reports.show_source(context.obj, name)


@app.command("simulate")
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
    from haidang import simulation

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
    with views.steps(f"simulate {years} years") as told:
        receipt = simulation.simulate(deployment, province, progress=told)
    views.show_receipt(SIMULATED, receipt, _refused(deployment, SIMULATED, receipt))


@app.command("oracle")
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
    from haidang import reports, simulation

    deployment = open_deployment(context.obj)
    chosen = deployment.hazard(hazard)
    with views.steps(f"oracle {hazard}") as told:
        judged = simulation.judge_champion(
            deployment, chosen, years=years, seed=seed, ceiling_years=ceiling_years, progress=told
        )
    reports.show_judged(chosen, judged, as_json=as_json)


@app.command()
def hazards(context: typer.Context, as_json: Json = False) -> None:
    """Lists the hazards with the data they need, their baselines, skill and skill horizon, and who answers."""
    views.show_hazards(_answers(context).hazard_views(), as_json=as_json)


@app.command()
def sites(context: typer.Context, as_json: Json = False) -> None:
    """Lists the sites of the deployment."""
    views.show_sites(site_views(open_deployment(context.obj)), as_json=as_json)


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Says what is at rest and how fresh: feeds, quarantine, ingests, forecasters, issues."""
    from haidang import jobs, reports

    deployment = open_deployment(context.obj)
    reports.show_status(deployment, jobs.open_tracking(context.obj), _now(), as_json=as_json)


@app.command("backtest")
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
    from haidang import jobs, reports

    deployment, zone = open_deployment(context.obj), context.obj.local_zone
    chosen = deployment.hazard(hazard)
    begin, until = _optional(start, zone), _optional(end, zone)
    if frozen and (start or end or leave_out):
        raise HaidangError("--frozen tests the whole frozen part: leave out --from, --to and --leave-out")
    if again is not None and not (frozen and again.strip()):
        raise HaidangError("--again takes the reason why the frozen part is looked at again, and goes with --frozen")
    unseen = "year"
    with views.steps(f"backtest {hazard}") as told:
        if frozen:
            reason = (again or "").strip()
            tested, _ = jobs.look_at_frozen(deployment, chosen, who=getuser(), now=_now(), reason=reason, progress=told)
        elif leave_out is not None:
            unseen = leave_out
            tested = jobs.run_held_out(deployment, chosen, leave_out, start=begin, end=until, progress=told)
        else:
            tested = jobs.run_backtest(deployment, chosen, start=begin, end=until, progress=told)
    reports.show_backtest(tested, unseen=unseen, as_json=as_json)


app.command("report")(report_command)


@app.command()
def train(
    context: typer.Context,
    hazard: Annotated[list[str] | None, typer.Argument(help="hazards, see `haidang hazards`")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="all that the archive holds an outcome of, or have a rule")
    ] = False,
    start: Annotated[str | None, typer.Option("--test-from", help="first origin of the backtest")] = None,
    processes: Annotated[int, typer.Option(min=1, help="hazards at a time; each needs up to 3 GB")] = 1,
) -> None:
    """Backtests and fits hazards, and tracks them in MLflow; nothing is promoted."""
    from haidang import jobs, reports

    deployment, from_day = open_deployment(context.obj), _optional(start, context.obj.local_zone)
    if every == bool(hazard):
        raise HaidangError("name the hazards to train, or say --all: `haidang hazards` lists them")
    names = [deployment.hazard(name).name for name in hazard or jobs.trainable(deployment)]
    failed = []
    fits = (
        jobs.fit_one_by_one(deployment, names, start=from_day, watched=views.steps)
        if processes == 1
        else jobs.fit_in_processes(context.obj, names, start=from_day, processes=processes)
    )
    for name, fitted in fits:
        if isinstance(fitted, HaidangError):
            if len(names) == 1:
                raise fitted
            failed.append(name)
            views.show_error(f"{name}: {fitted}")
            continue
        forecaster, tested = fitted
        reports.show_trained(jobs.track(deployment, forecaster, tested))
    if failed:
        raise typer.Exit(2)


@app.command("tune")
def tune_command(
    context: typer.Context,
    hazard: HazardName,
    trials: Annotated[int, typer.Option(min=1, help="how many sets of values are tried")] = 40,
    until: Annotated[str | None, typer.Option(help="nothing known later is read; two years before the end")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of the search")] = 0,
    as_json: Json = False,
) -> None:
    """Searches better parameters of a hazard's model inside the training years; nothing is changed."""
    from haidang import jobs, reports
    from training.tune import tune

    deployment = open_deployment(context.obj)
    chosen = deployment.hazard(hazard)
    end, _ = jobs.test_span(deployment, chosen, _optional(until, context.obj.local_zone), None)
    with views.steps(f"tune {hazard}") as told:
        tuned = tune(chosen, deployment.archive, end, trials=trials, seed=seed, progress=told)
    run = jobs.open_tracking(context.obj).record_tuning(tuned)
    reports.show_tuned(tuned, run, as_json=as_json)


app.command("promote")(promote_command)
app.command("shadow")(shadow_command)
app.add_typer(audit_app, name="audit")


app.command("observed-levels")(observed_levels_command)
app.add_typer(keys_app, name="keys")


@app.command("climate")
def climate_command(
    context: typer.Context,
    index: Annotated[list[str] | None, typer.Argument(help="climate indices; all by default")] = None,
    site: Annotated[list[str] | None, typer.Option(help="code or name; all sites together by default")] = None,
    year: Annotated[list[int] | None, typer.Option("--year", help="may be given again; 2030, 2050, 2090")] = None,
    as_json: Json = False,
) -> None:
    """Says how the climate may change by scenario, from the projections in the archive, with the models' spread."""
    from haidang.climate_report import show_climate
    from models.climate.assessed import assess
    from models.climate.indices import INDICES, index_named

    deployment = open_deployment(context.obj)
    wanted = [index_named(name) for name in index or INDICES]
    places = [deployment.sites.find(name).code for name in site or []]
    with views.waiting("climate"):
        told = assess(deployment.archive, wanted, year or YEARS_AHEAD, sites=places)
    show_climate(told, deployment.sites, as_json=as_json)


@app.command("issue")
def issue_command(
    context: typer.Context,
    hazard: Annotated[list[str] | None, typer.Argument(help="hazards; all that have a champion by default")] = None,
    at: Annotated[
        str, typer.Option(help="issue time with offset, `now`, or `latest` for when the hazard was last observed")
    ] = "now",
) -> None:
    """Issues forecasts and stores them for ever; a challenger forecasts in the shadow, and is never shown."""
    from haidang import jobs

    deployment = open_deployment(context.obj)
    now = _now()
    names = hazard or [name for name in deployment.hazards if deployment.shelf.tag(name) is not None]
    if not names:
        raise HaidangError("no hazard has a champion: run `haidang train` and `haidang promote` first")
    by_moment: dict[pd.Timestamp, list[Hazard]] = {}
    withheld: dict[str, HaidangError] = {}
    for one in map(deployment.hazard, names):
        try:
            by_moment.setdefault(_issue_time(at, deployment, one, now), []).append(one)
        except HaidangError as error:
            withheld[one.name] = error
    for moment, hazards in by_moment.items():
        told = jobs.issue_all(deployment, hazards, moment, now)
        withheld |= told.withheld
        for one in hazards:
            if one.name not in told.withheld:
                records = deployment.issued.at(one.name, moment)
                views.show_issued(records, int((records["issued_at"] == now).sum()), context.obj.local_zone)
        for name, beside in jobs.issue_shadows(deployment, hazards, moment, now).items():
            views.console.print(f"  {name}: {beside:,} forecasts of its challenger in the shadow", highlight=False)
    if withheld:
        raise HaidangError("; ".join(map(str, withheld.values())))


app.command("verify")(verify_command)
app.command("track-record")(track_record_command)
app.command("nowcast")(nowcast_command)


@app.command()
def risk(
    context: typer.Context,
    hazard: HazardName,
    site: Annotated[list[str] | None, typer.Option(help="code or name; may be given again")] = None,
    at: Annotated[str | None, typer.Option(help="as known at this moment; the latest issue by default")] = None,
    threshold: Annotated[list[float] | None, typer.Option(help="a threshold of your own; may be given again")] = None,
    as_json: Json = False,
) -> None:
    """Answers how likely a hazard is, where and when."""
    moment = _optional(at, context.obj.local_zone)
    question = RiskQuestion(
        hazard=hazard,
        sites=site or None,
        issue_time=None if moment is None else moment.to_pydatetime(),
        thresholds=threshold or [],
    )
    views.show_risk(_answers(context).risk(question, now=datetime.now(UTC)), as_json=as_json)


@app.command()
def explain(
    context: typer.Context,
    hazard: HazardName,
    site: Annotated[str, typer.Option(help="code or name")],
    lead: Annotated[int | None, typer.Option(help="days to the first day of a period; all by default")] = None,
    cut: Annotated[float | None, typer.Option(help="one of the cuts; that of the lowest level by default")] = None,
    as_json: Json = False,
) -> None:
    """Tells what drives the latest issued forecast at a site."""
    question = ExplainQuestion(hazard=hazard, site=site, lead=lead, cut=cut)
    views.show_explanation(explained(_answers(context), question), as_json=as_json)


@app.command()
def serve(context: typer.Context) -> None:
    """Serves the risk API with BentoML until it is stopped."""
    settings: Settings = context.obj
    command = serve_command(settings)
    os.execvpe(command[0], command, settings.environment())  # noqa: S606  (no shell, our own interpreter)


app.command("drift")(drift_command)
app.command("announce-change")(announce_command)
for _name, _command in (
    ("run", operations.run_command),
    ("due", operations.due_command),
    ("health", operations.health_command),
    ("backup", operations.backup_command),
    ("restore", operations.restore_command),
):
    app.command(_name)(_command)
app.command("rehearse")(rehearse_command)
app.command("publish")(publish_command)


def main() -> None:
    """Runs the command line; what the asker can mend is told in one line, with exit code 2."""
    try:
        app()
    except (HaidangError, ValidationError) as error:
        views.show_error(_faults(error) if isinstance(error, ValidationError) else error)
        sys.exit(2)
    except OperationalError as error:
        views.show_error(f"the deployment's database does not answer: {error.orig}")
        sys.exit(2)


def _faults(error: ValidationError) -> str:
    """What is wrong with a setting or a question, in one line."""
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())


def _answers(context: typer.Context) -> Answers:
    answers = Answers(open_deployment(context.obj))
    answers.refresh()
    return answers


def _refused(deployment: Deployment, source: str, receipt: Receipt) -> pd.DataFrame | None:
    """What lies in quarantine of a source, if this receipt added to it."""
    quarantined = deployment.archive.quarantined()
    return quarantined[quarantined["source"] == source] if receipt.quarantined else None


def _stated(text: str) -> tuple[str, object]:
    name, sign, value = text.partition("=")
    if not sign:
        raise HaidangError(f"--set takes NAME=VALUE, not {text!r}")
    return name, value


def _now() -> pd.Timestamp:
    return pd.Timestamp(datetime.now(UTC))


def _issue_time(text: str, deployment: Deployment, hazard: Hazard, now: pd.Timestamp) -> pd.Timestamp:
    if text == "latest":
        return min(now, deployment.archive.ends(hazard.target.variable))
    return now if text == "now" else _moment(text, deployment.settings.local_zone)


def _moment(text: str, zone: str) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(text)
    except ValueError as error:
        raise HaidangError(f"{text!r} is not a time: write 2025-09-01 or 2025-09-01T07:00+07:00") from error
    return moment.tz_localize(zone) if moment.tzinfo is None else moment


def _optional(text: str | None, zone: str) -> pd.Timestamp | None:
    return None if text is None else _moment(text, zone)


if __name__ == "__main__":
    main()
