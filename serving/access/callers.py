"""Callers: who asks, told by the key of a request, and what a caller may."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

import pandas as pd
from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.types import Scope

from features.errors import HaidangError
from serving.access.keys import INCLUDES, Key, Keys, Role, key_of

SCHEME = "key"
_IN_SCOPE = "haidang.caller"
_BEARER = HTTPBearer(scheme_name=SCHEME, auto_error=False, description="a key, made by `haidang keys make`")


class NotAllowedError(HaidangError):
    """Something that a caller may not do.

    Attributes:
        status: 401 where a key would help, 403 where the key has another role.
    """

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes:
        key: of the caller; None for anybody.
        address: from which the request came.
    """

    key: Key | None = None
    address: str = ""

    def may(self, role: Role) -> bool:
        """Whether the caller has a role; anybody is a reader, where reading is public."""
        return role == "reader" if self.key is None else role in INCLUDES[self.key.role]

    @property
    def name(self) -> str:
        """For the audit."""
        return "anybody" if self.key is None else f"{self.key.holder} (key {self.key.id})"

    def needs(self, role: Role, to_do: str) -> None:
        """Refuses what the caller has no role for.

        Args:
            role: which it takes.
            to_do: what is refused, after "to".

        Raises:
            NotAllowedError: if the caller has another role, or none.
        """
        if self.may(role):
            return
        if self.key is None:
            raise NotAllowedError(HTTPStatus.UNAUTHORIZED, f"to {to_do} takes a key with the role {role}")
        raise NotAllowedError(
            HTTPStatus.FORBIDDEN, f"to {to_do} takes the role {role}: key {self.key.id} has the role {self.key.role}"
        )


class KeyRing:
    """The keys held in memory, so that no request waits for the database; a revoked key is gone at the next refresh."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._held: Mapping[str, Key] = {}

    def refresh(self) -> None:
        """Reads the keys anew."""
        self._held = self._keys.all()

    def holds(self, role: Role) -> bool:
        """Whether any key has a role."""
        return any(role in INCLUDES[key.role] for key in self._held.values())

    def key_of(self, text: str, now: pd.Timestamp) -> Key | None:
        """The key that a text is; None if there is none such, or it does not hold any more."""
        return key_of(text, self._held, now)


def introduce(scope: Scope, caller: Caller) -> None:
    """Writes down with a request who asks."""
    scope[_IN_SCOPE] = caller


def caller_in(scope: Scope) -> Caller:
    """Who asks, as it was written down with a request; anybody where nothing was."""
    return scope.get(_IN_SCOPE) or Caller()


async def caller_of(request: Request) -> Caller:
    """Who asks; a FastAPI dependency."""
    return caller_in(request.scope)


def requires(role: Role) -> Callable[..., Coroutine[Any, Any, Caller]]:
    """A FastAPI dependency that lets only callers with a role pass, and gives the caller; OpenAPI tells of it.

    Args:
        role: which is needed.
    """

    async def passed(request: Request, _: Annotated[object, Depends(_BEARER)] = None) -> Caller:
        caller = await caller_of(request)
        caller.needs(role, f"{request.method} {request.url.path}")
        return caller

    return passed
