"""Issuing: a forecaster's answers at one issue time, as records with all that is needed to judge and replay them."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from features.local_days import moments
from features.snapshot import Snapshot
from models.forecaster import Forecaster
from models.hazard import Hazard
from models.issued import ISSUED
from models.levels import highest_level
from models.spread import HIGH, LOW


class Known:
    """What was known at an issue time, read once for all hazards that are issued then.

    Attributes:
        archive: the archive as it lay when it was read.
        issue_time: the moment, UTC.
        snapshot: what was known.
        zone: IANA zone of the local day.
    """

    def __init__(self, archive: Archive, issue_time: pd.Timestamp, snapshot: Snapshot | None = None) -> None:
        """Pins the archive; values are read when first asked for.

        Args:
            archive: the archive.
            issue_time: the moment, with a zone.
            snapshot: of that moment, where one is held already; it is taken from the archive for None.

        Raises:
            HaidangError: if the archive does not reach back to the issue time.
        """
        self.archive = archive.pinned()
        self.issue_time, self.zone = moments(issue_time)[0], archive.zone
        self.snapshot = self.archive.as_of(self.issue_time) if snapshot is None else snapshot
        self._newest: dict[str, tuple[pd.DataFrame, bool]] = {}

    def inputs(self, hazard: Hazard) -> dict[str, dict[str, object]]:
        """For each variable: the newest day with a value anywhere, when it was known, and how many sites have none."""
        chosen = np.flatnonzero(self.archive.sites.having(hazard.where))
        found: dict[str, dict[str, object]] = {}
        for variable in hazard.variables:
            if variable not in self._newest:
                self._newest[variable] = self.snapshot.newest(variable), self.archive.simulated(variable)
            everywhere, simulated = self._newest[variable]
            newest = everywhere.iloc[chosen]
            known = newest.dropna()
            found[variable] = {
                "data_until": None if known.empty else known["valid_time"].max().tz_convert(self.zone).isoformat(),
                "known_at": None if known.empty else known["known_time"].max().tz_convert(self.zone).isoformat(),
                "sites_without": int(len(newest) - len(known)),
                "simulated": simulated,
            }
        return found


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
        The columns of `ISSUED`, one row per site and period; of a published rule only where it can be told.

    Raises:
        HaidangError: if the archive does not reach back to the issue time, or nothing is known anywhere of what a
            published rule reads.
    """
    return issue_from(forecaster, Known(archive, issue_time), issued_at=issued_at)


def issue_from(forecaster: Forecaster, known: Known, *, issued_at: pd.Timestamp) -> pd.DataFrame:
    """The same from what was read before, for one hazard of several that are issued at the same time."""
    told = answers_to(forecaster, forecaster.hazard.rows(known.snapshot), known.zone)
    return records_of(forecaster, told, known, issued_at=issued_at)


def records_of(forecaster: Forecaster, told: pd.DataFrame, known: Known, *, issued_at: pd.Timestamp) -> pd.DataFrame:
    """The records of one issue from what `answers_to` told of its rows."""
    if told.empty:
        at = known.issue_time.tz_convert(known.zone).isoformat()
        raise HaidangError(
            f"what the rule of {forecaster.hazard.name} reads was known nowhere at {at}: ingest newer values first"
        )
    return told.assign(
        archive_version=known.archive.version,
        inputs=json.dumps(known.inputs(forecaster.hazard)),
        issued_at=moments(issued_at)[0],
    )[ISSUED.names]


def answers_to(forecaster: Forecaster, rows: pd.DataFrame, zone: str) -> pd.DataFrame:
    """What a forecaster says of the rows of one issue time, and with what caution.

    Args:
        forecaster: whom to ask.
        rows: rows of `ask`.
        zone: IANA zone of the local day.

    Returns:
        The columns of `ISSUED` that do not depend on how and when it is issued; only the rows that can be answered.
    """
    return told_of(forecaster, rows, forecaster.answer(rows), zone)


def told_of(forecaster: Forecaster, rows: pd.DataFrame, answers: pd.DataFrame, zone: str) -> pd.DataFrame:
    """The same from what `Forecaster.answer` says of the rows."""
    hazard = forecaster.hazard
    answered = answers.notna().all(axis=1).to_numpy()
    rows, answers = rows[answered], answers[answered]
    if rows.empty:
        return pd.DataFrame(columns=ISSUED.names)
    time = pd.DatetimeIndex(rows.index.get_level_values("issue_time"))
    period = rows.index.get_level_values("period").to_numpy()
    valid_from, valid_to = hazard.periods.bounds(time, period, zone)
    probabilities = answers.to_numpy()
    absent = rows.isna().to_numpy()
    names = rows.columns.to_numpy()
    caution = forecaster.caution(rows)
    spread = forecaster.spread(rows, answers)
    return pd.DataFrame(
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
            "step": caution["step"].to_numpy(object),
            "outside": [json.dumps([asdict(one) for one in beyond]) for beyond in caution["outside"]],
            "raised": caution["raised"].to_numpy(),
            **_amounts(spread),
            **_of_baselines(forecaster, rows),
        }
    )


def _amounts(spread: pd.DataFrame | None) -> dict[str, object]:
    """Quantiles and the interval as they are stored; nothing where the outcome is not an amount."""
    if spread is None:
        return {"levels": None, "quantiles": None, LOW: np.nan, HIGH: np.nan}
    by_level = spread.drop(columns=[LOW, HIGH])
    return {
        "levels": [list(by_level)] * len(spread),
        "quantiles": list(by_level.to_numpy()),
        LOW: spread[LOW].to_numpy(),
        HIGH: spread[HIGH].to_numpy(),
    }


def _of_baselines(forecaster: Forecaster, rows: pd.DataFrame) -> dict[str, object]:
    """What both baselines say, as it is stored; nothing beside a published rule."""
    told = forecaster.of_baselines(rows)
    return {name: list(told[name]) if name in told else None for name in ("climatology", "persistence")}
