"""Words that commands share: their options, and moments as people write them."""

from datetime import UTC, datetime
from typing import Annotated

import pandas as pd
import typer

from features.errors import HaidangError

HazardName = Annotated[str, typer.Argument(help="name of a hazard, see `haidang hazards`")]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


def present_moment() -> pd.Timestamp:
    """The present moment."""
    return pd.Timestamp(datetime.now(UTC))


def moment_of(text: str, zone: str) -> pd.Timestamp:
    """A moment as it was written; without an offset it is local.

    Raises:
        HaidangError: if it is no time.
    """
    try:
        moment = pd.Timestamp(text)
    except ValueError as error:
        raise HaidangError(f"{text!r} is not a time: write 2025-09-01 or 2025-09-01T07:00+07:00") from error
    return moment.tz_localize(zone) if moment.tzinfo is None else moment


def moment_or_none(text: str | None, zone: str) -> pd.Timestamp | None:
    """The same where one was written."""
    return None if text is None else moment_of(text, zone)
