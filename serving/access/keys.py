"""Keys: which agency or person asks, and in what role.

A key is `hd_<id>_<secret>`. The secret is 256 random bits, so that nobody can find it from its SHA-256 by guessing: a
slow hash, made for passwords that people choose, would add nothing but time to every request. Only the digest is kept.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import pandas as pd
from sqlalchemy import Column, MetaData, String, Table, insert, select, update
from sqlalchemy.engine import Engine

from features.database import make_tables
from features.errors import HaidangError, UnknownNameError

Role = Literal["reader", "agency", "forecaster", "approver", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)
INCLUDES: Mapping[Role, frozenset[Role]] = MappingProxyType(
    {
        "reader": frozenset({"reader"}),
        "agency": frozenset({"reader", "agency"}),
        "forecaster": frozenset({"reader", "agency", "forecaster"}),
        "approver": frozenset({"reader", "agency", "approver"}),
        "operator": frozenset({"reader", "operator"}),
    }
)
"""What each role may do besides: who proposes does not approve, and who runs the service sees nothing restricted."""

_SECRET_BYTES = 32
_NO_DIGEST = "0" * 64
_METADATA = MetaData()
_KEYS = Table(
    "api_keys",
    _METADATA,
    Column("id", String(16), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("holder", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("expires_at", String(40), nullable=False),
    Column("revoked_at", String(40)),
)


@dataclass(frozen=True)
class Key:
    """A key as it is kept.

    Attributes:
        id: by which it is named in lists and in the audit.
        digest: SHA-256 of the whole key.
        holder: the agency or person.
        role: of the holder.
        made_at: when, UTC.
        expires_at: from when it is not taken any more.
        revoked_at: when it was revoked; None if it was not.
    """

    id: str
    digest: str
    holder: str
    role: Role
    made_at: pd.Timestamp
    expires_at: pd.Timestamp
    revoked_at: pd.Timestamp | None

    def holds(self, now: pd.Timestamp) -> bool:
        """Whether it is neither expired nor revoked."""
        return self.revoked_at is None and now < self.expires_at


class Keys:
    """A table in the deployment's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        make_tables(_METADATA, engine)

    def make(self, holder: str, role: Role, now: pd.Timestamp, *, expires_at: pd.Timestamp) -> tuple[Key, str]:
        """Makes a key.

        Args:
            holder: the agency or person.
            role: what it may do.
            now: when it is made.
            expires_at: from when it is not taken any more.

        Returns:
            The key as it is kept, and its text, which cannot be had again.

        Raises:
            HaidangError: if the holder is empty or too long, or the key would never hold.
        """
        if not 0 < len(holder.strip()) <= 200:
            raise HaidangError(f"a key needs a holder of 1 to 200 letters, not {holder!r}: name the agency or person")
        if expires_at <= now:
            raise HaidangError(f"a key that expires on {expires_at.isoformat()} would never hold: choose a later day")
        name = secrets.token_hex(4)
        text = f"hd_{name}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        key = Key(name, _digest(text), holder.strip(), role, _utc(now), _utc(expires_at), None)
        with self._engine.begin() as connection:
            connection.execute(
                insert(_KEYS).values(
                    id=key.id,
                    digest=key.digest,
                    holder=key.holder,
                    role=key.role,
                    made_at=key.made_at.isoformat(),
                    expires_at=key.expires_at.isoformat(),
                )
            )
        return key, text

    def revoke(self, name: str, now: pd.Timestamp) -> Key:
        """Revokes a key; one that was revoked before keeps its moment.

        Raises:
            UnknownNameError: if there is no key with this id.
        """
        held = self.all()
        if name not in held:
            raise UnknownNameError("key", name, held)
        unrevoked = (_KEYS.c.id == name) & _KEYS.c.revoked_at.is_(None)
        with self._engine.begin() as connection:
            connection.execute(update(_KEYS).where(unrevoked).values(revoked_at=_utc(now).isoformat()))
        return self.all()[name]

    def all(self) -> dict[str, Key]:
        """All keys that were ever made, by id, the oldest first."""
        with self._engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(select(_KEYS).order_by(_KEYS.c.made_at)).mappings()]
        moments = ("made_at", "expires_at", "revoked_at")
        told = [{**row, **{name: row[name] and pd.Timestamp(row[name]) for name in moments}} for row in rows]
        return {row["id"]: Key(**row) for row in told}


def key_of(text: str, held: Mapping[str, Key], now: pd.Timestamp) -> Key | None:
    """The key that a text is; None if there is none such, or it does not hold any more.

    The digests are compared in a time that does not tell how much of them is right.
    """
    parts = text.split("_", 2)
    key = held.get(parts[1]) if len(parts) == 3 else None
    same = hmac.compare_digest(_digest(text), _NO_DIGEST if key is None else key.digest)
    return key if key is not None and same and key.holds(now) else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _utc(moment: pd.Timestamp) -> pd.Timestamp:
    return moment.tz_convert("UTC")
