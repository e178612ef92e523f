"""The command line `haidang`; a command imports by itself what only it needs, so that questions are quick."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from features.errors import HaidangError
from features.settings import Settings, keep_tools_quiet

keep_tools_quiet()

from haidang.commands.archive import (  # noqa: E402  (after the tools were told to keep quiet)
    ingest_command,
    sources_command,
    status_command,
)
from haidang.commands.drift import announce_command, drift_command  # noqa: E402
from haidang.commands.issue import issue_command, publish_command  # noqa: E402
from haidang.commands.keys import keys_app  # noqa: E402
from haidang.commands.nowcast import nowcast_command  # noqa: E402
from haidang.commands.observed_levels import observed_levels_command  # noqa: E402
from haidang.commands.operations import (  # noqa: E402
    backup_command,
    due_command,
    health_command,
    restore_command,
    run_command,
    serve_command,
)
from haidang.commands.promotion import audit_app, promote_command, shadow_command  # noqa: E402
from haidang.commands.questions import (  # noqa: E402
    climate_command,
    explain_command,
    hazards_command,
    risk_command,
    sites_command,
)
from haidang.commands.report import report_command  # noqa: E402
from haidang.commands.track_record import track_record_command, verify_command  # noqa: E402
from haidang.commands.training import backtest_command, train_command, tune_command  # noqa: E402
from haidang.commands.trials import demo_command, oracle_command, rehearse_command, simulate_command  # noqa: E402
from haidang.views.console import show_error  # noqa: E402

app = typer.Typer(
    help="Hải Đăng: early warning of disasters, climate and disease.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: Mapping[str, Callable[..., None]] = {
    "demo": demo_command,
    "ingest": ingest_command,
    "sources": sources_command,
    "simulate": simulate_command,
    "oracle": oracle_command,
    "hazards": hazards_command,
    "sites": sites_command,
    "status": status_command,
    "backtest": backtest_command,
    "report": report_command,
    "train": train_command,
    "tune": tune_command,
    "promote": promote_command,
    "shadow": shadow_command,
    "observed-levels": observed_levels_command,
    "climate": climate_command,
    "issue": issue_command,
    "verify": verify_command,
    "track-record": track_record_command,
    "nowcast": nowcast_command,
    "risk": risk_command,
    "explain": explain_command,
    "serve": serve_command,
    "drift": drift_command,
    "announce-change": announce_command,
    "run": run_command,
    "due": due_command,
    "health": health_command,
    "backup": backup_command,
    "restore": restore_command,
    "rehearse": rehearse_command,
    "publish": publish_command,
}


@app.callback()
def choose_home(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="folder of the deployment; HAIDANG_HOME by default")] = None,
) -> None:
    """Hải Đăng: early warning of disasters, climate and disease."""
    context.obj = Settings() if home is None else Settings(home=home)


for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(audit_app, name="audit")
app.add_typer(keys_app, name="keys")


def main() -> None:
    """Runs the command line; what the asker can mend is told in one line, with exit code 2."""
    try:
        app()
    except (HaidangError, ValidationError) as error:
        show_error(_faults(error) if isinstance(error, ValidationError) else error)
        sys.exit(2)
    except OperationalError as error:
        show_error(f"the deployment's database does not answer: {error.orig}")
        sys.exit(2)


def _faults(error: ValidationError) -> str:
    """What is wrong with a setting or a question, in one line."""
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())


if __name__ == "__main__":
    main()
