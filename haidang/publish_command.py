"""The command that publishes: the shared datasets are written into the folder of bulk files."""

from datetime import UTC, datetime

import pandas as pd
import typer

from haidang.views import console
from serving.deployment import open_deployment
from serving.service_settings import ServiceSettings


def publish_command(context: typer.Context) -> None:
    """Brings the bulk files of the shared datasets up to date; run twice it changes nothing."""
    from haidang.publishing import publish

    settings = context.obj
    now = pd.Timestamp(datetime.now(UTC))
    for name, one in publish(open_deployment(settings), ServiceSettings(home=settings.home), now).items():
        rows = sum(file.rows for file in one.files if file.format == "parquet")
        console.print(f"{name}: version {one.version}, {rows:,} rows in {len(one.parts)} parts", highlight=False)
