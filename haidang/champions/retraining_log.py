"""What operators and jobs write down about retraining: each start with its reason, and announced changes of models."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, insert, select, update
from sqlalchemy.engine import Engine

from features.database import make_tables
from features.errors import HaidangError

_TABLES = MetaData()
_STARTS = Table(
    "retrainings",
    _TABLES,
    Column("id", Integer, primary_key=True),
    Column("hazard", String(200), nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("reason_vi", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("change_since", String(40)),
    Column("factors", Text, nullable=False),
    Column("started_at", String(40), nullable=False),
    Column("ended_at", String(40)),
    Column("outcome", String(40), nullable=False),
    Column("told", Text),
)
_CHANGES = Table(
    "forecast_model_changes",
    _TABLES,
    Column("id", Integer, primary_key=True),
    Column("source", String(200), nullable=False),
    Column("at", String(40), nullable=False),
    Column("told", Text, nullable=False),
    Column("announced_at", String(40), nullable=False),
)


@dataclass(frozen=True)
class Reason:
    """Why a retraining starts.

    Attributes:
        kind: forecast bias, performance, announced change, calendar or new data.
        vi: the reason in Vietnamese.
        en: in English.
        change_since: when the forecasts of a model changed, if that is the reason.
        factors: by how much, by variable; forecasts of before are read with these when learned from.
    """

    kind: str
    vi: str
    en: str
    change_since: pd.Timestamp | None = None
    factors: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Both languages."""
        return f"{self.vi} / {self.en}"


@dataclass(frozen=True)
class Start:
    """A retraining that was started; its outcome is running, interrupted, failed, or what the gate decided."""

    id: int
    hazard: str
    reason: Reason
    started_at: pd.Timestamp
    ended_at: pd.Timestamp | None
    outcome: str
    told: str | None


@dataclass(frozen=True)
class ModelChange:
    """An announced change of a forecast model: of which source, from when on, and what was told."""

    source: str
    at: pd.Timestamp
    told: str


class RetrainingLog:
    """Two tables in the deployment's database."""

    def __init__(self, engine: Engine) -> None:
        """Opens the tables, and makes them where there are none."""
        make_tables(_TABLES, engine)
        self._engine = engine

    def begin(self, hazard: str, reason: Reason, at: pd.Timestamp) -> int:
        """Writes down a start; those of the hazard that never ended are called interrupted.

        Returns:
            Its number.
        """
        row = {
            "hazard": hazard,
            "kind": reason.kind,
            "reason_vi": reason.vi,
            "reason_en": reason.en,
            "change_since": None if reason.change_since is None else _iso(reason.change_since),
            "factors": json.dumps(dict(reason.factors)),
            "started_at": _iso(at),
            "outcome": "running",
        }
        with self._engine.begin() as connection:
            unended = (_STARTS.c.hazard == hazard) & (_STARTS.c.outcome == "running")
            connection.execute(update(_STARTS).where(unended).values(outcome="interrupted"))
            made = connection.execute(insert(_STARTS).values(row)).inserted_primary_key
        if made is None:
            raise HaidangError("the database did not number the retraining: check its permissions")
        return int(made[0])

    def end(self, number: int, outcome: str, told: str, at: pd.Timestamp) -> None:
        """Writes down how a retraining ended."""
        with self._engine.begin() as connection:
            ended = update(_STARTS).where(_STARTS.c.id == number)
            connection.execute(ended.values(outcome=outcome, told=told, ended_at=_iso(at)))

    def starts(self, hazard: str) -> Sequence[Start]:
        """The retrainings of a hazard, the newest first."""
        found = select(_STARTS).where(_STARTS.c.hazard == hazard).order_by(_STARTS.c.id.desc())
        with self._engine.connect() as connection:
            rows = connection.execute(found).mappings().all()
        return [
            Start(
                row["id"],
                row["hazard"],
                Reason(
                    row["kind"],
                    row["reason_vi"],
                    row["reason_en"],
                    _moment(row["change_since"]),
                    json.loads(row["factors"]),
                ),
                pd.Timestamp(row["started_at"]),
                _moment(row["ended_at"]),
                row["outcome"],
                row["told"],
            )
            for row in rows
        ]

    def announce(self, change: ModelChange, at: pd.Timestamp) -> None:
        """Writes down that a forecast model changes; the same source and moment again changes nothing."""
        if not any((one.source, one.at) == (change.source, change.at) for one in self.announced()):
            row = {"source": change.source, "at": _iso(change.at), "told": change.told, "announced_at": _iso(at)}
            with self._engine.begin() as connection:
                connection.execute(insert(_CHANGES).values(row))

    def announced(self) -> Sequence[ModelChange]:
        """The announced changes, the oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(_CHANGES).order_by(_CHANGES.c.at)).mappings().all()
        return [ModelChange(row["source"], pd.Timestamp(row["at"]), row["told"]) for row in rows]


def _iso(moment: pd.Timestamp) -> str:
    return moment.tz_convert("UTC").isoformat()


def _moment(text: str | None) -> pd.Timestamp | None:
    return None if text is None else pd.Timestamp(text)
