"""Issuing: a forecaster's answers at one issue time, as records with all that is needed to judge and replay them."""

import json

import numpy as np
import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from features.local_days import moments
from models.forecaster import Forecaster
from models.issued import ISSUED
from models.levels import highest_level


def issue(
    forecaster: Forecaster, archive: Archive, issue_time: pd.Timestamp, *, issued_at: pd.Timestamp
) -> pd.DataFrame:
    """Makes the records of one issue; nothing is stored.

    Args:
        forecaster: whom to ask.
        archive: what was known.
        issue_time: the moment at which the question is asked, with a zone.
        issued_at: the moment at which the answer is given, with a zone.

    Returns:
        The columns of `ISSUED`, one row per site and period.

    Raises:
        HaidangError: if the archive does not reach back to the issue time, or nothing that the hazard reads was known
            lately at any site.
    """
    hazard = forecaster.hazard
    version = archive.version
    rows = hazard.ask(archive, issue_time)
    time = moments(issue_time)[0]
    inputs = _inputs(forecaster, archive, time)
    _refuse_blind(forecaster, rows, inputs, time.tz_convert(archive.zone))
    answers = forecaster.answer(rows)
    period = rows.index.get_level_values("period").to_numpy()
    valid_from, valid_to = hazard.periods.bounds(pd.DatetimeIndex([time] * len(rows)), period, archive.zone)
    probabilities = answers.to_numpy()
    absent = rows.isna().to_numpy()
    names = rows.columns.to_numpy()
    records = pd.DataFrame(
        {
            "hazard": hazard.name,
            "issue_time": time,
            "site": rows.index.get_level_values("site"),
            "period": period,
            "lead": hazard.leads(rows.index),
            "valid_from": valid_from,
            "valid_to": valid_to,
            "cuts": [list(hazard.target.cuts)] * len(rows),
            "probabilities": list(probabilities),
            "expected": hazard.target.severity(forecaster.estimator.expected(probabilities)),
            "level": highest_level(hazard.levels, hazard.target.cuts, probabilities),
            "missing": [list(names[row]) for row in absent],
            "forecaster": forecaster.version,
            "fingerprint": hazard.fingerprint,
            "archive_version": version,
            "inputs": json.dumps(inputs),
            "issued_at": moments(issued_at)[0],
        }
    )
    return records[ISSUED.names]


def _refuse_blind(
    forecaster: Forecaster, rows: pd.DataFrame, inputs: dict[str, dict[str, object]], issue_time: pd.Timestamp
) -> None:
    read = [feature.name for feature in forecaster.hazard.features if feature.variables]
    if rows[read].isna().all(axis=None):
        until = ", ".join(f"{name} until {str(age['data_until'])[:10]}" for name, age in inputs.items())
        raise HaidangError(
            f"nothing that {forecaster.hazard.name} reads was known lately at {issue_time.isoformat()}: the archive "
            f"has {until}; ingest newer values first"
        )


def _inputs(forecaster: Forecaster, archive: Archive, issue_time: pd.Timestamp) -> dict[str, dict[str, object]]:
    """For each variable: the newest day with a value anywhere, when that was known, and how many sites have none."""
    snapshot = archive.as_of(issue_time)
    chosen = np.flatnonzero(archive.sites.having(forecaster.hazard.where))
    found: dict[str, dict[str, object]] = {}
    for variable in forecaster.hazard.variables:
        newest = snapshot.newest(variable).iloc[chosen]
        known = newest.dropna()
        found[variable] = {
            "data_until": None if known.empty else known["valid_time"].max().tz_convert(archive.zone).isoformat(),
            "known_at": None if known.empty else known["known_time"].max().tz_convert(archive.zone).isoformat(),
            "sites_without": int(len(newest) - len(known)),
            "simulated": archive.simulated(variable),
        }
    return found
