"""Verifying: issued forecasts meet what came of them, once it is settled, and make the track record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from features.errors import HaidangError
from features.local_days import day_numbers, day_starts, moments
from models.as_shown import COLUMNS
from models.hazard import Hazard
from models.verified import RECORD, VERIFIED, record_keys
from serving.deployment import Deployment
from training.archive_peers import archive_peers
from training.peers import SAID, kept_peers
from training.track_record import track_record

LOOKED_AT_AGAIN = pd.Timedelta(days=60)
"""How long after settling a truth is looked at again, for late reports and corrections."""
_UNSEEN = pd.Timedelta(days=1)
JUDGED = [
    "hazard", "issue_time", "site", "period", "lead", "forecaster", "shadow", "cuts", "probabilities", "climatology",
    "outcome",
]  # fmt: skip
_LIGHT = [*RECORD, "valid_from", "valid_to", "outcome"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Verified:
    """What verifying found of one hazard.

    Attributes:
        hazard: its name.
        settled: records that were verified for the first time.
        unknown: how many of them nobody looked at.
        changed: records verified before whose truth came late or was corrected.
        error: why the hazard could not be verified.
    """

    hazard: str
    settled: int = 0
    unknown: int = 0
    changed: int = 0
    error: str | None = None


def verify(deployment: Deployment, now: pd.Timestamp, hazards: Iterable[str] | None = None) -> tuple[Verified, ...]:
    """Verifies what has settled since the last time, and renews the track records that this changes.

    Args:
        deployment: the deployment.
        now: the moment at which the truth is read.
        hazards: names; all that were ever issued for None.

    Returns:
        What was found, one for each hazard.
    """
    told = settle(deployment, now, hazards)
    newest = deployment.verified.verified_until()
    for found_of in told:
        if found_of.error is None and found_of.hazard in newest:
            renew_track_record(deployment, deployment.hazard(found_of.hazard), newest[found_of.hazard])
    return told


def settle(deployment: Deployment, now: pd.Timestamp, hazards: Iterable[str] | None = None) -> tuple[Verified, ...]:
    """Verifies what has settled since the last time, and leaves the track records as they are.

    Run again it adds nothing; killed half way it goes on where it was. What cannot be done for one hazard is told and
    holds up no other.

    Args:
        deployment: the deployment.
        now: the moment at which the truth is read.
        hazards: names; all that were ever issued for None.

    Returns:
        What was found, one for each hazard.
    """
    until = deployment.verified.verified_until()
    ever = {*deployment.issued.hazards(), *deployment.shadow.hazards()}
    names = sorted(ever & set(deployment.hazards))
    names = names if hazards is None else [deployment.hazard(name).name for name in hazards]
    told: list[Verified] = []
    for several in ([name for name in names if name in until], *([name] for name in names if name not in until)):
        rows, found = _settle(deployment, [deployment.hazard(name) for name in several], now, until)
        deployment.verified.add(rows)
        told += found
    return tuple(sorted(told, key=lambda one: one.hazard))


def verified_forecasts(deployment: Deployment, hazards: Iterable[str] | None = None) -> pd.DataFrame:
    """What was verified, shadows too: the columns of `JUDGED`, lists hold one value per cut.

    Args:
        deployment: the deployment.
        hazards: names; all for None.
    """
    names = deployment.hazards if hazards is None else hazards
    held = deployment.verified.ended_since(dict.fromkeys(names), columns=JUDGED)
    return pa.concat_tables(held.values()).to_pandas()


def renew_track_record(deployment: Deployment, hazard: Hazard, until: pd.Timestamp) -> None:
    """Makes the track record of a hazard anew, unless it is that of all that was verified until a moment already."""
    if deployment.track_records.until(hazard.name) == until:
        return
    rows = deployment.verified.read(hazard.name, columns=COLUMNS)
    times = moments(pd.DatetimeIndex(rows["issue_time"].to_pandas().unique()).sort_values())
    peers = [kept_peers(hazard, deployment.archive), archive_peers(hazard, deployment.archive, times)]
    said = pd.concat([one for one in peers if len(one)] or [SAID])
    record = track_record(hazard, rows, deployment.archive.zone, peers=said)
    deployment.track_records.write(hazard.name, record, until)


def _settle(
    deployment: Deployment, hazards: Sequence[Hazard], now: pd.Timestamp, until: Mapping[str, pd.Timestamp]
) -> tuple[pa.Table, list[Verified]]:
    """The rows to add for some hazards: what settled, and what is known otherwise than before."""
    zone = deployment.archive.zone
    today = day_numbers(moments(now, "moment"), zone)[0]
    ended = {one.name: day_starts([today - one.target.settle_days], zone)[0] for one in hazards}
    asked = {
        one.name: (
            ended[one.name],
            until[one.name] - _UNSEEN - pd.Timedelta(days=one.target.settle_days + 1) if one.name in until else None,
        )
        for one in hazards
    }
    shown, unseen = deployment.issued.ended(asked), deployment.shadow.ended(asked)
    due = {
        name: pa.concat_tables([_marked(shown[name], shadow=False), _marked(unseen[name], shadow=True)])
        for name in asked
    }
    first = {
        name: min([ended[name] - LOOKED_AT_AGAIN, *pd.DatetimeIndex(due[name]["valid_to"].unique().to_pandas())])
        for name in due
    }
    held = deployment.verified.ended_since(first, columns=_LIGHT)
    rows, told = [VERIFIED.empty_table()], []
    for hazard in hazards:
        try:
            parts, found = _settle_one(
                deployment, hazard, now, due[hazard.name], held[hazard.name], ended[hazard.name] - LOOKED_AT_AGAIN
            )
        except HaidangError as error:
            told.append(Verified(hazard.name, error=str(error)))
        else:
            rows += parts
            told.append(found)
    return pa.concat_tables(rows), told


def _settle_one(
    deployment: Deployment, hazard: Hazard, now: pd.Timestamp, due: pa.Table, held: pa.Table, again: pd.Timestamp
) -> tuple[list[pa.Table], Verified]:
    zone = deployment.archive.zone
    of_due, of_held = record_keys([due, held])
    due = due.filter(~np.isin(of_due, of_held))
    held = held.filter(np.asarray(pd.DatetimeIndex(held["valid_to"].to_pandas()) >= again))
    came = _outcomes(deployment, hazard, [due, held], now)
    before = held["outcome"].to_pandas().to_numpy(float)
    changed = np.isfinite(came[1]) & ~np.isclose(came[1], before, rtol=1e-9, atol=1e-12)
    parts = [_with_truth(due, came[0], hazard, now, zone, first_seen=False)]
    if changed.any():
        whole = deployment.verified.ended_since({hazard.name: again})[hazard.name]
        of_whole, of_changed = record_keys([whole, held.filter(changed)])
        order = np.argsort(of_whole)
        at = order[np.searchsorted(of_whole, of_changed, sorter=order)]
        parts.append(_with_truth(whole.take(at), came[1][changed], hazard, now, zone, first_seen=True))
    return parts, Verified(hazard.name, len(due), int(np.isnan(came[0]).sum()), int(changed.sum()))


def _marked(records: pa.Table, *, shadow: bool) -> pa.Table:
    return records.append_column("shadow", pa.array(np.full(len(records), shadow)))


def _outcomes(deployment: Deployment, hazard: Hazard, tables: Sequence[pa.Table], now: pd.Timestamp) -> list[Floats]:
    """What came of the rows of some tables; NaN where nobody looked, and of periods that are declared otherwise now."""
    asked = [
        pd.DataFrame(
            {
                "issue_time": pd.DatetimeIndex(table["issue_time"].to_pandas()),
                "site": table["site"].to_pandas().to_numpy(object),
                "period": table["period"].to_numpy(),
                "valid_from": pd.DatetimeIndex(table["valid_from"].to_pandas()),
                "valid_to": pd.DatetimeIndex(table["valid_to"].to_pandas()),
            }
        )
        for table in tables
    ]
    if not any(map(len, asked)):
        return [np.empty(0) for _ in tables]
    archive, periods = deployment.archive, hazard.periods
    times = moments(pd.DatetimeIndex(pd.concat([one["issue_time"] for one in asked]).unique()))
    grid = hazard.target.outcome(archive, times, periods, by=now).to_numpy()
    sites = pd.Index(archive.sites.codes)
    found = []
    for one in asked:
        period = one["period"].to_numpy()
        at = (
            times.get_indexer(pd.DatetimeIndex(one["issue_time"])),
            sites.get_indexer(pd.Index(one["site"])),
            period - 1,
        )
        told = (at[1] >= 0) & (period <= len(periods.numbers))
        values = np.where(told, grid[tuple(np.where(told, one_axis, 0) for one_axis in at)], np.nan)
        starts, ends = periods.bounds(pd.DatetimeIndex(one["issue_time"]), np.where(told, period, 1), archive.zone)
        as_declared = (starts == pd.DatetimeIndex(one["valid_from"])) & (ends == pd.DatetimeIndex(one["valid_to"]))
        found.append(np.where(as_declared, values, np.nan))
    return found


def _with_truth(
    rows: pa.Table, came: Floats, hazard: Hazard, now: pd.Timestamp, zone: str, *, first_seen: bool
) -> pa.Table:
    """Rows as they are stored; their truth was known once it was settled, unless it is first seen now."""
    moment = moments(now, "moment")[0]
    over = day_numbers(pd.DatetimeIndex(rows["valid_to"].to_pandas()), zone) + hazard.target.settle_days
    known = pd.DatetimeIndex([moment] * len(rows)) if first_seen else day_starts(over, zone)
    told = {
        "outcome": pa.array(came, pa.float64(), from_pandas=True),
        "truth_known_at": pa.array(known.as_unit("us"), VERIFIED.field("truth_known_at").type),
        "verified_at": pa.array([moment] * len(rows), VERIFIED.field("verified_at").type),
    }
    kept = rows.select([name for name in VERIFIED.names if name not in told])
    for name, values in told.items():
        kept = kept.append_column(name, values)
    return kept.select(VERIFIED.names).cast(VERIFIED)
