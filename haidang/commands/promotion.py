"""Commands for who answers: promotion through the gate, roll-back, the shadow, and the audit of all that."""

import json
from typing import Annotated

import typer

from features.database import open_database
from features.errors import HaidangError
from features.settings import Settings
from haidang.commands.words import HazardName, Json, present_moment
from haidang.views.console import console, table_of
from serving.access.audit import Audit
from serving.deployment import open_deployment

audit_app = typer.Typer(help="Who did what, in a chain that cannot be changed unnoticed.", no_args_is_help=True)
_Version = Annotated[str | None, typer.Option(help="registered version; the newest by default")]
_NOT_PROMOTED = 1


def promote_command(
    context: typer.Context,
    hazard: HazardName,
    version: _Version = None,
    reason: Annotated[
        str | None,
        typer.Option(help="why to change even if nothing is gained, such as newer data: not worse is enough"),
    ] = None,
    force: Annotated[str | None, typer.Option(help="promote whatever the gate says, for this reason")] = None,
    by: Annotated[str, typer.Option(help="name of the person who decides, for the audit")] = "",
    rollback: Annotated[bool, typer.Option("--rollback", help="put the champion before back, in one step")] = False,
    to: Annotated[str | None, typer.Option(help="with --rollback: registered version of an earlier champion")] = None,
    as_json: Json = False,
) -> None:
    """Lets a registered version challenge the champion; who does not pass the gate is not promoted, exit code 1."""
    from haidang.champions import promoting
    from haidang.views.fits import show_decision, show_promoted
    from training.tracking import open_tracking

    deployment, now = open_deployment(context.obj), present_moment()
    chosen = deployment.hazard(hazard)
    if rollback:
        if version is not None or force is not None:
            raise HaidangError("--rollback goes with --to, --by and --reason alone")
        earlier = promoting.roll_back(deployment, chosen, now, to=to, by=by or promoting.ITSELF, reason=reason or "")
        console.print(
            f"{hazard}: {earlier.tag} is the champion again; its next forecast is given by `haidang issue {hazard}`",
            highlight=False,
        )
        return
    if to is not None:
        raise HaidangError("--to names an earlier champion for --rollback; a challenger is named with --version")
    if force is not None:
        decision = promoting.promote_by_force(deployment, chosen, version, now, reason=force, by=by)
    else:
        decision = promoting.challenge(deployment, chosen, version, now, reason=reason, by=by or promoting.ITSELF)
    show_decision(decision, as_json=as_json)
    champion = open_tracking(context.obj).champion(hazard)
    if champion is not None and not as_json:
        show_promoted(hazard, str(champion.version), str(champion.tags["forecaster"]))
    if decision.verdict != "promote" and force is None:
        raise typer.Exit(_NOT_PROMOTED)


def shadow_command(
    context: typer.Context,
    hazard: HazardName,
    version: _Version = None,
    stop: Annotated[bool, typer.Option("--stop", help="take the challenger out of the shadow")] = False,
) -> None:
    """Puts a registered version into the shadow of the champion: issued and scored beside it, and never shown.

    For weather it takes four weeks at least before the gate looks at what it said there.
    """
    from training.tracking import open_tracking

    deployment = open_deployment(context.obj)
    name = deployment.hazard(hazard).name
    tracking = open_tracking(context.obj)
    versions = [str(one.version) for one in tracking.versions(name)]
    wanted = None if stop else version or next(iter(versions), None)
    if not stop and wanted not in versions:
        raise HaidangError(f"{name} has no version {wanted}: there is {', '.join(versions) or 'none, train it first'}")
    tracking.shade(name, wanted)
    told = "nobody" if wanted is None else f"version {wanted}"
    console.print(f"{name}: {told} forecasts in the shadow of the champion", highlight=False)


@audit_app.command("list")
def list_command(
    context: typer.Context,
    what: Annotated[str | None, typer.Option(help="only what was done so, such as `roll back`")] = None,
    about: Annotated[str | None, typer.Option(help="only on this hazard, warning or key")] = None,
    as_json: Json = False,
) -> None:
    """Lists what was done, by whom and when; figures are in the JSON."""
    settings: Settings = context.obj
    entries = _audit(settings).entries(what=what, about=about)
    if as_json:
        told = [{**vars(entry), "at": entry.at.isoformat()} for entry in entries]
        console.print_json(json.dumps(told, ensure_ascii=False))
        return
    table = table_of("entry", "at", "who", "what", "about", "details")
    for entry in entries:
        at = entry.at.tz_convert(settings.local_zone).isoformat(timespec="seconds")
        short = {name: told for name, told in entry.details.items() if isinstance(told, (str, int, float))}
        details = ", ".join(f"{name} {told}" for name, told in short.items())
        table.add_row(str(entry.number), at, entry.who, entry.what, entry.about, details)
    console.print(table)


@audit_app.command("verify")
def verify_command(context: typer.Context) -> None:
    """Looks whether an entry was changed, removed or moved, and says which; then the exit code is 1."""
    found = _audit(context.obj).verify()
    for fault in found.faults:
        console.print(fault, style="red", highlight=False)
    told = "the chain is whole" if not found.faults else "the chain is broken"
    console.print(f"{told}: {found.entries} entries, newest digest {found.digest}", highlight=False, soft_wrap=True)
    if found.faults:
        raise typer.Exit(1)


def _audit(settings: Settings) -> Audit:
    return Audit(open_database(settings.database_address))
