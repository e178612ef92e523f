"""Track records at rest: how the issued forecasts of each hazard did, to be told beside the next one."""

from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

EVERYWHERE = ""
"""The site of rows that are of all sites together."""
ANY_LEAD = 0
"""The lead of rows that are of all leads together."""
_UNTIL = "verified_until"


@dataclass(frozen=True)
class TrackRecord:
    """How the forecasts of one hazard did that were issued and whose truth has settled.

    Attributes:
        scores: one row per site, lead and cut (`EVERYWHERE` and `ANY_LEAD` among them). `n` questions of which the
            outcome is known, `unknown` of which nobody looked; `events`, and how many were `expected`, the sum of the
            probabilities; `ratio`, events over expected, with `ratio_low` and `ratio_high`; `brier`; `flip_flop`, how
            much a probability goes to and fro from issue to issue, of any lead alone. `judged` says whether there are
            events enough to judge by; without, no interval is told.
        beside: one row per site, lead, cut and `reference`, which is climatology, persistence or a peer: `n` and
            `events` of the questions that both answered, `brier` of both on these, `skill` with its interval.
        alarms: one row per site, lead and level, with its cut: `events`, merged into runs, of which `hits` were alarmed
            before they began and `misses` were not; `false_alarms`, runs of alarms without an event; `hit_rate` and
            `false_alarm_ratio` with their intervals; `lead_gained_days`, the median over the hits from the first alarm
            that then stood to the onset.
    """

    scores: pd.DataFrame
    beside: pd.DataFrame
    alarms: pd.DataFrame


class TrackRecords:
    """A folder with one folder for each hazard, in which each table of its track record is a Parquet file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, hazard: str, record: TrackRecord, until: pd.Timestamp) -> None:
        """Puts the track record of a hazard in place of the one before; each table is replaced as a whole.

        Args:
            hazard: its name.
            record: how its forecasts did.
            until: when the forecasts that it is made of were verified last.
        """
        folder = self._folder / hazard
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(record):
            partial = folder / f".{field.name}.partial"
            getattr(record, field.name).to_parquet(partial)
            partial.replace(folder / f"{field.name}.parquet")
        (folder / _UNTIL).write_text(until.isoformat(), encoding="utf-8")

    def until(self, hazard: str) -> pd.Timestamp | None:
        """When the forecasts of the whole track record of a hazard were verified last; None where there is none."""
        file = self._folder / hazard / _UNTIL
        return pd.Timestamp(file.read_text(encoding="utf-8")) if file.exists() else None

    def read(self, hazard: str) -> TrackRecord | None:
        """The track record of a hazard; None while nothing of it is verified."""
        if self.until(hazard) is None:
            return None
        folder = self._folder / hazard
        return TrackRecord(*(pd.read_parquet(folder / f"{field.name}.parquet") for field in fields(TrackRecord)))
