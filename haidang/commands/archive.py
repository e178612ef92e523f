"""Commands for what is at rest: values brought into the archive, their sources, and how fresh all is."""

from pathlib import Path
from typing import Annotated

import typer

from features.errors import HaidangError
from haidang.commands.words import Json, moment_or_none, present_moment
from haidang.views.console import counting, show_error
from serving.deployment import open_deployment


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
    from haidang.chain import ingests
    from haidang.views.archive import newly_refused, show_receipt

    deployment, zone = open_deployment(context.obj), context.obj.local_zone
    stated = dict(_stated(text) for text in setting or [])
    stated |= {name: value for name, value in (("file", file), ("mapping", mapping)) if value is not None}
    asked = ingests.Asked(moment_or_none(start, zone), moment_or_none(end, zone), tuple(sites) if sites else None)
    failed = []
    for chosen in ingests.sources_of(deployment, source or [], stated):
        try:
            with counting(f"ingest {chosen.name}") as told:
                receipt = ingests.ingest_logged(
                    deployment, chosen, asked, clock=present_moment, force=force, progress=told
                )
        except HaidangError as error:
            failed.append(chosen.name)
            show_error(error)
            continue
        show_receipt(chosen.name, receipt, newly_refused(deployment, chosen.name, receipt))
    if failed:
        raise typer.Exit(2)


def sources_command(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="one of them, to see all that it says of itself")] = None,
    as_json: Json = False,
) -> None:
    """Lists the sources: those of haidang.toml, and the kinds that there are."""
    from haidang.views.archive import show_source, show_sources

    if name is None:
        show_sources(context.obj, as_json=as_json)
    else:
        show_source(context.obj, name)


def status_command(context: typer.Context, as_json: Json = False) -> None:
    """Says what is at rest and how fresh: feeds, quarantine, ingests, forecasters, issues."""
    from haidang.views.archive import show_status
    from training.tracking import open_tracking

    deployment = open_deployment(context.obj)
    show_status(deployment, open_tracking(context.obj), present_moment(), as_json=as_json)


def _stated(text: str) -> tuple[str, object]:
    name, sign, value = text.partition("=")
    if not sign:
        raise HaidangError(f"--set takes NAME=VALUE, not {text!r}")
    return name, value
