"""The id of a forecast: derived from its key alone, so that it is the same for ever and wherever it is worked out."""

import hashlib
import json
import re

import pandas as pd

from features.errors import HaidangError

_FORM = re.compile(r"([A-Za-z0-9_]+)\.(\d{8}T\d{6}Z)\.([0-9a-f]{16})")
KEY = ("hazard", "issue_time", "site", "period", "forecaster")
_SECOND = "%Y%m%dT%H%M%SZ"


class NoSuchForecastError(HaidangError):
    """An id under which nothing was ever issued."""


def record_id(hazard: str, issue_time: pd.Timestamp, site: str, period: int, forecaster: str) -> str:
    """The id of a record: hazard, second of the issue, and 16 hexadecimal digits of the SHA-256 of its whole key."""
    moment = pd.Timestamp(issue_time).tz_convert("UTC")
    key = json.dumps([hazard, moment.isoformat(), site, int(period), forecaster])
    return f"{hazard}.{moment.strftime(_SECOND)}.{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def issue_of(told: str) -> tuple[str, pd.Timestamp]:
    """The hazard and the second of issue that an id speaks of.

    Raises:
        NoSuchForecastError: if it is no id.
    """
    found = _FORM.fullmatch(told)
    moment = pd.NaT if found is None else pd.to_datetime(found[2], format=_SECOND, utc=True, errors="coerce")
    if found is None or pd.isna(moment):
        raise NoSuchForecastError(f"{told!r} is no id of a forecast: take it from the field `id` of an answer")
    return found[1], moment


def ids_of(records: pd.DataFrame) -> list[str]:
    """The ids of stored records, the columns of `models.issued.ISSUED`."""
    return [record_id(*key) for key in records[list(KEY)].itertuples(index=False)]
