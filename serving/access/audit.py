"""The audit: who did what and when, in a chain in which each entry holds the digest of the one before.

A changed, removed or reordered entry breaks the chain and is named. Who can write to the whole database can also write
the whole chain anew: note the newest digest outside of it, as `haidang audit verify` prints it, and compare it later.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, insert, select, update
from sqlalchemy.engine import Engine, Row
from sqlalchemy.exc import IntegrityError

from features.database import make_tables
from features.errors import HaidangError

_NOTHING = "0" * 64
_ATTEMPTS = 1000
_METADATA = MetaData()
_ENTRIES = Table(
    "audit_entries",
    _METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("who", String(200), nullable=False),
    Column("what", String(100), nullable=False),
    Column("about", String(200), nullable=False),
    Column("details", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)
_HEAD = Table(
    "audit_head",
    _METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
)


@dataclass(frozen=True)
class Entry:
    """One thing that was done.

    Attributes:
        number: 1, 2, 3, ... without a gap.
        at: when, UTC.
        who: a person or a job.
        what: what was done, in a word.
        about: to what: a hazard, a warning, a key.
        details: all that is to be known of it.
        previous: digest of the entry before; zeros for the first.
        digest: of everything above, SHA-256.
    """

    number: int
    at: pd.Timestamp
    who: str
    what: str
    about: str
    details: dict[str, object]
    previous: str
    digest: str


@dataclass(frozen=True)
class Verified:
    """What a look at the whole chain found.

    Attributes:
        entries: how many there are.
        digest: of the newest.
        faults: what is wrong, each with the number of the entry; empty where the chain is whole.
    """

    entries: int
    digest: str
    faults: tuple[str, ...]


class Audit:
    """Tables in the deployment's database; entries are only ever added."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        make_tables(_METADATA, engine)
        with engine.connect() as connection:
            begun = connection.execute(select(_HEAD.c.id)).first()
        if begun is None:
            self._begin()

    def write(self, who: str, what: str, about: str, details: Mapping[str, object], at: pd.Timestamp) -> Entry:
        """Adds an entry; writers at the same time come one after the other.

        Args:
            who: a person or a job.
            what: what was done, in a word.
            about: to what.
            details: all that is to be known of it, as JSON can say it.
            at: when, with a zone.

        Returns:
            The entry.

        Raises:
            HaidangError: if others write so much that it finds no turn.
        """
        told = json.dumps(details, ensure_ascii=False, sort_keys=True, allow_nan=True)
        facts = {"at": at.tz_convert("UTC").isoformat(), "who": who, "what": what, "about": about, "details": told}
        for _ in range(_ATTEMPTS):
            with self._engine.connect() as connection:
                head = connection.execute(select(_HEAD.c.number, _HEAD.c.digest)).one()
            row = {"number": head.number + 1, **facts, "previous": head.digest}
            row["digest"] = _digest(row)
            if self._add(row, after=head.number):
                return _entry(row)
        raise HaidangError(f"the audit took no entry on {what} of {about} in {_ATTEMPTS} attempts: try again")

    def entries(self, *, what: str | None = None, about: str | None = None) -> list[Entry]:
        """The entries in their order, of all or of some kind, on all or on one thing."""
        chosen = select(_ENTRIES).order_by(_ENTRIES.c.number)
        if what is not None:
            chosen = chosen.where(_ENTRIES.c.what == what)
        if about is not None:
            chosen = chosen.where(_ENTRIES.c.about == about)
        with self._engine.connect() as connection:
            return [_entry(dict(row._mapping)) for row in connection.execute(chosen)]  # noqa: SLF001  (documented)

    def verify(self) -> Verified:
        """Looks at the whole chain."""
        with self._engine.connect() as connection:
            rows = list(connection.execute(select(_ENTRIES).order_by(_ENTRIES.c.number)))
            head = connection.execute(select(_HEAD.c.number, _HEAD.c.digest)).first()
        faults = [*_faults(rows)]
        last = (rows[-1].number, rows[-1].digest) if rows else (0, _NOTHING)
        if head is None:
            faults.append("the head of the chain is gone: nobody can tell whether its last entries were removed")
        elif head.number > last[0]:
            faults.append(f"entries {last[0] + 1} to {head.number}, the last of the chain, were removed")
        elif tuple(head) != last:
            faults.append(f"entry {last[0]} is not the one that was written last, which was {head.number}")
        return Verified(len(rows), last[1], tuple(faults))

    def _begin(self) -> None:
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(_HEAD).values(id=1, number=0, digest=_NOTHING))
        except IntegrityError:
            return  # another process began it at the same time

    def _add(self, row: dict[str, object], *, after: int) -> bool:
        """Adds the entry unless another came after the same one; the head is locked first."""
        with self._engine.begin() as connection:
            moved = connection.execute(
                update(_HEAD).where(_HEAD.c.number == after).values(number=row["number"], digest=row["digest"])
            )
            if moved.rowcount == 1:
                connection.execute(insert(_ENTRIES).values(row))
        return bool(moved.rowcount == 1)


def _faults(rows: list[Row[tuple[object, ...]]]) -> Iterator[str]:
    number, digest = 0, _NOTHING
    for row in rows:
        held = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's documented view of a row)
        missing = range(number + 1, held["number"])
        if missing:
            yield f"{', '.join(f'entry {one}' for one in missing)} before entry {held['number']} was removed"
        elif held["previous"] != digest:
            yield f"entry {held['number']} does not follow entry {number}: one of them was changed or moved"
        if held["digest"] != _digest(held):
            yield f"entry {held['number']} is not what was written: it was changed or moved"
        number, digest = held["number"], held["digest"]


def _digest(row: Mapping[str, object]) -> str:
    told = [row[name] for name in ("number", "at", "who", "what", "about", "details", "previous")]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _entry(row: Mapping[str, Any]) -> Entry:
    read = {"at": pd.Timestamp(str(row["at"])), "details": json.loads(str(row["details"]))}
    return Entry(**{**row, **read})
