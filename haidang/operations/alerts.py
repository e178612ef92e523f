"""Alerts: what somebody should look at, open until it is settled."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from features.database import make_tables

_ALERTS = Table(
    "alerts",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("about", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("raised_at", String(40), nullable=False),
    Column("told_at", String(40), nullable=False),
    Column("settled_at", String(40)),
)
_OPEN = _ALERTS.c.settled_at.is_(None)
Index("one_open_alert", _ALERTS.c.kind, _ALERTS.c.about, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)


@dataclass(frozen=True)
class Alert:
    """One alert that is open.

    Attributes:
        kind: what kind of thing is wrong, for instance `failed` or `silence`.
        about: with what, for instance a hazard or a source.
        text: what was said of it last.
        raised_at: since when.
        told_at: when it was said last.
    """

    kind: str
    about: str
    text: str
    raised_at: pd.Timestamp
    told_at: pd.Timestamp


class Alerts:
    """A table in the deployment's database; of one kind and about one thing at most one alert is open."""

    def __init__(self, engine: Engine) -> None:
        """Opens the table, and makes it where there is none."""
        make_tables(_ALERTS.metadata, engine)
        self._engine = engine

    def raise_alert(self, kind: str, about: str, text: str, at: pd.Timestamp) -> bool:
        """Opens an alert; while it is open, raising it again only renews its text.

        Returns:
            Whether it is new.
        """
        row = {"kind": kind, "about": about, "text": text, "raised_at": at.isoformat(), "told_at": at.isoformat()}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(_ALERTS).values(row))
        except IntegrityError:
            self._change(kind, about, text=text, told_at=at.isoformat())
            return False
        return True

    def settle(self, kind: str, about: str, at: pd.Timestamp) -> bool:
        """Settles an alert; whether there was one that was open."""
        return self._change(kind, about, settled_at=at.isoformat())

    def open_alerts(self) -> Sequence[Alert]:
        """The alerts that are open, the oldest first."""
        with self._engine.connect() as connection:
            return [
                Alert(row.kind, row.about, row.text, pd.Timestamp(row.raised_at), pd.Timestamp(row.told_at))
                for row in connection.execute(select(_ALERTS).where(_OPEN).order_by(_ALERTS.c.id))
            ]

    def _change(self, kind: str, about: str, **values: str) -> bool:
        one = _OPEN & (_ALERTS.c.kind == kind) & (_ALERTS.c.about == about)
        with self._engine.begin() as connection:
            return connection.execute(update(_ALERTS).where(one).values(values)).rowcount > 0
