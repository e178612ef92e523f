"""Commands for keys: who may ask the service what it does not tell everybody."""

import json
from typing import Annotated

import pandas as pd
import typer

from features.database import open_database
from features.settings import Settings
from haidang.commands.words import Json, present_moment
from haidang.views.console import console
from serving.access.audit import Audit
from serving.access.keys import ROLES, Key, Keys, Role

keys_app = typer.Typer(help="Keys of agencies and persons, with their roles.", no_args_is_help=True)
_By = Annotated[str, typer.Option(help="who does it, for the audit")]
LONGEST_DAYS = 5 * 365


@keys_app.command("make")
def make_command(
    context: typer.Context,
    holder: Annotated[str, typer.Argument(help="the agency or person")],
    by: _By,
    role: Annotated[Role, typer.Option(help=f"one of {', '.join(ROLES)}")] = "reader",
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="for which it holds")] = 365,
) -> None:
    """Makes a key and shows it once; send it in the header `Authorization: Bearer KEY`."""
    keys, audit, now = _opened(context.obj)
    key, text = keys.make(holder, role, now, expires_at=now + pd.Timedelta(days=days))
    told = {"holder": key.holder, "role": key.role, "expires_at": key.expires_at.isoformat()}
    audit.write(by, "key made", key.id, told, now)
    console.print(f"key {key.id} of {key.holder}, {key.role}, until {key.expires_at:%Y-%m-%d}", highlight=False)
    typer.echo(text)
    typer.echo("It is shown only now: keep it safe.", err=True)


@keys_app.command("list")
def list_command(context: typer.Context, as_json: Json = False) -> None:
    """Lists all keys that were ever made, without what makes them work."""
    keys, _, now = _opened(context.obj)
    told = [_told(key, now) for key in keys.all().values()]
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for one in told:
        console.print("  ".join(f"{value}" for value in one.values()), highlight=False)


@keys_app.command("revoke")
def revoke_command(
    context: typer.Context, key: Annotated[str, typer.Argument(help="its id, see `haidang keys list`")], by: _By
) -> None:
    """Revokes a key; a running service refuses it within seconds."""
    keys, audit, now = _opened(context.obj)
    revoked = keys.revoke(key, now)
    audit.write(by, "key revoked", key, {"holder": revoked.holder, "role": revoked.role}, now)
    console.print(f"key {revoked.id} of {revoked.holder} is revoked", highlight=False)


def _opened(settings: Settings) -> tuple[Keys, Audit, pd.Timestamp]:
    engine = open_database(settings.database_address)
    return Keys(engine), Audit(engine), present_moment()


def _told(key: Key, now: pd.Timestamp) -> dict[str, str]:
    state = "holds" if key.holds(now) else "expired" if key.revoked_at is None else "revoked"
    return {
        "id": key.id,
        "state": state,
        "role": key.role,
        "holder": key.holder,
        "made_at": key.made_at.isoformat(timespec="seconds"),
        "expires_at": key.expires_at.isoformat(timespec="seconds"),
    }
