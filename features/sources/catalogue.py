"""The catalogue: which kinds of source there are, and how one is made from its settings."""

import dataclasses
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from features.errors import HaidangError, UnknownNameError
from features.ingest import Source
from features.settings import Settings

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "tables": "features.sources.tables:TableSource",
    }
)
"""Kind of source -> where its class stands; a class is imported when it is needed, so that others cost no time."""


def source_class(kind: str) -> type:
    """The class of a kind of source: a dataclass whose fields are its settings.

    Raises:
        UnknownNameError: if there is no such kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of source", kind, KINDS)
    module, _, name = KINDS[kind].partition(":")
    return getattr(import_module(module), name)


def source_named(name: str, settings: Settings, stated: Mapping[str, object]) -> Source:
    """A source of a deployment: one of its settings, or a kind with its defaults.

    Args:
        name: as in the table `sources` of the settings, or a kind.
        settings: of the deployment; zone and boundaries come from here where a source wants them.
        stated: settings that hold for this time only.

    Raises:
        HaidangError: if there is no such source, or a setting is wrong or missing; says which.
    """
    configured = settings.sources.get(name)
    if configured is None and name not in KINDS:
        raise UnknownNameError("source", name, [*settings.sources, *KINDS])
    given = dict(configured or {}) | dict(stated)
    kind = str(given.pop("kind", name))
    chosen = source_class(kind)
    fields = {field.name for field in dataclasses.fields(chosen)}
    common: dict[str, Any] = {"zone": settings.local_zone, "boundaries": settings.boundaries}
    if name != kind:
        common["name"] = name
    own = {key: value for key, value in common.items() if key in fields} | given
    if strangers := sorted(set(own) - fields):
        raise HaidangError(
            f"source {name}: there is no setting {strangers[0]!r}; there are {', '.join(sorted(fields))}"
        )
    try:
        made: Source = TypeAdapter(chosen).validate_python(own)
    except ValidationError as error:
        texts = [(fault["loc"], fault["msg"].removeprefix("Value error, ")) for fault in error.errors()]
        faults = "; ".join(f"{'.'.join(map(str, at))}: {text}" for at, text in texts)
        raise HaidangError(f"source {name}: {faults}") from error
    return made
